use doubleback::nn::Architecture;

use super::built::{Built, Settings};
use super::preact_resnet::Shortcut;
use super::{densenet, mobilenet_v2, own, preact_resnet, resnet, vgg, wide_resnet};
use crate::torch::build::{Misfit, Sources, sources};
use crate::torch::weights::Weights;

/// Networks of one kind, of whatever depth and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Resnet,
    PreactResnet(Shortcut),
    WideResnet,
    Vgg,
    MobilenetV2,
    Densenet,
    Own(&'static str),
}

/// One name of each kind that `--arch` takes, for messages.
const NAMES: [&str; 18] = [
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "preact-resnet18",
    "preact-resnet18-v2",
    "wide-resnet-28-10",
    "wide-resnet-34-10",
    "wide-resnet-70-16",
    "vgg11",
    "vgg11_bn",
    "vgg16",
    "vgg16_bn",
    "mobilenet_v2",
    "densenet121",
    "small-cnn",
    "paper-cnn",
];

/// Families that are tried when none is named, the surest first. Those of which two have the same tensors are never certain.
const TRIED: [Family; 11] = [
    Family::Resnet,
    Family::WideResnet,
    Family::Vgg,
    Family::MobilenetV2,
    Family::Densenet,
    Family::Own("paper-cnn"),
    Family::Own("small-cnn"),
    Family::Own("vgg-small"),
    Family::Own("resnet-small"),
    Family::PreactResnet(Shortcut::Input),
    Family::PreactResnet(Shortcut::Activated),
];

impl Family {
    /// The family of a name as torchvision, timm or RobustBench write it.
    fn named(name: &str) -> Option<Self> {
        if let Some(own) = own::known(name) {
            return Some(Self::Own(own));
        }
        let plain = plain(name);
        let begins = |start: &str| plain.starts_with(start);
        if begins("preactresnet") {
            let shortcut = if plain.ends_with("v2") {
                Shortcut::Activated
            } else {
                Shortcut::Input
            };
            return Some(Self::PreactResnet(shortcut));
        }
        // torchvision's wide residual networks are those of its other ones.
        if begins("wideresnet50") || begins("wideresnet101") || begins("resnext") || begins("resnet") {
            return Some(Self::Resnet);
        }
        if begins("wideresnet") || begins("wrn") {
            return Some(Self::WideResnet);
        }
        if begins("mobilenetv2") {
            return Some(Self::MobilenetV2);
        }
        if begins("densenet") {
            return Some(Self::Densenet);
        }
        begins("vgg").then_some(Self::Vgg)
    }

    fn build(self, weights: &Weights, settings: &Settings) -> Result<Built, Misfit> {
        match self {
            Self::Resnet => resnet::build(weights, settings),
            Self::PreactResnet(shortcut) => preact_resnet::build(weights, settings, shortcut),
            Self::WideResnet => wide_resnet::build(weights, settings),
            Self::Vgg => vgg::build(weights, settings),
            Self::MobilenetV2 => mobilenet_v2::build(weights, settings),
            Self::Densenet => densenet::build(weights, settings),
            Self::Own(name) => own::build(weights, settings, name),
        }
    }
}

/// A name without what is written differently: `timm/resnet18.a1_in1k`, `ResNet-18` and `resnet_18` are `resnet18`.
fn plain(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let name = name.split('.').next().unwrap_or_default().replace(['-', '_'], "");
    name.strip_prefix("tv").map_or(name.clone(), str::to_owned)
}

/// Names of networks whose numbers are widths and groups, which the tensors say.
const OF_WIDTH: [&str; 4] = ["wideresnet50", "wideresnet101", "resnext", "mobilenet"];

/// Whether an architecture of this name is what a name asks for: the same, or of a family whose depth the name leaves out.
fn is_asked_for(built: &str, asked: &str) -> bool {
    let (built, asked) = (plain(built), plain(asked).replace("wrn", "wideresnet"));
    let open = asked.chars().all(char::is_alphabetic) || OF_WIDTH.iter().any(|start| asked.starts_with(start));
    built == asked || open
}

/// The architecture of a file's tensors: the named one, or the only one that fits them.
///
/// # Errors
/// What does not fit, or which architectures would fit.
pub(crate) fn find(
    weights: &mut Weights,
    asked: Option<&str>,
    settings: &Settings,
) -> Result<(Architecture, Sources), Misfit> {
    wide_resnet::leave_out(weights);
    match asked {
        Some(name) => named(weights, name, settings),
        None => guessed(weights, settings),
    }
}

fn named(weights: &mut Weights, name: &str, settings: &Settings) -> Result<(Architecture, Sources), Misfit> {
    let family = Family::named(name).ok_or_else(|| {
        let known = NAMES.join(", ");
        format!("unknown architecture `{name}`. Known for files of weights: {known}, and others of these families. Export other networks to ONNX")
    })?;
    let unfit = |problem: Misfit| format!("its tensors are not those of `{name}`: {problem}");
    let (built, sources) = fit(family, weights, settings).map_err(unfit)?;
    let found = &built.architecture.name;
    if !is_asked_for(found, name) {
        return Err(format!(
            "its tensors are those of `{found}`, not of `{name}`. Give `--arch {found}`"
        ));
    }
    weights.notes.extend(built.notes);
    Ok((built.architecture, sources))
}

fn guessed(weights: &mut Weights, settings: &Settings) -> Result<(Architecture, Sources), Misfit> {
    let mut fitting: Vec<(Built, Sources)> = TRIED
        .iter()
        .filter_map(|&family| fit(family, weights, settings).ok())
        .collect();
    match fitting.len() {
        0 if weights.tensors.is_empty() => Err("holds no tensors that have values".into()),
        0 => {
            let first = weights.tensors.keys().next().map_or("none", String::as_str);
            Err(format!(
                "holds weights alone, {} tensors from `{first}` on, that are of no architecture known here ({}). Give `--arch` to see what is missing, or export the network to ONNX",
                weights.tensors.len(),
                NAMES.join(", ")
            ))
        }
        1 => {
            let (built, sources) = fitting.swap_remove(0);
            let name = &built.architecture.name;
            weights.notes.push(format!("by its tensors it is `{name}`"));
            weights.notes.extend(built.notes);
            Ok((built.architecture, sources))
        }
        _ => {
            let names: Vec<String> = fitting
                .iter()
                .map(|(built, _)| format!("`--arch {}`", built.architecture.name))
                .collect();
            Err(format!(
                "holds weights alone, which fit more than one network. Give {}",
                names.join(" or ")
            ))
        }
    }
}

/// An architecture of a family, and where its tensors come from.
fn fit(family: Family, weights: &Weights, settings: &Settings) -> Result<(Built, Sources), Misfit> {
    let built = family.build(weights, settings)?;
    let module = |layer: &str| {
        let other = built.names.iter().find(|(ours, _)| ours == layer);
        other.map_or(layer, |(_, module)| module).to_owned()
    };
    let sources = sources(&built.architecture, weights, module)?;
    Ok((built, sources))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_are_understood() {
        for (name, family) in [
            ("resnet18", Some(Family::Resnet)),
            ("ResNet-18", Some(Family::Resnet)),
            ("timm/resnet50.a1_in1k", Some(Family::Resnet)),
            ("tv_resnet34", Some(Family::Resnet)),
            ("wide_resnet50_2", Some(Family::Resnet)),
            ("WRN-28-10", Some(Family::WideResnet)),
            ("wrn-28-2", Some(Family::WideResnet)),
            ("wide-resnet-70-16", Some(Family::WideResnet)),
            ("preact-resnet18-v2", Some(Family::PreactResnet(Shortcut::Activated))),
            ("PreActResNet18", Some(Family::PreactResnet(Shortcut::Input))),
            ("vgg16_bn", Some(Family::Vgg)),
            ("mobilenetv2_100", Some(Family::MobilenetV2)),
            ("densenet121", Some(Family::Densenet)),
            ("small-cnn", Some(Family::Own("small-cnn"))),
            ("resnet-small", Some(Family::Own("resnet-small"))),
            ("vit_b_16", None),
        ] {
            assert_eq!(Family::named(name), family, "{name}");
        }
        assert!(is_asked_for("wide-resnet-28-10", "WRN-28-10"));
        assert!(is_asked_for("resnet50", "resnext50_32x4d"));
        assert!(!is_asked_for("resnet34", "resnet18"));
        assert!(!is_asked_for("vgg16", "vgg16_bn"));
    }
}

//! The one table of attacks: names, options with their defaults and limits, and what is built from them. The command line, the settings in
//! results and other front ends read it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::option_help::option_help;
use super::settings::{ApgdSpec, ApgdTSpec, BimSpec, FabSpec, FabTSpec, JsmaSpec, PgdSpec, SquareSpec};
use super::{ApgdLoss, Attack, CwL2, Ddn, DeepFool, Fgsm, Fmn, Ifgsm, Metric, MiFgsm, Norm, Target, parse_eps};
use crate::nn::Loss;
use crate::{Error, Result};

/// An attack by name, with its options. Its fields are the options; [`AttackSpec::all`] has the defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "attack", rename_all = "kebab-case")]
pub enum AttackSpec {
    /// One step of length eps along the sign of the gradient.
    Fgsm(Fgsm),
    /// One step of length eps along the sign of the gradient, towards a target.
    Tgsm {
        /// The class that examples should be taken for.
        target: Target,
    },
    /// Steps of length eps each.
    Ifgsm(Ifgsm),
    /// Steps of length eps each, towards a target.
    Itgsm {
        /// Steps, at least 1.
        steps: usize,
        /// The class that examples should be taken for.
        target: Target,
    },
    /// Steps with momentum.
    MiFgsm(MiFgsm),
    /// Projected gradient descent.
    Pgd(PgdSpec),
    /// Projected gradient descent from the image itself.
    Bim(BimSpec),
    /// Auto-PGD on the cross-entropy.
    ApgdCe(ApgdSpec),
    /// Auto-PGD on the difference of logits ratio.
    ApgdDlr(ApgdSpec),
    /// Auto-PGD on the difference of logits ratio towards one class after the other.
    ApgdT(ApgdTSpec),
    /// Random squares.
    Square(SquareSpec),
    /// The nearest boundary.
    Fab(FabSpec),
    /// The boundary of one class after the other.
    FabT(FabTSpec),
    /// The shortest change that another class is ahead with.
    CwL2(CwL2),
    /// To the nearest boundary, step by step.
    Deepfool(DeepFool),
    /// Along the gradient, at a length that shrinks and grows.
    Ddn(Ddn),
    /// Along the gradient, within a ball that shrinks and grows.
    Fmn(Fmn),
    /// Few values changed by much.
    Jsma(JsmaSpec),
}

/// An option of attacks.
#[derive(Clone, Copy, Debug)]
pub struct AttackOption {
    /// As on the command line, with hyphens.
    pub flag: &'static str,
    /// What stands for its value in a usage line.
    pub placeholder: &'static str,
    /// What it is, up to the attacks that have it.
    about: &'static str,
    /// Attacks whose default is no single value, and what it is in words.
    defaults: &'static [(&'static str, &'static str)],
    /// Values that it takes.
    pub kind: OptionKind,
    /// Another option that cannot be given together with it.
    pub conflict: Option<&'static str>,
}

/// Values that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// None: given or not.
    Flag,
    /// A whole number of at least 1.
    Count,
    /// A whole number.
    Seed,
    /// A number above 0.
    Positive,
    /// 0 or a number above.
    NotNegative,
    /// A number other than 0.
    NotZero,
    /// A number above 0 and at most 1.
    Share,
    /// A [`Target`].
    Target,
    /// The name of a [`Loss`].
    Loss,
    /// The name of a [`Metric`]; most attacks have those of a [`Norm`] alone.
    Norm,
}

/// Options of all attacks, in the order in which they are listed.
const OPTIONS: [AttackOption; 19] = [
    option("steps", "N", "Gradients to follow,", OptionKind::Count),
    option(
        "target",
        "next|CLASS",
        "Class to be taken for, by name or label; next is the one after the true class;",
        OptionKind::Target,
    ),
    option(
        "theta",
        "X",
        "What is added to a value, in the units of the data,",
        OptionKind::NotZero,
    ),
    option(
        "overshoot",
        "X",
        "Share by which the way to the boundary is lengthened,",
        OptionKind::NotNegative,
    ),
    option(
        "gamma",
        "X",
        "Share of the values that may be changed, of ddn and fmn share by which a step changes the length,",
        OptionKind::Share,
    ),
    option(
        "single-pixels",
        "",
        "Change single values instead of pairs,",
        OptionKind::Flag,
    ),
    option(
        "loss",
        "LOSS",
        "What the attack climbs: cross-entropy (ce), the margin of the best other class, whose gradient never underflows, or the margin of the probabilities;",
        OptionKind::Loss,
    ),
    option(
        "norm",
        "NORM",
        "Norm that eps bounds, or in which examples are to be near; l1 is for fmn alone;",
        OptionKind::Norm,
    ),
    option(
        "targets",
        "N",
        "Most likely other classes to aim at, one after the other; all of a model that has fewer;",
        OptionKind::Count,
    ),
    option(
        "queries",
        "N",
        "Forward passes to spend on an image,",
        OptionKind::Count,
    ),
    option(
        "initial-share",
        "X",
        "Share of the values that the first squares change,",
        OptionKind::Share,
    ),
    option(
        "restarts",
        "N",
        "Starts to try on images that were not fooled yet, random but for the first of fab and fab-t,",
        OptionKind::Count,
    ),
    AttackOption {
        defaults: &[
            ("mi-fgsm", "eps / steps"),
            ("pgd", "2.5 x eps / steps"),
            ("bim", "2.5 x eps / steps"),
        ],
        ..option(
            "step-size",
            "X",
            "Length of a step in the norm, of cw-l2 the one that Adam is given, of fmn that of the first in L2, in the units of the data,",
            OptionKind::Positive,
        )
    },
    option(
        "decay",
        "X",
        "Share of the momentum that is left at the next step,",
        OptionKind::NotNegative,
    ),
    option(
        "confidence",
        "X",
        "How far the logit of another class is to be ahead,",
        OptionKind::NotNegative,
    ),
    option(
        "searches",
        "N",
        "Searches, each with another weight of the classes beside the distance,",
        OptionKind::Count,
    ),
    option(
        "initial-weight",
        "X",
        "Weight of the classes beside the distance in the first search,",
        OptionKind::Positive,
    ),
    option("seed", "N", "Seed of what is drawn,", OptionKind::Seed),
    AttackOption {
        conflict: Some("seed"),
        ..option("no-random-start", "", "Start at the image itself,", OptionKind::Flag)
    },
];

const fn option(flag: &'static str, placeholder: &'static str, about: &'static str, kind: OptionKind) -> AttackOption {
    AttackOption {
        flag,
        placeholder,
        about,
        defaults: &[],
        kind,
        conflict: None,
    }
}

impl AttackSpec {
    /// Every attack with its default options.
    pub fn all() -> [AttackSpec; 18] {
        let Ifgsm { steps, .. } = Ifgsm::default();
        let target = Target::default();
        [
            AttackSpec::Fgsm(Fgsm::default()),
            AttackSpec::Tgsm { target },
            AttackSpec::Ifgsm(Ifgsm::default()),
            AttackSpec::Itgsm { steps, target },
            AttackSpec::MiFgsm(MiFgsm::default()),
            AttackSpec::Pgd(PgdSpec::default()),
            AttackSpec::Bim(BimSpec::default()),
            AttackSpec::ApgdCe(ApgdSpec::default()),
            AttackSpec::ApgdDlr(ApgdSpec::default()),
            AttackSpec::ApgdT(ApgdTSpec::default()),
            AttackSpec::Square(SquareSpec::default()),
            AttackSpec::Fab(FabSpec::default()),
            AttackSpec::FabT(FabTSpec::default()),
            AttackSpec::CwL2(CwL2::default()),
            AttackSpec::Deepfool(DeepFool::default()),
            AttackSpec::Ddn(Ddn::default()),
            AttackSpec::Fmn(Fmn::default()),
            AttackSpec::Jsma(JsmaSpec::default()),
        ]
    }

    /// Name of the attack.
    pub fn name(&self) -> &'static str {
        match self {
            AttackSpec::Fgsm(_) => "fgsm",
            AttackSpec::Tgsm { .. } => "tgsm",
            AttackSpec::Ifgsm(_) => "ifgsm",
            AttackSpec::Itgsm { .. } => "itgsm",
            AttackSpec::MiFgsm(_) => "mi-fgsm",
            AttackSpec::Pgd(_) => "pgd",
            AttackSpec::Bim(_) => "bim",
            AttackSpec::ApgdCe(_) => "apgd-ce",
            AttackSpec::ApgdDlr(_) => "apgd-dlr",
            AttackSpec::ApgdT(_) => "apgd-t",
            AttackSpec::Square(_) => "square",
            AttackSpec::Fab(_) => "fab",
            AttackSpec::FabT(_) => "fab-t",
            AttackSpec::CwL2(_) => "cw-l2",
            AttackSpec::Deepfool(_) => "deepfool",
            AttackSpec::Ddn(_) => "ddn",
            AttackSpec::Fmn(_) => "fmn",
            AttackSpec::Jsma(_) => "jsma",
        }
    }

    /// Name in results, which tells attacks apart that differ in what they climb or what eps bounds: `pgd-l2-margin`.
    pub fn label(&self) -> &'static str {
        match self {
            AttackSpec::Fgsm(Fgsm { loss: Loss::Margin }) => "fgsm-margin",
            AttackSpec::Ifgsm(Ifgsm { loss: Loss::Margin, .. }) => "ifgsm-margin",
            AttackSpec::MiFgsm(MiFgsm { loss: Loss::Margin, .. }) => "mi-fgsm-margin",
            AttackSpec::Fgsm(Fgsm {
                loss: Loss::ProbabilityMargin,
            }) => "fgsm-probability-margin",
            AttackSpec::Ifgsm(Ifgsm {
                loss: Loss::ProbabilityMargin,
                ..
            }) => "ifgsm-probability-margin",
            AttackSpec::MiFgsm(MiFgsm {
                loss: Loss::ProbabilityMargin,
                ..
            }) => "mi-fgsm-probability-margin",
            AttackSpec::Pgd(spec) => spec.label(),
            AttackSpec::Bim(spec) => spec.label(),
            AttackSpec::ApgdCe(ApgdSpec { norm: Norm::L2, .. }) => "apgd-ce-l2",
            AttackSpec::ApgdDlr(ApgdSpec { norm: Norm::L2, .. }) => "apgd-dlr-l2",
            AttackSpec::ApgdT(ApgdTSpec { norm: Norm::L2, .. }) => "apgd-t-l2",
            AttackSpec::Square(SquareSpec { norm: Norm::L2, .. }) => "square-l2",
            AttackSpec::Fab(FabSpec { norm: Norm::L2, .. }) => "fab-l2",
            AttackSpec::FabT(FabTSpec { norm: Norm::L2, .. }) => "fab-t-l2",
            AttackSpec::Deepfool(DeepFool { norm: Norm::Linf, .. }) => "deepfool-linf",
            AttackSpec::Fmn(Fmn { norm: Metric::Linf, .. }) => "fmn-linf",
            AttackSpec::Fmn(Fmn { norm: Metric::L1, .. }) => "fmn-l1",
            other => other.name(),
        }
    }

    /// The attack itself.
    ///
    /// # Errors
    /// When options are out of range, or do not go together.
    pub fn attack(&self) -> Result<Attack> {
        let name = self.label();
        let attack = match *self {
            AttackSpec::Fgsm(fgsm) => Attack::bounded(name, fgsm),
            AttackSpec::Tgsm { target } => Attack::bounded(name, Fgsm::default()).towards(target),
            AttackSpec::Ifgsm(ifgsm) => Attack::bounded(name, ifgsm),
            AttackSpec::Itgsm { steps, target } => {
                let ifgsm = Ifgsm {
                    steps,
                    ..Ifgsm::default()
                };
                Attack::bounded(name, ifgsm).towards(target)
            }
            AttackSpec::MiFgsm(mi_fgsm) => Attack::bounded(name, mi_fgsm),
            AttackSpec::Pgd(spec) => Attack::bounded(name, spec.attack()?),
            AttackSpec::Bim(spec) => Attack::bounded(name, spec.as_pgd().attack()?),
            AttackSpec::ApgdCe(spec) => Attack::bounded(name, spec.attack(ApgdLoss::CrossEntropy)?),
            AttackSpec::ApgdDlr(spec) => Attack::bounded(name, spec.attack(ApgdLoss::Dlr)?),
            AttackSpec::ApgdT(spec) => Attack::bounded(name, spec.attack()?),
            AttackSpec::Square(spec) => Attack::bounded(name, spec.attack()?),
            AttackSpec::Fab(spec) => Attack::bounded(name, spec.attack()),
            AttackSpec::FabT(spec) => Attack::bounded(name, spec.attack()),
            AttackSpec::CwL2(cw) => Attack::minimal(name, cw),
            AttackSpec::Deepfool(deepfool) => Attack::minimal(name, deepfool),
            AttackSpec::Ddn(ddn) => Attack::minimal(name, ddn),
            AttackSpec::Fmn(fmn) => Attack::minimal(name, fmn),
            AttackSpec::Jsma(JsmaSpec { jsma, target }) => Attack::minimal(name, jsma).towards(target),
        };
        Ok(attack.built_from(self.clone()))
    }

    /// Settings in words, for a sentence about the attack.
    pub fn in_words(&self) -> String {
        match self {
            AttackSpec::Fgsm(Fgsm { loss }) => format!("one step of length eps (L∞), {}", loss.in_words()),
            AttackSpec::Tgsm { target } => {
                let (target, loss) = (target.in_words(), Loss::default().in_words());
                format!("one step of length eps (L∞) towards {target}, {loss}")
            }
            AttackSpec::Ifgsm(Ifgsm { steps, loss }) => {
                format!("{steps} steps of length eps each, {}", loss.in_words())
            }
            AttackSpec::Itgsm { steps, target } => {
                let (target, loss) = (target.in_words(), Ifgsm::default().loss.in_words());
                format!("{steps} steps of length eps each towards {target}, {loss}")
            }
            AttackSpec::MiFgsm(spec) => {
                let (steps, decay, loss) = (spec.steps, spec.decay, spec.loss.in_words());
                let size = match spec.step_size {
                    Some(size) => size.to_string(),
                    None => format!("eps / {steps}"),
                };
                format!("{steps} steps of length {size} within eps (L∞), {loss}, momentum times {decay} at each step")
            }
            AttackSpec::Pgd(spec) => spec.in_words(),
            AttackSpec::Bim(spec) => spec.as_pgd().in_words(),
            AttackSpec::ApgdCe(spec) => spec.in_words("cross-entropy"),
            AttackSpec::ApgdDlr(spec) => spec.in_words("difference of logits ratio"),
            AttackSpec::ApgdT(spec) => spec.in_words(),
            AttackSpec::Square(spec) => spec.in_words(),
            AttackSpec::Fab(spec) => spec.in_words(),
            AttackSpec::FabT(spec) => spec.in_words(),
            AttackSpec::CwL2(cw) => {
                let (searches, steps, size, ahead) = (cw.searches, cw.steps, cw.step_size, cw.confidence);
                format!("{searches} searches (L2) of at most {steps} steps of Adam of {size}, ahead by {ahead}")
            }
            AttackSpec::Deepfool(DeepFool { norm, steps, overshoot }) => {
                let norm = norm.sign();
                format!("at most {steps} steps to the nearest boundary ({norm}), lengthened by {overshoot}")
            }
            AttackSpec::Ddn(Ddn { steps, gamma }) => {
                format!("{steps} steps at a length (L2) that each changes by a share of {gamma}")
            }
            AttackSpec::Fmn(fmn) => {
                let (steps, norm, size, gamma) = (fmn.steps, fmn.norm.sign(), fmn.step_size, fmn.gamma);
                format!(
                    "{steps} steps within a radius ({norm}) that the first, of length {size} (L2), changes by a share of {gamma} and later ones by less"
                )
            }
            AttackSpec::Jsma(JsmaSpec { jsma, target }) => {
                let what = if jsma.single_pixels {
                    "single values"
                } else {
                    "pairs of values"
                };
                let share = match jsma.gamma {
                    0.25 => "a quarter".to_owned(),
                    gamma => format!("{} %", 100.0 * gamma),
                };
                let target = target.in_words();
                format!("{what} changed by theta (here eps), {share} of all at most, towards {target}")
            }
        }
    }

    /// What stands as `eps` in results of the attack of a name: `eps`, or as [`Attack::size_name`] has it.
    pub fn size_name(name: &str) -> &'static str {
        let attack = Self::named(name).and_then(|spec| spec.attack());
        attack.map_or("eps", |attack| attack.size_name())
    }

    /// Names of all attacks.
    pub fn names() -> Vec<&'static str> {
        Self::all().iter().map(AttackSpec::name).collect()
    }

    /// The attack of a name, with its default options.
    ///
    /// # Errors
    /// When there is none of this name; the message suggests the nearest.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::all().into_iter().find(|spec| spec.name() == name);
        found.ok_or_else(|| Error::unknown("attack", name, Self::names()))
    }

    /// The attack of a name, with these options and the defaults of others.
    ///
    /// # Errors
    /// When there is no such attack, it does not have one of the options, or a value is of another kind.
    pub fn with_options(name: &str, given: &Map<String, Value>) -> Result<Self> {
        let mut options = Self::named(name)?.options()?;
        for (option, value) in given {
            if !options.contains_key(option) {
                let known: Vec<&str> = options.keys().map(String::as_str).collect();
                return Err(Error::unknown("option of the attack", option, known));
            }
            if let (Some(name), Some(known)) = (value.as_str(), OPTIONS.iter().find(|known| known.name() == *option)) {
                match known.kind {
                    OptionKind::Loss => drop(name.parse::<Loss>()?),
                    OptionKind::Norm => drop(name.parse::<Metric>()?),
                    _ => {}
                }
            }
            options.insert(option.clone(), value.clone());
        }
        if let (Some("l1"), false) = (given.get("norm").and_then(Value::as_str), name == "fmn") {
            let expected = format!("one that `{name}` has: linf or l2; `fmn` has it");
            return Err(Error::value("norm", expected, "l1"));
        }
        options.insert("attack".to_owned(), name.into());
        serde_json::from_value(Value::Object(options))
            .map_err(|problem| Error::value("options of the attack", "of the right kind", problem))
    }

    /// The same for a user who names the `target` as [`Target::named`] does: by the name of one of `classes`, or its label.
    ///
    /// # Errors
    /// As [`with_options`](Self::with_options), and when there is no such class.
    pub fn with_options_for(name: &str, given: &Map<String, Value>, classes: &[String]) -> Result<Self> {
        let mut given = given.clone();
        if let Some(target) = given.get_mut("target")
            && let Some(wanted) = target.as_str()
            && let Target::Class(class) = Target::named(wanted, classes)?
        {
            *target = class.into();
        }
        Self::with_options(name, &given)
    }

    /// Its options by name, as in JSON.
    ///
    /// # Errors
    /// Never, as far as we know: options are plain values.
    pub fn options(&self) -> Result<Map<String, Value>> {
        let options = serde_json::to_value(self).ok().and_then(|value| match value {
            Value::Object(options) => Some(options),
            _ => None,
        });
        let mut options = options.ok_or_else(|| Error::value("options of the attack", "plain values", self.name()))?;
        options.remove("attack");
        Ok(options)
    }

    /// Names of the attacks that have an option.
    pub fn having(option: &AttackOption) -> Vec<&'static str> {
        Self::names_where(|spec| spec.options().is_ok_and(|options| options.contains_key(&option.name())))
    }

    /// Names of the attacks that are given an epsilon.
    pub fn taking_eps() -> Vec<&'static str> {
        Self::names_where(|spec| spec.attack().is_ok_and(|attack| attack.takes_eps()))
    }

    /// Names of the attacks that may be given epsilons, and do without.
    pub fn answering_for_eps() -> Vec<&'static str> {
        Self::names_where(|spec| spec.attack().is_ok_and(|attack| attack.nearest_in().is_some()))
    }

    fn names_where(good: impl Fn(&AttackSpec) -> bool) -> Vec<&'static str> {
        let all = Self::all();
        all.iter().filter(|spec| good(spec)).map(AttackSpec::name).collect()
    }
}

impl AttackOption {
    /// Options of all attacks, in the order in which they are listed.
    pub fn all() -> &'static [AttackOption] {
        &OPTIONS
    }

    /// As in JSON and in other languages, with underscores.
    pub fn name(&self) -> String {
        self.flag.replace('-', "_")
    }

    /// What it is, in a few words.
    pub fn about(&self) -> &'static str {
        self.about.trim_end_matches([',', ';'])
    }

    /// What its default is for an attack for which that is no single value.
    pub fn default_in_words(&self, attack: &str) -> Option<&'static str> {
        let mut defaults = self.defaults.iter();
        defaults.find_map(|&(of, words)| (of == attack).then_some(words))
    }

    /// What it is, which attacks have it, and their defaults: `Gradients to follow, for ifgsm, itgsm [default: 10] and pgd [default: 40]`.
    pub fn help(&self) -> String {
        self.help_among(|_| true)
    }

    /// The same for some attacks alone, by name.
    pub fn help_among(&self, named: impl Fn(&str) -> bool) -> String {
        let all = AttackSpec::all();
        let having = all.iter().filter(|spec| named(spec.name())).filter_map(|spec| {
            let value = spec.options().ok()?.remove(&self.name())?;
            Some((spec.name(), self.default_in_words(spec.name()), value))
        });
        option_help(self.about, having)
    }
}

impl OptionKind {
    /// Reads a value as it is typed.
    ///
    /// # Errors
    /// Says what was expected.
    pub fn parse(self, text: &str) -> std::result::Result<Value, String> {
        let number = |good: fn(f64) -> bool, expected: &str| match parse_eps(text) {
            Ok(number) if number.is_finite() && good(number) => Ok(number.into()),
            _ => Err(format!("expected {expected}")),
        };
        let name = |known: Result<String>| known.map(Value::from).map_err(|e| e.to_string());
        match self {
            OptionKind::Flag => Ok(true.into()),
            OptionKind::Count => match text.parse::<usize>() {
                Ok(count) if count > 0 => Ok(count.into()),
                _ => Err("expected a whole number of at least 1".to_owned()),
            },
            OptionKind::Seed => text
                .parse::<u64>()
                .map(Value::from)
                .map_err(|_| "expected a whole number".to_owned()),
            OptionKind::Positive => number(|x| x > 0.0, "a number above 0"),
            OptionKind::NotNegative => number(|x| x >= 0.0, "0 or a number above"),
            OptionKind::NotZero => number(|x| x != 0.0, "a number other than 0"),
            OptionKind::Share => number(|x| x > 0.0 && x <= 1.0, "a number above 0 and at most 1"),
            // Which classes there are, the data will tell.
            OptionKind::Target => Ok(text.into()),
            OptionKind::Loss => name(text.parse::<Loss>().map(|loss| loss.name().to_owned())),
            OptionKind::Norm => name(text.parse::<Metric>().map(|norm| norm.name().to_owned())),
        }
    }

    /// Whether it takes numbers that may be written with a sign or a point.
    pub fn is_number(self) -> bool {
        matches!(
            self,
            OptionKind::Positive | OptionKind::NotNegative | OptionKind::NotZero | OptionKind::Share
        )
    }

    /// The names that it takes, if it takes names.
    pub fn names(self) -> Vec<&'static str> {
        match self {
            OptionKind::Loss => Loss::ALL.map(Loss::name).to_vec(),
            OptionKind::Norm => Metric::ALL.map(Metric::name).to_vec(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every option is listed, and has a kind that takes the default that it has.
    #[test]
    fn the_table_is_whole() {
        for spec in AttackSpec::all() {
            for (name, default) in spec.options().unwrap() {
                let option = OPTIONS.iter().find(|option| option.name() == name);
                let option = option.unwrap_or_else(|| panic!("`{name}` of {} is not listed", spec.name()));
                let typed = match &default {
                    Value::Null | Value::Bool(false) => continue,
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let read = option.kind.parse(&typed).unwrap();
                assert_eq!(read.as_f64(), default.as_f64(), "{name}");
                assert_eq!(read.as_str(), default.as_str(), "{name}");
            }
            assert!(spec.attack().is_ok());
            let json = serde_json::to_string(&spec).unwrap();
            assert_eq!(serde_json::from_str::<AttackSpec>(&json).unwrap(), spec);
            assert_eq!(AttackSpec::with_options(spec.name(), &Map::new()).unwrap(), spec);
        }
        for option in OPTIONS {
            assert!(
                !AttackSpec::having(&option).is_empty(),
                "no attack has `{}`",
                option.flag
            );
        }
    }

    #[test]
    fn options_are_set_by_name() {
        let mut given = Map::new();
        given.insert("steps".to_owned(), 3.into());
        given.insert("target".to_owned(), 2.into());
        let itgsm = AttackSpec::with_options("itgsm", &given).unwrap();
        assert_eq!(
            itgsm,
            AttackSpec::Itgsm {
                steps: 3,
                target: Target::Class(2)
            }
        );
        assert_eq!(
            itgsm.in_words(),
            "3 steps of length eps each towards class 2, cross-entropy"
        );
        let message = |name: &str, given: &_| AttackSpec::with_options(name, given).unwrap_err().to_string();
        assert_eq!(
            message("tgsm", &given),
            "unknown option of the attack `steps`. Known: target"
        );
        assert!(message("fgms", &given).contains("Did you mean `fgsm`?"));
        given.insert("steps".to_owned(), "many".into());
        assert!(message("itgsm", &given).starts_with("options of the attack: "));
    }

    #[test]
    fn a_target_is_found_by_name() {
        let classes = ["0", "1", "10", "2"].map(str::to_owned);
        let target = |wanted: &str| {
            let given = Map::from_iter([("target".to_owned(), Value::from(wanted))]);
            AttackSpec::with_options_for("tgsm", &given, &classes)
        };
        let class = |class| AttackSpec::Tgsm {
            target: Target::Class(class),
        };
        assert_eq!(target("2").unwrap(), class(3));
        assert_eq!(target("3").unwrap(), class(3));
        let next = target("next").unwrap();
        assert_eq!(next, AttackSpec::named("tgsm").unwrap());
        assert!(target("4").unwrap_err().to_string().starts_with("unknown class `4`"));
    }

    /// Attacks that differ in what they climb or in their norm have names of their own, each of them one.
    #[test]
    fn labels_tell_attacks_apart() {
        let mut labels = Vec::new();
        for spec in AttackSpec::all() {
            let options = spec.options().unwrap();
            let of = |name: &str, names: Vec<&'static str>| match options.contains_key(name) {
                true => names.into_iter().map(Some).collect(),
                false => vec![None],
            };
            for loss in of("loss", OptionKind::Loss.names()) {
                for norm in of("norm", OptionKind::Norm.names()) {
                    let given = [("loss", loss), ("norm", norm)];
                    let given = given
                        .into_iter()
                        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
                    match AttackSpec::with_options(spec.name(), &given.collect()) {
                        Ok(spec) => labels.push(spec.label()),
                        Err(error) => assert_eq!((norm, spec.name() == "fmn"), (Some("l1"), false), "{error}"),
                    }
                }
            }
        }
        for label in ["fmn-linf", "fmn-l1", "pgd-probability-margin", "bim-l2-margin", "cw-l2"] {
            assert!(labels.contains(&label), "{label}");
        }
        let count = labels.len();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), count);
    }

    #[test]
    fn defaults_are_told_in_words() {
        let words = |name| AttackSpec::named(name).unwrap().in_words();
        assert_eq!(
            words("pgd"),
            "40 steps of length eps / 16 within eps (L∞), cross-entropy, from a random start"
        );
        assert_eq!(
            words("bim"),
            "10 steps of length eps / 4 within eps (L∞), cross-entropy, from the image itself"
        );
        assert_eq!(
            words("apgd-t"),
            "100 steps of chosen length within eps (L∞), difference of logits ratio towards the 9 most likely other classes (of fewer, all), from a random start"
        );
        assert_eq!(
            words("cw-l2"),
            "9 searches (L2) of at most 1000 steps of Adam of 0.01, ahead by 0"
        );
        assert_eq!(
            words("fmn"),
            "1000 steps within a radius (L2) that the first, of length 1 (L2), changes by a share of 0.05 and later ones by less"
        );
        assert_eq!(
            words("jsma"),
            "pairs of values changed by theta (here eps), a quarter of all at most, towards the next class"
        );
    }
}

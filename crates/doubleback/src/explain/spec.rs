//! The one table of methods: names, options with their defaults and limits, and what is built from them. The command line, the settings in results and other
//! front ends read it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::given::Given;
use super::layer_settings::{GradCamSpec, GuidedGradCamSpec, LrpSpec};
use super::settings::{
    BaselineKind, ExpectedGradientsSpec, IntegratedGradientsSpec, ItgsmSpec, NoiseSpec, OcclusionSpec, RiseSpec,
};
use super::{
    Deconvnet, ExplainOption, Explainer, Gradient, GuidedBackprop, InBatches, InputXGradient, Quadrature, Saliency,
    Score, SmoothGrad, SmoothGradSquared, ValueKind, VarGrad,
};
use crate::attack::option_help;
use crate::{Error, Result};

/// A method of explanation by name, with its options. [`ExplainSpec::all`] has the defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum ExplainSpec {
    /// The gradient of the target's logit.
    Gradient,
    /// Its absolute value.
    Saliency,
    /// The gradient of the sum of all log-probabilities.
    Score,
    /// Each value times its gradient.
    InputXGradient,
    /// The gradient along the path from a baseline.
    IntegratedGradients(IntegratedGradientsSpec),
    /// The mean over noisy copies.
    Smoothgrad(NoiseSpec),
    /// The mean square over noisy copies.
    SmoothgradSquared(NoiseSpec),
    /// The variance over noisy copies.
    Vargrad(NoiseSpec),
    /// Integrated gradients from baselines drawn from the data.
    ExpectedGradients(ExpectedGradientsSpec),
    /// The gradient through ReLUs that hand back only what is positive.
    GuidedBackprop,
    /// The same, whatever a ReLU's own input was.
    Deconvnet,
    /// The channels of a layer, weighted by their mean gradient.
    GradCam(GradCamSpec),
    /// The same by weights that count pixels by their share.
    #[serde(rename = "grad-cam++")]
    GradCamPlusPlus(GradCamSpec),
    /// Guided backpropagation times Grad-CAM.
    GuidedGradCam(GuidedGradCamSpec),
    /// The logit, handed on from layer to layer.
    Lrp(LrpSpec),
    /// What hiding a window changes.
    Occlusion(OcclusionSpec),
    /// What random masks leave.
    Rise(RiseSpec),
    /// What steps towards the target make of the image.
    Itgsm(ItgsmSpec),
}

impl ExplainSpec {
    /// Every method with its default options.
    pub fn all() -> Vec<ExplainSpec> {
        vec![
            ExplainSpec::Gradient,
            ExplainSpec::Saliency,
            ExplainSpec::Score,
            ExplainSpec::InputXGradient,
            ExplainSpec::IntegratedGradients(IntegratedGradientsSpec::default()),
            ExplainSpec::Smoothgrad(NoiseSpec::default()),
            ExplainSpec::SmoothgradSquared(NoiseSpec::default()),
            ExplainSpec::Vargrad(NoiseSpec::default()),
            ExplainSpec::ExpectedGradients(ExpectedGradientsSpec::default()),
            ExplainSpec::GuidedBackprop,
            ExplainSpec::Deconvnet,
            ExplainSpec::GradCam(GradCamSpec::default()),
            ExplainSpec::GradCamPlusPlus(GradCamSpec::default()),
            ExplainSpec::GuidedGradCam(GuidedGradCamSpec::default()),
            ExplainSpec::Lrp(LrpSpec::default()),
            ExplainSpec::Occlusion(OcclusionSpec::default()),
            ExplainSpec::Rise(RiseSpec::default()),
            ExplainSpec::Itgsm(ItgsmSpec::default()),
        ]
    }

    /// Name of the method.
    pub fn name(&self) -> &'static str {
        match self {
            ExplainSpec::Gradient => "gradient",
            ExplainSpec::Saliency => "saliency",
            ExplainSpec::Score => "score",
            ExplainSpec::InputXGradient => "input-x-gradient",
            ExplainSpec::IntegratedGradients(_) => "integrated-gradients",
            ExplainSpec::Smoothgrad(_) => "smoothgrad",
            ExplainSpec::SmoothgradSquared(_) => "smoothgrad-squared",
            ExplainSpec::Vargrad(_) => "vargrad",
            ExplainSpec::ExpectedGradients(_) => "expected-gradients",
            ExplainSpec::GuidedBackprop => "guided-backprop",
            ExplainSpec::Deconvnet => "deconvnet",
            ExplainSpec::GradCam(_) => "grad-cam",
            ExplainSpec::GradCamPlusPlus(_) => "grad-cam++",
            ExplainSpec::GuidedGradCam(_) => "guided-grad-cam",
            ExplainSpec::Lrp(_) => "lrp",
            ExplainSpec::Occlusion(_) => "occlusion",
            ExplainSpec::Rise(_) => "rise",
            ExplainSpec::Itgsm(_) => "itgsm",
        }
    }

    /// The method itself.
    ///
    /// # Errors
    /// When options are out of range, or it needs a background and none is given.
    pub fn explainer(&self, given: &Given) -> Result<Box<dyn Explainer>> {
        Ok(match self {
            ExplainSpec::Gradient => bounded(Gradient, given),
            ExplainSpec::Saliency => bounded(Saliency, given),
            ExplainSpec::Score => bounded(Score, given),
            ExplainSpec::InputXGradient => bounded(InputXGradient, given),
            ExplainSpec::IntegratedGradients(spec) => Box::new(spec.explainer(given)?),
            ExplainSpec::Smoothgrad(spec) => Box::new(SmoothGrad {
                of: Self::inner(spec, given)?,
                noise: spec.noise(given),
            }),
            ExplainSpec::SmoothgradSquared(spec) => Box::new(SmoothGradSquared {
                of: Self::inner(spec, given)?,
                noise: spec.noise(given),
            }),
            ExplainSpec::Vargrad(spec) => Box::new(VarGrad {
                of: Self::inner(spec, given)?,
                noise: spec.noise(given),
            }),
            ExplainSpec::ExpectedGradients(spec) => Box::new(spec.explainer(given)?),
            ExplainSpec::GuidedBackprop => bounded(GuidedBackprop, given),
            ExplainSpec::Deconvnet => bounded(Deconvnet, given),
            ExplainSpec::GradCam(spec) => bounded(spec.grad_cam(), given),
            ExplainSpec::GradCamPlusPlus(spec) => bounded(spec.grad_cam_plus_plus(), given),
            ExplainSpec::GuidedGradCam(spec) => bounded(spec.explainer(), given),
            ExplainSpec::Lrp(spec) => bounded(spec.explainer(), given),
            ExplainSpec::Occlusion(spec) => Box::new(spec.explainer(given)?),
            ExplainSpec::Rise(spec) => Box::new(spec.explainer(given)?),
            ExplainSpec::Itgsm(spec) => bounded(spec.explainer(), given),
        })
    }

    /// The method that a wrapper asks about noisy copies, with its default options.
    fn inner(spec: &NoiseSpec, given: &Given) -> Result<Box<dyn Explainer>> {
        match Self::named(&spec.of)? {
            wrapper if wrapper.noise().is_some() => Err(Error::value(
                "of",
                format!(
                    "a method that adds no noise itself: one of {}",
                    Self::inner_names().join(", ")
                ),
                &spec.of,
            )),
            method => method.explainer(given),
        }
    }

    fn noise(&self) -> Option<&NoiseSpec> {
        match self {
            ExplainSpec::Smoothgrad(spec) | ExplainSpec::SmoothgradSquared(spec) | ExplainSpec::Vargrad(spec) => {
                Some(spec)
            }
            _ => None,
        }
    }

    /// How many background images it wants, and the seed by which they are drawn, if it wants some.
    pub fn background(&self) -> Option<(usize, u64)> {
        let of = |kind: BaselineKind, count, seed| kind.needs_background().then_some((count, seed));
        match self {
            ExplainSpec::ExpectedGradients(spec) => Some((spec.background, spec.seed)),
            ExplainSpec::IntegratedGradients(spec) => of(spec.baseline, spec.background, spec.seed),
            ExplainSpec::Occlusion(spec) => of(spec.baseline, spec.background, spec.seed),
            ExplainSpec::Rise(spec) => of(spec.baseline, spec.background, spec.seed),
            ExplainSpec::Smoothgrad(spec) | ExplainSpec::SmoothgradSquared(spec) | ExplainSpec::Vargrad(spec) => {
                Self::named(&spec.of).ok()?.background()
            }
            _ => None,
        }
    }

    /// Whether it looks at layers, which a model of one's own does not show.
    pub fn looks_at_layers(&self) -> bool {
        match self {
            ExplainSpec::GuidedBackprop
            | ExplainSpec::Deconvnet
            | ExplainSpec::GradCam(_)
            | ExplainSpec::GradCamPlusPlus(_)
            | ExplainSpec::GuidedGradCam(_)
            | ExplainSpec::Lrp(_) => true,
            ExplainSpec::Smoothgrad(spec) | ExplainSpec::SmoothgradSquared(spec) | ExplainSpec::Vargrad(spec) => {
                Self::named(&spec.of).is_ok_and(|of| of.noise().is_none() && of.looks_at_layers())
            }
            _ => false,
        }
    }

    /// Settings in words, for a sentence about the method.
    pub fn in_words(&self) -> String {
        match self {
            ExplainSpec::Gradient => "the signed gradient of the target's logit".to_owned(),
            ExplainSpec::Saliency => "the absolute gradient of the target's logit".to_owned(),
            ExplainSpec::Score => "the gradient of the sum of all log-probabilities".to_owned(),
            ExplainSpec::InputXGradient => "each value times the gradient of the target's logit".to_owned(),
            ExplainSpec::IntegratedGradients(spec) => {
                let rule = match spec.rule {
                    Quadrature::GaussLegendre => "Gauss-Legendre",
                    rule => rule.name(),
                };
                format!("{} {rule} points from baseline {}", spec.steps, spec.baseline.name())
            }
            ExplainSpec::Smoothgrad(spec) => format!("the mean {}", noisy(spec)),
            ExplainSpec::SmoothgradSquared(spec) => format!("the mean square {}", noisy(spec)),
            ExplainSpec::Vargrad(spec) => format!("the variance {}", noisy(spec)),
            ExplainSpec::ExpectedGradients(spec) => {
                format!(
                    "{} points of paths from {} background images",
                    spec.draws, spec.background
                )
            }
            ExplainSpec::GuidedBackprop => "the gradient of the target's logit through ReLUs that hand back what is positive, where their input was".to_owned(),
            ExplainSpec::Deconvnet => "the gradient of the target's logit through ReLUs that hand back what is positive".to_owned(),
            ExplainSpec::GradCam(spec) => format!("channels of {} weighted by their mean gradient{}", stage(&spec.stage), sign(spec)),
            ExplainSpec::GradCamPlusPlus(spec) => {
                format!("channels of {} weighted by the positive gradients of their pixels, each by its share{}", stage(&spec.stage), sign(spec))
            }
            ExplainSpec::GuidedGradCam(spec) => format!("guided backpropagation times Grad-CAM of {}", stage(&spec.stage)),
            ExplainSpec::Lrp(spec) => spec.in_words(),
            ExplainSpec::Occlusion(spec) => {
                let window = spec
                    .window
                    .map_or("an eighth of the side".to_owned(), |side| format!("{side} pixels"));
                let stride = spec
                    .stride
                    .map_or("half of the window".to_owned(), |side| format!("{side} pixels"));
                format!(
                    "windows of {window}, {stride} apart, hidden by baseline {}",
                    spec.baseline.name()
                )
            }
            ExplainSpec::Rise(spec) => format!(
                "{} masks of {} by {} cells, {} % kept, over baseline {}",
                spec.masks,
                spec.cells,
                spec.cells,
                100.0 * spec.keep,
                spec.baseline.name()
            ),
            ExplainSpec::Itgsm(spec) => format!("{} steps of length {} towards the target", spec.steps, spec.step_size),
        }
    }

    /// Names of all methods.
    pub fn names() -> Vec<&'static str> {
        Self::all().iter().map(ExplainSpec::name).collect()
    }

    /// Names of the methods that wrappers take.
    pub fn inner_names() -> Vec<&'static str> {
        let all = Self::all();
        all.iter()
            .filter(|spec| spec.noise().is_none())
            .map(ExplainSpec::name)
            .collect()
    }

    /// The method of a name, with its default options.
    ///
    /// # Errors
    /// When there is none of this name; the message suggests the nearest.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::all().into_iter().find(|spec| spec.name() == name);
        found.ok_or_else(|| Error::unknown("method", name, Self::names()))
    }

    /// The method of a name, with these options and the defaults of others.
    ///
    /// # Errors
    /// When there is no such method, it does not have one of the options, or a value is of another kind.
    pub fn with_options(name: &str, given: &Map<String, Value>) -> Result<Self> {
        let mut options = Self::named(name)?.options()?;
        for (option, value) in given {
            if !options.contains_key(option) {
                let known: Vec<&str> = options.keys().map(String::as_str).collect();
                return Err(Error::unknown("option of the method", option, known));
            }
            // Names are refused with the nearest known one.
            if let (Some(text), Some(known)) = (
                value.as_str(),
                ExplainOption::all().iter().find(|one| one.name() == *option),
            ) {
                known.kind.check_name(text)?;
                if known.kind == ValueKind::Method {
                    Self::named(text)?;
                }
            }
            options.insert(option.clone(), value.clone());
        }
        options.insert("method".to_owned(), name.into());
        serde_json::from_value(Value::Object(options))
            .map_err(|problem| Error::value("options of the method", "of the right kind", problem))
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
        let mut options = options.ok_or_else(|| Error::value("options of the method", "plain values", self.name()))?;
        options.remove("method");
        Ok(options)
    }

    /// Names of the methods that have an option.
    pub fn having(option: &ExplainOption) -> Vec<&'static str> {
        let has = |spec: &&ExplainSpec| spec.options().is_ok_and(|options| options.contains_key(&option.name()));
        Self::all().iter().filter(has).map(ExplainSpec::name).collect()
    }
}

impl ExplainOption {
    /// What it is, which methods have it, and their defaults.
    pub fn help(&self) -> String {
        let all = ExplainSpec::all();
        let having = all.iter().filter_map(|spec| {
            let value = spec.options().ok()?.remove(&self.name())?;
            Some((spec.name(), self.default, value))
        });
        option_help(self.about, having)
    }
}

/// A method that asks about the images themselves, so many at a time.
fn bounded(of: impl Explainer + 'static, given: &Given) -> Box<dyn Explainer> {
    Box::new(InBatches {
        of,
        internal_batch: given.internal_batch,
    })
}

/// A stage in words.
fn stage(name: &Option<String>) -> String {
    match name {
        Some(name) => format!("stage {name}"),
        None => "the last stage with more than one pixel".to_owned(),
    }
}

fn sign(spec: &GradCamSpec) -> &'static str {
    match spec.signed {
        true => "",
        false => ", cut off below 0",
    }
}

fn noisy(spec: &NoiseSpec) -> String {
    let NoiseSpec { of, draws, noise, .. } = spec;
    format!("of {of} over {draws} copies with noise of {noise} of the range")
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;

    use super::*;

    /// Every option is listed, and has a kind that takes the default that it has.
    #[test]
    fn the_table_is_whole() {
        let given = Given {
            background: Some(Tensor::zeros([1, 1, 2, 2], &burn::tensor::Device::flex())),
            ..Given::default()
        };
        for spec in ExplainSpec::all() {
            for (name, default) in spec.options().unwrap() {
                let option = ExplainOption::all().iter().find(|option| option.name() == name);
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
            assert!(spec.explainer(&given).is_ok());
            let json = serde_json::to_string(&spec).unwrap();
            assert_eq!(serde_json::from_str::<ExplainSpec>(&json).unwrap(), spec);
            assert_eq!(ExplainSpec::with_options(spec.name(), &Map::new()).unwrap(), spec);
            assert!(json.contains(&format!("\"method\":\"{}\"", spec.name())), "{json}");
        }
        for option in ExplainOption::all() {
            assert!(
                !ExplainSpec::having(option).is_empty(),
                "no method has `{}`",
                option.flag
            );
        }
    }

    #[test]
    fn options_are_set_by_name_and_others_refused() {
        let set = |name: &str, option: &str, value: Value| {
            ExplainSpec::with_options(name, &Map::from_iter([(option.to_owned(), value)]))
        };
        let spec = set("integrated-gradients", "rule", "trapezoid".into()).unwrap();
        assert_eq!(spec.in_words(), "50 trapezoid points from baseline zero");
        let message = |name: &str, option: &str, value: Value| set(name, option, value).unwrap_err().to_string();
        assert!(message("smoothgrd", "draws", 3.into()).contains("Did you mean `smoothgrad`?"));
        assert!(message("smoothgrad", "draw", 3.into()).contains("Did you mean `draws`?"));
        assert!(message("integrated-gradients", "baseline", "blak".into()).contains("Did you mean `black`?"));
        assert!(message("rise", "masks", "many".into()).starts_with("options of the method: "));
        let nested = set("vargrad", "of", "smoothgrad".into()).unwrap();
        let refused = nested.explainer(&Given::default()).map(drop).unwrap_err().to_string();
        assert!(
            refused.starts_with("of: smoothgrad is not a method that adds no noise itself"),
            "{refused}"
        );
    }

    #[test]
    fn methods_that_look_at_layers_say_so_in_wrappers_too() {
        let looking: Vec<&str> = ExplainSpec::all()
            .iter()
            .filter(|spec| spec.looks_at_layers())
            .map(ExplainSpec::name)
            .collect();
        let six = [
            "guided-backprop",
            "deconvnet",
            "grad-cam",
            "grad-cam++",
            "guided-grad-cam",
            "lrp",
        ];
        assert_eq!(looking, six);
        let of = |name: &str| {
            let given = Map::from_iter([("of".to_owned(), name.into())]);
            ExplainSpec::with_options("smoothgrad", &given)
                .unwrap()
                .looks_at_layers()
        };
        assert_eq!([of("lrp"), of("saliency"), of("vargrad")], [true, false, false]);
    }

    #[test]
    fn a_background_is_asked_for_where_there_is_none() {
        let expected = ExplainSpec::named("expected-gradients").unwrap();
        assert_eq!(expected.background(), Some((100, 0)));
        assert_eq!(ExplainSpec::named("rise").unwrap().background(), None);
        let refused = expected.explainer(&Given::default()).map(drop).unwrap_err().to_string();
        assert_eq!(
            refused,
            "background: none is not images that baselines are drawn from: give some"
        );
    }
}

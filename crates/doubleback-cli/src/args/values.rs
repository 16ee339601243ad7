//! Parsers of values. Names go through the library, so that its messages with the nearest name are what the user sees.

use std::ffi::OsStr;
use std::time::Duration;

use clap::builder::{OsStringValueParser, PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use doubleback::attack::{AttackSpec, OptionKind, parse_eps};
use doubleback::audit::Suite;
use doubleback::data::{Bounds, DuplicatePolicy, Grayscale, MAX_SIDE, Part, catalog};
use doubleback::evaluate::ModelPath;
use doubleback::explain::lrp::Composite;
use doubleback::explain::{BaselineKind, ExplainSpec, Quadrature, Upsampling, ValueKind};
use doubleback::faithfulness::MetricSpec;
use doubleback::nn::layers::{Floor, LocalContrast};
use doubleback::nn::{ARCHITECTURES, Activation, Loss, Pool};
use doubleback::train::{ClassWeights, DefenseKind, Norm, OptimizerKind, Output, Schedule};
use doubleback::{Result, attack};
use doubleback_experiments::Profile;
use doubleback_experiments::bench::{Step, TimedAttack};
use doubleback_experiments::diagnosis;
use doubleback_study::folder::Role;

/// A value out of a list of names.
#[derive(Clone)]
pub struct Named<T> {
    names: Vec<&'static str>,
    parse: fn(&str) -> Result<T>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Named<T> {
    type Value = T;

    fn parse_ref(
        &self,
        _: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> std::result::Result<T, clap::Error> {
        let Some(text) = value.to_str() else {
            let name = doubleback::data::words::escaped(value);
            let problem = format!("`{name}` is not UTF-8. Rename it, or give a link to it");
            return Err(clap::Error::raw(ErrorKind::ValueValidation, problem));
        };
        (self.parse)(text).map_err(|e| clap::Error::raw(ErrorKind::ValueValidation, e))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.names.iter().map(PossibleValue::new)))
    }
}

/// Names of data sets. Whether there is one of this name shows when it is loaded.
pub fn dataset() -> Named<String> {
    Named {
        names: catalog()
            .iter()
            .map(|info| info.name)
            .filter(|name| !name.contains(':'))
            .chain(["folder:PATH", "npz:FILE", "parquet:PATH"])
            .collect(),
        parse: |name| Ok(name.to_owned()),
    }
}

/// Defenses.
pub fn defense() -> Named<DefenseKind> {
    Named {
        names: DefenseKind::ALL.map(DefenseKind::name).to_vec(),
        parse: str::parse,
    }
}

/// Norms that eps bounds.
pub fn attack_norm() -> Named<attack::Norm> {
    Named {
        names: attack::Norm::ALL.map(attack::Norm::name).to_vec(),
        parse: str::parse,
    }
}

/// Norms of a penalty.
pub fn norm() -> Named<Norm> {
    Named {
        names: Norm::ALL.map(Norm::name).to_vec(),
        parse: str::parse,
    }
}

/// What a penalty is of.
pub fn penalty_output() -> Named<Output> {
    Named {
        names: Output::ALL.map(Output::name).to_vec(),
        parse: str::parse,
    }
}

/// Optimizers.
pub fn optimizer() -> Named<OptimizerKind> {
    Named {
        names: OptimizerKind::ALL.map(OptimizerKind::name).to_vec(),
        parse: str::parse,
    }
}

/// Schedules of the learning rate.
pub fn schedule() -> Named<Schedule> {
    Named {
        names: Schedule::ALL.map(Schedule::name).to_vec(),
        parse: str::parse,
    }
}

/// Profiles.
pub fn profile() -> Named<Profile> {
    Named {
        names: Profile::ALL.map(Profile::name).to_vec(),
        parse: str::parse,
    }
}

/// Profiles of `diagnose`.
pub fn diagnosis_profile() -> Named<diagnosis::Profile> {
    Named {
        names: diagnosis::Profile::ALL.map(diagnosis::Profile::name).to_vec(),
        parse: str::parse,
    }
}

/// Profiles of the pooling study.
pub fn pooling_profile() -> Named<doubleback_experiments::pooling_study::Profile> {
    use doubleback_experiments::pooling_study::Profile;
    Named {
        names: Profile::ALL.map(Profile::name).to_vec(),
        parse: str::parse,
    }
}

/// What models are in a study's comparison.
pub fn role() -> Named<Role> {
    Named {
        names: Role::ALL.map(Role::name).to_vec(),
        parse: |name| {
            let known = Role::ALL.into_iter().find(|role| role.name() == name);
            known.ok_or_else(|| doubleback::data::UnknownName::new("role", name, Role::ALL.map(Role::name)).into())
        },
    }
}

/// Activations.
pub fn activation(name: &str) -> Result<Activation> {
    name.parse()
}

/// Kinds of pooling.
pub fn pool() -> Named<Pool> {
    Named {
        names: Pool::ALL.map(Pool::name).to_vec(),
        parse: str::parse,
    }
}

/// Conversions from color to gray.
pub fn grayscale() -> Named<Grayscale> {
    Named {
        names: Grayscale::ALL.map(Grayscale::name).to_vec(),
        parse: |name| Ok(name.parse()?),
    }
}

/// Local contrast normalization by the name of its floor, or `none`.
pub fn local_contrast() -> Named<InputLayer> {
    Named {
        names: Floor::ALL.iter().map(|floor| floor.name()).chain(["none"]).collect(),
        parse: |name| match name {
            "none" => Ok(InputLayer(None)),
            name => Ok(InputLayer(Some(LocalContrast { floor: name.parse()? }))),
        },
    }
}

/// The layer that a network begins with, if any.
#[derive(Clone, Copy, Debug)]
pub struct InputLayer(pub Option<LocalContrast>);

/// Parts of a data set.
pub fn part() -> Named<Part> {
    Named {
        names: Part::ALL.map(Part::name).to_vec(),
        parse: |name| Ok(name.parse()?),
    }
}

/// Treatments of duplicates.
pub fn duplicates() -> Named<DuplicatePolicy> {
    Named {
        names: DuplicatePolicy::ALL.map(DuplicatePolicy::name).to_vec(),
        parse: |name| Ok(name.parse()?),
    }
}

/// Rows and columns, such as `28x28`.
pub fn image_size(text: &str) -> std::result::Result<[usize; 2], String> {
    let side = |text: &str| text.parse().ok().filter(|side| (1..=MAX_SIDE as usize).contains(side));
    text.split_once('x')
        .and_then(|(height, width)| Some([side(height)?, side(width)?]))
        .ok_or_else(|| format!("expected rows and columns such as 28x28, each 1 to {MAX_SIDE}"))
}

/// Least and greatest pixel value, such as `0,255`.
pub fn bounds(text: &str) -> std::result::Result<Bounds, &'static str> {
    let number = |text: &str| text.trim().parse::<f32>().ok().filter(|value| value.is_finite());
    let found = text.split_once(',').and_then(|(low, high)| {
        Some(Bounds {
            low: number(low)?,
            high: number(high)?,
        })
    });
    found
        .filter(|bounds| bounds.low < bounds.high)
        .ok_or("expected two numbers such as 0,255, the lower first")
}

/// The loss whose gradient is wanted, if one is.
#[derive(Clone, Copy, Debug)]
pub struct Gradient(pub Option<Loss>);

/// Losses, and none.
pub fn gradient() -> Named<Gradient> {
    Named {
        names: Loss::ALL.iter().map(|loss| loss.name()).chain(["none"]).collect(),
        parse: |name| match name {
            "none" => Ok(Gradient(None)),
            name => Ok(Gradient(Some(name.parse()?))),
        },
    }
}

/// Channels of images: 1 or 3.
pub fn channels(text: &str) -> std::result::Result<usize, &'static str> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        _ => Err("expected 1 (gray) or 3 (color)"),
    }
}

/// Steps of training.
pub fn step() -> Named<Step> {
    Named {
        names: Step::ALL.map(Step::name).to_vec(),
        parse: str::parse,
    }
}

/// Attacks to time.
pub fn timed_attack() -> Named<TimedAttack> {
    Named {
        names: TimedAttack::names(),
        parse: str::parse,
    }
}

/// Names of architectures; they are built once the data set is known.
pub fn architecture() -> Named<String> {
    Named {
        names: ARCHITECTURES.to_vec(),
        parse: |name| doubleback::nn::check_architecture(name).map(|()| name.to_owned()),
    }
}

/// Files of models, `FILE` or `NAME=FILE`.
pub fn model_path() -> impl TypedValueParser<Value = ModelPath> {
    OsStringValueParser::new().map(|given| ModelPath::parse(&given))
}

/// Names of attacks.
pub fn attack_name() -> Named<&'static str> {
    Named {
        names: AttackSpec::names(),
        parse: |name| Ok(AttackSpec::named(name)?.name()),
    }
}

/// Ensembles of attacks.
pub fn suite() -> Named<Suite> {
    Named {
        names: Suite::ALL.map(Suite::name).to_vec(),
        parse: str::parse,
    }
}

/// A time such as `90s`, `10m` or `2h`.
pub fn time(text: &str) -> std::result::Result<Duration, &'static str> {
    const EXPECTED: &str = "expected a time such as 90s, 10m or 2h";
    let (number, unit) = text.split_at(text.len() - text.chars().last().map_or(0, char::len_utf8));
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(EXPECTED),
    };
    match number.trim_end().parse::<f64>() {
        Ok(number) if number > 0.0 => Duration::try_from_secs_f64(number * seconds).map_err(|_| EXPECTED),
        _ => Err(EXPECTED),
    }
}

/// Values of an option of attacks that are names.
pub fn attack_option(kind: OptionKind) -> Named<serde_json::Value> {
    Named {
        names: kind.names(),
        parse: match kind {
            OptionKind::Loss => |name| Ok(name.parse::<Loss>()?.name().into()),
            _ => |name| Ok(name.parse::<attack::Metric>()?.name().into()),
        },
    }
}

/// Names of methods of explanation.
pub fn explain_method() -> Named<&'static str> {
    Named {
        names: ExplainSpec::names(),
        parse: |name| Ok(ExplainSpec::named(name)?.name()),
    }
}

/// Names of metrics of explanations.
pub fn explain_metric() -> Named<&'static str> {
    Named {
        names: MetricSpec::names(),
        parse: |name| Ok(MetricSpec::named(name)?.name()),
    }
}

/// Values of an option of methods of explanation that are names.
pub fn explain_option(kind: ValueKind) -> Named<serde_json::Value> {
    macro_rules! of {
        ($name:ty) => {
            Named {
                names: kind.names(),
                parse: |name| Ok(name.parse::<$name>()?.name().into()),
            }
        };
    }
    match kind {
        ValueKind::Rule => of!(Quadrature),
        ValueKind::Baseline => of!(BaselineKind),
        ValueKind::Composite => of!(Composite),
        ValueKind::Upsampling => of!(Upsampling),
        _ => Named {
            names: ExplainSpec::inner_names(),
            parse: |name| Ok(ExplainSpec::named(name)?.name().into()),
        },
    }
}

/// Weights of classes; whether they fit the data shows when these are loaded.
pub fn class_weights(text: &str) -> Result<ClassWeights> {
    text.parse()
}

/// A whole number of at least 1.
pub fn at_least_one(text: &str) -> std::result::Result<usize, &'static str> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("expected a whole number of at least 1"),
    }
}

/// Classes of a network: there is something to tell apart.
pub fn classes(text: &str) -> std::result::Result<usize, &'static str> {
    match text.parse() {
        Ok(number) if number > 1 => Ok(number),
        _ => Err("expected a whole number of at least 2"),
    }
}

/// A perturbation size, or the wish to have one found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Eps {
    /// By a sweep.
    Auto,
    /// This one; its range depends on the data.
    Given(f64),
}

/// `auto` or a number.
pub fn eps(text: &str) -> std::result::Result<Eps, &'static str> {
    match text {
        "auto" => Ok(Eps::Auto),
        number => parse_eps(number)
            .map(Eps::Given)
            .map_err(|_| "expected `auto` or a number such as 0.1 or 8/255"),
    }
}

/// A perturbation size with the text that it was given as.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// The size.
    pub value: f64,
    /// Such as `8/255`.
    pub text: String,
}

impl Size {
    /// The text, if it says more than the number.
    pub fn fraction(&self) -> Option<String> {
        self.text.contains('/').then(|| self.text.clone())
    }
}

/// A perturbation size, as a number or a fraction; its range depends on the data.
pub fn size(text: &str) -> std::result::Result<Size, &'static str> {
    let value = parse_eps(text).map_err(|_| "expected a number such as 0.1 or 8/255")?;
    let text = text.split_whitespace().collect();
    Ok(Size { value, text })
}

/// A perturbation size that is not negative.
pub fn adversarial_size(text: &str) -> std::result::Result<f64, &'static str> {
    match parse_eps(text) {
        Ok(number) if number >= 0.0 && number.is_finite() => Ok(number),
        _ => Err("expected 0 or a number above, such as 0.1 or 8/255"),
    }
}

/// A number above zero.
pub fn positive(text: &str) -> std::result::Result<f64, &'static str> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("expected a number above 0"),
    }
}

/// A share as a number from 0 to 1, or in percent.
pub fn share(text: &str) -> std::result::Result<f64, &'static str> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim_end().parse().map(|percent: f64| percent / 100.0),
        None => text.parse(),
    };
    match share {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share from 0 to 1 such as 0.4, or 40%"),
    }
}

/// A number that is not negative.
pub fn not_negative(text: &str) -> std::result::Result<f64, &'static str> {
    match text.parse::<f64>() {
        Ok(number) if number >= 0.0 && number.is_finite() => Ok(number),
        _ => Err("expected 0 or a number above"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let seconds = |text| time(text).map(|time| time.as_secs_f64());
        assert_eq!(["90s", "1.5m", "2h"].map(seconds), [90.0, 90.0, 7200.0].map(Ok));
        for text in ["90", "", "m", "-1s", "0s", "1e300h", "5µ"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shares_are_numbers_or_percent() {
        assert_eq!(
            ["0.4", "40%", "40 %", "1", "0"].map(share),
            [0.4, 0.4, 0.4, 1.0, 0.0].map(Ok)
        );
        for text in ["40", "-0.1", "101%", "nan", "%", "x"] {
            assert!(share(text).is_err(), "{text}");
        }
    }
}

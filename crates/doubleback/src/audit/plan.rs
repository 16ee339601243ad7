use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Suite;
use super::probe::sizes;
use crate::attack::{Attack, AttackOption, AttackSpec, Norm};
use crate::nn::Classifier;
use crate::{Error, Result};

/// An attack of an audit, with its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedAttack {
    /// Name in the table of attacks.
    pub name: String,
    /// The same as a sentence, such as `100 steps of chosen length within eps (L∞), cross-entropy, from a random start`.
    pub in_words: String,
    /// Its options.
    pub settings: AttackSpec,
    /// Of these, the ones that were given other values than the attack has by default, by name; of a custom suite alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changed: BTreeMap<String, Changed>,
}

/// An option that was given another value than its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// The value that it was given.
    pub value: Value,
    /// The one that it has by default.
    pub default: Value,
}

/// What an audit does: attacks, in order, within one eps.
///
/// ```
/// use burn::tensor::Tensor;
/// use doubleback::attack::Norm;
/// use doubleback::audit::{Plan, Suite};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 5 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 5, |x: Tensor<4>| x.reshape([-1, 5]));
/// let plan = Plan::new(Suite::Standard, &[], &Default::default(), Norm::Linf, 8.0 / 255.0, 0, &model)?;
/// let names: Vec<_> = plan.attacks().iter().map(|attack| attack.name.as_str()).collect();
/// assert_eq!(names, ["apgd-ce", "apgd-t", "fab-t", "square"]);
/// assert_eq!(plan.notes(), ["The model has 5 classes: targeted attacks aim at all 4 others, not at 9"]);
/// # Ok::<(), doubleback::Error>(())
/// ```
pub struct Plan {
    pub(super) suite: Suite,
    pub(super) planned: Vec<PlannedAttack>,
    pub(super) built: Vec<Attack>,
    pub(super) norm: Norm,
    pub(super) eps: f64,
    pub(super) seed: u64,
    pub(super) sizes: Vec<f64>,
    pub(super) notes: Vec<String>,
}

impl Plan {
    /// The attacks of a suite, each as its publication has it, or those of `names` for [`Suite::Custom`], within `eps` (in units of the model's bounds) of a norm.
    /// `seed` is that of all of them. Attacks of a custom suite take `options`, which are among [`Plan::options`], where they have them, and their defaults
    /// for others.
    ///
    /// Attacks that a model has too few classes for are left out, which is among the [`notes`](Self::notes).
    ///
    /// # Errors
    /// When eps is not one that fits the model, or is 0; when a name is unknown, given twice, or that of an attack that cannot be bounded by eps in this norm; when
    /// a custom suite has no names, or another one has some, or options; when an option is one that no attack has, or its value is of another kind or out of range.
    pub fn new(
        suite: Suite,
        names: &[String],
        options: &Map<String, Value>,
        norm: Norm,
        eps: f64,
        seed: u64,
        model: &dyn Classifier,
    ) -> Result<Self> {
        Self::check_given(suite, names, options)?;
        let mut plan = Self {
            suite,
            planned: Vec::new(),
            built: Vec::new(),
            norm,
            eps,
            seed,
            sizes: sizes(norm, eps, model),
            notes: Vec::new(),
        };
        match suite {
            Suite::Custom => names.iter().try_for_each(|name| plan.add(name, options, model))?,
            _ => plan.add_suite(model)?,
        }
        if let (true, Some(first)) = (eps == 0.0, plan.built.first()) {
            let expected = format!("above 0, or `{}` could move nothing", first.name());
            return Err(Error::value("eps", expected, eps));
        }
        Ok(plan)
    }

    /// Refuses what [`Plan::new`] would, whatever the model.
    ///
    /// # Errors
    /// When names or options do not go with the suite.
    pub fn check_given(suite: Suite, names: &[String], options: &Map<String, Value>) -> Result<()> {
        match (suite, names) {
            (Suite::Custom, []) => Err(Error::value("attacks", "at least one, for a custom ensemble", "none")),
            (Suite::Custom, names) => {
                let mut names_before = names.iter().enumerate();
                if let Some((_, twice)) = names_before.find(|&(place, name)| names[..place].contains(name)) {
                    return Err(Error::value("attacks", "different ones", format!("{twice} twice")));
                }
                check_options(names, options)
            }
            (suite, [name, ..]) => {
                let expected = format!("given with the ensemble `custom` alone; `{suite}` has its own");
                Err(Error::value("attacks", expected, name))
            }
            (suite, []) => match options.keys().next() {
                None => Ok(()),
                Some(option) => {
                    let expected =
                        format!("given with the ensemble `custom` alone; `{suite}` has its published settings");
                    Err(Error::value("options of the attacks", expected, format!("`{option}`")))
                }
            },
        }
    }

    /// Options that attacks of a custom suite may be given: those of all attacks that can be in one, but for norm and seed, which are the plan's own.
    pub fn options() -> Vec<&'static AttackOption> {
        let has = |option: &&AttackOption| AttackSpec::having(option).into_iter().any(Self::takes);
        let own = |option: &&AttackOption| !["norm", "seed"].contains(&option.flag);
        AttackOption::all().iter().filter(own).filter(has).collect()
    }

    /// Whether there is an attack of this name that can be in a custom suite.
    pub fn takes(name: &str) -> bool {
        let attack = AttackSpec::named(name).and_then(|spec| spec.attack());
        attack.is_ok_and(|attack| problem(&attack, 1.0).is_none())
    }

    /// Its attacks.
    pub fn attacks(&self) -> &[PlannedAttack] {
        &self.planned
    }

    /// Seed of its attacks.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What is to be known of it: attacks left out, and why.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    fn add_suite(&mut self, model: &dyn Classifier) -> Result<()> {
        let classes = model.classes();
        for &(name, starts) in self.suite.attacks() {
            match (name, classes) {
                ("apgd-t", ..=2) => self.notes.push(format!(
                    "The model has {classes} classes: `apgd-t` is left out, whose loss needs 4; `apgd-ce` climbs the same margin"
                )),
                ("apgd-dlr", ..=2) => self.notes.push(format!(
                    "The model has {classes} classes: `apgd-dlr` is left out, whose loss needs 3; `apgd-ce` climbs the same margin"
                )),
                ("apgd-t", 3) => {
                    self.notes.push("The model has 3 classes: `apgd-t` is left out, whose loss needs 4".to_owned());
                    // With two other classes there is little to aim at.
                    if !self.suite.attacks().iter().any(|&(name, _)| name == "apgd-dlr") {
                        self.notes.push("`apgd-dlr` takes the place of `apgd-t`".to_owned());
                        self.add("apgd-dlr", &Map::new(), model)?;
                    }
                }
                _ => {
                    let several = (starts > 1).then(|| ("restarts".to_owned(), starts.into()));
                    self.add(name, &several.into_iter().collect(), model)?;
                }
            }
        }
        let targeted = self.planned.iter().any(|planned| planned.name.ends_with("-t"));
        if targeted && classes < 10 {
            self.notes.push(format!(
                "The model has {classes} classes: targeted attacks aim at all {} others, not at 9",
                classes.saturating_sub(1)
            ));
        }
        Ok(())
    }

    /// Adds an attack with those of the options that it has.
    fn add(&mut self, name: &str, options: &Map<String, Value>, model: &dyn Classifier) -> Result<()> {
        let default = AttackSpec::named(name)?.options()?;
        let own = [("norm", self.norm.name().into()), ("seed", self.seed.into())];
        let own = own.map(|(option, value): (&str, Value)| (option.to_owned(), value));
        let given: Map<String, Value> = options
            .clone()
            .into_iter()
            .chain(own)
            .filter(|(option, _)| default.contains_key(option))
            .collect();
        let settings = AttackSpec::with_options(name, &given)?;
        let attack = settings.attack()?;
        self.check(&attack, model)?;
        let changed = match self.suite {
            Suite::Custom => changed(options, &default),
            _ => BTreeMap::new(),
        };
        self.planned.push(PlannedAttack {
            name: name.to_owned(),
            in_words: settings.in_words() + &in_words(&changed),
            settings,
            changed,
        });
        self.built.push(attack);
        Ok(())
    }

    /// Refuses attacks that cannot be held to eps.
    fn check(&self, attack: &Attack, model: &dyn Classifier) -> Result<()> {
        let refuse = |expected: &str| {
            Err(Error::value(
                "attacks of an audit",
                expected,
                format!("`{}`", attack.name()),
            ))
        };
        if let Some(problem) = problem(attack, self.eps) {
            return refuse(problem);
        }
        if attack.norm().is_some_and(|norm| norm != self.norm.into()) {
            return refuse(&format!("attacks in {}, the norm of eps", self.norm));
        }
        attack.check_eps(&[self.eps], model)
    }
}

/// What attacks of an audit are that this one is not, whatever the norm.
fn problem(attack: &Attack, eps: f64) -> Option<&'static str> {
    if attack.norm().is_none() {
        return Some("attacks that eps bounds, or that look for the nearest example");
    }
    if attack.reach(eps).is_some_and(|reach| reach > eps) {
        return Some("attacks that stay within eps as a whole, which this one's steps leave");
    }
    attack.target().map(|_| "attacks away from the class, whatever for")
}

/// Refuses options that none of the attacks has, and those that are the plan's own.
fn check_options(names: &[String], options: &Map<String, Value>) -> Result<()> {
    let free = Plan::options();
    let mut known = Vec::new();
    for name in names {
        let of_attack = AttackSpec::named(name)?.options()?;
        known.extend(
            free.iter()
                .map(|option| option.name())
                .filter(|option| of_attack.contains_key(option)),
        );
    }
    match options.keys().find(|option| !known.contains(option)) {
        None => Ok(()),
        Some(option) => {
            known.sort_unstable();
            known.dedup();
            let expected = format!("one that `{}` has: {}", names.join("` or `"), known.join(", "));
            Err(Error::value("options of the attacks", expected, format!("`{option}`")))
        }
    }
}

/// The options that are not as an attack has them by default.
fn changed(options: &Map<String, Value>, default: &Map<String, Value>) -> BTreeMap<String, Changed> {
    let differs = |(option, value): (&String, &Value)| {
        let default = default.get(option)?;
        // A whole number may be given where the default has a point.
        let same = default == value || default.as_f64().is_some_and(|number| value.as_f64() == Some(number));
        let (value, default) = (value.clone(), default.clone());
        (!same).then(|| (option.clone(), Changed { value, default }))
    };
    options.iter().filter_map(differs).collect()
}

/// `; given: steps 20 instead of 100`, or nothing.
fn in_words(changed: &BTreeMap<String, Changed>) -> String {
    let value = |value: &Value| match value {
        Value::Null => "what follows from eps".to_owned(),
        Value::String(name) => name.clone(),
        other => other.to_string(),
    };
    let words = |(option, changed): (&String, &Changed)| {
        let option = option.replace('_', " ");
        match &changed.default {
            Value::Bool(_) => option,
            default => format!("{option} {} instead of {}", value(&changed.value), value(default)),
        }
    };
    let words: Vec<String> = changed.iter().map(words).collect();
    match words.as_slice() {
        [] => String::new(),
        words => format!("; given: {}", words.join(", ")),
    }
}

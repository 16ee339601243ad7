use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Suite;
use super::probe::sizes;
use crate::attack::{Attack, AttackSpec, Norm};
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
/// let plan = Plan::new(Suite::Standard, &[], Norm::Linf, 8.0 / 255.0, 0, &model)?;
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
    /// The attacks of a suite, or those of `names` for [`Suite::Custom`], each as its publication has it, within `eps` (in units of the model's bounds) of a norm.
    /// `seed` is that of all of them.
    ///
    /// Attacks that a model has too few classes for are left out, which is among the [`notes`](Self::notes).
    ///
    /// # Errors
    /// When eps is not one that fits the model, or is 0; when a name is unknown, given twice, or that of an attack that cannot be bounded by eps in this norm; when
    /// a custom suite has no names, or another one has some.
    pub fn new(
        suite: Suite,
        names: &[String],
        norm: Norm,
        eps: f64,
        seed: u64,
        model: &dyn Classifier,
    ) -> Result<Self> {
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
        match (suite, names) {
            (Suite::Custom, []) => {
                return Err(Error::value("attacks", "at least one, for a custom ensemble", "none"));
            }
            (Suite::Custom, names) => {
                for name in names {
                    if plan.planned.iter().any(|planned| planned.name == *name) {
                        return Err(Error::value("attacks", "different ones", format!("{name} twice")));
                    }
                    plan.add(name, 1, model)?;
                }
            }
            (_, []) => plan.add_suite(model)?,
            (suite, [name, ..]) => {
                let expected = format!("given with the ensemble `custom` alone; `{suite}` has its own");
                return Err(Error::value("attacks", expected, name));
            }
        }
        if let (true, Some(first)) = (eps == 0.0, plan.built.first()) {
            let expected = format!("above 0, or `{}` could move nothing", first.name());
            return Err(Error::value("eps", expected, eps));
        }
        Ok(plan)
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
                        self.add("apgd-dlr", 1, model)?;
                    }
                }
                _ => self.add(name, starts, model)?,
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

    fn add(&mut self, name: &str, starts: usize, model: &dyn Classifier) -> Result<()> {
        let default = AttackSpec::named(name)?.options()?;
        let mut given = Map::new();
        let mut give = |option: &str, value: Value| {
            if default.contains_key(option) {
                given.insert(option.to_owned(), value);
            }
        };
        give("norm", self.norm.name().into());
        give("seed", self.seed.into());
        if starts > 1 {
            give("restarts", starts.into());
        }
        let settings = AttackSpec::with_options(name, &given)?;
        let attack = settings.attack()?;
        self.check(&attack, model)?;
        self.planned.push(PlannedAttack {
            name: name.to_owned(),
            in_words: settings.in_words(),
            settings,
        });
        self.built.push(attack);
        Ok(())
    }

    /// Refuses attacks that cannot be held to eps.
    fn check(&self, attack: &Attack, model: &dyn Classifier) -> Result<()> {
        let name = attack.name();
        let refuse = |problem: String| Err(Error::value("attacks of an audit", problem, format!("`{name}`")));
        let bounded = attack.norm();
        match bounded {
            None => return refuse("attacks that eps bounds, or that look for the nearest example".to_owned()),
            Some(norm) if norm != self.norm.into() => return refuse(format!("attacks in {}, the norm of eps", self.norm)),
            Some(_) => {}
        }
        if attack.reach(self.eps).is_some_and(|reach| reach > self.eps) {
            return refuse("attacks that stay within eps as a whole, which this one's steps leave".to_owned());
        }
        if attack.target().is_some() {
            return refuse("attacks away from the class, whatever for".to_owned());
        }
        attack.check_eps(&[self.eps], model)
    }
}

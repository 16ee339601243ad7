//! What a training is of, as names and values: its state goes on only with the same ones, and a difference is said by name.

use serde::{Deserialize, Serialize};

use super::optimizer::Optimizer;
use super::options::TrainOptions;
use super::starting_point::StartingPoint;
use crate::data::{Dataset, Preparation};
use crate::nn::{Architecture, Pool};
use crate::{Error, Result};

/// Everything that the result of a training depends on but the number of steps, in the order in which differences are told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Identity(Vec<Fact>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fact {
    /// As the command line names it, where it does.
    name: String,
    value: String,
}

/// Before the names of what belongs to the data.
const DATA: &str = "data: ";
/// Values that say the same as others before them, but to the last bit: told only if nothing else is.
const CHECKSUM: &str = "data: images, as SHA-256";
const LAYERS: &str = "layers of the network";
/// Of the network that it begins with.
const WEIGHTS: &str = "network that it starts from, as SHA-256";
const OPTIMIZER: &str = "optimizer";
/// Steps of a student's teacher.
const TEACHER_STEPS: &str = "steps of the teacher";
/// A longer value is cut in messages.
const LONGEST: usize = 60;

impl Identity {
    /// What belongs to the data. All images are hashed for it.
    pub fn of_data(dataset: &Dataset) -> Self {
        let mut all = Self::default();
        let mut add = |name: &str, value: String| all.add(&format!("{DATA}{name}"), value);
        add("name", dataset.name.clone());
        add("classes", dataset.classes.join(", "));
        add("training images", dataset.train.len().to_string());
        add("validation images", dataset.validation.len().to_string());
        add("size of the images", dataset.shape.to_string());
        let none = dataset.preparation == Preparation::default();
        add(
            "preparation",
            if none {
                "none".into()
            } else {
                dataset.preparation.to_string()
            },
        );
        for source in &dataset.sources {
            add(&format!("SHA-256 of {}", source.file), source.sha256.clone());
        }
        all.add(CHECKSUM, dataset.content_sha256());
        all
    }

    /// That of a training on these data.
    pub fn with_training(
        mut self,
        objective: &[(&str, String)],
        architecture: &Architecture,
        options: &TrainOptions,
    ) -> Result<Self> {
        for (name, value) in objective {
            self.add(name, value.clone());
        }
        self.add_network(architecture)?;
        self.add_options(options);
        Ok(self)
    }

    /// That of a training that begins with this network.
    pub fn with_start(mut self, start: &StartingPoint) -> Self {
        self.add("from", start.name());
        self.add(WEIGHTS, start.checksum());
        self
    }

    /// That of a student whose teacher made so many steps.
    pub fn with_teacher(mut self, steps: usize) -> Self {
        self.add(TEACHER_STEPS, steps.to_string());
        self
    }

    fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push(Fact {
            name: name.to_owned(),
            value: value.into(),
        });
    }

    fn add_network(&mut self, architecture: &Architecture) -> Result<()> {
        self.add("network", &*architecture.name);
        self.add("pooling", architecture.pool().map_or("none", Pool::name));
        let contrast = architecture.local_contrast();
        self.add("local-contrast", contrast.map_or("none", |layer| layer.floor.name()));
        let layers = serde_json::to_string(architecture).map_err(|e| Error::internal("describing the network", e))?;
        self.add(LAYERS, layers);
        Ok(())
    }

    fn add_options(&mut self, options: &TrainOptions) {
        let TrainOptions {
            steps: _,
            batch,
            adam,
            seed,
            class_weights,
            layers: _,
            curve_every,
            curve_images,
            curve_eps,
            checkpoint_every: _,
            // Those beyond the paper's training, of which only what is chosen is told.
            optimizer,
            schedule: _,
            warmup: _,
            accumulate: _,
            clip_norm: _,
            average: _,
            augmentation: _,
            label_smoothing: _,
        } = options;
        self.add("batch", batch.to_string());
        self.add("learning-rate", adam.learning_rate.to_string());
        if *optimizer == Optimizer::Adam {
            self.add(OPTIMIZER, format!("{adam:?}"));
        }
        self.add("seed", seed.to_string());
        self.add(
            "class-weights",
            class_weights.as_deref().map_or("none".into(), in_words),
        );
        self.add("steps between points of the curve", curve_every.to_string());
        self.add("images of the curve", curve_images.to_string());
        self.add("eps of the curve", curve_eps.to_string());
        for (name, value) in options.choices() {
            self.add(name, value);
        }
    }

    /// Whether these are the same but for the steps of the teacher.
    pub fn is_student_of_another(&self, here: &Self) -> bool {
        let rest = |all: &Self| -> Vec<Fact> {
            let others = all.0.iter().filter(|fact| fact.name != TEACHER_STEPS);
            others.cloned().collect()
        };
        self != here && rest(self) == rest(here)
    }

    /// How a training with this identity differs from one `here`, in words: such as `with other options: learning-rate 0.001 there, 0.01 here`.
    /// None if it does not.
    pub fn differences(&self, here: &Self) -> Option<String> {
        let mut data = Vec::new();
        let mut options = Vec::new();
        let names = self
            .0
            .iter()
            .chain(here.0.iter().filter(|fact| self.get(&fact.name).is_none()));
        for name in names.map(|fact| fact.name.as_str()) {
            let (there, here) = (self.get(name), here.get(name));
            if there == here {
                continue;
            }
            let both_adam = there.is_some_and(is_adam) && here.is_some_and(is_adam);
            let said_by_others = match name {
                CHECKSUM => !data.is_empty(),
                // Adam's rate among its other values.
                OPTIMIZER => both_adam && !options.is_empty(),
                // Those that other images or classes need.
                LAYERS => !options.is_empty() || !data.is_empty(),
                _ => false,
            };
            if said_by_others {
                continue;
            }
            let value = |value: Option<&str>| match value {
                Some(value) if name == OPTIMIZER && is_adam(value) && !both_adam => "adam".to_owned(),
                value => shortened(name, value.unwrap_or("none")),
            };
            let (list, shown) = match name.strip_prefix(DATA) {
                Some(shown) => (&mut data, shown),
                None => (&mut options, name),
            };
            let (there, here) = (value(there), value(here));
            list.push(match name {
                LAYERS => shown.to_owned(),
                // Long lists that begin alike.
                _ if there == here => shown.to_owned(),
                _ => format!("{shown} {there} there, {here} here"),
            });
        }
        let told = [("of other data", data), ("with other options", options)];
        let told: Vec<String> = told
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(what, list)| format!("{what}: {}", list.join("; ")))
            .collect();
        (!told.is_empty()).then(|| told.join(", and "))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|fact| fact.name == name);
        found.map(|fact| fact.value.as_str())
    }
}

/// Whether these are the values of Adam, as every checkpoint has them that is not of another optimizer.
fn is_adam(value: &str) -> bool {
    value.starts_with("AdamOptions")
}

/// Class weights for a file.
pub(super) fn in_words(weights: &[f64]) -> String {
    weights.iter().map(f64::to_string).collect::<Vec<_>>().join(",")
}

/// A value for a message: of a checksum the beginning, of a long one what fits.
fn shortened(name: &str, value: &str) -> String {
    let most = if name.contains("SHA-256") { 12 } else { LONGEST };
    match value.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::SgdOptions;

    fn identity(facts: &[(&str, &str)]) -> Identity {
        let fact = |&(name, value): &(&str, &str)| Fact {
            name: name.into(),
            value: value.into(),
        };
        Identity(facts.iter().map(fact).collect())
    }

    fn differences(there: &[(&str, &str)], here: &[(&str, &str)]) -> String {
        identity(there).differences(&identity(here)).unwrap_or_default()
    }

    #[test]
    fn options_are_told_by_name_with_both_values() {
        let base = [
            ("batch", "32"),
            ("learning-rate", "0.001"),
            ("optimizer", "AdamOptions 0.001"),
        ];
        assert_eq!(differences(&base, &base), "");
        let other = [
            ("batch", "16"),
            ("learning-rate", "0.01"),
            ("optimizer", "AdamOptions 0.01"),
        ];
        assert_eq!(
            differences(&base, &other),
            "with other options: batch 32 there, 16 here; learning-rate 0.001 there, 0.01 here"
        );
        assert_eq!(
            differences(&[("defense", "normal")], &[("defense", "both"), ("lambda", "3")]),
            "with other options: defense normal there, both here; lambda none there, 3 here"
        );
        assert_eq!(
            differences(&[(LAYERS, "a")], &[(LAYERS, "b")]),
            "with other options: layers of the network"
        );
    }

    #[test]
    fn options_at_their_defaults_are_no_facts() {
        let of = |options: TrainOptions| {
            let mut identity = Identity::default();
            identity.add_options(&options);
            identity
        };
        let plain = of(TrainOptions::default());
        let names: Vec<&str> = plain.0.iter().map(|fact| fact.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "batch",
                "learning-rate",
                "optimizer",
                "seed",
                "class-weights",
                "steps between points of the curve",
                "images of the curve",
                "eps of the curve"
            ]
        );
        let chosen = of(TrainOptions {
            optimizer: Optimizer::Sgd(SgdOptions {
                momentum: 0.9,
                ..SgdOptions::default()
            }),
            average: Some(0.99),
            ..TrainOptions::default()
        });
        assert_eq!(
            plain.differences(&chosen).as_deref(),
            Some(
                "with other options: optimizer adam there, sgd here; momentum none there, 0.9 here; \
                 weight-decay none there, 0 here; average none there, 0.99 here"
            )
        );
    }

    #[test]
    fn data_are_told_as_data() {
        let sum = |digit: &str| digit.repeat(64);
        let (a, b) = (sum("a"), sum("b"));
        let base = [
            ("data: training images", "24"),
            ("data: SHA-256 of x", &a),
            (CHECKSUM, &a),
        ];
        let more = [
            ("data: training images", "25"),
            ("data: SHA-256 of x", &b),
            (CHECKSUM, &b),
        ];
        assert_eq!(
            differences(&base, &more),
            "of other data: training images 24 there, 25 here; SHA-256 of x aaaaaaaaaaaa… there, bbbbbbbbbbbb… here"
        );
        let relabelled = [base[0], base[1], (CHECKSUM, &b)];
        assert_eq!(
            differences(&base, &relabelled),
            "of other data: images, as SHA-256 aaaaaaaaaaaa… there, bbbbbbbbbbbb… here"
        );
        assert_eq!(
            differences(&[base[0], (LAYERS, "a")], &[more[0], (LAYERS, "b")]),
            "of other data: training images 24 there, 25 here"
        );
        assert_eq!(
            differences(&[("seed", "0"), base[0]], &[("seed", "1"), more[0]]),
            "of other data: training images 24 there, 25 here, and with other options: seed 0 there, 1 here"
        );
    }

    #[test]
    fn a_student_of_a_longer_trained_teacher_is_told_apart() {
        let student = |steps: usize| identity(&[("seed", "0")]).with_teacher(steps);
        assert!(student(10).is_student_of_another(&student(20)));
        assert!(!student(10).is_student_of_another(&student(10)));
        assert!(!student(10).is_student_of_another(&identity(&[("seed", "1")]).with_teacher(20)));
    }
}

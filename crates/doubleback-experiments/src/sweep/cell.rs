//! One training of a sweep, with all its settings.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::axis::{Lambdas, six_digits};
use super::plan::{Measure, Plan};
use crate::data_identity::short;
use crate::data_summary::checksums;
use crate::profile::Profile;
use doubleback::data::Dataset;
use doubleback::nn::{Activation, Pool, architecture};
use doubleback::train::{DefenseKind, Recipe, paper_lambda, per_example_lambda};
use doubleback::{Error, Result};

/// One training of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Unique in the sweep; the name of its folder.
    pub name: String,
    /// Everything its result depends on.
    pub settings: Settings,
}

/// Everything that a cell's result depends on, so that any process can work on it without the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Data set, as [`doubleback::data::load`] takes it.
    pub dataset: String,
    /// The defense.
    pub defense: DefenseKind,
    /// Weight of its penalty per example, if it has one.
    pub lambda: Option<f64>,
    /// Weight of the penalty in the authors' units (2 × batch × lambda).
    pub paper_lambda: Option<f64>,
    /// Seed of weights and dropout.
    pub seed: u64,
    /// The profile that what is not below comes from.
    pub profile: String,
    /// Name of the network.
    pub arch: String,
    /// Its pooling.
    pub pool: Pool,
    /// Its activation.
    #[serde(default, skip_serializing_if = "Activation::is_relu")]
    pub activation: Activation,
    /// Optimizer steps.
    pub steps: usize,
    /// Images a step.
    pub batch: usize,
    /// Learning rate.
    pub learning_rate: f64,
    /// Seconds between checkpoints.
    pub checkpoint_every: f64,
    /// What is measured.
    pub measure: Measure,
    /// SHA-256 of the data's files.
    pub data: BTreeMap<String, String>,
    /// SHA-256 of all images with their labels, as they are trained on; cells of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl Settings {
    /// The training that these settings mean.
    ///
    /// # Errors
    /// When a name is not known, or a value out of range.
    pub fn recipe(&self, dataset: &Dataset) -> Result<Recipe> {
        let profile: Profile = self.profile.parse()?;
        let mut recipe = profile.recipe(self.defense, dataset, self.seed);
        recipe.architecture = architecture(
            &self.arch,
            dataset.shape,
            dataset.bounds,
            dataset.classes.len(),
            self.pool,
        )?
        .with_activation(self.activation);
        recipe.options.steps = self.steps;
        recipe.options.batch = self.batch;
        recipe.options.adam.learning_rate = self.learning_rate;
        recipe.options.checkpoint_every = Duration::try_from_secs_f64(self.checkpoint_every).unwrap_or(Duration::MAX);
        if let (Some(lambda), Some(penalty)) = (self.lambda, recipe.defense.penalty_mut()) {
            penalty.lambda = lambda;
        }
        recipe.check_on(dataset)?;
        Ok(recipe)
    }

    /// Whether it is a model without a defense, on whose examples the others are judged.
    pub fn is_normal(&self) -> bool {
        self.defense == DefenseKind::Normal
    }

    /// Name of the cell whose model has no defense, on the same data with the same seed.
    pub(super) fn normal_name(&self) -> String {
        file_name(&Settings {
            defense: DefenseKind::Normal,
            lambda: None,
            ..self.clone()
        })
    }

    /// Refuses data whose files are others than when the sweep was begun.
    pub(super) fn check_data(&self, dataset: &Dataset) -> Result<()> {
        let found = checksums(dataset);
        if let Some((file, _)) = self
            .data
            .iter()
            .find(|(file, sha256)| found.get(*file) != Some(*sha256))
        {
            let problem = format!(
                "is not the file of {} that the sweep was begun with. Give the same --data-dir, or another --out",
                self.dataset
            );
            return Err(Error::file(file, problem));
        }
        let now = dataset.content_sha256();
        match &self.content {
            Some(before) if *before != now => {
                let problem = format!(
                    "its images or labels are not those that the sweep was begun with (SHA-256 {}, not {}), though its files are: it was read \
                     with other options, or by another version. Give the same options as then, or another --out",
                    short(&now),
                    short(before)
                );
                Err(Error::file(&self.dataset, problem))
            }
            _ => Ok(()),
        }
    }

    /// What the plan asks for and the settings of a cell that is there do not agree in, in words; nothing if they are the same training. A cell
    /// of an earlier version that did not record the images is taken at the checksums of its files.
    pub(super) fn differences(&self, there: &Self) -> Result<Vec<String>> {
        let fields = |settings: &Self| -> Result<BTreeMap<String, serde_json::Value>> {
            let value = serde_json::to_value(settings).and_then(serde_json::from_value);
            value.map_err(|e| Error::internal("comparing the settings of cells", e.to_string()))
        };
        let (wanted, there) = (fields(self)?, fields(there)?);
        let names = wanted
            .keys()
            .chain(there.keys().filter(|name| !wanted.contains_key(*name)));
        let word = |value: Option<&serde_json::Value>| match value {
            None | Some(serde_json::Value::Null) => "none".to_owned(),
            Some(serde_json::Value::String(text)) => short(text),
            Some(value) => value.to_string(),
        };
        let mut found = Vec::new();
        for name in names {
            let (wanted, there) = (wanted.get(name), there.get(name));
            if wanted == there || (name == "content" && there.is_none()) {
                continue;
            }
            found.push(match name.as_str() {
                // Long lists of files.
                "data" => format!("data: {}", self.files_that_differ(there)),
                "content" => format!(
                    "images and labels: SHA-256 {} there, {} here",
                    word(there),
                    word(wanted)
                ),
                _ => format!("{name}: {} there, {} here", word(there), word(wanted)),
            });
        }
        Ok(found)
    }

    /// The files of the data whose checksums are others, with both.
    fn files_that_differ(&self, there: Option<&serde_json::Value>) -> String {
        let there = |file: &str| Some(short(there?.get(file)?.as_str()?));
        let differing = self.data.iter().filter_map(|(file, sha256)| {
            let there = there(file).unwrap_or_else(|| "none".into());
            (there != short(sha256)).then(|| format!("SHA-256 of {file} {there} there, {} here", short(sha256)))
        });
        differing.collect::<Vec<_>>().join(", ")
    }
}

/// The cells of one of the plan's data sets, normal models first: the others wait for their examples at the end.
///
/// # Errors
/// When the plan does not fit the data: names the value.
pub(super) fn cells(plan: &Plan, name: &str, dataset: &Dataset) -> Result<Vec<Cell>> {
    if dataset.validation.is_empty() {
        return Err(Error::value(
            "validation images",
            "at least one: models are chosen by them",
            0,
        ));
    }
    let Measure {
        selection_eps,
        test_eps,
        ..
    } = &plan.measure;
    let range = f64::from(dataset.bounds.high) - f64::from(dataset.bounds.low);
    if let Some(eps) = test_eps.iter().chain([selection_eps]).find(|&&eps| eps > range) {
        let expected = format!("between 0 and {range}, the range of {name}");
        return Err(Error::value("eps", expected, eps));
    }
    if let Some(count) = plan.measure.test_images.filter(|&count| count > dataset.test.len()) {
        let expected = format!("at most {}, the test images of {name}", dataset.test.len());
        return Err(Error::value("test_images", expected, count));
    }
    let profile = plan.profile.unwrap_or(Profile::default_for(dataset));
    let (data, content) = (checksums(dataset), dataset.content_sha256());
    let mut variants: Vec<(DefenseKind, Option<Weight>)> = vec![(DefenseKind::Normal, None)];
    for grid in plan.defenses.iter().filter(|grid| grid.defense != DefenseKind::Normal) {
        match &grid.lambdas {
            None => variants.push((grid.defense, None)),
            Some(Lambdas::PerExample(values)) => {
                variants.extend(values.iter().map(|&v| (grid.defense, Some(Weight::PerExample(v)))));
            }
            Some(Lambdas::Paper(values)) => {
                variants.extend(values.iter().map(|&v| (grid.defense, Some(Weight::Paper(v)))));
            }
        }
    }
    let mut cells = Vec::new();
    for (defense, weight) in variants {
        for &seed in &plan.seeds {
            let defaults = profile.recipe(defense, dataset, seed).options;
            let batch = plan.batch.unwrap_or(defaults.batch);
            let settings = Settings {
                dataset: name.to_owned(),
                defense,
                lambda: weight.map(|w| w.per_example(batch)),
                paper_lambda: weight.map(|w| w.papers(batch)),
                seed,
                profile: profile.name().to_owned(),
                arch: plan.arch.clone(),
                pool: plan.pool,
                activation: plan.activation,
                steps: plan.steps.unwrap_or(defaults.steps),
                batch,
                learning_rate: plan.learning_rate.unwrap_or(defaults.adam.learning_rate),
                checkpoint_every: plan.checkpoint_every,
                measure: plan.measure.clone(),
                data: data.clone(),
                content: Some(content.clone()),
            };
            settings.recipe(dataset)?;
            let cell = Cell {
                name: file_name(&settings),
                settings,
            };
            if cells.iter().any(|other: &Cell| other.name == cell.name) {
                let problem = "more than six digits apart from the plan's other weights";
                return Err(Error::value("lambda", problem, cell.settings.lambda.unwrap_or(0.0)));
            }
            cells.push(cell);
        }
    }
    Ok(cells)
}

/// A weight as the plan gives it.
#[derive(Clone, Copy)]
enum Weight {
    PerExample(f64),
    Paper(f64),
}

impl Weight {
    fn per_example(self, batch: usize) -> f64 {
        match self {
            Weight::PerExample(value) => value,
            Weight::Paper(value) => per_example_lambda(value, batch),
        }
    }

    fn papers(self, batch: usize) -> f64 {
        match self {
            Weight::PerExample(value) => paper_lambda(value, batch),
            Weight::Paper(value) => value,
        }
    }
}

/// Such as `mnist-mini_doubleback_lambda-31.6228_seed-0`.
fn file_name(settings: &Settings) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }
    };
    let dataset: String = settings.dataset.chars().map(plain).collect();
    let lambda = settings
        .lambda
        .map(|lambda| format!("_lambda-{}", six_digits(lambda)))
        .unwrap_or_default();
    format!("{dataset}_{}{lambda}_seed-{}", settings.defense, settings.seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use doubleback::data::{LoadOptions, load};
    use doubleback::train::Defense;

    fn of(text: &str) -> Result<Vec<Cell>> {
        let plan = Plan::parse(&format!("datasets = [\"mnist-mini\"]\n{text}")).unwrap();
        cells(
            &plan,
            "mnist-mini",
            &load("mnist-mini", &LoadOptions::default()).unwrap(),
        )
    }

    #[test]
    fn the_normal_model_of_each_seed_is_always_there_and_first() {
        let text = "seeds = [0, 7]\nsteps = 5\n[[defense]]\nname = \"advtrain\"\n[[defense]]\nname = \"doubleback\"\nlambda = [1, 0.25]";
        let names: Vec<String> = of(text).unwrap().into_iter().map(|cell| cell.name).collect();
        assert_eq!(
            names,
            [
                "mnist-mini_normal_seed-0",
                "mnist-mini_normal_seed-7",
                "mnist-mini_advtrain_seed-0",
                "mnist-mini_advtrain_seed-7",
                "mnist-mini_doubleback_lambda-1_seed-0",
                "mnist-mini_doubleback_lambda-1_seed-7",
                "mnist-mini_doubleback_lambda-0.25_seed-0",
                "mnist-mini_doubleback_lambda-0.25_seed-7",
            ]
        );
    }

    #[test]
    fn weights_in_the_authors_units_are_converted_with_the_batch() {
        let text = "batch = 128\n[[defense]]\nname = \"doubleback\"\npaper_lambda = 2560";
        let cell = of(text).unwrap().pop().unwrap();
        assert_eq!(
            (cell.settings.lambda, cell.settings.paper_lambda),
            (Some(10.0), Some(2560.0))
        );
        let dataset = load("mnist-mini", &LoadOptions::default()).unwrap();
        let recipe = cell.settings.recipe(&dataset).unwrap();
        assert_eq!(
            (recipe.defense, recipe.options.batch),
            (Defense::DoubleBackprop(10.0.into()), 128)
        );
    }

    #[test]
    fn weights_that_would_share_a_name_and_eps_out_of_range_are_refused() {
        let text = "[[defense]]\nname = \"doubleback\"\nlambda = [1, 1.0000001]";
        assert!(of(text).unwrap_err().to_string().contains("more than six digits apart"));
        let text = "[measure]\ntest_images = 2001";
        assert_eq!(
            of(text).unwrap_err().to_string(),
            "test_images: 2001 is not at most 2000, the test images of mnist-mini"
        );
        let text = "[measure]\ntest_eps = [1.5]";
        assert_eq!(
            of(text).unwrap_err().to_string(),
            "eps: 1.5 is not between 0 and 1, the range of mnist-mini"
        );
    }
}

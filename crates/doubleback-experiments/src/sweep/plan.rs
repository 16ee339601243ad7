//! What a sweep trains, read from a TOML file.

use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use toml::Spanned;

use super::axis::{Axis, Lambdas};
use crate::profile::Profile;
use doubleback::attack::{deserialize_eps, deserialize_eps_list};
use doubleback::nn::{Pool, check_architecture};
use doubleback::train::{Defense, DefenseKind};
use doubleback::{Error, Result};

/// A grid of trainings: data sets × defenses × penalty weights × seeds.
///
/// ```
/// use doubleback_experiments::sweep::Plan;
/// let plan = Plan::parse(
///     r#"
///     datasets = ["mnist-mini"]
///     seeds = [0, 1]
///     steps = 100
///
///     [[defense]]
///     name = "doubleback"
///     lambda = [1, 10, 100]
///     "#,
/// )?;
/// assert_eq!(plan.seeds, [0, 1]);
///
/// let error = Plan::parse("datasets = [\"mnist-mini\"]\nstep = 100").unwrap_err();
/// assert!(error.starts_with("line 2: unknown field `step`"), "{error}");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// Names of data sets.
    pub datasets: Vec<String>,
    /// Seeds of weights and dropout.
    pub seeds: Vec<u64>,
    /// Settings to start from; `None` is `quick` for `mnist-mini` and `standard` for others.
    pub profile: Option<Profile>,
    /// The network.
    pub arch: String,
    /// Its pooling.
    pub pool: Pool,
    /// Optimizer steps, in place of the profile's.
    pub steps: Option<usize>,
    /// Images a step, in place of the profile's.
    pub batch: Option<usize>,
    /// Learning rate, in place of the profile's.
    pub learning_rate: Option<f64>,
    /// Seconds between checkpoints.
    pub checkpoint_every: f64,
    /// The defenses with their weights; the normal model is trained besides.
    pub defenses: Vec<DefenseGrid>,
    /// What to measure.
    pub measure: Measure,
}

/// A defense and its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct DefenseGrid {
    /// The defense.
    pub defense: DefenseKind,
    /// `None` for a defense without a penalty.
    pub lambdas: Option<Lambdas>,
}

/// What is measured on each model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Measure {
    /// Perturbation of the normal model's FGSM examples of the validation images, which models are chosen by.
    #[serde(deserialize_with = "deserialize_eps")]
    pub selection_eps: f64,
    /// Perturbations of FGSM on test images, from the normal model and from the model itself.
    #[serde(deserialize_with = "deserialize_eps_list")]
    pub test_eps: Vec<f64>,
    /// Test images: the first so many, or all.
    pub test_images: Option<usize>,
}

impl Default for Measure {
    /// eps 0.1 to choose by; 0.1, 0.2, 0.3 and all images to test on.
    fn default() -> Self {
        Self {
            selection_eps: 0.1,
            test_eps: vec![0.1, 0.2, 0.3],
            test_images: None,
        }
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    datasets: Vec<String>,
    #[serde(default = "first_seed")]
    seeds: Vec<u64>,
    #[serde(default, deserialize_with = "by_name")]
    profile: Option<Profile>,
    #[serde(default = "paper_cnn", deserialize_with = "known_architecture")]
    arch: String,
    #[serde(default, deserialize_with = "by_name")]
    pool: Option<Pool>,
    #[serde(default, deserialize_with = "at_least_one")]
    steps: Option<usize>,
    #[serde(default, deserialize_with = "at_least_one")]
    batch: Option<usize>,
    #[serde(default, deserialize_with = "positive")]
    learning_rate: Option<f64>,
    #[serde(default, deserialize_with = "positive")]
    checkpoint_every: Option<f64>,
    lambda: Option<Spanned<Axis>>,
    paper_lambda: Option<Spanned<Axis>>,
    #[serde(default)]
    defense: Vec<Spanned<WrittenDefense>>,
    measure: Option<Spanned<Measure>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDefense {
    name: DefenseKind,
    lambda: Option<Axis>,
    paper_lambda: Option<Axis>,
}

fn first_seed() -> Vec<u64> {
    vec![0]
}

fn paper_cnn() -> String {
    "paper-cnn".into()
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err = Error>>(deserializer: D) -> std::result::Result<T, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

fn by_name<'de, D: Deserializer<'de>, T: FromStr<Err = Error>>(d: D) -> std::result::Result<Option<T>, D::Error> {
    parsed(d).map(Some)
}

fn known_architecture<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    check_architecture(&name).map_err(serde::de::Error::custom)?;
    Ok(name)
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<usize>, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(serde::de::Error::custom("0 is not a whole number of at least 1")),
        number => Ok(Some(number)),
    }
}

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<f64>, D::Error> {
    match f64::deserialize(deserializer)? {
        number if number > 0.0 && number.is_finite() => Ok(Some(number)),
        number => Err(serde::de::Error::custom(format!("{number} is not a positive number"))),
    }
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// When the file cannot be read or makes no sense; the message names the line.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::io(path, "reading the plan"))?;
        Self::parse(&text).map_err(|problem| Error::file(path, problem))
    }

    /// A plan from the text of a file.
    ///
    /// # Errors
    /// Says the line and what is wrong with it.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let line = |at: usize| {
            text.as_bytes()[..at.min(text.len())]
                .iter()
                .filter(|&&b| b == b'\n')
                .count()
                + 1
        };
        let written: Written = toml::from_str(text).map_err(|e| {
            let problem = e.message().trim().replace('\n', ", ");
            match e.span() {
                Some(span) => format!("line {}: {problem}", line(span.start)),
                None => problem,
            }
        })?;
        let at = |span: std::ops::Range<usize>, problem: String| format!("line {}: {problem}", line(span.start));

        distinct("datasets", &written.datasets)?;
        distinct("seeds", &written.seeds)?;
        if let (Some(_), Some(paper)) = (&written.lambda, &written.paper_lambda) {
            return Err(at(
                paper.span(),
                "`lambda` and `paper_lambda` are both given. Give one".into(),
            ));
        }
        let common = units(
            written.lambda.map(Spanned::into_inner),
            written.paper_lambda.map(Spanned::into_inner),
        );
        let mut defenses: Vec<DefenseGrid> = Vec::new();
        for entry in written.defense {
            let span = entry.span();
            let grid = grid(entry.into_inner(), common.as_ref()).map_err(|problem| at(span.clone(), problem))?;
            if defenses.iter().any(|other| other.defense == grid.defense) {
                let problem = format!("the defense `{}` is given twice. Give it once", grid.defense);
                return Err(at(span, problem));
            }
            defenses.push(grid);
        }
        let measure = match written.measure {
            Some(measure) => {
                check(measure.get_ref()).map_err(|problem| at(measure.span(), problem))?;
                measure.into_inner()
            }
            None => Measure::default(),
        };
        Ok(Self {
            datasets: written.datasets,
            seeds: written.seeds,
            profile: written.profile,
            arch: written.arch,
            pool: written.pool.unwrap_or_default(),
            steps: written.steps,
            batch: written.batch,
            learning_rate: written.learning_rate,
            checkpoint_every: written.checkpoint_every.unwrap_or(15.0),
            defenses,
            measure,
        })
    }
}

fn units(lambda: Option<Axis>, paper_lambda: Option<Axis>) -> Option<Lambdas> {
    lambda
        .map(|axis| Lambdas::PerExample(axis.0))
        .or(paper_lambda.map(|axis| Lambdas::Paper(axis.0)))
}

fn grid(written: WrittenDefense, common: Option<&Lambdas>) -> std::result::Result<DefenseGrid, String> {
    let defense = written.name;
    let given = written.lambda.is_some() || written.paper_lambda.is_some();
    if written.lambda.is_some() && written.paper_lambda.is_some() {
        return Err("`lambda` and `paper_lambda` are both given. Give one".into());
    }
    if Defense::new(defense).penalty().is_none() {
        if given {
            return Err(format!(
                "the defense `{defense}` has no penalty and so no `lambda`. Leave it out"
            ));
        }
        return Ok(DefenseGrid { defense, lambdas: None });
    }
    match units(written.lambda, written.paper_lambda).or_else(|| common.cloned()) {
        Some(lambdas) => Ok(DefenseGrid {
            defense,
            lambdas: Some(lambdas),
        }),
        None => Err(format!(
            "the defense `{defense}` needs weights. Give it `lambda` or `paper_lambda`, or one of them at the top for all"
        )),
    }
}

fn distinct<T: PartialEq + std::fmt::Display>(name: &str, values: &[T]) -> std::result::Result<(), String> {
    if values.is_empty() {
        return Err(format!("{name}: an empty list. Give at least one"));
    }
    for (place, value) in values.iter().enumerate() {
        if values[..place].contains(value) {
            return Err(format!("{name}: {value} is given twice. Give it once"));
        }
    }
    Ok(())
}

/// What can be said before the data's bounds are known.
fn check(measure: &Measure) -> std::result::Result<(), String> {
    distinct("test_eps", &measure.test_eps)?;
    let mut all = measure.test_eps.iter().chain([&measure.selection_eps]);
    if let Some(eps) = all.find(|&&eps| !(eps > 0.0 && eps.is_finite())) {
        return Err(format!("eps: {eps} is not a positive number"));
    }
    match measure.test_images {
        Some(0) => Err("test_images: 0 is not a whole number of at least 1".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "datasets = [\"mnist-mini\"]\n";

    #[test]
    fn weights_at_the_top_are_for_defenses_that_have_none() {
        let text = "paper_lambda = 512\n[[defense]]\nname = \"doubleback\"\n[[defense]]\nname = \"insensitive\"\nlambda = [1, 2]\n\
                    [[defense]]\nname = \"advtrain\"\n";
        let plan = Plan::parse(&(HEAD.to_owned() + text)).unwrap();
        let lambdas: Vec<_> = plan.defenses.iter().map(|d| d.lambdas.clone()).collect();
        let expected = [
            Some(Lambdas::Paper(vec![512.0])),
            Some(Lambdas::PerExample(vec![1.0, 2.0])),
            None,
        ];
        assert_eq!(lambdas, expected);
    }

    #[test]
    fn perturbations_may_be_fractions() {
        let text = "[measure]\nselection_eps = \"8/255\"\ntest_eps = [\"4/255\", 0.1, \" 1 / 2 \"]";
        let measure = Plan::parse(&(HEAD.to_owned() + text)).unwrap().measure;
        assert_eq!(measure.selection_eps, 8.0 / 255.0);
        assert_eq!(measure.test_eps, [4.0 / 255.0, 0.1, 0.5]);
        let twice = Plan::parse(&(HEAD.to_owned() + "[measure]\ntest_eps = [0.5, \"1/2\"]")).unwrap_err();
        assert!(twice.contains("test_eps: 0.5 is given twice"), "{twice}");
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, message) in [
            ("step = 3", "line 2: unknown field `step`, expected one of"),
            ("steps = 0", "line 2: 0 is not a whole number of at least 1"),
            ("steps = \"x\"", "line 2: invalid type: string \"x\", expected usize"),
            ("steps = ", "line 2: "),
            (
                "profile = \"quik\"",
                "line 2: unknown profile `quik`. Did you mean `quick`?",
            ),
            (
                "arch = \"paper\"",
                "line 2: unknown architecture `paper`. Did you mean `paper-cnn`?",
            ),
            ("pool = \"mean\"", "line 2: unknown pooling `mean`."),
            ("learning_rate = 0", "line 2: 0 is not a positive number"),
            (
                "lambda = 1\npaper_lambda = 2",
                "line 3: `lambda` and `paper_lambda` are both given",
            ),
            (
                "\n[[defense]]\nname = \"dubleback\"",
                "line 4: unknown defense `dubleback`. Did you mean `doubleback`?",
            ),
            (
                "[[defense]]\nname = \"doubleback\"",
                "line 2: the defense `doubleback` needs weights",
            ),
            (
                "[[defense]]\nname = \"advtrain\"\nlambda = 1",
                "line 2: the defense `advtrain` has no penalty",
            ),
            (
                "[[defense]]\nname = \"normal\"\n[[defense]]\nname = \"normal\"",
                "line 4: the defense `normal` is given twice",
            ),
            (
                "[[defense]]\nname = \"doubleback\"\nlambda = []",
                "line 4: an empty list of weights",
            ),
            (
                "[measure]\nselection_eps = 0",
                "line 2: eps: 0 is not a positive number",
            ),
            (
                "[measure]\ntest_eps = [0.1, 0.1]",
                "line 2: test_eps: 0.1 is given twice",
            ),
            (
                "[measure]\ntest_eps = [\"8/x\"]",
                "line 3: eps: 8/x is not a number such as 0.1 or 8/255",
            ),
            ("seeds = [1, 1]", "seeds: 1 is given twice"),
        ] {
            let found = Plan::parse(&(HEAD.to_owned() + text)).unwrap_err();
            assert!(
                found.starts_with(message),
                "{text}\n  expected {message}\n  found    {found}"
            );
        }
        assert!(Plan::parse("").unwrap_err().contains("missing field `datasets`"));
    }

    #[test]
    fn the_plans_that_come_with_the_program_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plans");
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let plan = Plan::read(&path).unwrap();
            assert!(!plan.defenses.is_empty(), "{}", path.display());
            names.push(path.file_stem().unwrap().to_string_lossy().into_owned());
        }
        names.sort();
        assert_eq!(names, ["mnist", "mnist-mini", "notmnist", "svhn"]);
    }
}

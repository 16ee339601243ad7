//! What a sweep trains, read from a TOML file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::axis::{Axis, Lambdas};
use super::settings_file::{SettingsFile, Table, Value};
use crate::profile::Profile;
use doubleback::attack::parse_eps;
use doubleback::nn::{Activation, Pool, check_architecture};
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
/// assert!(error.starts_with("line 2: unknown setting `step`. Did you mean `steps`?"), "{error}");
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
    /// Its activation.
    pub activation: Activation,
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
    pub selection_eps: f64,
    /// Perturbations of FGSM on test images, from the normal model and from the model itself.
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
        let file = SettingsFile::parse(text)?;
        let root = file.root(&SETTINGS)?;
        let datasets = match root.get("datasets") {
            Some(value) => names(&value)?,
            None => {
                return Err(format!("there is no `datasets`. Give {DATASETS}"));
            }
        };
        let seeds = root.get("seeds").map_or_else(|| Ok(vec![0]), |value| seeds(&value))?;
        if let (Some(_), Some(paper)) = (root.get("lambda"), root.get("paper_lambda")) {
            return Err(format!(
                "line {}: `lambda` and `paper_lambda` are both given. Give one",
                paper.line()
            ));
        }
        let common = lambdas(&root)?;
        let mut defenses: Vec<DefenseGrid> = Vec::new();
        for entry in defense_tables(&root)? {
            let grid = grid(&entry, common.as_ref())?;
            if defenses.iter().any(|other| other.defense == grid.defense) {
                return Err(format!(
                    "line {}: the defense `{}` is given twice. Give it once",
                    entry.line(),
                    grid.defense
                ));
            }
            defenses.push(grid);
        }
        let measure = root
            .get("measure")
            .map_or_else(|| Ok(Measure::default()), |value| measure(&value))?;
        let positive = |name, expected| root.get(name).map(|value| value.positive(expected)).transpose();
        let at_least_one = |name, expected| root.get(name).map(|value| value.count(1, expected)).transpose();
        let arch = match root.get("arch") {
            None => "paper-cnn".to_owned(),
            Some(value) => {
                let name = value.text("the name of a network, such as \"paper-cnn\"")?;
                check_architecture(name).map_err(|e| format!("line {}: {e}", value.line()))?;
                name.to_owned()
            }
        };
        let pool = root
            .get("pool")
            .map(|value| value.name("the name of a pooling, such as \"max\""));
        let activation = root
            .get("activation")
            .map(|value| value.name("the name of an activation, such as \"silu\""));
        let profile = root
            .get("profile")
            .map(|value| value.name("the name of a profile, such as \"quick\""));
        Ok(Self {
            datasets,
            seeds,
            profile: profile.transpose()?,
            arch,
            pool: pool.transpose()?.unwrap_or_default(),
            activation: activation.transpose()?.unwrap_or_default(),
            steps: at_least_one("steps", "a whole number of at least 1, such as 2000")?,
            batch: at_least_one("batch", "a whole number of at least 1, such as 256")?,
            learning_rate: positive("learning_rate", "a positive number, such as 0.001")?,
            checkpoint_every: positive("checkpoint_every", "a positive number of seconds, such as 15")?.unwrap_or(15.0),
            defenses,
            measure,
        })
    }
}

/// All settings at the top of a plan.
const SETTINGS: [&str; 14] = [
    "datasets",
    "seeds",
    "profile",
    "arch",
    "pool",
    "activation",
    "steps",
    "batch",
    "learning_rate",
    "checkpoint_every",
    "lambda",
    "paper_lambda",
    "defense",
    "measure",
];

const DATASETS: &str = "a list of names of data sets, such as datasets = [\"mnist-mini\"]";

/// The values of a list that has at least one, each read by `one`, none twice.
fn distinct<T: PartialEq + std::fmt::Display>(
    value: &Value<'_>,
    expected: &str,
    one: impl Fn(&Value<'_>) -> std::result::Result<T, String>,
) -> std::result::Result<Vec<T>, String> {
    let Some(list) = value.list() else {
        return value.is_not(expected);
    };
    if list.is_empty() {
        return value.is_not(expected);
    }
    let mut found = Vec::with_capacity(list.len());
    for entry in &list {
        let read = one(entry)?;
        if found.contains(&read) {
            return entry.refuse(&format!("{read} is given twice. Give it once"));
        }
        found.push(read);
    }
    Ok(found)
}

fn names(value: &Value<'_>) -> std::result::Result<Vec<String>, String> {
    distinct(value, DATASETS, |one| {
        Ok(one.text("the name of a data set, such as \"mnist-mini\"")?.to_owned())
    })
}

fn seeds(value: &Value<'_>) -> std::result::Result<Vec<u64>, String> {
    let expected = "a list of whole numbers, such as seeds = [0, 1, 2]";
    distinct(value, expected, |one| one.whole(0, "a whole number, such as 0"))
}

fn eps(value: &Value<'_>) -> std::result::Result<f64, String> {
    const EXPECTED: &str = "a positive size, such as 0.1 or \"8/255\"";
    let number = match value.number() {
        Some(number) => number,
        None => parse_eps(value.text(EXPECTED)?).or_else(|_| value.is_not(EXPECTED))?,
    };
    if number > 0.0 && number.is_finite() {
        Ok(number)
    } else {
        value.is_not(EXPECTED)
    }
}

fn measure(value: &Value<'_>) -> std::result::Result<Measure, String> {
    let Some(table) = value.table(&["selection_eps", "test_eps", "test_images"]) else {
        return value.is_not("a table: write [measure] on a line of its own, and test_eps = [0.1, 0.2] below it");
    };
    let table = table?;
    let mut measure = Measure::default();
    if let Some(value) = table.get("selection_eps") {
        measure.selection_eps = eps(&value)?;
    }
    if let Some(value) = table.get("test_eps") {
        measure.test_eps = distinct(&value, "a list of sizes, such as test_eps = [0.1, \"8/255\"]", eps)?;
    }
    if let Some(value) = table.get("test_images") {
        measure.test_images = Some(value.count(1, "a whole number of at least 1, such as 1000")?);
    }
    Ok(measure)
}

/// The entries under `[[defense]]`.
fn defense_tables<'a>(root: &Table<'a>) -> std::result::Result<Vec<Table<'a>>, String> {
    const EXPECTED: &str =
        "a list of tables: write [[defense]] on a line of its own, and name = \"doubleback\" below it";
    let Some(value) = root.get("defense") else {
        return Ok(Vec::new());
    };
    let Some(list) = value.list() else {
        return value.is_not(EXPECTED);
    };
    let table = |one: Value<'a>| match one.table(&["name", "lambda", "paper_lambda"]) {
        Some(table) => table,
        None => one.is_not(EXPECTED),
    };
    list.into_iter().map(table).collect()
}

fn lambdas(table: &Table<'_>) -> std::result::Result<Option<Lambdas>, String> {
    let axis = |name| table.get(name).map(|value| Axis::read(&value)).transpose();
    let (lambda, paper_lambda) = (axis("lambda")?, axis("paper_lambda")?);
    Ok(lambda
        .map(|axis| Lambdas::PerExample(axis.0))
        .or(paper_lambda.map(|axis| Lambdas::Paper(axis.0))))
}

fn grid(entry: &Table<'_>, common: Option<&Lambdas>) -> std::result::Result<DefenseGrid, String> {
    let at = |problem: String| Err(format!("line {}: {problem}", entry.line()));
    let Some(name) = entry.get("name") else {
        return at("a defense has no `name`. Give one, such as name = \"doubleback\"".into());
    };
    let defense: DefenseKind = name.name("the name of a defense, such as \"doubleback\"")?;
    if entry.get("lambda").is_some() && entry.get("paper_lambda").is_some() {
        return at("`lambda` and `paper_lambda` are both given. Give one".into());
    }
    let own = lambdas(entry)?;
    if Defense::new(defense).penalty().is_none() {
        if own.is_some() {
            return at(format!(
                "the defense `{defense}` has no penalty and so no `lambda`. Leave it out"
            ));
        }
        return Ok(DefenseGrid { defense, lambdas: None });
    }
    match own.or_else(|| common.cloned()) {
        Some(lambdas) => Ok(DefenseGrid {
            defense,
            lambdas: Some(lambdas),
        }),
        None => at(format!(
            "the defense `{defense}` needs weights. Give it `lambda` or `paper_lambda`, or one of them at the top for all"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Pieces of the longest plan in any order, cut and repeated: a plan, or an error of one line.
        #[test]
        fn whatever_is_written_is_a_plan_or_an_error_of_one_line(
            pieces in prop::collection::vec((0usize..600, 0usize..80), 1..12),
            noise in ".{0,3}",
        ) {
            const WHOLE: &str = include_str!("../../../../fuzz/seeds/plan/all-fields.toml");
            let cut = |&(start, length): &(usize, usize)| {
                let start = start.min(WHOLE.len());
                &WHOLE[start..(start + length).min(WHOLE.len())]
            };
            let text = pieces.iter().map(cut).collect::<Vec<_>>().join(&noise);
            if let Err(problem) = Plan::parse(&text) {
                prop_assert!(!problem.is_empty() && !problem.contains('\n'), "{problem:?}");
            }
            let damaged = format!("{}{noise}{}", &WHOLE[..pieces[0].0.min(WHOLE.len())], cut(&pieces[0]));
            if let Err(problem) = Plan::parse(&damaged) {
                prop_assert!(!problem.is_empty() && !problem.contains('\n'), "{problem:?}");
            }
        }
    }

    #[test]
    fn the_longest_plan_is_one() {
        assert_eq!(
            Plan::parse(include_str!("../../../../fuzz/seeds/plan/all-fields.toml"))
                .unwrap()
                .defenses
                .len(),
            3
        );
    }

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
            (
                "step = 3",
                "line 2: unknown setting `step`. Did you mean `steps`? Known: datasets, ",
            ),
            (
                "steps = 0",
                "line 2: steps: 0 is not a whole number of at least 1, such as 2000",
            ),
            (
                "steps = \"x\"",
                "line 2: steps: \"x\" is not a whole number of at least 1, such as 2000",
            ),
            ("steps = -5", "line 2: steps: -5 is not a whole number"),
            (
                "seeds = 3",
                "line 2: seeds: 3 is not a list of whole numbers, such as seeds = [0, 1, 2]",
            ),
            (
                "seeds = [0, 0.5]",
                "line 2: seeds: 0.5 is not a whole number, such as 0",
            ),
            (
                "arch = [\"paper-cnn\"]",
                "line 2: arch: a list is not the name of a network, such as \"paper-cnn\"",
            ),
            (
                "defense = \"doubleback\"",
                "line 2: defense: \"doubleback\" is not a list of tables: write [[defense]] on a line of its own",
            ),
            ("[[defense]]\nlambda = 1", "line 2: a defense has no `name`"),
            (
                "[measure]\ntest_eps = 0.1",
                "line 3: test_eps: 0.1 is not a list of sizes, such as test_eps = [0.1, \"8/255\"]",
            ),
            (
                "[measure]\ntest_eps = [\"8/x\"]",
                "line 3: test_eps: \"8/x\" is not a positive size, such as 0.1 or \"8/255\"",
            ),
            (
                "[measure]\ntest_images = 1.5",
                "line 3: test_images: 1.5 is not a whole number of at least 1, such as 1000",
            ),
            ("measure = 3", "line 2: measure: 3 is not a table: write [measure]"),
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
            (
                "pool = \"ma\\nx\"",
                "line 2: unknown pooling `ma\\nx`. Did you mean `max`?",
            ),
            (
                "activation = \"slu\"",
                "line 2: unknown activation `slu`. Did you mean `silu`?",
            ),
            (
                "learning_rate = 0",
                "line 2: learning_rate: 0 is not a positive number, such as 0.001",
            ),
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
                "line 4: lambda: an empty list of weights",
            ),
            (
                "[measure]\nselection_eps = 0",
                "line 3: selection_eps: 0 is not a positive size, such as 0.1 or \"8/255\"",
            ),
            (
                "[measure]\ntest_eps = [0.1, 0.1]",
                "line 3: test_eps: 0.1 is given twice",
            ),
            ("seeds = [1, 1]", "line 2: seeds: 1 is given twice"),
        ] {
            let found = Plan::parse(&(HEAD.to_owned() + text)).unwrap_err();
            assert!(
                found.starts_with(message),
                "{text}\n  expected {message}\n  found    {found}"
            );
        }
        let missing = Plan::parse("").unwrap_err();
        assert!(
            missing.contains("there is no `datasets`. Give a list of names"),
            "{missing}"
        );
        let wrong = Plan::parse("datasets = \"mnist\"").unwrap_err();
        assert!(
            wrong.starts_with(
                "line 1: datasets: \"mnist\" is not a list of names of data sets, such as datasets = [\"mnist-mini\"]"
            ),
            "{wrong}"
        );
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

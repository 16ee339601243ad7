use std::collections::BTreeMap;
use std::time::Duration;

use doubleback::attack;
use doubleback::data::Dataset;
use doubleback::nn::{Activation, Architecture, Pool, architecture, check_architecture, paper_input};
use doubleback::train::{
    CurvePoint, Defense, DefenseKind, ModelFiles, Recipe, StartingPoint, TrainOptions, Written, paper_lambda,
    per_example_lambda,
};
use doubleback_experiments::Profile;
use doubleback_import::Source;
use serde::Serialize;
use serde_json::Value;

use super::fine_tune;
use crate::args::{InputLayer, TrainArgs};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output::{self, percent};

/// Trains one model.
pub fn run(args: &TrainArgs, context: &Context) -> Result<()> {
    output::check_ending(&args.out, "safetensors")?;
    output::check_file(&args.out)?;
    output::check_json(args.json.as_ref())?;
    check_options(args)?;
    if let (Some(name), None) = (&args.arch, &args.fine_tune.from) {
        check_architecture(name)?;
    }
    let dataset = context.load(&args.dataset)?;
    let (start, dataset) = fine_tune::start(args, dataset, context)?;
    let (start, source) = match start {
        Some((start, source)) => (Some(start), source),
        None => (None, None),
    };
    let recipe = recipe(args, start, &dataset)?;

    let files = args.model_files();
    let written = recipe.train_to(&files, &dataset, &context.device, &mut context.reporter())?;
    let summary = Summary::new(args, &dataset, &recipe, source.as_ref(), &written);
    let readable = readable(&recipe, &dataset, &written, &files);
    context.results(&summary, args.json.as_ref(), &readable)
}

/// Refuses options that the defense has no use for.
fn check_options(args: &TrainArgs) -> Result<()> {
    let penalty = (
        "gradient penalty",
        (|one| one.penalty().is_some()) as fn(Defense) -> bool,
    );
    let teacher = ("teacher", (|one| one.temperature().is_some()) as fn(Defense) -> bool);
    let adversary = (
        "adversary",
        (|one| one.adversarial_eps().is_some()) as fn(Defense) -> bool,
    );
    let steps = (
        "gradient steps of an adversary",
        (|one| one.adversarial_steps().is_some()) as fn(Defense) -> bool,
    );
    let norm = (
        "norm of a perturbation to choose",
        (|one| one.adversarial_norm().is_some()) as fn(Defense) -> bool,
    );
    let divergence = ("divergence", (|one| one.beta().is_some()) as fn(Defense) -> bool);
    let options = [
        ("--lambda", args.lambda.is_some(), penalty),
        ("--paper-lambda", args.paper_lambda.is_some(), penalty),
        ("--penalty-norm", args.penalty_norm.is_some(), penalty),
        ("--penalty-output", args.penalty_output.is_some(), penalty),
        ("--temperature", args.temperature.is_some(), teacher),
        ("--adversarial-eps", args.adversarial_eps.is_some(), adversary),
        ("--adversarial-norm", args.adversarial_norm.is_some(), norm),
        ("--pgd-steps", args.pgd_steps.is_some(), steps),
        ("--trades-beta", args.trades_beta.is_some(), divergence),
    ];
    let refused = options
        .into_iter()
        .find(|(_, given, (_, has))| *given && !has(Defense::new(args.defense)));
    match refused {
        Some((option, _, (what, has))) => Err(Failure::Input(format!(
            "`{option}`: the defense `{}` has no {what}. Leave it out, or train {}",
            args.defense,
            takers(has)
        ))),
        None => Ok(()),
    }
}

/// The defenses that have something, in words.
fn takers(has: fn(Defense) -> bool) -> String {
    let names: Vec<String> = DefenseKind::ALL
        .into_iter()
        .filter(|&kind| has(Defense::new(kind)))
        .map(|kind| format!("`{kind}`"))
        .collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// The profile's recipe with what was given in its place.
fn recipe(args: &TrainArgs, start: Option<StartingPoint>, dataset: &Dataset) -> Result<Recipe> {
    let profile = args.profile.unwrap_or(Profile::default_for(dataset));
    let mut recipe = profile.recipe(args.defense, dataset, args.seed);
    recipe.architecture = match &start {
        Some(start) => start.network().architecture().clone(),
        None => built_in(args, dataset)?,
    };
    recipe.start = start;
    let options = &mut recipe.options;
    options.steps = args.steps.unwrap_or(options.steps);
    options.batch = args.batch.unwrap_or(options.batch);
    let usual = args.optimizer.optimizer.learning_rate();
    options.adam.learning_rate = args.learning_rate.or(usual).unwrap_or(options.adam.learning_rate);
    args.optimizer.apply(options)?;
    options.class_weights = args.class_weights.of(dataset)?;
    options.layers = args.fine_tune.layers();
    options.checkpoint_every = Duration::try_from_secs_f64(args.checkpoint_every).unwrap_or(Duration::MAX);
    let batch = options.batch;
    let defense = &mut recipe.defense;
    if let Some(penalty) = defense.penalty_mut() {
        let papers = args.paper_lambda.map(|lambda| per_example_lambda(lambda, batch));
        penalty.lambda = args.lambda.or(papers).unwrap_or(penalty.lambda);
        penalty.norm = args.penalty_norm.unwrap_or(penalty.norm);
        penalty.output = args.penalty_output.unwrap_or(penalty.output);
    }
    if let Some(temperature) = defense.temperature_mut() {
        *temperature = args.temperature.unwrap_or(*temperature);
    }
    if let Some(eps) = defense.adversarial_eps_mut() {
        *eps = args.adversarial_eps.unwrap_or(*eps);
    }
    if let Some(norm) = defense.adversarial_norm_mut() {
        *norm = args.adversarial_norm.unwrap_or(*norm);
    }
    if let Some(steps) = defense.adversarial_steps_mut() {
        *steps = args.pgd_steps.unwrap_or(*steps);
    }
    if let Some(beta) = defense.beta_mut() {
        *beta = args.trades_beta.unwrap_or(*beta);
    }
    recipe.check_on(dataset)?;
    Ok(recipe)
}

/// A network of the program.
fn built_in(args: &TrainArgs, dataset: &Dataset) -> Result<Architecture> {
    let network = architecture(
        args.arch.as_deref().unwrap_or("paper-cnn"),
        dataset.shape,
        dataset.bounds,
        dataset.classes.len(),
        args.pool.unwrap_or_default(),
    )?;
    let network = network.with_activation(args.activation.unwrap_or_default());
    Ok(match args.local_contrast {
        None => paper_input(network, dataset),
        Some(InputLayer(None)) => network,
        Some(InputLayer(Some(layer))) => network.behind_local_contrast(layer),
    })
}

/// JSON of `train`.
#[derive(Serialize)]
struct Summary<'a> {
    model: String,
    dataset: &'a str,
    defense: &'a str,
    architecture: &'a str,
    /// None where the architecture has no pooling to choose.
    pool: Option<&'a str>,
    activation: Option<Activation>,
    /// The floor of local contrast normalization, if the network begins with it.
    local_contrast: Option<&'a str>,
    steps: usize,
    batch: usize,
    learning_rate: f64,
    lambda: Option<f64>,
    paper_lambda: Option<f64>,
    temperature: Option<f64>,
    adversarial_eps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adversarial_norm: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trades_beta: Option<f64>,
    /// Names of the classes in the order of the labels, which that of the weights is too.
    classes: &'a [String],
    class_weights: Option<&'a [f64]>,
    /// What the training has beyond the paper's, such as `optimizer`.
    #[serde(flatten)]
    choices: BTreeMap<String, Value>,
    seed: u64,
    /// What the model began with, if not with random weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Start<'a>>,
    /// SHA-256 of the files of the data set.
    checksums: BTreeMap<&'a str, &'a str>,
    training_images: usize,
    validation_images: usize,
    parameters: usize,
    seconds: f64,
    curve: &'a [CurvePoint],
    #[serde(skip_serializing_if = "Option::is_none")]
    teacher_curve: Option<&'a [CurvePoint]>,
    /// What the model of another training that had the same name is called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_aside: Option<String>,
}

/// What a model began with.
#[derive(Serialize)]
struct Start<'a> {
    model: String,
    /// SHA-256 of its architecture and tensors.
    sha256: &'a str,
    new_head: bool,
    /// What it was imported from; left out if it was made by this program.
    #[serde(skip_serializing_if = "Option::is_none")]
    import: Option<&'a Source>,
}

impl<'a> Summary<'a> {
    fn new(
        args: &'a TrainArgs,
        dataset: &'a Dataset,
        recipe: &'a Recipe,
        source: Option<&'a Source>,
        written: &'a Written,
    ) -> Self {
        let from = recipe.start.as_ref().map(|start| Start {
            model: args
                .fine_tune
                .from
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            sha256: start.checksum(),
            new_head: args.fine_tune.new_head,
            import: source,
        });
        let cooked = &written.cooked;
        let options = &recipe.options;
        let defense = recipe.defense;
        let lambda = defense.penalty().map(|penalty| penalty.lambda);
        Self {
            model: args.out.display().to_string(),
            dataset: &args.dataset,
            defense: defense.name(),
            architecture: &recipe.architecture.name,
            pool: recipe.architecture.pool().map(Pool::name),
            activation: recipe.architecture.activation(),
            local_contrast: recipe.architecture.local_contrast().map(|layer| layer.floor.name()),
            steps: options.steps,
            batch: options.batch,
            learning_rate: options.adam.learning_rate,
            lambda,
            paper_lambda: lambda.map(|lambda| paper_lambda(lambda, options.batch)),
            temperature: defense.temperature(),
            adversarial_eps: defense.adversarial_eps(),
            adversarial_norm: defense.adversarial_norm().map(attack::Norm::name),
            trades_beta: defense.beta(),
            classes: &dataset.classes,
            class_weights: options.class_weights.as_deref(),
            choices: choices(options),
            seed: options.seed,
            from,
            checksums: dataset
                .sources
                .iter()
                .map(|source| (source.file.as_str(), source.sha256.as_str()))
                .collect(),
            training_images: dataset.train.len(),
            validation_images: dataset.validation.len(),
            parameters: cooked.trained.network.parameter_count(),
            seconds: cooked.trained.seconds,
            curve: &cooked.trained.curve,
            teacher_curve: cooked.teacher_curve.as_deref(),
            set_aside: written.set_aside.as_ref().map(|path| path.display().to_string()),
        }
    }
}

/// Those of the options that are beyond the paper's training, by name: numbers and truths as such.
fn choices(options: &TrainOptions) -> BTreeMap<String, Value> {
    let choices = options.choices().into_iter();
    choices
        .map(|(name, value)| {
            let value = serde_json::from_str(&value).unwrap_or(Value::String(value));
            (name.replace('-', "_"), value)
        })
        .collect()
}

fn readable(recipe: &Recipe, dataset: &Dataset, written: &Written, files: &ModelFiles) -> String {
    let trained = &written.cooked.trained;
    let mut text = format!(
        "{}: {} steps of {} images in {}\n",
        recipe.defense,
        output::grouped(recipe.options.steps),
        recipe.options.batch,
        output::clock(Duration::try_from_secs_f64(trained.seconds).unwrap_or_default()),
    );
    if let Some(weights) = &recipe.options.class_weights {
        text += &format!("  class weights  {}\n", of_classes(weights, &dataset.classes));
    }
    if let Some(start) = &recipe.start {
        text += &format!("  began with     {}\n", start.name());
    }
    for (name, value) in recipe.options.choices() {
        text += &format!("  {name:<14} {value}\n");
    }
    if let Some(last) = trained.curve.last() {
        let share = |share: Option<f64>| share.map_or_else(|| "none".to_owned(), percent);
        text += &format!(
            "  validation accuracy           {:>7}\n  under FGSM at eps {:<11} {:>7}\n",
            share(last.validation_accuracy),
            last.fgsm_eps,
            share(last.validation_fgsm_accuracy),
        );
    }
    if let Some(path) = &written.set_aside {
        text += &format!("Set aside, what was there: {}\n", path.display());
    }
    text + &format!("Model: {}\n", files.model().display())
}

/// The first classes with their weights.
fn of_classes(weights: &[f64], classes: &[String]) -> String {
    const SHOWN: usize = 6;
    let shown = weights.iter().zip(classes).take(SHOWN);
    let shown: Vec<String> = shown.map(|(weight, class)| format!("{class} {weight:.3}")).collect();
    match classes.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        rest => format!("{} and {rest} more", shown.join(", ")),
    }
}

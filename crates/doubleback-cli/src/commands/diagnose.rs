use std::path::Path;
use std::time::Duration;

use doubleback::attack::{AttackSpec, check_eps};
use doubleback::data::words::signed;
use doubleback::diagnose::{AGREEMENT, CONSISTENCY, Check, CheckName, Estimate, SUCCESS, oracle_is_weak};
use doubleback::evaluate::{FileModel, ModelPath, model_names};
use doubleback::statistics::greatest_by;
use doubleback_experiments::diagnosis::{
    Budget, DiagnosisResults, ModelDiagnosis, ModelFile, Options, Profile, diagnose,
};
use doubleback_report::write_diagnosis;

use super::models;
use crate::args::{DiagnoseArgs, Eps};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output::{self, grouped, interval, percent, short};

/// Diagnoses models.
pub fn run(args: &DiagnoseArgs, context: &Context) -> Result<()> {
    output::check_folder(&args.out)?;
    let names = model_names(&args.models)?;
    let oracle_names = model_names(&args.oracle)?;
    let mut dataset = context.load(&args.dataset)?;
    let sample = models::sample(&dataset, args.count, args.seed)?;
    if let Some(sample) = &sample {
        dataset.test = sample.select(&dataset.test, dataset.shape)?;
    }
    let all: Vec<&Path> = args
        .models
        .iter()
        .chain(&args.oracle)
        .map(|model| model.path.as_path())
        .collect();
    let said = args.import.options(models::size(&dataset));
    let read = |models: &[ModelPath], names: Vec<String>| -> Result<Vec<ModelFile>> {
        let read = |(ModelPath { path, .. }, name): (&ModelPath, String)| {
            let model = ModelFile::open(path, &models::of_one(path, &all, &said), &context.device)?;
            for note in model.source.iter().flat_map(|source| &source.notes) {
                tracing::warn!("{}: {note}", path.display());
            }
            Ok(ModelFile { name, ..model })
        };
        models.iter().zip(names).map(read).collect()
    };
    let subjects = read(&args.models, names)?;
    let oracle = read(&args.oracle, oracle_names)?;
    let files = args.models.iter().chain(&args.oracle);
    let files: Vec<FileModel<'_>> = files
        .zip(subjects.iter().chain(&oracle))
        .map(|(ModelPath { path, .. }, file)| FileModel {
            path,
            model: &file.network,
            card: &file.card,
        })
        .collect();
    let dataset = models::fit(&files, dataset)?;
    let eps = match args.eps {
        Eps::Auto => None,
        Eps::Given(eps) => Some(eps),
    };
    if let (Some(eps), Some(first)) = (eps, subjects.first()) {
        check_eps(&[eps], &first.network)?;
    }
    let profile = args.profile.unwrap_or(match dataset.name.as_str() {
        "mnist-mini" => Profile::Quick,
        _ => Profile::Standard,
    });
    let standard = profile.budget();
    let budget = Budget {
        images: args.count.unwrap_or(standard.images),
        generator_steps: args.steps.unwrap_or(standard.generator_steps),
        ..standard
    };
    let options = Options {
        profile,
        budget,
        sample,
        seed: args.seed,
        attack: args.attack.to_owned(),
        eps,
        layers: args.layers.clone().unwrap_or_default(),
        out: args.out.clone(),
        device_name: context.device_name.to_string(),
        threads: context.threads,
    };
    let opening = format!(
        "Diagnosing {} under {} on {} ({}: {})",
        counted(subjects.len(), "model"),
        args.attack,
        args.dataset,
        profile,
        profile.time()
    );
    let results = diagnose(
        &dataset,
        &subjects,
        &oracle,
        &options,
        &context.device,
        &mut context.reporter().announcing(opening),
    )?;
    let written = write_diagnosis(&results, &args.out)?;
    if args.json {
        let json = serde_json::to_string_pretty(&results)
            .map_err(|e| Failure::Ours(format!("cannot write the results as JSON: {e}")))?;
        return output::print(&(json + "\n"));
    }
    let total = results.seconds.get("total").copied().unwrap_or_default();
    output::print(&format!(
        "{}\nReport:  {}\nFigures: {} ({} files)\nResults: {}\nTime:    {}\n",
        summary(&results),
        args.out.join("report.html").display(),
        args.out.join("figures").display(),
        written.len() - 1,
        args.out.join("results.json").display(),
        output::clock(Duration::try_from_secs_f64(total).unwrap_or_default())
    ))
}

fn summary(results: &DiagnosisResults) -> String {
    let about = format!(
        "{} test images of {}. The oracle ({}) errs on {} of them ({}).",
        grouped(results.count),
        results.dataset,
        results.oracle.description,
        percent(results.oracle.error.value),
        interval(results.oracle.error.low, results.oracle.error.high),
    );
    let mut text = output::sentences("", &about);
    for model in &results.models {
        text += &of_model(model, &results.oracle.error);
    }
    if results.models.len() > 1 {
        text += &side_by_side(results);
    }
    let caveat = "The formulas are this project's own: only the abstract of Zheng et al. 2020 is public.";
    format!("{text}\n{}", output::sentences("", caveat))
}

fn of_model(model: &ModelDiagnosis, oracle_error: &Estimate) -> String {
    let attack = &model.attack;
    let found = if attack.chosen { ", found by a sweep" } else { "" };
    let size = AttackSpec::size_name(&attack.name);
    let about = format!(
        "{}: error {} clean, {} under {} at {size} {}{found}",
        model.model,
        percent(model.clean_error.value),
        percent(attack.error.value),
        attack.name,
        short(attack.eps),
    );
    let mut text = format!("\n{}\n", output::sentences("", &about));
    let rows: Vec<Vec<String>> = model
        .layers
        .iter()
        .zip(&model.probes)
        .zip(&model.information)
        .map(|((layer, probe), information)| {
            vec![
                layer.layer.clone(),
                percent(layer.clean_error.value),
                points(&layer.r),
                points_interval(&layer.r),
                points(&layer.v),
                points_interval(&layer.v),
                points(&probe.v),
                information.loss.map_or("-".into(), |loss| signed(loss.value, 3)),
                probe.entropy_loss.map_or("-".into(), |loss| signed(loss, 3)),
                percent(layer.agreement.clean_prediction.value),
                percent(layer.agreement.fooled_prediction.value),
            ]
        })
        .collect();
    let header = [
        "layer",
        "clean e",
        "r",
        "95 % interval",
        "v",
        "95 % interval",
        "v' probe",
        "IL",
        "H(Y|l)",
        "clean = f",
        "fooled = f",
    ];
    text += &output::table(&header, &rows);
    text += &format!(
        "\n  Shares add up to r of the last layer less r of the first: {} ({}).\n",
        points(&model.sum_of_v),
        points_interval(&model.sum_of_v)
    );
    text += &format!(
        "  The attack's damage is {} ({}); r of the last layer is {} ({}) off.\n",
        points(&attack.damage),
        points_interval(&attack.damage),
        points(&model.consistency),
        points_interval(&model.consistency)
    );
    if let Some(layer) = greatest(model) {
        text += &format!("  Most is added at {layer}.\n");
    }
    let fooled: usize = model.flips.iter().map(|flip| flip.fooled).sum();
    let flips = model.flips.iter().filter(|flip| flip.fooled > 0);
    let flips: Vec<String> = flips.map(|flip| format!("{} {}", flip.layer, flip.fooled)).collect();
    let flips = format!(
        "Explanations of the {} fooled images flip at: {}",
        grouped(fooled),
        flips.join(", ")
    );
    text += &output::sentences("  ", &flips);
    for correlation in &model.correlations {
        if let Some(rho) = correlation.spearman {
            let found = format!(
                "Spearman of {}: {} ({} to {})",
                correlation.name,
                signed(rho.value, 2),
                signed(rho.low, 2),
                signed(rho.high, 2)
            );
            text += &output::sentences("  ", &found);
        }
    }
    for warning in warnings(model, oracle_error) {
        text += &output::sentences("  WARNING: ", &warning);
    }
    text
}

/// What keeps the numbers from meaning what they should.
fn warnings(model: &ModelDiagnosis, oracle_error: &Estimate) -> Vec<String> {
    let checks = model.checks();
    let missed = |name: CheckName| {
        let missed = |check: &&Check| check.name == name && check.held == Some(false);
        checks.iter().find(missed)
    };
    let mut warnings = Vec::new();
    if missed(CheckName::Success).is_some() {
        let sweep: Vec<String> = model
            .sweep
            .iter()
            .map(|p| format!("{} {}", p.eps, percent(p.success)))
            .collect();
        let sweep = if sweep.is_empty() {
            String::new()
        } else {
            format!(". Success by eps: {}", sweep.join(", "))
        };
        warnings.push(format!(
            "the attack succeeds on {} of the images, outside of {:.0} to {:.0} %: layers can hardly be told apart{sweep}",
            percent(model.attack.success.value),
            100.0 * SUCCESS[0],
            100.0 * SUCCESS[1]
        ));
    }
    if missed(CheckName::Consistency).is_some() {
        warnings.push(format!(
            "r of the last layer is more than {:.0} points off the attack's damage. Train longer: `--steps N`",
            100.0 * CONSISTENCY
        ));
    }
    let what_to_do = if oracle_is_weak(oracle_error) {
        format!(
            "The oracle itself errs on {} of the images: give a better one, `--oracle FILE`",
            percent(oracle_error.value)
        )
    } else {
        "Train longer: `--steps N`".to_owned()
    };
    if let Some(check) = missed(CheckName::CleanAgreement) {
        warnings.push(format!(
            "explanations of clean images show the model's class in less than {:.0} % at {}. {what_to_do}",
            100.0 * AGREEMENT,
            check.missed_at.join(", ")
        ));
    }
    if missed(CheckName::AttackedAgreement).is_some()
        && let Some(last) = model.layers.last()
    {
        warnings.push(format!(
            "explanations of attacked images show the model's class in {} at the last layer, less than {:.0} %. {what_to_do}",
            percent(last.agreement.attacked_prediction.value),
            100.0 * AGREEMENT
        ));
    }
    let zero = model.attack.zero_gradient_images;
    if zero > 0 {
        warnings.push(format!(
            "{} images had an exactly zero gradient: the attack had no direction for them",
            grouped(zero)
        ));
    }
    warnings
}

/// The layer after the first with the greatest share, in words.
fn greatest(model: &ModelDiagnosis) -> Option<String> {
    let after_first = model.layers.iter().skip(1);
    let layer = greatest_by(after_first, |layer| layer.v.value)?;
    Some(format!(
        "{}: {} ({})",
        layer.layer,
        points(&layer.v),
        points_interval(&layer.v)
    ))
}

/// What a defense moves: damage by layer, flips, and the layer with the greatest share, model by model.
fn side_by_side(results: &DiagnosisResults) -> String {
    let names: Vec<String> = results.models.iter().map(|model| model.model.clone()).collect();
    let names = output::short_names(&names);
    let mut layers: Vec<&str> = Vec::new();
    for layer in results.models.iter().flat_map(|model| &model.flips) {
        if !layers.contains(&layer.layer.as_str()) {
            layers.push(&layer.layer);
        }
    }
    // `none` comes last, whatever the layers of the other models are called.
    layers.sort_by_key(|&layer| layer == "none");
    let table = |cell: &dyn Fn(&ModelDiagnosis, &str) -> Option<String>, layers: &[&str]| {
        let row = |&layer: &&str| {
            let cells = results
                .models
                .iter()
                .map(|model| cell(model, layer).unwrap_or_else(|| "-".into()));
            std::iter::once(layer.to_owned()).chain(cells).collect()
        };
        let header: Vec<&str> = std::iter::once("layer")
            .chain(names.iter().map(String::as_str))
            .collect();
        output::table(&header, &layers.iter().map(row).collect::<Vec<_>>())
    };
    let damage = |model: &ModelDiagnosis, name: &str| {
        let layer = model.layers.iter().find(|layer| layer.layer == name)?;
        Some(format!("{} ({})", points(&layer.r), points_interval(&layer.r)))
    };
    let flips = |model: &ModelDiagnosis, name: &str| {
        let fooled: usize = model.flips.iter().map(|flip| flip.fooled).sum();
        let flip = model.flips.iter().find(|flip| flip.layer == name)?;
        Some(percent(flip.fooled as f64 / fooled.max(1) as f64))
    };
    let mut text = String::from(
        "\nSide by side: damage r by layer, in points, and where the explanations of\nfooled images flip\n\n",
    );
    let without_none: Vec<&str> = layers.iter().copied().filter(|&layer| layer != "none").collect();
    text += &table(&damage, &without_none);
    text.push('\n');
    text += &table(&flips, &layers);
    for model in &results.models {
        if let Some(layer) = greatest(model) {
            text += &format!("\n  {}: most is added at {layer}", model.model);
        }
    }
    text + "\n"
}

/// A difference of shares, in percentage points.
fn points(estimate: &Estimate) -> String {
    signed(100.0 * estimate.value, 1)
}

fn points_interval(estimate: &Estimate) -> String {
    format!(
        "{} to {}",
        signed(100.0 * estimate.low, 1),
        signed(100.0 * estimate.high, 1)
    )
}

fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("a {what}"),
        _ => format!("{number} {what}s"),
    }
}

use std::time::Duration;

use doubleback::data::words::{fixed, signed};
use doubleback_experiments::pooling_study::{
    CLEAN, Comparison, Difference, Options, PoolingResults, Profile, WORST_CASE, pooling,
};
use doubleback_report::write_pooling;

use crate::args::PoolingArgs;
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output::{self, grouped, percent, verdict, wrapped};

/// Runs the study of max against average pooling.
pub fn run(args: &PoolingArgs, context: &Context) -> Result<()> {
    output::check_folder(&args.out)?;
    let dataset = context.load(&args.dataset)?;
    let profile = args.profile.unwrap_or(match dataset.name.as_str() {
        "mnist-mini" => Profile::Quick,
        _ => Profile::Standard,
    });
    let time = match profile {
        Profile::Quick => "some minutes",
        Profile::Standard => "hours",
    };
    let opening = format!(
        "Training and attacking networks with max and average pooling on {} ({profile}: {time})",
        args.dataset
    );
    let options = Options {
        profile,
        seed: args.seed,
        seeds: args.seeds,
        out: args.out.clone(),
        device_name: context.device_name.to_string(),
        threads: context.threads,
    };
    let results = pooling(
        &dataset,
        &options,
        &context.device,
        &mut context.reporter().announcing(opening),
    )?;
    let written = write_pooling(&results, &args.out)?;
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

/// Accuracies, layers and claims.
fn summary(results: &PoolingResults) -> String {
    let seeds = match results.seeds.len() {
        1 => "1 seed".to_owned(),
        seeds => format!("{seeds} seeds"),
    };
    let count = results.models.first().and_then(|model| model.attacked.first());
    let about = format!(
        "Accuracy on {} of max and average pooling, {seeds}: clean, and right under all white-box attacks on {} images; average less max in \
         points with its 95 % interval over seeds",
        results.dataset,
        grouped(count.map_or(0, |attacked| attacked.accuracy.count)),
    );
    let mut text = output::sentences("", &about);
    for architecture in &results.architectures {
        let rows: Vec<Vec<String>> = results
            .comparisons
            .iter()
            .filter(|one| one.architecture == *architecture && [CLEAN, WORST_CASE].contains(&one.attack.as_str()))
            .map(row)
            .collect();
        let header = [architecture.as_str(), "eps", "max", "average", "difference", "matched"];
        text += &format!("\n{}", output::table(&header, &rows));
    }
    text += &format!(
        "\nmatched: pairs of a seed with clean accuracies at most {:.1} points apart\n",
        100.0 * results.matched_within
    );
    text += &layers(results);
    text += &masked(results);
    text += "\nClaims of Zheng et al. 2020 in this run, as this program formulates them: only\nthe paper's abstract is public\n\n";
    for claim in &results.claims {
        text += &format!("  {:>2}  {:<13}  ", claim.number, verdict(claim.verdict));
        text += &wrapped(&claim.statement, 59, 21);
    }
    text
}

fn row(one: &Comparison) -> Vec<String> {
    let eps = if one.attack == CLEAN {
        "clean".to_owned()
    } else {
        format!("{:.3}", one.eps)
    };
    vec![
        one.training.clone(),
        eps,
        percent(one.max),
        percent(one.avg),
        interval(&one.difference, 100.0, 1),
        matched(&one.matched),
    ]
}

fn matched(difference: &Difference) -> String {
    match difference.seeds.len() {
        0 => "no pair".to_owned(),
        pairs => format!("{} ({pairs})", interval(difference, 100.0, 1)),
    }
}

/// Such as `+1.2 (-0.3 to +2.7)`.
fn interval(difference: &Difference, scale: f64, digits: usize) -> String {
    let number = |value: f64| signed(scale * value, digits);
    match (difference.mean, difference.low.zip(difference.high)) {
        (None, _) => String::new(),
        (Some(mean), None) => number(mean),
        (Some(mean), Some((low, high))) => format!("{} ({} to {})", number(mean), number(low), number(high)),
    }
}

/// The pooling layers of normally trained models.
fn layers(results: &PoolingResults) -> String {
    let rows: Vec<Vec<String>> = results
        .layer_comparisons
        .iter()
        .filter(|one| one.pooling)
        .map(|one| {
            vec![
                format!("{} {}", one.architecture, one.layer),
                one.measure.clone(),
                fixed(one.max, 3),
                fixed(one.avg, 3),
                interval(&one.difference, 1.0, 3),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let about = format!(
        "Pooling layers of normally trained models (probes under {}; decoders)",
        attacks(results)
    );
    format!(
        "\n{}\n{}",
        output::sentences("", &about),
        output::table(&["layer", "measure", "max", "average", "difference"], &rows)
    )
}

/// What the stages of each architecture were attacked with.
fn attacks(results: &PoolingResults) -> String {
    let eps = |architecture: &String| {
        let model = results
            .layers
            .iter()
            .find(|model| model.architecture == *architecture)?;
        Some(format!("PGD at eps {:.3} on {architecture}", model.eps))
    };
    let parts: Vec<String> = results.architectures.iter().filter_map(eps).collect();
    parts.join(", ")
}

/// Models on which PGD had no direction for some images.
fn masked(results: &PoolingResults) -> String {
    let models = results.models.iter().filter(|model| model.zero_gradient_images > 0);
    let (mut count, mut images) = (0, 0);
    for model in models {
        count += 1;
        images += model.zero_gradient_images;
    }
    match count {
        0 => String::new(),
        _ => {
            let warning = format!(
                "on {count} of {} models the cross-entropy gradient of {} images was always exactly zero. Accuracy under `pgd` says nothing \
                 about them; `pgd-margin` does.",
                results.models.len(),
                grouped(images)
            );
            format!("\n{}", output::sentences("WARNING: ", &warning))
        }
    }
}

use std::time::Duration;

use doubleback_experiments::reproduce::{HEADLINE_EPS, Options, Profile, Results, reproduce};
use doubleback_report::write_reproduction;

use crate::args::ReproduceArgs;
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output::{self, grouped, interval, percent, verdict, wrapped};

/// Runs the paper's main experiment and writes the report.
pub fn run(args: &ReproduceArgs, context: &Context) -> Result<()> {
    output::check_folder(&args.out)?;
    let dataset = context.load(&args.dataset)?;
    let time = match args.profile {
        Profile::Quick => "some minutes",
        Profile::Standard => "half an hour or more",
        Profile::Paper => "many hours",
    };
    let opening = format!(
        "Training {} models on {}, attacking all with all ({}: {time})",
        args.profile.defenses().len(),
        args.dataset,
        args.profile
    );
    let options = Options {
        profile: args.profile,
        seed: args.seed,
        seeds: args.seeds,
        out: args.out.clone(),
        device_name: context.device_name.to_string(),
        threads: context.threads,
        published_gradients: args.published_gradients.clone(),
    };
    let finished = reproduce(
        &dataset,
        &options,
        &context.device,
        &mut context.reporter().announcing(opening),
    )?;
    let results = &finished.results;
    let written = write_reproduction(results, &finished.pictures, &args.out)?;
    if args.json {
        let json = serde_json::to_string_pretty(results)
            .map_err(|e| Failure::Ours(format!("cannot write the results as JSON: {e}")))?;
        return output::print(&(json + "\n"));
    }
    let total = Duration::try_from_secs_f64(results.seconds.total).unwrap_or_default();
    output::print(&format!(
        "{}\nReport:  {}\nFigures: {} ({} files)\nTime:    {}\n",
        summary(results),
        args.out.join("report.html").display(),
        args.out.join("figures").display(),
        written.len() - 1,
        output::clock(total)
    ))
}

/// Clean accuracy, accuracy on the normal model's examples, and the claims.
fn summary(results: &Results) -> String {
    let rows: Vec<Vec<String>> = results
        .clean
        .iter()
        .map(|clean| {
            let mut row = vec![
                clean.model.clone(),
                percent(clean.accuracy),
                interval(clean.low, clean.high),
            ];
            let attacked = results.headline(&clean.model);
            row.extend(attacked.map(|cell| percent(cell.accuracy)));
            row.extend(attacked.map(|cell| interval(cell.low, cell.high)));
            row
        })
        .collect();
    let fgsm = format!("FGSM {HEADLINE_EPS}");
    let header = ["model", "clean", "95 % interval", &fgsm, "95 % interval"];
    let mut text = format!(
        "Accuracy on {} clean test images of {},\nand on {} under FGSM at eps {HEADLINE_EPS} crafted on the normal model\n\n{}",
        results
            .clean
            .first()
            .map(|clean| grouped(clean.count))
            .unwrap_or_default(),
        results.dataset,
        results
            .transfer
            .first()
            .map(|cell| grouped(cell.count))
            .unwrap_or_default(),
        output::table(&header, &rows)
    );
    text += "\nThe paper's claims in this run\n\n";
    for claim in &results.claims {
        text += &format!("  {:>2}  {:<13}  ", claim.number, verdict(claim.verdict));
        text += &wrapped(&claim.statement, 59, 21);
    }
    text
}

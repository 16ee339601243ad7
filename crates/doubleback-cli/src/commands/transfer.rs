use std::path::Path;

use doubleback::evaluate::{ClassAccuracy, Named, Transfer, TransferEntry, TransferSummary, identity, model_names};
use doubleback::nn::Network;

use super::{attacks, kept, models};
use crate::args::TransferArgs;
use crate::class_table;
use crate::context::Context;
use crate::exit::Result;
use crate::interrupt;
use crate::output::{self, JsonTarget, grouped, percent, sentences};

/// Attacks all models with examples crafted on each.
pub fn run(args: &TransferArgs, context: &Context) -> Result<()> {
    let options = &args.options;
    output::check_json(options.json.as_ref())?;
    let names = model_names(&args.models)?;
    attacks::check(options)?;
    let eps = options.eps();
    let paths: Vec<&Path> = args.models.iter().map(|model| model.path.as_path()).collect();
    let (loaded, dataset) = models::load_all(&paths, &args.import, context.load_test(&options.dataset)?, context)?;
    let networks: Vec<&Network> = loaded.iter().map(|model| &model.network).collect();
    let attack = attacks::build(options, &dataset.classes)?;
    networks
        .iter()
        .try_for_each(|&network| models::check_all_eps(&attack, &eps, network))?;
    let sample = models::sample(&dataset, options.count, options.sample_seed)?;
    let test = models::test_set(&dataset, sample.as_ref(), context);
    let named: Vec<Named<'_>> = names
        .iter()
        .zip(&networks)
        .map(|(name, &model)| Named { name, model })
        .collect();

    let by_name: Vec<(&str, &Network)> = names.iter().map(String::as_str).zip(networks.iter().copied()).collect();
    let identity = identity(&by_name, &dataset.name, &test, &attack, &eps, "accuracies")?;
    let (mut kept, opening) = kept::open(args.work().as_deref(), identity)?;
    let mut reporter = context.reporter();
    if let Some(opening) = opening {
        reporter = reporter.announcing(opening);
    }
    let evaluated = Transfer::new(&named, &test).all(&attack, &eps, &dataset.classes, kept.as_mut(), &mut reporter);
    let results = match (evaluated, &kept) {
        (Err(error), None) => return Err(interrupt::nothing_kept(error)),
        (evaluated, _) => evaluated?,
    };
    let files = args.models.iter().map(|model| model.path.display().to_string());
    let files = names.iter().cloned().zip(files).collect();
    let mut summary = results.summary(&dataset.name, &attack, &test, files);
    for entry in &mut summary.transfer {
        entry.eps_given = attacks::given(options, entry.cell.eps);
    }
    if options.json == Some(JsonTarget::Stdout) {
        warnings(&summary)
            .iter()
            .for_each(|warning| tracing::warn!("{warning}"));
    }
    let mut text = readable(&summary, &names, attack.size_name());
    if options.confusion {
        text += &confusion(&summary, attack.size_name());
    }
    let json = models::WithImport {
        results: &summary,
        import: models::sources(names.iter().zip(&loaded)),
    };
    context.results(&json, options.json.as_ref(), &text)?;
    if let Some(kept) = kept {
        kept.remove()?;
    }
    summary.least().map_or(Ok(()), |TransferEntry { cell, eps_given, .. }| {
        let (seen_by, crafted_on, size) = (&cell.evaluated_on, &cell.crafted_on, attack.size_name());
        attacks::check_share(options, cell.accuracy, || {
            let eps = attacks::size(cell.eps, eps_given.as_deref());
            let accuracy = cell.accuracy;
            format!("accuracy of {seen_by} is {accuracy} on examples crafted on {crafted_on} at {size} {eps}")
        })
    })
}

fn readable(summary: &TransferSummary, names: &[String], size: &str) -> String {
    let mut text = format!(
        "{}{}, {} test images of {}{}\n",
        summary.attack,
        attacks::towards(summary.target.as_ref()),
        grouped(summary.count),
        summary.dataset,
        attacks::drawn(summary.sample_seed)
    );
    let short = output::short_names(names);
    let header: Vec<&str> = ["crafted on"]
        .into_iter()
        .chain(short.iter().map(String::as_str))
        .collect();
    let clean = names.iter().filter_map(|name| summary.clean_accuracy.get(name));
    let clean: Vec<String> = clean.map(|&accuracy| percent(accuracy)).collect();
    let mut sizes: Vec<(f64, String)> = Vec::new();
    for entry in &summary.transfer {
        if !sizes.iter().any(|(eps, _)| *eps == entry.cell.eps) {
            sizes.push((
                entry.cell.eps,
                attacks::size(entry.cell.eps, entry.eps_given.as_deref()),
            ));
        }
    }
    let last = sizes.last().cloned();
    for (eps, told) in sizes {
        let accuracy = |crafted_on: &str, evaluated_on: &str| {
            let is_it = |e: &&TransferEntry| {
                let cell = &e.cell;
                (cell.eps, &*cell.crafted_on, &*cell.evaluated_on) == (eps, crafted_on, evaluated_on)
            };
            summary
                .transfer
                .iter()
                .find(is_it)
                .map(|entry| percent(entry.cell.accuracy))
                .unwrap_or_default()
        };
        let mut rows = vec![[vec!["(clean)".to_owned()], clean.clone()].concat()];
        for (crafted_on, short) in names.iter().zip(&short) {
            let cells = names.iter().map(|evaluated_on| accuracy(crafted_on, evaluated_on));
            rows.push([short.clone()].into_iter().chain(cells).collect());
        }
        text += &format!("\nAccuracy at {size} {told}\n{}", output::table(&header, &rows));
    }
    for warning in warnings(summary) {
        text += &format!("\n{}", sentences("WARNING: ", &warning));
    }
    if let Some((eps, told)) = last {
        let least: Vec<Vec<ClassAccuracy>> = names.iter().map(|name| summary.least_by_class(name, eps)).collect();
        let columns: Vec<_> = short.iter().cloned().zip(least.iter().map(Vec::as_slice)).collect();
        text += &format!(
            "\nThe lowest accuracy by class at {size} {told}, whichever model examples were\ncrafted on{}",
            class_table::accuracy(&columns)
        );
    }
    text
}

fn confusion(summary: &TransferSummary, size: &str) -> String {
    let entries = summary.transfer.iter();
    let of_entries = entries.map(|entry| {
        let TransferEntry { cell, confusion, .. } = entry;
        let eps = attacks::size(cell.eps, entry.eps_given.as_deref());
        let title = format!(
            "crafted on {} at {size} {eps}, seen by {}",
            cell.crafted_on, cell.evaluated_on
        );
        class_table::confusion(&title, confusion, &summary.classes)
    });
    let clean = summary.clean_confusion.iter();
    let clean = clean.map(|(name, found)| class_table::confusion(&format!("clean, {name}"), found, &summary.classes));
    clean.chain(of_entries).collect()
}

fn warnings(summary: &TransferSummary) -> Vec<String> {
    let masked = summary
        .masking
        .iter()
        .filter(|(_, masking)| masking.zero_gradient_images > 0);
    masked
        .map(|(model, masking)| {
            format!(
                "{} of {} images had an exactly zero gradient on {model}: the attack had no direction for them.",
                grouped(masking.zero_gradient_images),
                grouped(masking.count)
            )
        })
        .collect()
}

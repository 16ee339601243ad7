use std::path::Path;

use doubleback::evaluate::{ClassAccuracy, Named, Transfer, TransferEntry, TransferSummary, model_names};

use super::{attacks, models};
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
    let (networks, dataset) = models::load_all(&paths, context.load(&options.dataset)?, context)?;
    let attack = attacks::build(options, &dataset.classes)?;
    networks
        .iter()
        .try_for_each(|network| models::check_all_eps(&attack, &eps, network))?;
    let test = models::test_set(&dataset, options.count, context)?;
    let named: Vec<Named<'_>> = names
        .iter()
        .zip(&networks)
        .map(|(name, model)| Named { name, model })
        .collect();

    let evaluated = Transfer::new(&named, &test).all(&attack, &eps, &dataset.classes, &mut context.reporter());
    let files = args.models.iter().map(|model| model.path.display().to_string());
    let files = names.iter().cloned().zip(files).collect();
    let mut summary = evaluated
        .map_err(interrupt::nothing_kept)?
        .summary(&dataset.name, &attack, test.count(), files);
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
    output::results(&summary, options.json.as_ref(), &text)
}

fn readable(summary: &TransferSummary, names: &[String], size: &str) -> String {
    let mut text = format!(
        "{}{}, {} test images of {}\n",
        summary.attack,
        attacks::towards(summary.target.as_ref()),
        grouped(summary.count),
        summary.dataset
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

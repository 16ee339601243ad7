use std::path::Path;
use std::time::Duration;

use doubleback::audit::{Audit, Plan, Shard};
use doubleback::explain::ExplainSpec;
use doubleback::nn::checksum;
use doubleback_experiments::audit::{Audited, Request, read};
use doubleback_report::{write_audit, write_card, write_events};

use super::explain::check_twice;
use super::{attacks, models};
use crate::args::{AuditArgs, repeated_arguments};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output::{self, JsonTarget, grouped, interval, percent};

/// Audits a model, or compares two audits.
pub fn run(args: &AuditArgs, context: &Context) -> Result<()> {
    output::check_json(args.json.as_ref())?;
    if let Some([a, b]) = args.compare.as_deref().map(|paths| [&paths[0], &paths[1]]) {
        return compare(a, b, args, context);
    }
    let (Some(path), Some(dataset_name), Some(eps)) = (&args.model, &args.dataset, &args.eps) else {
        return Err(Failure::Input(
            "a model, `--dataset` and `--eps` are needed. See `doubleback audit --help`".to_owned(),
        ));
    };
    let options = &args.given.0;
    attacks::check_starts(options)?;
    let names: Vec<String> = args.attacks.iter().map(|&name| name.to_owned()).collect();
    Plan::check_given(args.ensemble, &names, options)?;
    let out = args.out();
    for folder in [Some(&out), args.card.as_ref(), args.tensorboard.as_ref()]
        .into_iter()
        .flatten()
    {
        output::check_folder(folder)?;
    }
    check_twice("--explain", &args.explain)?;
    let methods: Vec<ExplainSpec> = args
        .explain
        .iter()
        .map(|name| ExplainSpec::named(name))
        .collect::<doubleback::Result<_>>()?;
    let with_training_images = args.surrogate || methods.iter().any(|method| method.background().is_some());
    let dataset = match with_training_images {
        true => context.load(dataset_name)?,
        false => context.load_test(dataset_name)?,
    };
    let (loaded, dataset) = models::load(path, &args.import, dataset, context)?;
    let model = &loaded.network;
    let plan = Plan::new(args.ensemble, &names, options, args.norm, eps.value, args.seed, model)?;
    let sample = models::sample(&dataset, args.count, args.sample_seed)?;
    let test = models::test_set(&dataset, sample.as_ref(), context);
    let (name, device) = (path.display().to_string(), context.device_name.to_string());
    let notes = loaded.source.iter().flat_map(|source| source.notes.clone());
    let mut arguments = args.import.options(None).arguments();
    arguments.extend(repeated_arguments(&context.data, context.device_name));
    let request = Request {
        name: &name,
        model,
        checksum: checksum(model)?,
        dataset_name,
        dataset: &dataset,
        test,
        plan: &plan,
        eps_given: eps.fraction(),
        arguments: &arguments,
        notes: &notes.collect::<Vec<_>>(),
        shard: args.shard.unwrap_or(Shard::WHOLE),
        budget: args.time_budget,
        surrogate: args.surrogate,
        explain: &methods,
        device: &device,
        out: Some(&out),
    };
    for note in plan.notes() {
        tracing::warn!("{note}");
    }
    let opening = format!(
        "Auditing {name}: {} of {} images within eps {}",
        args.ensemble,
        grouped(test.count()),
        eps.text
    );
    let audited = request.run(&mut context.reporter().announcing(opening))?;
    let audit = &audited.audit;
    let mut beside = String::new();
    if let Some(folder) = &args.card {
        write_card(audit, folder)?;
        beside += &format!("Card:    {}\n", folder.join("README.md").display());
    }
    if let Some(folder) = &args.tensorboard {
        beside += &format!("Events:  {}\n", write_events(audit, folder)?.display());
    }
    finish(&audited, &out, &beside, args.json.as_ref(), context)?;
    match (args.fail_under, audit.robust_accuracy, &audit.partial) {
        (Some(share), Some(robust), _) if robust < share => Err(Failure::Below(format!(
            "robust accuracy is {robust}, below `--fail-under {share}`. The results are written"
        ))),
        (Some(share), _, Some(partial)) if partial.at_most < share => Err(Failure::Below(format!(
            "robust accuracy is at most {}, below `--fail-under {share}`. The results are written",
            partial.at_most
        ))),
        _ => Ok(()),
    }
}

/// Writes the report, and says what came out.
/// `beside` is what else was written, a line each.
pub fn finish(audited: &Audited, out: &Path, beside: &str, json: Option<&JsonTarget>, context: &Context) -> Result<()> {
    let written = write_audit(&audited.audit, &audited.examples, out)?;
    let mut text = readable(&audited.audit);
    if audited.was_there {
        text += "\nThe folder had this audit already: nothing was attacked.\n";
    }
    text += &format!(
        "\nReport:  {}\nFigures: {} ({} files)\nResults: {}\n{beside}",
        out.join("report.html").display(),
        out.join("figures").display(),
        written.len() - 1,
        out.join("results.json").display(),
    );
    context.results(&audited.audit, json, &text)
}

fn readable(audit: &Audit) -> String {
    let setup = &audit.setup;
    let mut text = String::new();
    if audit.flags.is_empty() {
        text += "No flags: nothing that was probed gives reason to doubt these numbers.\n\n";
    }
    for flag in &audit.flags {
        text += &output::sentences("FLAG ", &format!("{}: {}.", flag.name, flag.detail));
    }
    if !audit.flags.is_empty() {
        text += "\n";
    }
    let eps = setup.eps_given.clone().unwrap_or_else(|| setup.eps.to_string());
    let images = match setup.shard {
        Shard::WHOLE => grouped(audit.images.len()),
        shard => format!("{} (shard {shard})", grouped(audit.images.len())),
    };
    text += &format!(
        "{} on {images} test images of {}, eps {eps} ({})\n\n",
        setup.model, setup.dataset, setup.norm
    );
    let clean = format!(
        "{}  ({})",
        percent(audit.clean_accuracy),
        interval(audit.clean_low, audit.clean_high)
    );
    text += &format!("  clean accuracy   {clean}\n");
    match (audit.robust_accuracy, audit.low, audit.high, &audit.partial) {
        (Some(robust), Some(low), Some(high), _) => {
            text += &format!("  robust accuracy  {}  ({})\n\n", percent(robust), interval(low, high));
        }
        (_, _, _, Some(partial)) => {
            text += &format!("  robust accuracy  at most {}: PARTIAL\n", percent(partial.at_most));
            let advice = format!("{}. Give the same command again to go on.", partial.detail);
            text += &output::sentences("  ", &advice);
            text += "\n";
        }
        _ => text += "\n",
    }
    text += &attacks(audit);
    text += &classes(audit);
    for note in &setup.notes {
        text += &output::sentences("Note: ", note);
    }
    text
}

fn attacks(audit: &Audit) -> String {
    let rows: Vec<Vec<String>> = audit
        .attacks
        .iter()
        .map(|(name, attack)| {
            let median = attack.distance.and_then(|distance| distance.median);
            vec![
                name.clone(),
                grouped(attack.tried),
                grouped(attack.broken),
                percent(attack.cumulative),
                grouped(attack.gradients / attack.tried.max(1)),
                grouped(attack.forwards / attack.tried.max(1)),
                median.map_or_else(|| "-".to_owned(), |median| format!("{median:.4}")),
                output::clock(Duration::try_from_secs_f64(attack.seconds).unwrap_or_default()),
            ]
        })
        .collect();
    let header = [
        "attack",
        "tried",
        "broke",
        "standing",
        "gradients",
        "forwards",
        "median",
        "time",
    ];
    format!(
        "{}  (gradients and forward passes an image; median distance of the nearest example)\n\n",
        output::table(&header, &rows)
    )
}

/// The classes that stand least.
fn classes(audit: &Audit) -> String {
    const SHOWN: usize = 5;
    let mut classes: Vec<_> = audit.per_class.iter().collect();
    if classes.len() < 2 || audit.partial.is_some() {
        return String::new();
    }
    classes.sort_by(|a, b| a.robust.total_cmp(&b.robust));
    let rows: Vec<Vec<String>> = classes
        .iter()
        .take(SHOWN)
        .map(|class| {
            vec![
                output::short_name(&class.class),
                grouped(class.count),
                percent(class.clean),
                percent(class.robust),
                interval(class.low, class.high),
            ]
        })
        .collect();
    let header = ["weakest classes", "images", "clean", "robust", "95 % interval"];
    format!("{}\n", output::table(&header, &rows))
}

/// Two audits side by side.
fn compare(a: &Path, b: &Path, args: &AuditArgs, context: &Context) -> Result<()> {
    let [a, b] = [read(a)?, read(b)?];
    let text = table(&a, &b);
    let both = serde_json::json!({ "a": brief(&a), "b": brief(&b) });
    context.results(&both, args.json.as_ref(), &text)
}

/// The results without the images.
fn brief(audit: &Audit) -> Audit {
    let mut audit = audit.clone();
    audit.images.clear();
    audit
}

fn table(a: &Audit, b: &Audit) -> String {
    let robust = |audit: &Audit| match (audit.robust_accuracy, &audit.partial) {
        (Some(robust), _) => percent(robust),
        (None, Some(partial)) => format!("at most {}", percent(partial.at_most)),
        (None, None) => "-".to_owned(),
    };
    let between = |low: Option<f64>, high: Option<f64>| match (low, high) {
        (Some(low), Some(high)) => interval(low, high),
        _ => "-".to_owned(),
    };
    let eps = |audit: &Audit| {
        let eps = audit
            .setup
            .eps_given
            .clone()
            .unwrap_or_else(|| audit.setup.eps.to_string());
        format!("{eps} ({})", audit.setup.norm)
    };
    let mut rows = vec![
        vec!["data".to_owned(), a.setup.dataset.clone(), b.setup.dataset.clone()],
        vec!["images".to_owned(), grouped(a.images.len()), grouped(b.images.len())],
        vec!["eps".to_owned(), eps(a), eps(b)],
        vec![
            "ensemble".to_owned(),
            a.setup.settings.ensemble.clone(),
            b.setup.settings.ensemble.clone(),
        ],
        vec![
            "clean accuracy".to_owned(),
            percent(a.clean_accuracy),
            percent(b.clean_accuracy),
        ],
        vec!["robust accuracy".to_owned(), robust(a), robust(b)],
        vec![
            "95 % interval".to_owned(),
            between(a.low, a.high),
            between(b.low, b.high),
        ],
    ];
    let mut names: Vec<&String> = a.attacks.iter().map(|(name, _)| name).collect();
    names.extend(
        b.attacks
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !a.attacks.iter().any(|(other, _)| other == *name)),
    );
    for name in names {
        let of = |audit: &Audit| {
            let found = audit.attacks.iter().find(|(other, _)| other == name);
            found.map_or_else(|| "-".to_owned(), |(_, attack)| percent(attack.cumulative))
        };
        rows.push(vec![format!("after {name}"), of(a), of(b)]);
    }
    let flags = |audit: &Audit| match audit.flags.as_slice() {
        [] => "none".to_owned(),
        flags => flags
            .iter()
            .map(|flag| flag.name.as_str())
            .collect::<Vec<_>>()
            .join(", "),
    };
    rows.push(vec!["flags".to_owned(), flags(a), flags(b)]);
    let names = output::short_names(&[a.setup.model.clone(), b.setup.model.clone()]);
    let mut text = output::table_left(&["", &names[0], &names[1]], &rows) + "\n\n";
    let same = a.setup.checksums.get("images") == b.setup.checksums.get("images");
    if same && a.setup.eps == b.setup.eps && a.setup.norm == b.setup.norm {
        text += &pairs(a, b);
    } else {
        text += &output::sentences(
            "",
            "WARNING: the audits are not of the same images within the same eps: their accuracies cannot be compared image by image.",
        );
    }
    text
}

/// Image by image, which both attacked.
fn pairs(a: &Audit, b: &Audit) -> String {
    let both = a.images.iter().zip(&b.images);
    let counts = |a_stands: bool, b_stands: bool| {
        let same = both
            .clone()
            .filter(|(a, b)| a.stands() == a_stands && b.stands() == b_stands);
        grouped(same.count())
    };
    format!(
        "Of the same images {} stand in both, {} in the first alone, {} in the second alone, {} in neither.\n",
        counts(true, true),
        counts(true, false),
        counts(false, true),
        counts(false, false)
    )
}

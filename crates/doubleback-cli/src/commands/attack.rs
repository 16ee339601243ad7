use std::path::PathBuf;

use doubleback::evaluate::{Named, WhiteBox, WhiteBoxAccuracy, WhiteBoxEvaluation};

use super::{attacks, models};
use crate::args::AttackArgs;
use crate::class_table;
use crate::context::Context;
use crate::exit::Result;
use crate::interrupt;
use crate::output::{self, JsonTarget, grouped, interval, percent};

/// Attacks a model.
pub fn run(args: &AttackArgs, context: &Context) -> Result<()> {
    let options = &args.options;
    output::check_json(options.json.as_ref())?;
    attacks::check(options)?;
    let eps = options.eps();
    let files = example_files(args)?;
    let (model, dataset) = models::load(&args.model, context.load(&options.dataset)?, context)?;
    let attack = attacks::build(options, &dataset.classes)?;
    models::check_all_eps(&attack, &eps, &model)?;
    let test = models::test_set(&dataset, options.count, context)?;

    let name = args.model.display().to_string();
    let evaluation = WhiteBoxEvaluation {
        model: Named {
            name: &name,
            model: &model,
        },
        dataset: &options.dataset,
        classes: &dataset.classes,
        test,
        attack: &attack,
        eps: &eps,
    };
    let mut reporter = context.reporter();
    let evaluated = if files.is_empty() {
        evaluation.run(&mut reporter).map(|results| (results, Vec::new()))
    } else {
        evaluation.run_with_examples(&mut reporter)
    };
    let (mut results, examples) = evaluated.map_err(interrupt::nothing_kept)?;
    for row in &mut results.results {
        row.eps_given = attacks::given(options, row.eps);
    }
    for (path, examples) in files.iter().zip(&examples) {
        output::make_parent(path)?;
        examples.save(path)?;
    }
    if results.zero_gradient_images > 0 && options.json == Some(JsonTarget::Stdout) {
        tracing::warn!("{}", masking(&results));
    }
    let mut text = readable(&results, attack.size_name());
    if options.confusion {
        text += &confusion(&results, attack.size_name());
    }
    for path in &files {
        text += &format!("Examples: {}\n", path.display());
    }
    output::results(&results, options.json.as_ref(), &text)
}

/// `FILE-eps0.3.npz` for each eps, or the file itself if there is none; all can be written.
fn example_files(args: &AttackArgs) -> Result<Vec<PathBuf>> {
    if let Some(out) = &args.out {
        output::check_ending(out, "npz")?;
    }
    let files = args.example_files();
    files.iter().try_for_each(|file| output::check_file(file))?;
    Ok(files)
}

fn readable(found: &WhiteBox, size_name: &str) -> String {
    let rows: Vec<Vec<String>> = found
        .results
        .iter()
        .map(|row| {
            vec![
                attacks::size(row.eps, row.eps_given.as_deref()),
                percent(row.accuracy),
                interval(row.low, row.high),
                percent(row.success),
                format!("{:.3}", row.mean_l2),
                format!("{:.3}", row.mean_linf),
                format!("{:.1}", row.mean_l0),
            ]
        })
        .collect();
    let header = [
        size_name,
        "accuracy",
        "95 % interval",
        "success",
        "mean L2",
        "mean Linf",
        "mean L0",
    ];
    let mut text = format!(
        "{}{} on {}\n{} test images of {}, clean accuracy {}\n\n{}",
        found.attack,
        attacks::towards(found.target.as_ref()),
        found.model,
        grouped(found.count),
        found.dataset,
        percent(found.clean_accuracy),
        output::table(&header, &rows),
    );
    if found.zero_gradient_images > 0 {
        let warning = format!("{} Accuracy under this attack says nothing about them.", masking(found));
        text += &format!("\n{}", output::sentences("WARNING: ", &warning));
    }
    let clean = [("clean".to_owned(), found.clean_per_class.as_slice())];
    let attacked = found.results.iter();
    let attacked = attacked.map(|row| (size(row, size_name), row.per_class.as_slice()));
    text + &class_table::accuracy(&clean.into_iter().chain(attacked).collect::<Vec<_>>())
}

fn confusion(found: &WhiteBox, size_name: &str) -> String {
    let clean = class_table::confusion("clean", &found.clean_confusion, &found.classes);
    let attacked = found.results.iter();
    attacked.fold(clean, |text, row| {
        text + &class_table::confusion(&size(row, size_name), &row.confusion, &found.classes)
    })
}

/// `eps 8/255`.
fn size(row: &WhiteBoxAccuracy, size_name: &str) -> String {
    format!("{size_name} {}", attacks::size(row.eps, row.eps_given.as_deref()))
}

fn masking(found: &WhiteBox) -> String {
    format!(
        "{} of {} images had an exactly zero gradient: the attack had no direction for them.",
        grouped(found.zero_gradient_images),
        grouped(found.count)
    )
}

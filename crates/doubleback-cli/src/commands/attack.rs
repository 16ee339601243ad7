use std::path::{Path, PathBuf};

use doubleback::data::Dataset;
use doubleback::evaluate::{EightBit, Named, WhiteBox, WhiteBoxAccuracy, WhiteBoxEvaluation, identity, save_pictures};

use super::{attacks, kept, models};
use crate::args::AttackArgs;
use crate::class_table;
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::interrupt;
use crate::output::{self, JsonTarget, grouped, interval, percent};

/// Attacks a model.
pub fn run(args: &AttackArgs, context: &Context) -> Result<()> {
    let options = &args.options;
    output::check_json(options.json.as_ref())?;
    attacks::check(options)?;
    let eps = options.eps();
    let files = example_files(args)?;
    let work = args.work();
    let pictures = match &args.png {
        Some(folder) => Pictures::check(folder, work.as_deref())?,
        None => Pictures::NotWanted,
    };
    let dataset = context.load_test(&options.dataset)?;
    let eight_bit = EightBit::of(&dataset);
    pictures.check_data(&dataset, eight_bit)?;
    let (loaded, dataset) = models::load(&args.model, &args.import, dataset, context)?;
    let model = &loaded.network;
    let attack = attacks::build(options, &dataset.classes)?;
    models::check_all_eps(&attack, &eps, model)?;
    let sample = models::sample(&dataset, options.count, options.sample_seed)?;
    let test = models::test_set(&dataset, sample.as_ref(), context);

    let name = args.model.display().to_string();
    let evaluation = WhiteBoxEvaluation {
        model: Named { name: &name, model },
        dataset: &options.dataset,
        classes: &dataset.classes,
        test,
        attack: &attack,
        eps: &eps,
        eight_bit,
    };
    let with_examples = args.out.is_some() || args.png.is_some();
    let outputs = if with_examples {
        "accuracies and examples"
    } else {
        "accuracies"
    };
    let identity = identity(&[("model", model)], &dataset.name, &test, &attack, &eps, outputs)?;
    let (mut kept, opening) = kept::open(work.as_deref(), identity)?;
    let mut reporter = context.reporter();
    if let Some(opening) = opening {
        reporter = reporter.announcing(opening);
    }
    let evaluated = if with_examples {
        evaluation.run_with_examples(kept.as_mut(), &mut reporter)
    } else {
        let results = evaluation.run(kept.as_mut(), &mut reporter);
        results.map(|results| (results, Vec::new()))
    };
    let (mut results, examples) = match (evaluated, &kept) {
        (Err(error), None) => return Err(interrupt::nothing_kept(error)),
        (evaluated, _) => evaluated?,
    };
    for row in &mut results.results {
        row.eps_given = attacks::given(options, row.eps);
    }
    for (path, examples) in files.iter().zip(&examples) {
        output::make_parent(path)?;
        examples.save(path)?;
    }
    if let (Pictures::Wanted(folder), Some(kept), Some(eight_bit)) = (pictures, &mut kept, eight_bit) {
        output::make_parent(folder)?;
        save_pictures(folder, &kept.draft()?, &results, &examples, eight_bit)?;
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
    if let Some(folder) = &args.png {
        text += &format!("Pictures: {}\n", folder.display());
    }
    let json = models::WithImport {
        results: &results,
        import: loaded.source,
    };
    context.results(&json, options.json.as_ref(), &text)?;
    if let Some(kept) = kept {
        kept.remove()?;
    }
    results.least().map_or(Ok(()), |least| {
        let size = attack.size_name();
        attacks::check_share(options, least.accuracy, || {
            let eps = attacks::size(least.eps, least.eps_given.as_deref());
            format!("accuracy is {} at {size} {eps}", least.accuracy)
        })
    })
}

/// The folder for pictures.
enum Pictures<'a> {
    NotWanted,
    Wanted(&'a Path),
    /// An earlier run had come as far as this.
    There,
}

impl<'a> Pictures<'a> {
    /// Checks that it can be made.
    fn check(folder: &'a Path, work: Option<&Path>) -> Result<Self> {
        // It appears with all that is in it, after which only the work's folder is to be removed.
        if folder.join("manifest.json").exists() && work.is_some_and(Path::exists) {
            return Ok(Pictures::There);
        }
        output::check_new_folder(folder)?;
        Ok(Pictures::Wanted(folder))
    }

    /// Refuses data that has no pictures.
    fn check_data(&self, dataset: &Dataset, eight_bit: Option<EightBit>) -> Result<()> {
        let problem = match dataset.shape.channels {
            _ if matches!(self, Pictures::NotWanted) => return Ok(()),
            _ if eight_bit.is_none() => "its images are no 8-bit pictures any more".to_owned(),
            1 | 3 => return Ok(()),
            channels => format!("its images have {channels} channels, and pictures have 1 or 3"),
        };
        Err(Failure::Input(format!(
            "`--png`: {}: {problem}. Write arrays instead: `--out FILE.npz`",
            dataset.name
        )))
    }
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
                // Examples at whatever distance.
                match found.distance {
                    Some(_) if row.eps == 0.0 => "any".to_owned(),
                    _ => attacks::size(row.eps, row.eps_given.as_deref()),
                },
                percent(row.accuracy),
                interval(row.low, row.high),
                row.accuracy_8bit.map_or_else(|| "none".to_owned(), percent),
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
        "8 bits",
        "success",
        "mean L2",
        "mean Linf",
        "mean L0",
    ];
    let mut text = format!(
        "{}{} on {}\n{} test images of {}{}, clean accuracy {}\n\n{}",
        found.attack,
        attacks::towards(found.target.as_ref()),
        found.model,
        grouped(found.count),
        found.dataset,
        attacks::drawn(found.sample_seed),
        percent(found.clean_accuracy),
        output::table(&header, &rows),
    );
    if let Some(distance) = &found.distance {
        let of = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.4}"));
        text += &format!(
            "Distance of the nearest example ({}): median {}, p10 {}, p90 {}; {} of {} images have one\n",
            distance.norm,
            of(distance.median),
            of(distance.p10),
            of(distance.p90),
            grouped(distance.found),
            grouped(found.count),
        );
    }
    if found.results.iter().any(|row| row.accuracy_8bit.is_none()) {
        text += &format!(
            "No accuracy in 8 bits: the images of {} are no 8-bit pictures any more.\n",
            found.dataset
        );
    }
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

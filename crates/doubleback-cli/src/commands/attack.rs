use std::path::{Path, PathBuf};

use doubleback::attack::{Adversarial, Attack, Examples};
use doubleback::evaluate::{Named, TestSet, clean_accuracy, wilson};
use doubleback::nn::{Classifier, Network};
use serde::{Serialize, Serializer};

use super::{attacks, models};
use crate::args::AttackArgs;
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output::{self, JsonTarget, grouped, interval, percent};

/// Attacks a model.
pub fn run(args: &AttackArgs, context: &Context) -> Result<()> {
    let options = &args.options;
    output::check_json(options.json.as_ref())?;
    let attack = attacks::build(options)?;
    let files = match &args.out {
        Some(out) => example_files(out, &options.eps)?,
        None => Vec::new(),
    };
    let dataset = context.load(&options.dataset)?;
    let model = models::load(&args.model, &dataset, context)?;
    models::check_all_eps(&attack, &options.eps, &model)?;
    let test = models::test_set(&dataset, options.count, context)?;

    let work = Work {
        model: &model,
        attack: &attack,
        test: &test,
        eps: &options.eps,
    };
    let (summary, examples) = work.run(args, context)?;
    for (path, examples) in files.iter().zip(&examples) {
        output::make_parent(path)?;
        examples.save(path)?;
    }
    if summary.zero_gradient_images > 0 && options.json == Some(JsonTarget::Stdout) {
        tracing::warn!("{}", summary.masking());
    }
    let mut text = summary.readable();
    for path in &files {
        text += &format!("Examples: {}\n", path.display());
    }
    output::results(&summary, options.json.as_ref(), &text)
}

/// `FILE-eps0.3.npz` for each eps, or the file itself if there is none; all can be written.
fn example_files(out: &Path, eps: &[f64]) -> Result<Vec<PathBuf>> {
    output::check_ending(out, "npz")?;
    let stem = out
        .file_stem()
        .ok_or_else(|| {
            Failure::Input(format!(
                "{}: has no name. Give a name such as examples.npz",
                out.display()
            ))
        })?
        .to_string_lossy();
    let files: Vec<PathBuf> = match eps {
        [] => vec![out.to_owned()],
        eps => eps
            .iter()
            .map(|eps| out.with_file_name(format!("{stem}-eps{eps}.npz")))
            .collect(),
    };
    files.iter().try_for_each(|file| output::check_file(file))?;
    Ok(files)
}

/// JSON of `attack`.
#[derive(Serialize)]
struct Summary {
    model: String,
    dataset: String,
    attack: &'static str,
    count: usize,
    clean_accuracy: f64,
    zero_gradient_images: usize,
    results: Vec<Row>,
}

/// What one eps, or an attack without any, did.
#[derive(Serialize)]
struct Row {
    eps: f64,
    accuracy: f64,
    low: f64,
    high: f64,
    success: f64,
    mean_l2: f64,
    mean_linf: f64,
    mean_l0: f64,
    #[serde(serialize_with = "whole_if_it_is")]
    gradients: f64,
    #[serde(serialize_with = "whole_if_it_is")]
    forwards: f64,
}

/// A mean of counts, without `.0` where all are the same.
fn whole_if_it_is<S: Serializer>(mean: &f64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    if mean.fract() == 0.0 {
        serializer.serialize_u64(*mean as u64)
    } else {
        serializer.serialize_f64(*mean)
    }
}

/// Sums over the images of one eps.
#[derive(Clone, Default)]
struct Sums {
    eps: f64,
    right: usize,
    success: usize,
    l2: f64,
    linf: f64,
    l0: f64,
}

impl Sums {
    fn add(&mut self, attacked: &Adversarial, labels: &[usize]) {
        let sum = |values: &[f32]| values.iter().map(|&v| f64::from(v)).sum::<f64>();
        self.eps = attacked.eps;
        self.right += attacked.predictions.iter().zip(labels).filter(|(p, l)| p == l).count();
        self.success += attacked.success.iter().filter(|&&success| success).count();
        self.l2 += sum(&attacked.l2);
        self.linf += sum(&attacked.linf);
        self.l0 += sum(&attacked.l0);
    }
}

struct Work<'a> {
    model: &'a Network,
    attack: &'a Attack,
    test: &'a TestSet<'a>,
    eps: &'a [f64],
}

impl Work<'_> {
    fn run(&self, args: &AttackArgs, context: &Context) -> Result<(Summary, Vec<Examples>)> {
        let (eps, count) = (self.eps, self.test.count());
        let mut reporter = context.reporter();
        doubleback::progress::Watch::begin(&mut reporter, self.attack.name(), count);
        let rows = eps.len().max(1);
        let mut sums = vec![Sums::default(); rows];
        let mut examples = vec![Examples::new(self.model.shape()); rows];
        let (mut zero_gradient_images, mut gradients, mut forwards) = (0, 0.0, 0.0);
        for (images, labels, range) in self.test.batches() {
            let attacked = self.attack.run(self.model, &images, &labels, eps)?;
            zero_gradient_images += attacked.zero_gradient.iter().filter(|&&zero| zero).count();
            gradients += attacked.gradients * labels.len() as f64;
            forwards += attacked.forwards * labels.len() as f64;
            for (place, adversarial) in attacked.by_eps.iter().enumerate() {
                sums[place].add(adversarial, &labels);
                if args.out.is_some() {
                    examples[place].push(adversarial, &images, &labels, range.clone())?;
                }
            }
            reporter.advance_to(range.end, count)?;
        }
        let named = Named {
            name: "model",
            model: self.model,
        };
        let clean = clean_accuracy(&[named], self.test)?;
        let mean = |sum: f64| sum / count.max(1) as f64;
        let row = |sums: &Sums| {
            let (low, high) = wilson(sums.right, count);
            Row {
                eps: sums.eps,
                accuracy: mean(sums.right as f64),
                low,
                high,
                success: mean(sums.success as f64),
                mean_l2: mean(sums.l2),
                mean_linf: mean(sums.linf),
                mean_l0: mean(sums.l0),
                gradients: mean(gradients),
                forwards: mean(forwards),
            }
        };
        let summary = Summary {
            model: args.model.display().to_string(),
            dataset: args.options.dataset.clone(),
            attack: self.attack.name(),
            count,
            clean_accuracy: clean.first().map_or(0.0, |clean| clean.accuracy),
            zero_gradient_images,
            results: sums.iter().map(row).collect(),
        };
        Ok((summary, examples))
    }
}

impl Summary {
    fn readable(&self) -> String {
        let rows: Vec<Vec<String>> = self
            .results
            .iter()
            .map(|row| {
                vec![
                    row.eps.to_string(),
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
            if self.attack == "jsma" { "theta" } else { "eps" },
            "accuracy",
            "95 % interval",
            "success",
            "mean L2",
            "mean Linf",
            "mean L0",
        ];
        let mut text = format!(
            "{} on {}\n{} test images of {}, clean accuracy {}\n\n{}",
            self.attack,
            self.model,
            grouped(self.count),
            self.dataset,
            percent(self.clean_accuracy),
            output::table(&header, &rows),
        );
        if self.zero_gradient_images > 0 {
            text += &format!(
                "\nWARNING: {}\n         Accuracy under this attack says nothing about them.\n",
                self.masking()
            );
        }
        text
    }

    fn masking(&self) -> String {
        format!(
            "{} of {} images had an exactly zero gradient: the attack had no direction for them.",
            grouped(self.zero_gradient_images),
            grouped(self.count)
        )
    }
}

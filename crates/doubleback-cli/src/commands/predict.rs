use std::path::Path;

use doubleback::data::{Bounds, ClassNames, Dataset, Split, unlabelled};
use doubleback::evaluate::{
    Asked, Chosen, ClassAccuracy, CleanAccuracy, Confusion, Named, Predictions, Sample, TestSet,
};
use doubleback::nn::{Classifier, card};
use doubleback_import::Source;
use serde::Serialize;

use super::models::{self, Model};
use crate::args::PredictArgs;
use crate::class_table;
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::interrupt;
use crate::output::{self, grouped, interval, percent, short_name, table};

/// Images of which the text says what they are taken for.
const SHOWN: usize = 20;
/// Classes of an image in the JSON.
const MOST_PROBABLE: usize = 5;

/// What a model says of images. JSON of `predict`.
#[derive(Serialize)]
struct Answers {
    model: String,
    dataset: String,
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_seed: Option<u64>,
    /// Of images with labels.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    known: Option<Known>,
    classes: Vec<String>,
    predictions: Vec<Answer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import: Option<Source>,
}

#[derive(Serialize)]
struct Known {
    accuracy: f64,
    low: f64,
    high: f64,
    per_class: Vec<ClassAccuracy>,
    confusion: Confusion,
}

/// What one image is taken for.
#[derive(Serialize)]
struct Answer {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<usize>,
    prediction: usize,
    class: String,
    /// Softmax, from the most probable class on.
    probabilities: Vec<(String, f64)>,
}

/// The images, whether their labels are true, and the files they have.
struct Images {
    dataset: Dataset,
    labelled: bool,
    files: Vec<String>,
}

/// Asks a model what it takes images for.
pub fn run(args: &PredictArgs, context: &Context) -> Result<()> {
    output::check_json(args.json.as_ref())?;
    if let Some(out) = &args.out {
        output::check_ending(out, "npz")?;
        output::check_file(out)?;
    }
    let (model, images) = match (&args.dataset, &args.images) {
        (Some(name), _) => {
            let (model, dataset) = models::load(&args.model, &args.options, context.load_test(name)?, context)?;
            let images = Images {
                dataset,
                labelled: true,
                files: Vec::new(),
            };
            (model, images)
        }
        (None, Some(path)) => without_labels(args, path, context)?,
        (None, None) => return Err(Failure::Input("`--dataset` or `--images`: give one of them".to_owned())),
    };
    let dataset = &images.dataset;
    let sample = match images.labelled {
        true => models::sample(dataset, args.count, args.sample_seed)?,
        false => None,
    };
    let test = TestSet {
        split: &dataset.test,
        shape: dataset.shape,
        chosen: match (&sample, args.count) {
            (Some(sample), _) => Chosen::Sample(sample),
            (None, Some(count)) => Chosen::First(count),
            (None, None) => Chosen::ALL,
        },
        device: &context.device,
    };
    let name = args.model.display().to_string();
    let named = Named {
        name: &name,
        model: &model.network,
    };
    let asked = Asked {
        labelled: images.labelled,
        gradient: args.loss(),
    };
    let found = Predictions::of(&named, &test, &dataset.classes, asked, &mut context.reporter());
    let found = found.map_err(interrupt::nothing_kept)?;
    if let Some(out) = &args.out {
        output::make_parent(out)?;
        found.save(out)?;
    }
    let answers = answers(args, model.source, &images, sample.as_ref(), &found);
    let mut text = readable(&answers);
    if let Some(out) = &args.out {
        text += &format!("Arrays: {}\n", out.display());
    }
    context.results(&answers, args.json.as_ref(), &text)
}

/// A model, and images without labels of the size that it takes.
fn without_labels(args: &PredictArgs, path: &Path, context: &Context) -> Result<(Model, Images)> {
    let preprocessed = context.data.preprocess.and_then(|preprocess| preprocess.size());
    let model = models::open(
        &args.model,
        &args.options,
        context.data.image_size.or(preprocessed),
        context,
    )?;
    let shape = model.network.shape();
    let found = context.during("reading images", || unlabelled(path, shape, &context.data))?;
    let (count, given) = (model.network.classes(), card::classes(&model.card));
    let classes = match &context.data.class_names {
        Some(file) => {
            let names = ClassNames::read(file)?.names().to_vec();
            if names.len() != count {
                return Err(Failure::Input(format!(
                    "{}: it has {} names, and {} has {} classes. Give the names of its classes",
                    file.display(),
                    grouped(names.len()),
                    args.model.display(),
                    grouped(count)
                )));
            }
            names
        }
        None => given.unwrap_or_else(|| (0..count).map(|class| class.to_string()).collect()),
    };
    let (empty, bounds) = (|| Split::empty(shape), bounds(found.bounds, model.network.bounds()));
    let mut dataset = Dataset::new(
        path.display().to_string(),
        classes,
        shape,
        bounds,
        empty(),
        empty(),
        found.images,
    )?;
    dataset.preparation = found.preparation;
    let dataset = models::fit_unlabelled(&model, &args.model, dataset)?;
    let images = Images {
        dataset,
        labelled: false,
        files: found.files,
    };
    Ok((model, images))
}

/// The bounds of values whose own are not known: those of the model, if they lie within.
fn bounds(found: Bounds, of_model: Bounds) -> Bounds {
    let within = found == Bounds::UNIT || (found.low < of_model.low || found.high > of_model.high);
    if within { found } else { of_model }
}

fn answers(
    args: &PredictArgs,
    source: Option<Source>,
    images: &Images,
    sample: Option<&Sample>,
    found: &Predictions,
) -> Answers {
    let classes = &images.dataset.classes;
    let answer = |place: usize| {
        let prediction = found.prediction[place];
        let probable = found.most_probable(place, MOST_PROBABLE);
        Answer {
            index: found.index[place],
            file: images.files.get(place).cloned(),
            label: found.label.as_ref().map(|label| label[place]),
            prediction,
            class: classes[prediction].clone(),
            probabilities: probable
                .into_iter()
                .map(|(class, share)| (classes[class].clone(), share))
                .collect(),
        }
    };
    let name = args.model.display().to_string();
    let known = found.confusion().map(|confusion| {
        let CleanAccuracy {
            accuracy, low, high, ..
        } = CleanAccuracy::of(&name, &confusion);
        Known {
            accuracy,
            low,
            high,
            per_class: confusion.by_class(classes),
            confusion,
        }
    });
    Answers {
        model: name,
        dataset: args.dataset.clone().unwrap_or_else(|| images.dataset.name.clone()),
        count: found.len(),
        sample_seed: sample.map(Sample::seed),
        known,
        classes: classes.clone(),
        predictions: (0..found.len()).map(answer).collect(),
        import: source,
    }
}

fn readable(found: &Answers) -> String {
    if let Some(known) = &found.known {
        return format!(
            "{} on {} test images of {}{}\naccuracy {} (95 % interval {})\n{}",
            found.model,
            grouped(found.count),
            found.dataset,
            super::attacks::drawn(found.sample_seed),
            percent(known.accuracy),
            interval(known.low, known.high),
            class_table::accuracy(&[("accuracy".to_owned(), known.per_class.as_slice())])
        );
    }
    let rows: Vec<Vec<String>> = found.predictions.iter().take(SHOWN).map(row).collect();
    let rest = match found.count.saturating_sub(SHOWN) {
        0 => String::new(),
        rest => format!("  and {} more, which --json and --out have\n", grouped(rest)),
    };
    format!(
        "{} on {} images of {}\n\n{}{rest}",
        found.model,
        grouped(found.count),
        found.dataset,
        table(&["image", "class", "probability", "next", "probability"], &rows)
    )
}

fn row(answer: &Answer) -> Vec<String> {
    let image = answer.file.clone().unwrap_or_else(|| answer.index.to_string());
    let mut cells = vec![short_name(&image)];
    for (class, share) in answer.probabilities.iter().take(2) {
        cells.extend([short_name(class), percent(*share)]);
    }
    cells
}

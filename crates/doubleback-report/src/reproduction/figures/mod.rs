//! The figures of the paper, one file each, for the page and as files of their own.

mod distributions;
mod grid_pictures;
mod itgsm;
mod jsma;
mod lambda;
mod lambda_gradients;
mod lambda_grid;
mod lambda_training;
mod overlap;
mod saliency;
mod targeted;
mod targeted_tables;
mod training;
mod training_charts;
mod transfer;
mod transfer_table;

use distributions::distributions;
use itgsm::itgsm;
use jsma::jsma;
use lambda::lambda;
use lambda_training::lambda_training;
use overlap::overlap;
use saliency::saliency;
use training::training;
use transfer::{both, fgsm, tgsm};

use crate::page::{Content, Figure};
use crate::reproduction::bears_on::bears_on;
use crate::reproduction::context::Context;

/// The figures in the order of the paper.
pub fn figures<'a>() -> impl Iterator<Item = Figure<Context<'a>>> {
    let figures: [Figure<Context<'a>>; 11] = [
        Figure {
            above: |context| bears_on(context, &[1, 2, 5]),
            ..figure("fgsm", "FGSM: one step that raises the loss of the true label", fgsm)
        },
        figure("both-defenses", "Both defenses together", both),
        Figure {
            above: |context| bears_on(context, &[2, 3]),
            ..figure("tgsm", "TGSM: one step that lowers the loss of the next label", tgsm)
        },
        Figure {
            above: |context| bears_on(context, &[3]),
            ..figure("distributions", "Gradient norms and log-probabilities", distributions)
        },
        Figure {
            above: |context| bears_on(context, &[2]),
            files: jsma::files,
            ..figure("jsma", "JSMA: a few pixels toward a chosen class", jsma)
        },
        Figure {
            above: |context| bears_on(context, &[4]),
            ..figure("saliency", "Saliency maps", saliency)
        },
        Figure {
            above: |context| bears_on(context, &[6]),
            ..figure(
                "training-by-lambda",
                "Training by weight of the penalty",
                lambda_training,
            )
        },
        figure("training-by-defense", "Training by defense", training),
        Figure {
            above: |context| bears_on(context, &[6]),
            ..figure("lambda", "Accuracy and gradients by weight of the penalty", lambda)
        },
        Figure {
            above: |context| bears_on(context, &[2]),
            ..figure("overlap", "Which examples fool which models", overlap)
        },
        Figure {
            above: |context| bears_on(context, &[4]),
            files: itgsm::files,
            ..figure("itgsm", "Iterated TGSM: examples that look like their target", itgsm)
        },
    ];
    (1..).zip(figures).map(|(number, figure)| Figure {
        number: Some(number),
        ..figure
    })
}

fn figure<'a>(
    slug: &'static str,
    title: &'static str,
    content: fn(&Context<'a>) -> Result<Content, String>,
) -> Figure<Context<'a>> {
    Figure::new(slug, title, content)
}

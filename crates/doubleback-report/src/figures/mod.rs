//! The figures of the paper, one file each, for the page and as files of their own.

mod content;
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

pub use content::{Content, Figure, Group, reading_of};

use distributions::distributions;
use itgsm::itgsm;
use jsma::jsma;
use lambda::lambda;
use lambda_training::lambda_training;
use overlap::overlap;
use saliency::saliency;
use training::training;
pub use transfer::published_points;
use transfer::{both, fgsm, tgsm};

use crate::files::File;

/// The figures in the order of the paper.
pub const FIGURES: [Figure; 11] = [
    figure(
        1,
        "fgsm",
        "FGSM: one step that raises the loss of the true label",
        &[1, 2, 5],
        fgsm,
    ),
    figure(2, "both-defenses", "Both defenses together", &[], both),
    figure(
        3,
        "tgsm",
        "TGSM: one step that lowers the loss of the next label",
        &[2, 3],
        tgsm,
    ),
    figure(
        4,
        "distributions",
        "Gradient norms and log-probabilities",
        &[3],
        distributions,
    ),
    Figure {
        files: jsma::files,
        ..figure(5, "jsma", "JSMA: a few pixels toward a chosen class", &[2], jsma)
    },
    figure(6, "saliency", "Saliency maps", &[4], saliency),
    figure(
        7,
        "training-by-lambda",
        "Training by weight of the penalty",
        &[6],
        lambda_training,
    ),
    figure(8, "training-by-defense", "Training by defense", &[], training),
    figure(
        9,
        "lambda",
        "Accuracy and gradients by weight of the penalty",
        &[6],
        lambda,
    ),
    figure(10, "overlap", "Which examples fool which models", &[2], overlap),
    Figure {
        files: itgsm::files,
        ..figure(
            11,
            "itgsm",
            "Iterated TGSM: examples that look like their target",
            &[4],
            itgsm,
        )
    },
];

const fn figure(
    number: usize,
    slug: &'static str,
    title: &'static str,
    claims: &'static [usize],
    content: fn(&crate::context::Context) -> Result<Content, String>,
) -> Figure {
    Figure {
        number,
        slug,
        title,
        claims,
        content,
        files: |_| -> Vec<File> { Vec::new() },
    }
}

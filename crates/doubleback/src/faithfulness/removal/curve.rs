use rayon::prelude::*;

use super::super::answers::Answer;
use super::super::explained::Explained;
use crate::{Error, Result};

/// What the model answers while pixels are changed, more and more of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// Share of the pixels that are changed, ascending.
    pub shares: Vec<f64>,
    /// By image, the answer at each share.
    pub answers: Vec<Vec<f64>>,
}

impl Curves {
    /// By image, the area under the curve by the trapezoidal rule, over the share of the pixels: the mean of the answer, if the curve goes from 0 to 1.
    /// (Quantus 0.6 takes steps for shares, and leaves out the answer to the image itself.)
    pub fn areas(&self) -> Vec<f64> {
        let area = |answers: &Vec<f64>| {
            let steps = self.shares.windows(2).zip(answers.windows(2));
            steps
                .map(|(shares, answers)| (shares[1] - shares[0]) * (answers[0] + answers[1]) / 2.0)
                .sum()
        };
        self.answers.iter().map(area).collect()
    }

    /// The mean answer of all images at each share.
    pub fn mean(&self) -> Vec<f64> {
        let n = self.answers.len().max(1) as f64;
        (0..self.shares.len())
            .map(|point| self.answers.iter().map(|answers| answers[point]).sum::<f64>() / n)
            .collect()
    }
}

/// How many of `pixels` pixels are changed at each point: none, then `step` more each time, at last all.
pub(super) fn counts(pixels: usize, step: usize) -> Result<Vec<usize>> {
    if step == 0 {
        return Err(Error::value("step", "at least 1 pixel", step));
    }
    Ok((0..pixels).step_by(step).chain([pixels]).collect())
}

/// The answers to each image of `from` while its pixels, in an order, become those of `to`.
pub(super) fn along(
    explained: &Explained<'_>,
    answer: Answer,
    counts: &[usize],
    order: impl Fn(usize) -> Vec<usize> + Sync,
    from: impl Fn(usize) -> Vec<f32> + Sync,
    to: impl Fn(usize) -> Vec<f32> + Sync,
) -> Result<Curves> {
    let shape = explained.shape();
    let (points, pixels) = (counts.len(), shape.height * shape.width);
    let ways: Vec<_> = (0..explained.len())
        .into_par_iter()
        .map(|image| (order(image), from(image), to(image)))
        .collect();
    // A step that changes no bit, such as one from black to black, has the answer of the one before: it is not asked again.
    let same = |(order, from, to): &(Vec<usize>, Vec<f32>, Vec<f32>), point: usize| {
        point > 0
            && order[counts[point - 1]..counts[point]].iter().all(|&pixel| {
                let mut places = (pixel..from.len()).step_by(pixels);
                places.all(|place| from[place].to_bits() == to[place].to_bits())
            })
    };
    let asked: Vec<(usize, usize)> = ways
        .iter()
        .enumerate()
        .flat_map(|(image, way)| {
            (0..points)
                .filter(move |&point| !same(way, point))
                .map(move |point| (image, point))
        })
        .collect();
    let fill = |row: usize, values: &mut [f32]| {
        let (image, point) = asked[row];
        let (order, from, to) = &ways[image];
        values.copy_from_slice(from);
        for &pixel in &order[..counts[point]] {
            for place in (pixel..values.len()).step_by(pixels) {
                values[place] = to[place];
            }
        }
    };
    let found = explained.answers(answer, asked.len(), |row| asked[row].0, fill)?;
    // The first point of an image is always asked.
    let mut answers: Vec<Vec<f64>> = vec![Vec::with_capacity(points); ways.len()];
    for (row, &(image, point)) in asked.iter().enumerate() {
        let answers = &mut answers[image];
        if let Some(&before) = answers.last() {
            answers.resize(point, before);
        }
        answers.push(found[row]);
    }
    for answers in &mut answers {
        if let Some(&before) = answers.last() {
            answers.resize(points, before);
        }
    }
    Ok(Curves {
        shares: counts.iter().map(|&count| count as f64 / pixels as f64).collect(),
        answers,
    })
}

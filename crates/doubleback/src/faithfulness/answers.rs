use serde::{Deserialize, Serialize};

use super::explained::Explained;
use crate::Result;
use crate::nn::to_vec;
use crate::not_finite::{NotFinite, Quantity};

/// What is read off the model's logits for the class that is explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Its probability, by softmax: 0 to 1.
    #[default]
    Probability,
    /// Its logit, which is what methods attribute.
    Logit,
    /// 1 if it is the class predicted (the first of equals), else 0.
    Predicted,
}

impl Answer {
    /// Of a row of logits.
    pub(super) fn of(self, logits: &[f32], target: usize) -> f64 {
        let own = f64::from(logits[target]);
        match self {
            Answer::Logit => own,
            Answer::Probability => 1.0 / logits.iter().map(|&other| (f64::from(other) - own).exp()).sum::<f64>(),
            Answer::Predicted => {
                let ahead =
                    |(k, &other): (usize, &f32)| f64::from(other) > own || (f64::from(other) == own && k < target);
                f64::from(u8::from(!logits.iter().enumerate().any(ahead)))
            }
        }
    }
}

impl Explained<'_> {
    /// The answers to `rows` images of which `fill` makes one each, for the target of the image that `of` says.
    pub(super) fn answers(
        &self,
        answer: Answer,
        rows: usize,
        of: impl Fn(usize) -> usize,
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Result<Vec<f64>> {
        let mut answers = Vec::with_capacity(rows);
        self.in_portions(rows, fill, |start, images| {
            let logits = to_vec(self.model().logits(images)?)?;
            self.read(answer, start, &logits, &of, &mut answers)
        })?;
        Ok(answers)
    }

    /// The answers to the images as they are.
    pub(super) fn answers_as_they_are(&self, answer: Answer) -> Result<Vec<f64>> {
        let fill = |image: usize, values: &mut [f32]| values.copy_from_slice(self.pixels(image));
        self.answers(answer, self.len(), |image| image, fill)
    }

    /// Reads answers off logits of rows from `start` on.
    pub(super) fn read(
        &self,
        answer: Answer,
        start: usize,
        logits: &[f32],
        of: impl Fn(usize) -> usize,
        answers: &mut Vec<f64>,
    ) -> Result<()> {
        for (row, logits) in logits.chunks_exact(self.model().classes().max(1)).enumerate() {
            let image = of(start + row);
            if logits.iter().any(|logit| !logit.is_finite()) {
                return Err(NotFinite::new(Quantity::Logits, image).into());
            }
            answers.push(answer.of(logits, self.targets()[image]));
        }
        Ok(())
    }
}

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::super::agreement::correlation;
use super::super::explained::Explained;
use super::super::measured::Measured;
use super::super::metric::Metric;
use crate::attack::{AttackSpec, PgdSpec};
use crate::nn::to_vec;
use crate::{Error, Result};

/// Stability under attack (after Ghorbani, Abid & Zou 2019, who attack the explanation itself): Spearman's rank correlation, -1 to 1, of what the map says of the
/// pixels of the image and of its adversarial example, both for the class that is explained. Higher is better.
///
/// The attack moves each image away from that class; whether it is fooled is not asked. The map of the example is made by the same method. A map that says the
/// same of all pixels has no order: its correlation is 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    /// The attack.
    pub attack: AttackSpec,
    /// What it may change, in the units of the data; none for an attack that takes none.
    pub eps: Option<f64>,
    /// Takes the sizes of the map's values instead of these.
    pub absolute: bool,
}

impl Default for Stability {
    /// PGD in L∞ within 0.1.
    fn default() -> Self {
        Self {
            attack: AttackSpec::Pgd(PgdSpec::default()),
            eps: Some(0.1),
            absolute: false,
        }
    }
}

impl Stability {
    /// The same for examples that are there already, shaped as the images.
    ///
    /// # Errors
    /// When they are not, or the method fails.
    pub fn against(&self, explained: &Explained<'_>, examples: &Tensor<4>) -> Result<Measured> {
        if examples.dims() != explained.images().dims() {
            return Err(Error::shape(
                "adversarial examples",
                explained.images().dims(),
                examples.dims(),
            ));
        }
        let (values, length) = (to_vec(examples.clone())?, explained.shape().len());
        let fill = |image: usize, out: &mut [f32]| out.copy_from_slice(&values[image * length..][..length]);
        let model = explained.model();
        let found = explained.explanations(
            model,
            explained.len(),
            |image| image,
            fill,
            |image, maps, at| correlation((explained.maps(), image), (maps, at), self.absolute),
        );
        Ok(found?.into())
    }
}

impl Metric for Stability {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        explained.explainer()?;
        let attack = self.attack.attack()?;
        let eps: Vec<f64> = self.eps.into_iter().collect();
        let (n, portion) = (explained.len(), explained.portion());
        let examples = (0..n).step_by(portion).map(|start| {
            let range = start..n.min(start + portion);
            let (images, targets) = (
                explained.images().clone().slice([range.clone()]),
                &explained.targets()[range],
            );
            let attacked = attack
                .run(explained.model(), &images, targets, &eps)
                .map_err(|error| error.at(|image| start + image))?;
            let example = attacked.by_eps.into_iter().next().map(|adversarial| adversarial.images);
            example.ok_or_else(|| Error::value("eps", "one for an attack that takes one", "none"))
        });
        let examples = &Tensor::cat(examples.collect::<Result<Vec<_>>>()?, 0);
        self.against(explained, examples)
    }
}

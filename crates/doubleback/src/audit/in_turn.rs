//! The attacks of a plan on images that lie anywhere, with the examples, but without probes and records.

use super::{Plan, Suite};
use crate::evaluate::{AttackedImages, ImageAttacks, Unfinished};
use crate::nn::{Classifier, Expected};
use crate::progress::Watch;
use crate::{Error, Result};

impl Plan {
    /// What its attacks make of images, each on those that none before it has broken: an image that none breaks, or that is misclassified, stays as it
    /// is. With `kept`, batches that are in it are not attacked again, and others are put there.
    ///
    /// # Errors
    /// As [`ImageAttacks::one`].
    pub fn attack(
        &self,
        images: &ImageAttacks<'_>,
        kept: Option<&mut Unfinished>,
        watch: &mut dyn Watch,
    ) -> Result<AttackedImages> {
        let drawn = Expected::new(images.model, Suite::DRAWS);
        let attacked = self.attacked(images.model, &drawn);
        images.in_turn(attacked, &self.built, (self.norm, self.eps), kept, watch)
    }

    /// What its attacks see of a model: of [`Suite::Rand`] the mean of its draws.
    pub(super) fn attacked<'a>(&self, model: &'a dyn Classifier, drawn: &'a dyn Classifier) -> &'a dyn Classifier {
        match self.suite {
            Suite::Rand => drawn,
            _ => model,
        }
    }

    /// All that its attacks depend on besides model and images, as one line.
    ///
    /// # Errors
    /// Never: plans are plain values.
    pub fn in_full(&self) -> Result<String> {
        let attacks = serde_json::to_string(&self.planned).map_err(|e| Error::internal("describing a plan", e))?;
        Ok(format!("{} within {} ({}): {attacks}", self.suite, self.eps, self.norm))
    }
}

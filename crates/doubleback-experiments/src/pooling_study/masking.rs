//! Signs of gradient masking: a model that withstands an attack only because its gradients lead nowhere is not robust.

use super::TRANSFER;
use super::results::{AttackedAccuracy, ModelResult};

/// A sign that a model's gradients hide what an attack could do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MaskingSign<'a> {
    /// The gradient of so many images was exactly zero all along PGD.
    ZeroGradients(usize),
    /// One step (FGSM) does better than PGD at the same eps.
    SingleStep {
        /// Under FGSM.
        fgsm: &'a AttackedAccuracy,
        /// Under PGD.
        pgd: &'a AttackedAccuracy,
    },
    /// Examples of the network with the other kind of pooling do better than PGD on the network itself at the same eps.
    Transfer {
        /// On the other network's examples.
        transfer: &'a AttackedAccuracy,
        /// Under PGD.
        pgd: &'a AttackedAccuracy,
    },
}

impl ModelResult {
    /// The signs of gradient masking in what was measured. One attack does better than another where the interval of the accuracy under it
    /// lies below the other's.
    pub fn masking_signs(&self) -> Vec<MaskingSign<'_>> {
        let mut signs = Vec::new();
        if self.zero_gradient_images > 0 {
            signs.push(MaskingSign::ZeroGradients(self.zero_gradient_images));
        }
        let better = |attack: &str, pgd: &AttackedAccuracy| {
            let mut all = self.attacked.iter();
            all.find(|one| one.attack == attack && one.eps == pgd.eps)
                .filter(|one| one.accuracy.high < pgd.accuracy.low)
        };
        for pgd in self.attacked.iter().filter(|one| one.attack == "pgd") {
            if let Some(fgsm) = better("fgsm", pgd) {
                signs.push(MaskingSign::SingleStep { fgsm, pgd });
            }
            if let Some(transfer) = better(TRANSFER, pgd) {
                signs.push(MaskingSign::Transfer { transfer, pgd });
            }
        }
        signs
    }
}

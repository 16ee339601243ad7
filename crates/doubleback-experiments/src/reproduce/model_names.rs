//! Names of the reproduction's models that claims, figures and sentences single out: each has the name of its defense.

use doubleback::train::DefenseKind;

/// No defense.
pub const NORMAL: &str = DefenseKind::Normal.name();
/// Defensive distillation.
pub const DISTILLED: &str = DefenseKind::Distillation.name();
/// Adversarial training with FGSM.
pub const ADVTRAIN: &str = DefenseKind::AdversarialTraining.name();
/// Certainty sensitivity.
pub const INSENSITIVE: &str = DefenseKind::CertaintySensitivity.name();
/// Double backprop.
pub const DOUBLEBACK: &str = DefenseKind::DoubleBackprop.name();
/// Double backprop and adversarial training: the paper gives it a figure of its own.
pub const BOTH: &str = DefenseKind::Both.name();

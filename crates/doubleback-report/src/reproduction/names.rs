//! Models of the reproduction that figures and sentences single out: each has the name of its defense.

use doubleback::train::DefenseKind;

/// No defense.
pub const NORMAL: &str = DefenseKind::Normal.name();
/// Adversarial training.
pub const ADVTRAIN: &str = DefenseKind::AdversarialTraining.name();
/// Certainty sensitivity.
pub const INSENSITIVE: &str = DefenseKind::CertaintySensitivity.name();
/// Double backprop.
pub const DOUBLEBACK: &str = DefenseKind::DoubleBackprop.name();
/// Double backprop and adversarial training; it has a figure of its own, as in the paper.
pub const BOTH: &str = DefenseKind::Both.name();

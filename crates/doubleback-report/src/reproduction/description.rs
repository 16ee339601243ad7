//! What the names of models stand for.

use doubleback::train::DefenseKind;
use doubleback_experiments::reproduce::TrainingSummary;

use crate::format;

/// What the name of a model stands for.
pub fn description(model: &str, training: Option<&TrainingSummary>) -> String {
    let defense = training.map_or(model, |training| training.defense.as_str());
    let lambda = training
        .and_then(|training| training.lambda)
        .map_or(String::new(), |lambda| {
            format!(", λ\u{a0}=\u{a0}{} per example", format::short(lambda))
        });
    let temperature = training
        .and_then(|training| training.temperature)
        .map_or(String::new(), |temperature| {
            format!(" at temperature {}", format::short(temperature))
        });
    let eps = training
        .and_then(|training| training.adversarial_eps)
        .map_or(String::new(), |eps| format!(" at ε\u{a0}=\u{a0}{}", format::short(eps)));
    let Ok(kind) = defense.parse::<DefenseKind>() else {
        return format!("{defense}{eps}{lambda}");
    };
    match kind {
        DefenseKind::Normal => "no defense: cross-entropy alone".to_owned(),
        DefenseKind::Distillation => format!("defensive distillation{temperature}"),
        DefenseKind::AdversarialTraining => format!("adversarial training with FGSM{eps}"),
        DefenseKind::PgdTraining => format!("adversarial training with PGD{eps}"),
        DefenseKind::Trades => {
            format!("TRADES: cross-entropy and divergence of the prediction under perturbation{eps}")
        }
        DefenseKind::CertaintySensitivity => {
            format!("certainty sensitivity: penalty on the gradient of H(1/K, p){lambda}")
        }
        DefenseKind::DoubleBackprop => format!("double backprop: penalty on the gradient of the cross-entropy{lambda}"),
        DefenseKind::DistilledLabel => {
            format!("penalty on the gradient of the cross-entropy with a teacher's labels{lambda}")
        }
        DefenseKind::Entropy => format!("penalty on the gradient of the entropy of the prediction{lambda}"),
        DefenseKind::Both => format!("double backprop and adversarial training with FGSM{eps}{lambda}"),
    }
}

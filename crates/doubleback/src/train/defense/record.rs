//! How the settings of a defense stand in checkpoints and model files. Both outlive the program that wrote them: a checkpoint whose label
//! differs is refused, so these texts stay as they are.

use super::Defense;
use crate::attack;
use crate::nn::ModelCard;
use crate::train::penalty::{PenaltyOptions, paper_lambda};

impl Defense {
    /// Name and settings of a phase of its training, which a checkpoint must agree with: such as `doubleback (lambda 10)`.
    pub(in crate::train) fn label(self, phase: &str) -> String {
        let mut settings = Vec::new();
        if let Some(PenaltyOptions { lambda, norm, output }) = self.penalty() {
            settings.push(format!("lambda {lambda}"));
            if (norm, output) != Default::default() {
                settings.push(format!("{norm} of {output}"));
            }
        }
        if let Some(temperature) = self.temperature() {
            settings.push(format!("temperature {temperature}"));
        }
        if let Some(eps) = self.adversarial_eps() {
            settings.push(format!("eps {eps}"));
        }
        if let Some(steps) = self.adversarial_steps() {
            settings.push(format!("{steps} steps"));
        }
        if let Some(norm) = self.unusual_norm() {
            settings.push(format!("norm {norm}"));
        }
        if let Some(beta) = self.beta() {
            settings.push(format!("beta {beta}"));
        }
        if settings.is_empty() {
            return phase.to_owned();
        }
        format!("{phase} ({})", settings.join(", "))
    }

    /// Name and settings, each as the command line names it.
    pub(in crate::train) fn settings(self) -> Vec<(&'static str, String)> {
        let mut settings = vec![("defense", self.name().to_owned())];
        if let Some(PenaltyOptions { lambda, norm, output }) = self.penalty() {
            settings.push(("lambda", lambda.to_string()));
            settings.push(("penalty-norm", norm.to_string()));
            settings.push(("penalty-output", output.to_string()));
        }
        if let Some(temperature) = self.temperature() {
            settings.push(("temperature", temperature.to_string()));
        }
        if let Some(eps) = self.adversarial_eps() {
            settings.push(("adversarial-eps", eps.to_string()));
        }
        if let Some(steps) = self.adversarial_steps() {
            settings.push(("pgd-steps", steps.to_string()));
        }
        if let Some(norm) = self.adversarial_norm() {
            settings.push(("adversarial-norm", norm.to_string()));
        }
        if let Some(beta) = self.beta() {
            settings.push(("trades-beta", beta.to_string()));
        }
        settings
    }

    /// Adds its name and settings to the facts that are stored with a model. `batch` gives the weight in the authors' units.
    pub(in crate::train) fn describe(self, card: &mut ModelCard, batch: usize) {
        card.insert("defense".into(), self.name().into());
        if let Some(PenaltyOptions { lambda, norm, output }) = self.penalty() {
            card.insert("lambda".into(), lambda.to_string());
            card.insert("paper_lambda".into(), paper_lambda(lambda, batch).to_string());
            card.insert("penalty".into(), format!("{norm} of {output}"));
        }
        if let Some(temperature) = self.temperature() {
            card.insert("temperature".into(), temperature.to_string());
        }
        if let Some(eps) = self.adversarial_eps() {
            card.insert("adversarial_eps".into(), eps.to_string());
        }
        if let Some(steps) = self.adversarial_steps() {
            card.insert("pgd_steps".into(), steps.to_string());
        }
        if let Some(norm) = self.unusual_norm() {
            card.insert("adversarial_norm".into(), norm.to_string());
        }
        if let Some(beta) = self.beta() {
            card.insert("trades_beta".into(), beta.to_string());
        }
    }

    /// The norm of its perturbation where it is not the default: the first versions had no other.
    fn unusual_norm(self) -> Option<attack::Norm> {
        self.adversarial_norm().filter(|norm| *norm != attack::Norm::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{AdversarialTraining, DefenseKind, Norm, Output, PgdTraining, Trades};

    /// As the first version wrote them: interrupted trainings of it go on.
    #[test]
    fn labels_and_cards_stay_as_they_were() {
        let penalty = PenaltyOptions {
            lambda: 0.25,
            norm: Norm::L1,
            output: Output::Logits,
        };
        let labels = [
            Defense::Normal,
            Defense::Distillation { temperature: 20.0 },
            Defense::AdversarialTraining(AdversarialTraining { eps: 0.3 }),
            Defense::PgdTraining(PgdTraining {
                eps: 0.2,
                steps: 7,
                norm: attack::Norm::Linf,
            }),
            Defense::PgdTraining(PgdTraining {
                eps: 2.0,
                steps: 7,
                norm: attack::Norm::L2,
            }),
            Defense::Trades(Trades {
                eps: 0.2,
                steps: 7,
                norm: attack::Norm::L2,
                beta: 6.0,
            }),
            Defense::CertaintySensitivity(0.5.into()),
            Defense::DoubleBackprop(penalty),
            Defense::DistilledLabel {
                penalty: 0.5.into(),
                temperature: 50.0,
            },
            Defense::Entropy(1e-5.into()),
            Defense::Both {
                penalty: 10.0.into(),
                adversarial: AdversarialTraining { eps: 0.3 },
            },
        ]
        .map(|defense| defense.label(defense.name()));
        assert_eq!(
            labels,
            [
                "normal",
                "distilled (temperature 20)",
                "advtrain (eps 0.3)",
                "pgd (eps 0.2, 7 steps)",
                "pgd (eps 2, 7 steps, norm l2)",
                "trades (eps 0.2, 7 steps, norm l2, beta 6)",
                "insensitive (lambda 0.5)",
                "doubleback (lambda 0.25, l1 of logits)",
                "distilled-label (lambda 0.5, temperature 50)",
                "entropy (lambda 0.00001)",
                "both (lambda 10, eps 0.3)",
            ]
        );
        let mut card = ModelCard::new();
        Defense::DoubleBackprop(penalty).describe(&mut card, 128);
        let expected = [
            ("defense", "doubleback"),
            ("lambda", "0.25"),
            ("paper_lambda", "64"),
            ("penalty", "l1 of logits"),
        ];
        assert_eq!(card, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        let mut card = ModelCard::new();
        Defense::new(DefenseKind::PgdTraining).describe(&mut card, 128);
        let expected = [("adversarial_eps", "0.3"), ("defense", "pgd"), ("pgd_steps", "10")];
        assert_eq!(card, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        let mut card = ModelCard::new();
        Defense::new(DefenseKind::Trades).describe(&mut card, 128);
        let expected = [
            ("adversarial_eps", "0.3"),
            ("defense", "trades"),
            ("pgd_steps", "10"),
            ("trades_beta", "6"),
        ];
        assert_eq!(card, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    }
}

//! Table 1 of the paper.

use serde::{Deserialize, Serialize};

use crate::folder::{Manifest, Role};

/// One half of Table 1: a data set, an attack, and what eleven people said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// The data set.
    pub dataset: &'static str,
    /// The attack.
    pub attack: &'static str,
    /// In words.
    pub name: &'static str,
    /// By role, "human fooled" and "mistake reasonable".
    rates: [(Role, [f64; 2]); 3],
    /// p of normal against regularized, on unreasonable errors; the paper does not name its test.
    pub p: f64,
}

/// Participants of the paper's study.
pub const PARTICIPANTS: usize = 11;

/// Table 1 (Ross & Doshi-Velez 2018).
pub const SETTINGS: [Setting; 2] = [
    Setting {
        dataset: "mnist",
        attack: "jsma",
        name: "MNIST, JSMA",
        rates: [
            (Role::Normal, [0.020, 0.260]),
            (Role::Distilled, [0.000, 0.235]),
            (Role::Regularized, [0.164, 0.418]),
        ],
        p: 0.07,
    },
    Setting {
        dataset: "svhn",
        attack: "itgsm",
        name: "SVHN, iterated TGSM",
        rates: [
            (Role::Normal, [0.400, 0.633]),
            (Role::Distilled, [0.017, 0.254]),
            (Role::Regularized, [0.463, 0.815]),
        ],
        p: 0.08,
    },
];

impl Setting {
    /// "Human fooled" and "mistake reasonable" of a role, in [0, 1].
    pub fn rates(&self, role: Role) -> Option<[f64; 2]> {
        self.rates.iter().find(|(of, _)| *of == role).map(|(_, rates)| *rates)
    }
}

/// Table 1 beside a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// Data set and attack, in words.
    pub setting: String,
    /// Whether the study has the same data set and the same attack.
    pub same: bool,
    /// The paper's p of normal against regularized, on unreasonable errors.
    pub p: f64,
    /// Participants.
    pub participants: usize,
    /// Its rows.
    pub rows: Vec<PublishedRow>,
}

/// A row of Table 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedRow {
    /// The model.
    pub role: Role,
    /// "Human fooled", in [0, 1].
    pub fooled: f64,
    /// "Mistake reasonable", in [0, 1].
    pub reasonable: f64,
}

/// Both halves of Table 1.
pub(super) fn table(manifest: &Manifest) -> Vec<Published> {
    let half = |setting: &Setting| Published {
        setting: setting.name.to_owned(),
        same: manifest.data.dataset == setting.dataset && manifest.attack.name == setting.attack,
        p: setting.p,
        participants: PARTICIPANTS,
        rows: setting
            .rates
            .iter()
            .map(|&(role, [fooled, reasonable])| PublishedRow {
                role,
                fooled,
                reasonable,
            })
            .collect(),
    };
    SETTINGS.iter().map(half).collect()
}

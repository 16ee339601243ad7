//! The paper's study, without images: what is simulated.

use super::published::Setting;
use crate::folder::{Attack, Candidate, Data, Manifest, Model, Protocol, Role};

/// A study as the paper's, without images: ten classes, five images of each, each turned into each other class, for models of these roles.
pub fn paper_manifest(setting: &Setting, roles: &[Role]) -> Manifest {
    let candidate = |model: usize, original: usize, image: usize, target: usize| Candidate {
        file: String::new(),
        sha256: String::new(),
        model,
        index: original * 5 + image,
        original,
        target,
    };
    let models = 0..roles.len();
    let originals = models.flat_map(|model| (0..10).map(move |original| (model, original)));
    let images = originals.flat_map(|(model, original)| (0..5).map(move |image| (model, original, image)));
    let candidates = images
        .flat_map(|(model, original, image)| {
            let targets = (0..10).filter(move |&target| target != original);
            targets.map(move |target| candidate(model, original, image, target))
        })
        .collect();
    Manifest {
        format: Manifest::FORMAT,
        title: "Simulated".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data: Data {
            dataset: setting.dataset.to_owned(),
            checksum: String::new(),
            shape: [28, 28, 1],
        },
        classes: (0..10).map(|class| class.to_string()).collect(),
        seed: 0,
        models: roles
            .iter()
            .map(|&role| Model {
                name: role.name().to_owned(),
                role,
                file: String::new(),
                checksum: String::new(),
                clean_accuracy: 0.0,
                training: Default::default(),
            })
            .collect(),
        attack: Attack {
            name: setting.attack.to_owned(),
            options: serde_json::Value::Null,
            eps: Vec::new(),
        },
        protocol: Protocol {
            per_class: 5,
            candidates: 45,
            short: Vec::new(),
        },
        candidates,
        practice: Vec::new(),
        confusion: Vec::new(),
    }
}

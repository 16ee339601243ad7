//! A study for tests.

use std::collections::BTreeMap;

use doubleback_data::sha256;

use super::manifest::{Attack, Candidate, Confusion, Data, Manifest, Model, Practice, Protocol, Role};

pub(super) fn png(shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 3, 2);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[shade; 6]).unwrap();
    writer.finish().unwrap();
    bytes
}

/// Two classes, one model, one image of each and one to practise on.
pub(super) fn study() -> (Manifest, BTreeMap<String, Vec<u8>>) {
    let images: BTreeMap<_, _> = (0..3).map(|shade| (format!("{shade}.png"), png(shade))).collect();
    let checksum = |file: &str| sha256(std::iter::once(images[file].as_slice()));
    let candidate = |class: usize| {
        let file = format!("{class}.png");
        let (sha256, original, target) = (checksum(&file), class, 1 - class);
        Candidate {
            file,
            sha256,
            model: 0,
            index: class,
            original,
            target,
        }
    };
    let manifest = Manifest {
        format: Manifest::FORMAT,
        title: "Shades".to_owned(),
        version: "0".to_owned(),
        data: Data {
            dataset: "shades".to_owned(),
            checksum: "0".to_owned(),
            shape: [2, 3, 1],
        },
        classes: vec!["dark".to_owned(), "light".to_owned()],
        seed: 1,
        models: vec![Model {
            name: "model".to_owned(),
            role: Role::Normal,
            file: "model".to_owned(),
            checksum: "0".to_owned(),
            clean_accuracy: 1.0,
            training: BTreeMap::new(),
        }],
        attack: Attack {
            name: "fgsm".to_owned(),
            options: serde_json::json!({}),
            eps: vec![0.1],
        },
        protocol: Protocol {
            per_class: 1,
            candidates: 1,
            short: Vec::new(),
        },
        candidates: vec![candidate(0), candidate(1)],
        practice: vec![Practice {
            file: "2.png".to_owned(),
            sha256: checksum("2.png"),
            index: 2,
            label: 1,
        }],
        confusion: vec![Confusion {
            model: 0,
            title: String::new(),
            counts: vec![vec![1, 2], vec![3, 4]],
        }],
    };
    (manifest, images)
}

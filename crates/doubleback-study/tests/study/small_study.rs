//! Writes a study as `doubleback study new` would, without networks: digits of seven segments, with noise.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use doubleback_study::folder::{Attack, Candidate, Confusion, Data, Manifest, Model, Practice, Protocol, Role};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

const SIDE: usize = 28;
pub const CLASSES: usize = 10;
/// Names that are words of no page.
const MODELS: [(&str, Role); 3] = [
    ("zebrafish", Role::Normal),
    ("quokka", Role::Distilled),
    ("axolotl", Role::Regularized),
];
/// Candidates of a class and a model.
const CANDIDATES: usize = 2;

/// The segments of a digit: top, upper left, upper right, middle, lower left, lower right, bottom.
const SEGMENTS: [[bool; 7]; CLASSES] = {
    const fn bits(bits: u8) -> [bool; 7] {
        [
            bits & 64 > 0,
            bits & 32 > 0,
            bits & 16 > 0,
            bits & 8 > 0,
            bits & 4 > 0,
            bits & 2 > 0,
            bits & 1 > 0,
        ]
    }
    [
        bits(0b111_0111),
        bits(0b001_0010),
        bits(0b101_1101),
        bits(0b101_1011),
        bits(0b011_1010),
        bits(0b110_1011),
        bits(0b110_1111),
        bits(0b101_0010),
        bits(0b111_1111),
        bits(0b111_1011),
    ]
};

fn is_lit(digit: usize, row: usize, column: usize) -> bool {
    let [top, upper_left, upper_right, middle, lower_left, lower_right, bottom] = SEGMENTS[digit];
    let across = (8..20).contains(&column);
    let (left, right) = ((8..11).contains(&column), (17..20).contains(&column));
    let (upper, lower) = ((4..14).contains(&row), (13..24).contains(&row));
    let line = |first: usize| (first..first + 3).contains(&row) && across;
    top && line(4)
        || middle && line(12)
        || bottom && line(21)
        || upper && (upper_left && left || upper_right && right)
        || lower && (lower_left && left || lower_right && right)
}

/// A PNG of a digit with noise: its file's name and its SHA-256.
fn picture(folder: &Path, number: usize, digit: usize, random: &mut ChaCha8Rng) -> (String, String) {
    let mut pixels = vec![0_u8; SIDE * SIDE];
    for (place, pixel) in pixels.iter_mut().enumerate() {
        let noise = random.random_range(0..70);
        *pixel = if is_lit(digit, place / SIDE, place % SIDE) {
            255 - noise
        } else {
            noise
        };
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE as u32, SIDE as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    let sha256 = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let file = format!("{number:04}.png");
    fs::write(folder.join("images").join(&file), bytes).unwrap();
    (file, sha256)
}

/// Writes it into an empty folder.
pub fn write(folder: &Path) -> Manifest {
    let mut random = ChaCha8Rng::seed_from_u64(20);
    for name in ["images", "texts"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    let cells = (0..MODELS.len())
        .flat_map(|model| (0..CLASSES).flat_map(move |class| (0..CANDIDATES).map(move |which| (model, class, which))));
    let candidates: Vec<Candidate> = cells
        .enumerate()
        .map(|(number, (model, original, which))| {
            let (file, sha256) = picture(folder, number, original, &mut random);
            let target = (original + 1 + which) % CLASSES;
            Candidate {
                file,
                sha256,
                model,
                index: original * CANDIDATES + which,
                original,
                target,
            }
        })
        .collect();
    let practice = (0..2)
        .map(|number| {
            let (file, sha256) = picture(folder, 1000 + number, 3 + number, &mut random);
            Practice {
                file,
                sha256,
                index: 900 + number,
                label: 3 + number,
            }
        })
        .collect();
    let models = MODELS.map(|(name, role)| Model {
        name: name.to_owned(),
        role,
        file: format!("runs/{name}.safetensors"),
        checksum: format!("{name}-0123456789abcdef"),
        clean_accuracy: 0.99,
        training: BTreeMap::from([("penalty".to_owned(), "doublebackprop".to_owned())]),
    });
    let confusion = (0..MODELS.len()).map(|model| {
        let counts = (0..CLASSES)
            .map(|_| (0..CLASSES).map(|_| random.random_range(0..100)).collect())
            .collect();
        Confusion {
            model,
            title: "Images that a program has changed".to_owned(),
            counts,
        }
    });
    let confusion = confusion.collect();
    let manifest = Manifest {
        format: Manifest::FORMAT,
        title: "How do you read these digits?".to_owned(),
        version: "0.0.0-test".to_owned(),
        data: Data {
            dataset: "segments".to_owned(),
            checksum: "fedcba9876543210".to_owned(),
            shape: [SIDE, SIDE, 1],
        },
        classes: (0..CLASSES).map(|class| class.to_string()).collect(),
        seed: 7,
        models: models.to_vec(),
        attack: Attack {
            name: "jsma".to_owned(),
            options: serde_json::json!({}),
            eps: Vec::new(),
        },
        protocol: Protocol {
            per_class: CANDIDATES,
            candidates: CANDIDATES,
            short: Vec::new(),
        },
        candidates,
        practice,
        confusion,
    };
    fs::write(
        folder.join("study.json"),
        serde_json::to_string_pretty(&manifest).unwrap(),
    )
    .unwrap();
    for (name, text) in [
        (
            "consent",
            "# Taking part\n\nYou will see {{items}} images. What you answer is kept for this long: {{retention}}. Ask {{contact}}.",
        ),
        (
            "instructions",
            "# What to do\n\nSay which label is the **most plausible**, and which the second most plausible.",
        ),
        ("comparison", "# Three tables\n\nHow do they differ?"),
        ("thanks", "# Thank you\n\nYou can close this page. Ask {{contact}}."),
    ] {
        fs::write(folder.join("texts").join(format!("{name}.md")), text).unwrap();
    }
    manifest
}

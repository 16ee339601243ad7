use std::collections::BTreeMap;
use std::future::Future;

use doubleback_study::answer::{Answer, Choice};
use doubleback_study::folder::{Attack, Candidate, Confusion, Data, Manifest, Model, Protocol, Role};
use doubleback_study::store::{Enrolled, Enrolment, Nonce, Settings, Stage, Store, Token};
use tempfile::TempDir;

/// Classes of the study.
pub const CLASSES: usize = 4;
/// Images that each participant sees: of three models.
pub const ITEMS: usize = 3 * CLASSES;

/// A study's folder, as far as the store looks at it.
pub fn study() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("study.json"),
        serde_json::to_vec(&manifest()).unwrap(),
    )
    .unwrap();
    folder
}

pub fn manifest() -> Manifest {
    let roles = [
        ("plain", Role::Normal),
        ("soft", Role::Distilled),
        ("smooth", Role::Regularized),
    ];
    let models = roles.map(|(name, role)| Model {
        name: name.to_owned(),
        role,
        file: format!("{name}.safetensors"),
        checksum: name.to_owned(),
        clean_accuracy: 0.99,
        training: BTreeMap::new(),
    });
    let candidate = |number: usize| {
        let (model, original, other) = (number / 8, number / 2 % CLASSES, number % 2);
        Candidate {
            file: format!("{number}.png"),
            sha256: String::new(),
            model,
            index: number,
            original,
            target: (original + 1 + other) % CLASSES,
        }
    };
    let confusion = |model| Confusion {
        model,
        title: "Changed images".to_owned(),
        counts: vec![vec![1; CLASSES]; CLASSES],
    };
    Manifest {
        format: Manifest::FORMAT,
        title: "Shapes, \"round\" & <square>".to_owned(),
        version: "0.0.0".to_owned(),
        data: Data {
            dataset: "shapes".to_owned(),
            checksum: String::new(),
            shape: [8, 8, 1],
        },
        classes: ["circle", "square", "star", "=1+1"].map(str::to_owned).to_vec(),
        seed: 7,
        models: models.to_vec(),
        attack: Attack {
            name: "jsma".to_owned(),
            options: serde_json::Value::Null,
            eps: Vec::new(),
        },
        protocol: Protocol {
            per_class: 2,
            candidates: 2,
            short: Vec::new(),
        },
        candidates: (0..24).map(candidate).collect(),
        practice: Vec::new(),
        confusion: (0..3).map(confusion).collect(),
    }
}

/// Runs what is asynchronous on several threads, as the server does.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

pub fn labels(first: usize, second: usize) -> Answer {
    Answer::new(Choice::Label(first), Choice::Label(second), CLASSES).unwrap()
}

/// A form's number, as only tests choose them.
pub fn form(number: u64) -> Nonce {
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    Nonce(nonce)
}

/// Opens enrolment to so many.
pub async fn open_to(store: &Store, cap: u64) {
    let settings = Settings {
        open_enrolment: Some(cap),
        ..store.settings().await.unwrap()
    };
    store.set_settings(settings).await.unwrap();
}

/// Somebody new by open enrolment, at a stage.
pub async fn newcomer(store: &Store, stage: Stage) -> (u64, Token) {
    let session = Token::random();
    let enrolled = store.enrol(Enrolment::Open, session.hash(), [1; 32]).await.unwrap();
    let Enrolled::New { participant } = enrolled else {
        panic!("{enrolled:?}");
    };
    store.advance(participant, stage).await.unwrap();
    (participant, session)
}

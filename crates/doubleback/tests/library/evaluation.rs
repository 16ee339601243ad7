//! What evaluations promise: an image fares the same in whatever company it is attacked, and an interrupted evaluation goes on to the same bits.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::{Device, Tensor, TensorData};
use doubleback::attack::{Attack, AttackSpec, Example, Fgsm, Ifgsm, Jsma, JsmaSpec, MiFgsm, Norm, PgdSpec};
use doubleback::data::{Bounds, Dataset, ImageShape, Split};
use doubleback::evaluate::{
    Chosen, EightBit, Identity, Named, Sample, TestSet, Transfer, Unfinished, WhiteBox, WhiteBoxEvaluation,
    save_pictures,
};
use doubleback::nn::{Classifier, Network, Pool, Pullback, paper_cnn, predictions};
use doubleback::progress::Progress;
use doubleback::{Error, Result};
use doubleback_test_device::test_device;

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 8,
    width: 8,
};
const CLASSES: usize = 4;
/// More than a batch.
const IMAGES: usize = 300;

fn dataset() -> Dataset {
    // 8-bit values without a pattern that the classes share.
    let pixel = |i: usize| (i.wrapping_mul(2_654_435_761) >> 7) % 256;
    let pixels = (0..IMAGES * SHAPE.len()).map(|i| pixel(i) as f32 / 255.0).collect();
    let labels = (0..IMAGES as u32).map(|i| i * i % CLASSES as u32).collect();
    let test = Split::new(pixels, labels, SHAPE).unwrap();
    let classes = ["cat", "cow", "dog", "a/b"].map(String::from).to_vec();
    let empty = || Split::empty(SHAPE);
    Dataset::new("tiny", classes, SHAPE, Bounds::UNIT, empty(), empty(), test).unwrap()
}

fn network(seed: u64, device: &Device) -> Network {
    Network::new(paper_cnn(SHAPE, Bounds::UNIT, CLASSES, Pool::Max), seed, device).unwrap()
}

/// Every attack of the table, short, and each of the ways in which one draws or chooses.
fn attacks() -> Vec<AttackSpec> {
    let pgd = PgdSpec {
        steps: 3,
        ..PgdSpec::default()
    };
    let jsma = JsmaSpec {
        jsma: Jsma {
            gamma: 0.1,
            ..Jsma::default()
        },
        ..JsmaSpec::default()
    };
    let attacks = vec![
        AttackSpec::Fgsm(Fgsm::default()),
        AttackSpec::named("tgsm").unwrap(),
        AttackSpec::Ifgsm(Ifgsm {
            steps: 3,
            ..Ifgsm::default()
        }),
        AttackSpec::named("itgsm").unwrap(),
        AttackSpec::MiFgsm(MiFgsm {
            steps: 3,
            ..MiFgsm::default()
        }),
        AttackSpec::Pgd(pgd),
        AttackSpec::Pgd(PgdSpec {
            norm: Norm::L2,
            restarts: 3,
            seed: 5,
            ..pgd
        }),
        AttackSpec::Jsma(jsma),
        short("bim", &[("steps", 3)]),
        short("apgd-ce", &[("steps", 6), ("restarts", 2)]),
        short("apgd-dlr", &[("steps", 6)]),
        short("apgd-t", &[("steps", 6), ("targets", 2)]),
        short("square", &[("queries", 20)]),
        short("fab", &[("steps", 4)]),
        short("fab-t", &[("steps", 4), ("targets", 2)]),
        short("deepfool", &[("steps", 4)]),
        short("ddn", &[("steps", 12)]),
        short("fmn", &[("steps", 12)]),
        short("cw-l2", &[("steps", 10), ("searches", 3)]),
    ];
    for spec in AttackSpec::all() {
        assert!(
            attacks.iter().any(|of| of.name() == spec.name()),
            "{} is missing",
            spec.name()
        );
    }
    attacks
}

fn short(name: &str, options: &[(&str, u64)]) -> AttackSpec {
    let options = options.iter().map(|&(name, value)| (name.to_owned(), value.into()));
    AttackSpec::with_options(name, &options.collect()).unwrap()
}

fn eps(attack: &Attack) -> &'static [f64] {
    if attack.takes_eps() { &[0.05, 0.3] } else { &[] }
}

fn evaluation<'a>(
    model: &'a dyn Classifier,
    dataset: &'a Dataset,
    test: TestSet<'a>,
    attack: &'a Attack,
) -> WhiteBoxEvaluation<'a> {
    WhiteBoxEvaluation {
        model: Named { name: "model", model },
        dataset: &dataset.name,
        classes: &dataset.classes,
        test,
        attack,
        eps: eps(attack),
        eight_bit: EightBit::of(dataset),
    }
}

fn bits(example: &Example<'_>) -> (Vec<u32>, usize, Option<usize>, bool) {
    let pixels = example.pixels.iter().map(|pixel| pixel.to_bits()).collect();
    (pixels, example.prediction, example.prediction_8bit, example.success)
}

/// Image 57 has the same start, the same steps and the same end in a sample as among all.
#[test]
fn an_image_fares_the_same_in_a_sample_as_among_all() {
    let (device, dataset) = (test_device(), dataset());
    let model = network(1, &device);
    let sample = Sample::stratified(dataset.test.labels(), 41, 2);
    let all = TestSet {
        split: &dataset.test,
        shape: SHAPE,
        chosen: Chosen::ALL,
        device: &device,
    };
    let some = TestSet {
        chosen: Chosen::Sample(&sample),
        ..all
    };
    for spec in attacks() {
        let attack = spec.attack().unwrap();
        let run = |test| {
            evaluation(&model, &dataset, test, &attack)
                .run_with_examples(None, &mut ())
                .unwrap()
        };
        let ((of_all, among_all), (of_some, in_sample)) = (run(all), run(some));
        assert_eq!(of_some.index.as_deref(), Some(sample.indices()));
        assert_eq!((of_some.sample_seed, of_some.count, of_all.index), (Some(2), 41, None));
        for (among_all, in_sample) in among_all.iter().zip(&in_sample) {
            for example in in_sample.iter() {
                let same = among_all.iter().nth(example.index).unwrap();
                assert_eq!(same.label, example.label);
                assert!(
                    bits(&same) == bits(&example),
                    "{}: image {}",
                    spec.name(),
                    example.index
                );
            }
        }
    }
}

/// A model that counts how often it is asked.
struct Counting<'a> {
    model: &'a Network,
    asked: AtomicUsize,
}

impl Classifier for Counting<'_> {
    fn classes(&self) -> usize {
        self.model.classes()
    }

    fn shape(&self) -> ImageShape {
        self.model.shape()
    }

    fn bounds(&self) -> Bounds {
        self.model.bounds()
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.model.logits(images)
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.model.logits_with_pullback(images)
    }
}

fn identity() -> Identity {
    Identity::from([("attack".to_owned(), "pgd".to_owned())])
}

#[test]
fn an_interrupted_attack_goes_on_to_the_same_bits() {
    let (device, dataset, folder) = (test_device(), dataset(), tempfile::tempdir().unwrap());
    let network = network(1, &device);
    let model = Counting {
        model: &network,
        asked: AtomicUsize::new(0),
    };
    let asked = || model.asked.swap(0, Ordering::Relaxed);
    let test = TestSet {
        split: &dataset.test,
        shape: SHAPE,
        chosen: Chosen::ALL,
        device: &device,
    };
    let attack = attacks()[6].attack().unwrap();
    let evaluation = evaluation(&model, &dataset, test, &attack);
    let whole = evaluation.run_with_examples(None, &mut ()).unwrap();
    let of_whole = asked();

    let work = folder.path().join("out.npz.work");
    let open = || Unfinished::open(&work, identity()).unwrap();
    let mut breaks = |_: Progress| ControlFlow::Break(());
    let interrupted = evaluation.run_with_examples(Some(&mut open()), &mut breaks);
    assert!(matches!(interrupted, Err(Error::Interrupted)));
    let of_first = asked();
    assert!(of_first < of_whole, "{of_first} of {of_whole}");

    let mut kept = open();
    assert!(kept.is_begun());
    let resumed = evaluation.run_with_examples(Some(&mut kept), &mut ()).unwrap();
    assert_eq!(asked(), of_whole - of_first);
    assert_eq!(json(&resumed.0), json(&whole.0));
    for (one, other) in resumed.1.iter().zip(&whole.1) {
        assert!(one.iter().map(|e| bits(&e)).eq(other.iter().map(|e| bits(&e))));
    }

    // A part that lost its examples is made again.
    std::fs::write(work.join("part-0000000.f32"), "").unwrap();
    let again = evaluation.run_with_examples(Some(&mut kept), &mut ()).unwrap();
    assert_eq!((asked(), json(&again.0)), (of_first, json(&whole.0)));
    kept.remove().unwrap();
    assert!(!work.exists());
}

fn json(results: &WhiteBox) -> String {
    serde_json::to_string(results).unwrap()
}

#[test]
fn an_interrupted_transfer_goes_on_to_the_same_numbers() {
    let (device, dataset, folder) = (test_device(), dataset(), tempfile::tempdir().unwrap());
    let networks = [1, 2].map(|seed| network(seed, &device));
    let named = ["a", "b"].into_iter().zip(&networks);
    let named: Vec<Named<'_>> = named.map(|(name, model)| Named { name, model }).collect();
    let test = TestSet {
        split: &dataset.test,
        shape: SHAPE,
        chosen: Chosen::ALL,
        device: &device,
    };
    let attack = attacks()[5].attack().unwrap();
    // At eps 0 all models are asked for the same predictions again.
    let eps = [0.0, 0.2];
    let run = |kept: Option<&mut Unfinished>, stop_at: usize| {
        let mut watch = |progress: Progress| match progress.step >= stop_at {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        Transfer::new(&named, &test).all(&attack, &eps, &dataset.classes, kept, &mut watch)
    };
    let whole = run(None, usize::MAX).unwrap();
    let counts = Transfer::new(&named, &test).run(&attack, named[1], &eps).unwrap();
    let cells: Vec<_> = whole.entries[4..].iter().map(|entry| entry.cell.clone()).collect();
    assert_eq!(counts.cells(), cells);
    for entry in &whole.entries {
        assert_eq!(entry.confusion.images(), IMAGES);
        let right: f64 = entry.per_class.iter().map(|of| of.accuracy * of.count as f64).sum();
        assert!((right / IMAGES as f64 - entry.cell.accuracy).abs() < 1e-9);
    }

    let mut kept = Unfinished::open(&folder.path().join("work"), identity()).unwrap();
    for stop_at in [256, 300, 556] {
        assert!(matches!(run(Some(&mut kept), stop_at), Err(Error::Interrupted)));
    }
    assert_eq!(run(Some(&mut kept), usize::MAX).unwrap(), whole);
}

/// What stands in the pictures is what `accuracy_8bit` is of.
#[test]
fn pictures_hold_the_examples_that_were_evaluated() {
    let (device, dataset, folder) = (test_device(), dataset(), tempfile::tempdir().unwrap());
    let model = network(1, &device);
    let sample = Sample::stratified(dataset.test.labels(), 30, 0);
    let test = TestSet {
        split: &dataset.test,
        shape: SHAPE,
        chosen: Chosen::Sample(&sample),
        device: &device,
    };
    let attack = attacks()[6].attack().unwrap();
    let (results, examples) = evaluation(&model, &dataset, test, &attack)
        .run_with_examples(None, &mut ())
        .unwrap();
    let (out, draft) = (folder.path().join("pictures"), folder.path().join("draft"));
    std::fs::create_dir(&draft).unwrap();
    save_pictures(&out, &draft, &results, &examples, EightBit::of(&dataset).unwrap()).unwrap();
    assert!(!draft.exists());

    let read = |path: &serde_json::Value| -> Vec<u8> {
        let picture = image::open(out.join(path.as_str().unwrap())).unwrap();
        assert_eq!((picture.width(), picture.height()), (8, 8));
        picture.to_luma8().into_raw()
    };
    let pixels = |bytes: Vec<u8>| {
        bytes
            .into_iter()
            .map(|byte| f32::from(byte) / 255.0)
            .collect::<Vec<f32>>()
    };
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap();
    let images = manifest["images"].as_array().unwrap();
    assert_eq!(images.len(), 30);
    let mut right = [0; 2];
    for entry in images {
        let index = entry["index"].as_u64().unwrap() as usize;
        assert_eq!(pixels(read(&entry["original"])), dataset.test.image(index));
        let label = dataset.test.labels()[index];
        assert_eq!(entry["class"], dataset.classes[label as usize].as_str());
        for (place, example) in entry["examples"].as_array().unwrap().iter().enumerate() {
            let data = TensorData::new(pixels(read(&example["example"])), [1, 1, 8, 8]);
            let logits = model.logits(Tensor::from_data(data, &device)).unwrap();
            let found = predictions(&logits).unwrap()[0];
            assert_eq!(example["prediction_8bit"], found as u64);
            right[place] += usize::from(found == label as usize);
            let gray = read(&example["perturbation"])
                .into_iter()
                .filter(|&byte| byte == 128)
                .count();
            assert!(gray < SHAPE.len());
        }
    }
    for (row, right) in results.results.iter().zip(right) {
        assert_eq!(row.accuracy_8bit, Some(right as f64 / 30.0));
    }
}

//! Attacks on images that are read when their turn comes: the same as on all at once, and as an audit's, whatever is kept on the way.

use std::cell::RefCell;
use std::ops::ControlFlow;

use burn::tensor::{Tensor, TensorData};
use doubleback::attack::{AttackSpec, Goal, Norm};
use doubleback::audit::{AuditRun, Plan, Shard, Suite};
use doubleback::data::{Bounds, ImageShape, Split};
use doubleback::evaluate::{Chosen, Identity, ImageAttacks, ImageSource, Named, TestSet, Unfinished};
use doubleback::nn::{FromFunction, to_vec};
use doubleback::progress::Progress;
use doubleback::{Error, Result};
use doubleback_test_device::test_device;
use serde_json::Map;

const CLASSES: usize = 4;
const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 2,
    width: 2,
};

/// Each pixel is the logit of a class, doubled.
fn model() -> FromFunction<'static> {
    FromFunction::new(SHAPE, Bounds::UNIT, CLASSES, |x: Tensor<4>| {
        x.reshape([-1, CLASSES as i32]) * 2.0
    })
}

/// The class is ahead by 0 to 0.6; every tenth image is of another class.
fn images(count: usize) -> (Vec<f32>, Vec<usize>) {
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for image in 0..count {
        let class = image % CLASSES;
        let ahead = 0.6 * (image * 37 % 101) as f32 / 101.0;
        pixels.extend((0..CLASSES).map(|pixel| 0.2 + 0.01 * pixel as f32 + if pixel == class { ahead } else { 0.0 }));
        labels.push(if image % 10 == 9 { (class + 1) % CLASSES } else { class });
    }
    (pixels, labels)
}

/// Remembers what was read.
struct Remembering<'a> {
    pixels: &'a [f32],
    read: RefCell<Vec<Vec<usize>>>,
}

impl<'a> Remembering<'a> {
    fn new(pixels: &'a [f32]) -> Self {
        let read = RefCell::default();
        Self { pixels, read }
    }
}

impl ImageSource for Remembering<'_> {
    fn count(&self) -> usize {
        self.pixels.len() / CLASSES
    }

    fn read(&self, places: &[usize]) -> Result<Tensor<4>> {
        self.read.borrow_mut().push(places.to_vec());
        let rows = places.iter().map(|&place| place * CLASSES..(place + 1) * CLASSES);
        let values: Vec<f32> = rows.flat_map(|row| self.pixels[row].to_vec()).collect();
        Ok(Tensor::from_data(
            TensorData::new(values, [places.len(), 1, 2, 2]),
            &test_device(),
        ))
    }
}

fn identity() -> Identity {
    Identity::from([("attack".to_owned(), "some".to_owned())])
}

#[test]
fn one_attack_is_the_same_as_on_all_at_once() {
    let (model, (pixels, labels)) = (model(), images(300));
    let source = Remembering::new(&pixels);
    let attack = AttackSpec::named("fgsm").unwrap().attack().unwrap();
    let attacks = ImageAttacks {
        model: &model,
        images: &source,
        labels: &labels,
    };
    let found = attacks.one(&attack, Some(0.1), None, None, &mut ()).unwrap();
    let sizes: Vec<usize> = source.read.borrow().iter().map(Vec::len).collect();
    assert_eq!(sizes, [256, 44]);

    let all: Vec<usize> = (0..300).collect();
    let goal = Goal::AwayFrom(labels.clone());
    let whole = attack
        .run_to(&model, &source.read(&all).unwrap(), &goal, &[0.1])
        .unwrap();
    let example = &whole.by_eps[0];
    assert_eq!(found.examples, to_vec(example.images.clone()).unwrap());
    assert_eq!(
        (&found.predictions, &found.success),
        (&example.predictions, &example.success)
    );
    assert_eq!(
        (&found.linf, &found.gradients),
        (&example.linf, &example.cost.gradients)
    );
    assert!(found.success.contains(&true) && found.success.contains(&false) && found.distance.is_empty());

    let targets: Vec<usize> = labels.iter().map(|label| (label + 2) % CLASSES).collect();
    let aimed = attacks.one(&attack, Some(0.3), Some(&targets), None, &mut ()).unwrap();
    let reached: Vec<bool> = aimed.predictions.iter().zip(&targets).map(|(a, b)| a == b).collect();
    assert_eq!(aimed.success, reached);
    let few = attacks
        .one(&attack, Some(0.1), Some(&targets[1..]), None, &mut ())
        .unwrap_err();
    assert_eq!(few.to_string(), "labels: expected 300, found 299");
    let unknown = attacks
        .one(&attack, Some(0.1), Some(&[CLASSES; 300]), None, &mut ())
        .unwrap_err();
    assert_eq!(unknown.to_string(), "label: 4 is not below the 4 classes of the model");
}

#[test]
fn attacks_in_turn_break_what_an_audit_breaks() {
    let (model, (pixels, labels)) = (model(), images(300));
    let source = Remembering::new(&pixels);
    let names = ["fgsm", "apgd-ce", "fab"].map(str::to_owned);
    let plan = Plan::new(Suite::Custom, &names, &Map::new(), Norm::Linf, 0.1, 0, &model).unwrap();
    let attacks = ImageAttacks {
        model: &model,
        images: &source,
        labels: &labels,
    };
    let found = plan.attack(&attacks, None, &mut ()).unwrap();

    let split = Split::new(
        pixels.clone(),
        labels.iter().map(|&label| label as u32).collect(),
        SHAPE,
    )
    .unwrap();
    let device = test_device();
    let audit = AuditRun {
        model: Named {
            name: "model",
            model: &model,
        },
        test: TestSet {
            split: &split,
            shape: SHAPE,
            chosen: Chosen::ALL,
            device: &device,
        },
        plan: &plan,
        eight_bit: None,
        shard: Shard::WHOLE,
        surrogate: None,
        budget: None,
    };
    let measured = audit.run(None, &mut ()).unwrap();
    let mut kinds = [0; 3];
    for (place, record) in measured.records.iter().enumerate() {
        assert_eq!(found.success[place], !record.stands(), "image {place}");
        let spent: usize = record.trials.iter().map(|trial| trial.gradients).sum();
        assert_eq!(found.gradients[place], spent, "image {place}");
        let example = &found.examples[place * CLASSES..(place + 1) * CLASSES];
        let original = &pixels[place * CLASSES..(place + 1) * CLASSES];
        let misclassified = record.clean != Some(labels[place]);
        if misclassified || record.stands() {
            assert_eq!((example, found.linf[place]), (original, 0.0), "image {place}");
            kinds[usize::from(misclassified)] += 1;
        } else {
            assert_eq!(
                (record.prediction, record.linf),
                (Some(found.predictions[place]), Some(found.linf[place]))
            );
            assert!(found.linf[place] > 0.0 && found.linf[place] <= 0.1 + 1e-6);
            kinds[2] += 1;
        }
    }
    assert!(kinds.iter().all(|&kind| kind > 9), "{kinds:?}");
}

#[test]
fn what_was_interrupted_goes_on_and_damage_is_made_again() {
    let (model, (pixels, labels)) = (model(), images(600));
    let attack = AttackSpec::named("pgd").unwrap().attack().unwrap();
    let run = |source: &Remembering<'_>, kept: &mut Unfinished, last: usize| {
        let attacks = ImageAttacks {
            model: &model,
            images: source,
            labels: &labels,
        };
        let mut watch = |progress: Progress| match progress.step >= last {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        attacks.one(&attack, Some(0.1), None, Some(kept), &mut watch)
    };
    let here = tempfile::tempdir().unwrap();
    let folder = here.path().join("work");
    let mut kept = Unfinished::open(&folder, identity()).unwrap();
    let stopped = run(&Remembering::new(&pixels), &mut kept, 512);
    assert!(matches!(stopped, Err(Error::Interrupted)));
    drop(kept);

    // Two of three batches are there, of which one is damaged.
    std::fs::write(folder.join("part-pgd-0000256.f32"), [0; 8]).unwrap();
    let source = Remembering::new(&pixels);
    let mut kept = Unfinished::open(&folder, identity()).unwrap();
    let found = run(&source, &mut kept, usize::MAX).unwrap();
    let firsts: Vec<usize> = source.read.borrow().iter().map(|places| places[0]).collect();
    assert_eq!(firsts, [256, 512]);
    kept.remove().unwrap();
    let mut none = Unfinished::open(&here.path().join("other"), identity()).unwrap();
    assert_eq!(found, run(&Remembering::new(&pixels), &mut none, usize::MAX).unwrap());
}

#[test]
fn an_identity_tells_calls_apart() {
    let (model, (pixels, labels)) = (model(), images(20));
    let source = Remembering::new(&pixels);
    let attacks = ImageAttacks {
        model: &model,
        images: &source,
        labels: &labels,
    };
    let of = |attacks: &ImageAttacks<'_>, attack: &str, targets: Option<&[usize]>| {
        attacks.identity(None, attack.to_owned(), targets).unwrap()
    };
    let first = of(&attacks, "fgsm", None);
    assert_eq!(first, of(&attacks, "fgsm", None));
    assert_ne!(first, of(&attacks, "pgd", None));
    assert_ne!(first, of(&attacks, "fgsm", Some(&labels)));
    let mut others = pixels.clone();
    others[79] += 0.1;
    let changed = Remembering::new(&others);
    let changed = ImageAttacks {
        images: &changed,
        ..attacks
    };
    assert_ne!(first["images"], of(&changed, "fgsm", None)["images"]);
    let steeper = FromFunction::new(SHAPE, Bounds::UNIT, CLASSES, |x: Tensor<4>| {
        x.reshape([-1, CLASSES as i32]) * 3.0
    });
    let steeper = ImageAttacks {
        model: &steeper,
        ..attacks
    };
    assert_ne!(first["model"], of(&steeper, "fgsm", None)["model"]);
}

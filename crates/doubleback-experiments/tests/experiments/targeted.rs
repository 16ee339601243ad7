//! Targeted attacks towards every class: the figures agree with the attacks run one by one.

use burn::tensor::{Tensor, TensorData};
use doubleback::attack::{Attack, Goal, Ifgsm, Jsma, Target, run, run_minimal};
use doubleback::data::{Bounds, ImageShape, Split};
use doubleback::evaluate::{Chosen, Named, TestSet, Transfer};
use doubleback::nn::{Classifier, FromFunction, predictions, to_vec};
use doubleback::statistics::wilson;
use doubleback_experiments::reproduce::{TargetedAttack, TargetedGrid, targeted, targeted_grid};
use doubleback_experiments::{ALL_PAIRS_UP_TO, PAIRS};
use doubleback_test_device::test_device;

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 2,
    width: 4,
};
const VALUES: usize = 8;
const CLASSES: usize = 3;

fn tensor<const D: usize>(values: &[f32], dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), &test_device())
}

fn linear(seed: f32) -> FromFunction<'static> {
    let weight: Vec<f32> = (0..VALUES * CLASSES).map(|i| (seed * (i + 1) as f32).sin()).collect();
    let weight = tensor(&weight, [VALUES, CLASSES]);
    FromFunction::new(SHAPE, Bounds::UNIT, CLASSES, move |x: Tensor<4>| {
        x.reshape([-1, VALUES as i32]).matmul(weight.clone())
    })
}

/// Seven images: four of class 0, two of class 1, one of class 2, not in order.
fn split() -> Split {
    let pixels = (0..7 * VALUES).map(|i| (i * 37 % 100) as f32 / 100.0).collect();
    Split::new(pixels, vec![1, 0, 0, 2, 0, 1, 0], SHAPE).unwrap()
}

fn attacks() -> [TargetedAttack; 2] {
    let jsma = Jsma {
        gamma: 0.75,
        ..Jsma::default()
    };
    let attack = Ifgsm {
        steps: 3,
        ..Ifgsm::default()
    };
    [TargetedAttack::Jsma(jsma), TargetedAttack::Itgsm { attack, eps: 0.2 }]
}

/// The example of one image, and how many of its values changed.
fn one(attack: &TargetedAttack, model: &dyn Classifier, image: &[f32], target: usize) -> (Vec<f32>, f32) {
    let image = tensor(image, [1, 1, 2, 4]);
    let goal = Goal::Towards(vec![target]);
    let attacked = match *attack {
        TargetedAttack::Jsma(jsma) => run_minimal(model, &jsma, &image, &goal),
        TargetedAttack::Itgsm { attack, eps } => run(model, &attack, &image, &goal, &[eps]),
    };
    let example = &attacked.unwrap().by_eps[0];
    (to_vec(example.images.clone()).unwrap(), example.l0[0])
}

fn class(model: &dyn Classifier, image: &[f32]) -> usize {
    predictions(&model.logits(tensor(image, [1, 1, 2, 4])).unwrap()).unwrap()[0]
}

#[test]
fn figures_are_those_of_the_attacks_one_by_one() {
    let (first, second, split, device) = (linear(1.0), linear(2.0), split(), test_device());
    let models = [
        Named {
            name: "first",
            model: &first,
        },
        Named {
            name: "second",
            model: &second,
        },
    ];
    let test = TestSet {
        split: &split,
        shape: SHAPE,
        chosen: Chosen::First(7),
        device: &device,
    };
    for attack in attacks() {
        let found = targeted(&attack, models[0], &models, &test, 3).unwrap();
        // The first three of class 0 and all of the others.
        let places = [vec![1, 2, 4], vec![0, 5], vec![3]];
        assert_eq!((found.images, found.pairs), (6, 12));
        let (mut successes, mut taken, mut changed) = (0, 0, 0.0);
        for (source, places) in places.iter().enumerate() {
            for target in 0..CLASSES {
                if source == target {
                    assert_eq!(found.by_class[source][target], None);
                    continue;
                }
                let mut reached = 0;
                for &place in places {
                    let (example, l0) = one(&attack, &first, &split.image(place), target);
                    reached += usize::from(class(&first, &example) == target);
                    taken += usize::from(class(&second, &example) == target);
                    changed += f64::from(l0);
                }
                assert_eq!(
                    found.by_class[source][target],
                    Some(reached as f64 / places.len() as f64)
                );
                successes += reached;
            }
        }
        assert!(successes > 0, "a test that finds nothing tests nothing");
        assert_eq!(found.success, successes as f64 / 12.0);
        assert_eq!((found.low, found.high), wilson(successes, 12));
        assert_eq!(found.mean_changed, changed / 12.0);
        assert_eq!(found.taken_for_target.len(), 1);
        assert_eq!(
            (&*found.taken_for_target[0].model, found.taken_for_target[0].share),
            ("second", taken as f64 / 12.0)
        );
        assert_eq!(
            (found.steps, found.step_size),
            if found.attack == "jsma" { (3, 1.0) } else { (3, 0.2) }
        );
        assert!(targeted(&attack, models[0], &models, &test, 0).is_err());
    }
}

#[test]
fn grids_have_every_class_as_target_and_the_images_on_the_diagonal() {
    let (model, split, device) = (linear(1.0), split(), test_device());
    let named = Named {
        name: "model",
        model: &model,
    };
    let test = TestSet {
        split: &split,
        shape: SHAPE,
        chosen: Chosen::First(7),
        device: &device,
    };
    for attack in attacks() {
        let grid = targeted_grid(&attack, named, &test).unwrap();
        let order: Vec<(usize, usize)> = grid.cells.iter().map(|cell| (cell.source, cell.target)).collect();
        let expected: Vec<(usize, usize)> = (0..CLASSES).flat_map(|s| (0..CLASSES).map(move |t| (s, t))).collect();
        assert_eq!(order, expected);
        for cell in &grid.cells {
            assert_eq!(cell.index, [1, 0, 3][cell.source]);
            let original = split.image(cell.index);
            let changed = cell.pixels.iter().zip(&original).filter(|(a, b)| a != b).count();
            assert_eq!((cell.changed, cell.prediction), (changed, class(&model, &cell.pixels)));
            assert_eq!(cell.success, cell.prediction == cell.target);
            if cell.source == cell.target {
                assert_eq!(cell.pixels, original);
            } else {
                assert_eq!(cell.pixels, one(&attack, &model, &original, cell.target).0);
            }
            let steps = if attack.name() == "itgsm" && cell.source != cell.target {
                3
            } else {
                0
            };
            assert_eq!(cell.frames.len(), steps);
            if let Some(last) = cell.frames.last() {
                let bytes: Vec<u8> = cell.pixels.iter().map(|p| (p * 255.0).round() as u8).collect();
                assert_eq!(last.bytes, bytes);
            }
        }
        let json = serde_json::to_string(&grid).unwrap();
        assert_eq!(serde_json::from_str::<TargetedGrid>(&json).unwrap(), grid);
    }
    // Only class 0 and 1 are among the first three.
    let few = TestSet {
        chosen: Chosen::First(3),
        ..test
    };
    let grid = targeted_grid(&attacks()[0], named, &few).unwrap();
    assert_eq!(grid.cells.len(), 2 * CLASSES);
    let found = targeted(&attacks()[0], named, &[named], &few, 1).unwrap();
    assert_eq!((found.pairs, &found.by_class[2]), (4, &vec![None; CLASSES]));
}

#[test]
fn transfers_of_attacks_without_eps_are_counted() {
    let (first, second, split, device) = (linear(1.0), linear(2.0), split(), test_device());
    let models = [
        Named {
            name: "first",
            model: &first,
        },
        Named {
            name: "second",
            model: &second,
        },
    ];
    let test = TestSet {
        split: &split,
        shape: SHAPE,
        chosen: Chosen::First(7),
        device: &device,
    };
    let jsma = Jsma {
        gamma: 0.75,
        ..Jsma::default()
    };
    let attack = Attack::minimal("jsma", jsma).towards(Target::Next);
    let counts = Transfer::new(&models, &test).run(&attack, models[1], &[]).unwrap();
    assert_eq!((counts.eps.as_slice(), counts.right.len()), (&[1.0][..], 1));
    let attack = TargetedAttack::Jsma(jsma);
    let mut right = [0, 0];
    for place in 0..7 {
        let label = split.labels()[place] as usize;
        let (example, _) = one(&attack, &second, &split.image(place), (label + 1) % CLASSES);
        right[0] += usize::from(class(&first, &example) == label);
        right[1] += usize::from(class(&second, &example) == label);
    }
    assert_eq!(counts.right[0], right);
}

/// Work grows with the images and not with the square of the classes: of a thousand classes a fixed sample of pairs is attacked, and 20 are drawn.
#[test]
fn of_many_classes_a_sample_stands_for_all_pairs() {
    const MANY: usize = 1000;
    let device = test_device();
    let weight: Vec<f32> = (0..VALUES * MANY).map(|i| ((i + 1) as f32 * 0.7).sin()).collect();
    let weight = tensor(&weight, [VALUES, MANY]);
    let model = FromFunction::new(SHAPE, Bounds::UNIT, MANY, move |x: Tensor<4>| {
        x.reshape([-1, VALUES as i32]).matmul(weight.clone())
    });
    let pixels = (0..MANY * VALUES).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
    let split = Split::new(pixels, (0..MANY as u32).rev().collect(), SHAPE).unwrap();
    let test = TestSet {
        split: &split,
        shape: SHAPE,
        chosen: Chosen::First(MANY),
        device: &device,
    };
    let named = Named {
        name: "model",
        model: &model,
    };
    let attack = attacks()[1];
    let found = targeted(&attack, named, &[named], &test, 5).unwrap();
    let sample = found.sample.unwrap();
    assert_eq!(
        (sample.drawn, sample.of, sample.all_up_to),
        (PAIRS, MANY * (MANY - 1), ALL_PAIRS_UP_TO)
    );
    // One image a class is all there is.
    assert_eq!((found.pairs, found.by_class.len()), (PAIRS, 0));
    assert!(found.images > 250 && found.images <= PAIRS, "{}", found.images);
    assert_eq!(
        (found.low, found.high),
        wilson((found.success * PAIRS as f64).round() as usize, PAIRS)
    );

    let grid = targeted_grid(&attack, named, &test).unwrap();
    assert_eq!(grid.cells.len(), ALL_PAIRS_UP_TO * ALL_PAIRS_UP_TO);
    let row: Vec<usize> = grid.cells[..ALL_PAIRS_UP_TO].iter().map(|cell| cell.target).collect();
    for (place, cells) in grid.cells.chunks(ALL_PAIRS_UP_TO).enumerate() {
        assert!(cells.iter().map(|cell| cell.target).eq(row.iter().copied()));
        assert!(
            cells
                .iter()
                .all(|cell| cell.source == row[place] && cell.index == MANY - 1 - cell.source)
        );
    }
    for cell in grid.cells.iter().step_by(7).filter(|cell| cell.source != cell.target) {
        let (example, _) = one(&attack, &model, &split.image(cell.index), cell.target);
        assert_eq!((cell.prediction, cell.success), {
            let said = class(&model, &example);
            (said, said == cell.target)
        });
    }
    assert_eq!(
        targeted(&attack, named, &[named], &test, 5).unwrap(),
        found,
        "the sample is the same every time"
    );
}

//! The attacks of the standard ensemble where the answer is known in closed form, and what each of them keeps.

use burn::tensor::{Tensor, TensorData};
use doubleback::attack::{
    Apgd, ApgdLoss, Attack, AttackSpec, Attacked, BoundedAttack, CwL2, Ddn, DeepFool, Fab, Fmn, Goal, Metric,
    MinimalAttack, Norm, Square, run, run_minimal,
};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, FromFunction, Loss, Network, Pool, paper_cnn, to_vec};
use doubleback_test_device::test_device;
use serde_json::{Map, Value};

/// Those that look for the nearest example.
const MINIMAL: [&str; 4] = ["deepfool", "ddn", "cw-l2", "fmn"];
const NAMES: [&str; 7] = ["bim", "apgd-ce", "apgd-dlr", "apgd-t", "square", "fab", "fab-t"];

fn tensor<const D: usize>(values: &[f32], dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), &test_device())
}

fn line(width: usize) -> ImageShape {
    ImageShape {
        channels: 1,
        height: 1,
        width,
    }
}

/// Logits `w · x + b` and 0. From the middle of the box the boundary is 0.1 away in L2, 0.5 / 9 in L∞.
fn linear() -> FromFunction<'static> {
    let weight = tensor(&[1.0, 0.0, -2.0, 0.0, 2.0, 0.0, 4.0, 0.0], [4, 2]);
    let bias = tensor(&[-2.0, 0.0], [1, 2]);
    FromFunction::new(line(4), Bounds::UNIT, 2, move |x: Tensor<4>| {
        x.reshape([-1, 4]).matmul(weight.clone()) + bias.clone()
    })
}

fn middle() -> Tensor<4> {
    tensor(&[0.5; 4], [1, 1, 1, 4])
}

/// Two layers and classes whose boundaries bend; `far` more classes are out of the way.
fn two_layers(far: usize) -> FromFunction<'static> {
    let first = tensor(&[1.0, 1.0, -1.0, 1.0], [2, 2]);
    let shift = tensor(&[0.0, -0.5], [1, 2]);
    let rows = [[1.0, -2.0], [-1.0, 1.0], [0.5, 0.5]];
    let classes = 3 + far;
    let mut second = vec![0f32; 2 * classes];
    for (k, row) in rows.iter().enumerate() {
        (second[k], second[classes + k]) = (row[0], row[1]);
    }
    let mut bias = vec![-9.0; classes];
    bias[..3].copy_from_slice(&[0.5, 0.0, -0.2]);
    let (second, bias) = (tensor(&second, [2, classes]), tensor(&bias, [1, classes]));
    FromFunction::new(line(2), Bounds::UNIT, classes, move |x: Tensor<4>| {
        let hidden = x.reshape([-1, 2]).matmul(first.clone()) + shift.clone();
        hidden.clamp_min(0.0).matmul(second.clone()) + bias.clone()
    })
}

fn point() -> Tensor<4> {
    tensor(&[0.6, 0.3], [1, 1, 1, 2])
}

fn away(labels: &[usize]) -> Goal {
    Goal::AwayFrom(labels.to_vec())
}

fn success(model: &dyn Classifier, attack: &dyn BoundedAttack, images: &Tensor<4>, label: usize, eps: f64) -> bool {
    run(model, attack, images, &away(&[label]), &[eps]).unwrap().by_eps[0].success[0]
}

fn found(model: &dyn Classifier, attack: &dyn MinimalAttack, images: &Tensor<4>, label: usize) -> (Vec<f32>, [f32; 2]) {
    let attacked = run_minimal(model, attack, images, &away(&[label])).unwrap();
    let example = &attacked.by_eps[0];
    assert_eq!(example.success, [true]);
    (
        to_vec(example.images.clone()).unwrap(),
        [example.l2[0], example.linf[0]],
    )
}

fn near(found: &[f32], expected: &[f32], tolerance: f32) {
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= tolerance);
    assert!(close && found.len() == expected.len(), "{found:?} is not {expected:?}");
}

/// Successful just beyond the distance of the boundary, and not just before it.
#[test]
fn bounded_attacks_find_the_boundary() {
    let (linear, bent, wide) = (linear(), two_layers(0), two_layers(2));
    for (norm, of_linear, of_bent) in [(Norm::Linf, 0.5 / 9.0, 0.05 / 3.0), (Norm::L2, 0.1, 0.022_361)] {
        let with = |loss| Apgd {
            norm,
            loss,
            ..Apgd::default()
        };
        let dlr = with(ApgdLoss::Dlr);
        let targeted = with(ApgdLoss::CrossEntropy).targeted(9, 1).unwrap();
        let fab = Fab { norm, ..Fab::default() };
        let fab_t = Fab {
            targets: Some(9),
            ..fab
        };
        let square = Square {
            norm,
            queries: 300,
            ..Square::default()
        };
        let cases: [(&str, &dyn Classifier, &dyn BoundedAttack, bool); 8] = [
            ("apgd-ce linear", &linear, &with(ApgdLoss::CrossEntropy), true),
            ("fab linear", &linear, &fab, true),
            ("fab-t linear", &linear, &fab_t, true),
            ("apgd-dlr", &bent, &dlr, false),
            ("apgd-t", &wide, &targeted, false),
            ("fab", &bent, &fab, false),
            ("fab-t", &wide, &fab_t, false),
            ("square", &bent, &square, false),
        ];
        for (name, model, attack, of_four) in cases {
            let (images, label, distance) = if of_four {
                (middle(), 0, of_linear)
            } else {
                (point(), 2, of_bent)
            };
            // An image of one row has no bumps: what a random search finds in L2 is not the nearest.
            if name == "square" && norm == Norm::L2 {
                continue;
            }
            assert!(
                success(model, attack, &images, label, 1.008 * distance),
                "{name}, {norm}: nothing beyond"
            );
            assert!(
                !success(model, attack, &images, label, 0.992 * distance),
                "{name}, {norm}: an example before"
            );
        }
    }
}

/// One step of FAB goes 1.05 times the distance; from the second on it converges to 1.005213 times it.
#[test]
fn fab_finds_the_distances_of_its_authors_program() {
    for targets in [None, Some(9)] {
        let fab = |norm, steps| Fab {
            norm,
            steps,
            targets,
            ..Fab::default()
        };
        let (_, [l2, _]) = found(&linear(), &fab(Norm::L2, 1), &middle(), 0);
        near(&[l2], &[0.105], 1e-6);
        for steps in [2, 100] {
            let (_, [l2, _]) = found(&linear(), &fab(Norm::L2, steps), &middle(), 0);
            let (_, [_, linf]) = found(&linear(), &fab(Norm::Linf, steps), &middle(), 0);
            near(&[l2, linf], &[0.100_521_3, 0.055_845_2], 1e-6);
        }
        let (x, [l2, _]) = found(&two_layers(0), &fab(Norm::L2, 100), &point(), 2);
        near(&x, &[0.589_948, 0.320_104], 2e-6);
        near(&[l2], &[0.022_477], 1e-6);
        let (x, [l2, _]) = found(&two_layers(0), &fab(Norm::Linf, 100), &point(), 2);
        near(&x, &[0.583_246, 0.316_754], 2e-6);
        near(&[l2], &[0.023_693], 1e-6);
    }
}

#[test]
fn deepfool_goes_a_fiftieth_beyond_the_boundary() {
    let of = |norm| DeepFool {
        norm,
        ..DeepFool::default()
    };
    let (x, [l2, _]) = found(&linear(), &of(Norm::L2), &middle(), 0);
    near(&x, &[0.479_6, 0.540_8, 0.459_2, 0.418_4], 1e-6);
    near(&[l2], &[0.102], 1e-6);
    let (_, [_, linf]) = found(&linear(), &of(Norm::Linf), &middle(), 0);
    near(&[linf], &[1.02 * 0.5 / 9.0], 1e-6);
    let (x, [l2, _]) = found(&two_layers(0), &of(Norm::L2), &point(), 2);
    near(&x, &[0.589_8, 0.320_4], 1e-6);
    near(&[l2], &[0.022_808], 1e-6);
    // The last value has room for 0.05 and is worth most: the others make up for it.
    let edge = tensor(&[0.5, 0.5, 0.5, 0.05], [1, 1, 1, 4]);
    let model = linear();
    let label = doubleback::nn::predictions(&model.logits(edge.clone()).unwrap()).unwrap()[0];
    found(&model, &of(Norm::Linf), &edge, label);
}

/// Near the boundary, on the far side.
#[test]
fn ddn_comes_near() {
    let ddn = Ddn {
        steps: 1000,
        ..Ddn::default()
    };
    let (_, [l2, _]) = found(&linear(), &ddn, &middle(), 0);
    assert!((0.1..0.1015).contains(&l2), "{l2}");
}

/// The exact distance, to a part in a thousand; also from a corner of the box, where a sigmoid or a clipped gradient would not move.
#[test]
fn carlini_and_wagner_find_the_distance() {
    let cw = CwL2::default();
    let (_, [l2, _]) = found(&linear(), &cw, &middle(), 0);
    assert!((0.099_999..0.1001).contains(&l2), "{l2}");
    let (x, [l2, _]) = found(&two_layers(0), &cw, &point(), 2);
    assert!((0.022_36..0.0224).contains(&l2), "{l2}");
    near(&x, &[0.59, 0.32], 1e-3);
    // Here the logit of class 0 is 5, and its gradient has length 5.
    let corner = tensor(&[1.0, 0.0, 1.0, 1.0], [1, 1, 1, 4]);
    let (x, [l2, _]) = found(&linear(), &cw, &corner, 0);
    near(&[l2], &[1.0], 1e-3);
    near(&x, &[0.8, 0.4, 0.6, 0.2], 1e-3);
}

/// Only differences of logits count: neither a shift of all below zero nor a logarithm of a softmax hides the class that is to come ahead.
#[test]
fn carlini_and_wagner_take_log_probabilities_and_negative_logits() {
    let cw = CwL2 {
        steps: 200,
        ..CwL2::default()
    };
    let of = |change: fn(Tensor<2>) -> Tensor<2>| {
        let model = two_layers(0);
        let model = FromFunction::new(line(2), Bounds::UNIT, 3, move |x: Tensor<4>| {
            change(model.logits(x).unwrap())
        });
        found(&model, &cw, &point(), 2).1[0]
    };
    for length in [
        of(|logits| logits - 16.0),
        of(|logits| burn::tensor::activation::log_softmax(logits, 1)),
    ] {
        assert!((0.022_36..0.0226).contains(&length), "{length}");
    }
}

/// An image leaves a search by its own objective: the same steps alone and among others.
#[test]
fn carlini_and_wagner_stop_image_by_image() {
    let model = network();
    let labels = labels(&model);
    let attack = AttackSpec::with_options("cw-l2", &Map::from_iter([("steps".to_owned(), 40.into())]));
    let attack = attack.unwrap().attack().unwrap();
    let all = attack.run(&model, &images(), &labels, &[]).unwrap();
    let gradients = &all.by_eps[0].cost.gradients;
    // The fourth is misclassified as it is.
    assert_eq!(gradients[3], 0);
    assert!(
        gradients.iter().any(|&count| count > 0 && count != gradients[0]),
        "{gradients:?}"
    );
    for image in 0..N {
        let one = images().narrow(0, image, 1);
        let alone = attack.run(&model, &one, &labels[image..=image], &[]).unwrap();
        assert_eq!(alone.by_eps[0].cost.gradients[0], gradients[image]);
        assert!(bits(&alone, 0) == bits(&all, image), "image {image}");
    }
}

#[test]
fn confidence_is_how_far_the_other_class_is_ahead() {
    let confident = CwL2 {
        confidence: 0.5,
        ..CwL2::default()
    };
    let (x, [l2, _]) = found(&linear(), &confident, &middle(), 0);
    let logits = to_vec(linear().logits(tensor(&x, [1, 1, 1, 4])).unwrap()).unwrap();
    assert!(logits[1] - logits[0] >= 0.5, "{logits:?}");
    assert!((0.2..0.201).contains(&l2), "{l2}");
}

/// The exact distance in both norms, to a part in a thousand, from the inside of the box and from a corner.
#[test]
fn fmn_finds_the_distance() {
    for steps in [100, 1000] {
        let of = |norm: Norm| Fmn {
            norm: norm.into(),
            steps,
            ..Fmn::default()
        };
        let close = |found: f32, exact: f32| {
            assert!(
                (exact * 0.999_99..exact * 1.001).contains(&found),
                "{steps} steps: {found} is not {exact}"
            );
        };
        let (_, [l2, _]) = found(&linear(), &of(Norm::L2), &middle(), 0);
        close(l2, 0.1);
        let (_, [_, linf]) = found(&linear(), &of(Norm::Linf), &middle(), 0);
        close(linf, 0.5 / 9.0);
        let (_, [l2, _]) = found(&two_layers(0), &of(Norm::L2), &point(), 2);
        close(l2, 0.05 / 5f32.sqrt());
        let (_, [_, linf]) = found(&two_layers(0), &of(Norm::Linf), &point(), 2);
        close(linf, 0.05 / 3.0);
        let corner = tensor(&[1.0, 0.0, 1.0, 1.0], [1, 1, 1, 4]);
        let (_, [l2, _]) = found(&linear(), &of(Norm::L2), &corner, 0);
        close(l2, 1.0);
        let (_, [_, linf]) = found(&linear(), &of(Norm::Linf), &corner, 0);
        close(linf, 5.0 / 9.0);
    }
}

/// The first step ends where the boundary seems to be, which of a plane it is, but for rounding, and for the bounds, which cut some steps short: those that come to
/// lie before it must not stay there. Two of the images lie on it.
#[test]
fn fmn_does_not_stay_on_the_boundary() {
    let fmn = Fmn {
        steps: 30,
        ..Fmn::default()
    };
    let values: Vec<f32> = (0..200 * 4).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
    let images = tensor(&values, [200, 1, 1, 4]);
    let model = linear();
    let labels = doubleback::nn::predictions(&model.logits(images.clone()).unwrap()).unwrap();
    for norm in Metric::ALL {
        let attacked = run_minimal(&model, &Fmn { norm, ..fmn }, &images, &away(&labels)).unwrap();
        let fooled = attacked.by_eps[0].success.iter().filter(|&&success| success).count();
        assert_eq!(fooled, 200, "{norm}");
    }
}

/// One search answers for every epsilon, as its distances have it.
#[test]
fn nearest_examples_answer_for_epsilons() {
    let model = network();
    let labels = labels(&model);
    for name in MINIMAL {
        let attack = short(name, Norm::L2);
        let without = attack.run(&model, &images(), &labels, &[]).unwrap();
        let eps = [0.0, 0.01, 0.1, 1.0, 5.0];
        let within = attack.run(&model, &images(), &labels, &eps).unwrap();
        assert_eq!(without.distance, within.distance);
        assert_eq!(without.distance[3], Some(0.0));
        for (example, &eps) in within.by_eps.iter().zip(&eps) {
            assert!(example.l2.iter().all(|&length| f64::from(length) <= eps + 1e-6));
            for (&success, far) in example.success.iter().zip(&within.distance) {
                let near = far.is_some_and(|far| f64::from(far) <= eps);
                assert!(success || !near, "{name} at {eps}: {far:?}");
            }
        }
        for image in [0, 3, 6] {
            let one = images().narrow(0, image, 1);
            let alone = attack.run(&model, &one, &labels[image..=image], &[0.05]).unwrap();
            assert_eq!(alone.distance[0], within.distance[image], "{name}: image {image}");
        }
    }
}

#[test]
fn bim_goes_to_the_corner() {
    let options = Map::from_iter([("step_size".to_owned(), Value::from(0.02))]);
    let bim = AttackSpec::with_options("bim", &options).unwrap().attack().unwrap();
    let attacked = bim.run(&two_layers(0), &point(), &[2], &[0.1]).unwrap();
    near(&to_vec(attacked.by_eps[0].images.clone()).unwrap(), &[0.5, 0.2], 1e-6);
}

/// Where only the last pixel counts.
#[test]
fn squares_reach_the_last_row_and_column() {
    let shape = ImageShape {
        channels: 1,
        height: 9,
        width: 9,
    };
    let mut weight = vec![0f32; 81 * 2];
    weight[160] = 1.0;
    let weight = tensor(&weight, [81, 2]);
    let model = FromFunction::new(shape, Bounds::UNIT, 2, move |x: Tensor<4>| {
        (x.reshape([-1, 81]) - 0.4).matmul(weight.clone())
    });
    let images = tensor(&[0.5; 81], [1, 1, 9, 9]);
    for (norm, eps) in [(Norm::Linf, 0.11), (Norm::L2, 1.0)] {
        let square = Square {
            norm,
            ..Square::default()
        };
        assert!(success(&model, &square, &images, 0, eps), "{norm}");
    }
}

const SHAPE: ImageShape = ImageShape {
    channels: 2,
    height: 8,
    width: 9,
};
const N: usize = 7;

/// Some images, of which one has values at both bounds.
fn images() -> Tensor<4> {
    let mut values: Vec<f32> = (0..N * SHAPE.len()).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
    values[..SHAPE.len()]
        .iter_mut()
        .for_each(|value| *value = value.round());
    tensor(&values, [N, SHAPE.channels, SHAPE.height, SHAPE.width])
}

fn network() -> Network {
    Network::new(paper_cnn(SHAPE, Bounds::UNIT, 5, Pool::Max), 4, &test_device()).unwrap()
}

/// An attack, shortened.
fn short(name: &str, norm: Norm) -> Attack {
    let mut options = AttackSpec::named(name).unwrap().options().unwrap();
    for (option, value) in [("steps", 12), ("queries", 60), ("targets", 3)] {
        if options.contains_key(option) {
            options.insert(option.to_owned(), value.into());
        }
    }
    if options.contains_key("norm") {
        options.insert("norm".to_owned(), norm.name().into());
    }
    AttackSpec::with_options(name, &options).unwrap().attack().unwrap()
}

fn bits(attacked: &Attacked, image: usize) -> Vec<u32> {
    let of = |example: &doubleback::attack::Adversarial| {
        let one = example.images.clone().narrow(0, image, 1);
        to_vec(one).unwrap().into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    attacked.by_eps.iter().flat_map(of).collect()
}

/// Labels such that some images are taken for theirs.
fn labels(model: &dyn Classifier) -> Vec<usize> {
    let predicted = doubleback::nn::predictions(&model.logits(images()).unwrap()).unwrap();
    predicted
        .into_iter()
        .enumerate()
        .map(|(i, class)| if i == 3 { (class + 1) % 5 } else { class })
        .collect()
}

#[test]
fn examples_are_within_eps_and_no_weaker_than_the_images() {
    let model = network();
    let (labels, eps) = (labels(&model), [0.002, 0.02, 0.3]);
    let losses = |loss: Loss, images: Tensor<4>| loss.values(&model.logits(images).unwrap(), &labels).unwrap();
    for name in NAMES {
        for norm in Norm::ALL {
            let attacked = short(name, norm).run(&model, &images(), &labels, &eps).unwrap();
            let mut before = 0;
            for (example, &eps) in attacked.by_eps.iter().zip(&eps) {
                let lengths = match norm {
                    Norm::Linf => &example.linf,
                    Norm::L2 => &example.l2,
                };
                assert!(
                    lengths.iter().all(|&length| f64::from(length) <= eps + 1e-6),
                    "{name}, {norm}: {lengths:?}"
                );
                let values = to_vec(example.images.clone()).unwrap();
                assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
                let climbed = match name {
                    "apgd-ce" => Some(Loss::CrossEntropy),
                    "square" => Some(Loss::Margin),
                    _ => None,
                };
                if let Some(loss) = climbed {
                    let (after, before) = (losses(loss, example.images.clone()), losses(loss, images()));
                    let weaker = (0..N).find(|&i| !example.success[i] && after[i] < before[i]);
                    assert_eq!(weaker, None, "{name}, {norm}: {after:?} after {before:?}");
                }
                // One that is misclassified unperturbed stays so.
                assert!(example.success[3], "{name}, {norm}");
                let successes = example.success.iter().filter(|&&success| success).count();
                assert!(
                    successes >= before || name == "bim",
                    "{name}, {norm}: {successes} after {before}"
                );
                before = successes;
            }
            assert!(attacked.zero_gradient.iter().all(|&zero| !zero));
        }
    }
}

#[test]
fn an_image_fares_the_same_alone_and_with_others() {
    let model = network();
    let labels = labels(&model);
    for name in NAMES {
        for norm in Norm::ALL {
            let attack = short(name, norm);
            let all = attack.run(&model, &images(), &labels, &[0.02]).unwrap();
            for image in [0, 3, 6] {
                let one = images().narrow(0, image, 1);
                let alone = attack.run(&model, &one, &labels[image..=image], &[0.02]).unwrap();
                assert!(bits(&alone, 0) == bits(&all, image), "{name}, {norm}: image {image}");
                assert_eq!(alone.by_eps[0].cost.gradients[0], all.by_eps[0].cost.gradients[image]);
            }
        }
    }
}

#[test]
fn bits_are_the_same_with_one_and_two_threads() {
    let model = network();
    let labels = labels(&model);
    for name in NAMES.into_iter().chain(MINIMAL) {
        let of = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let attacked = pool.install(|| {
                short(name, Norm::L2)
                    .run(&model, &images(), &labels, &[0.02, 0.1])
                    .unwrap()
            });
            (0..N).flat_map(|image| bits(&attacked, image)).collect::<Vec<_>>()
        };
        assert!(of(1) == of(2), "{name}");
    }
}

/// A model whose gradient is zero everywhere: the attacks that follow it leave the image alone and say so.
#[test]
fn zero_gradients_are_said() {
    let bias = tensor(&[1.0, 0.0, -1.0, -2.0], [1, 4]);
    let model = FromFunction::new(line(4), Bounds::UNIT, 4, move |x: Tensor<4>| {
        x.reshape([-1, 4]) * 0.0 + bias.clone()
    });
    let following = ["apgd-ce", "apgd-dlr", "apgd-t", "fab", "fab-t"];
    for name in following.into_iter().chain(MINIMAL) {
        let attacked = short(name, Norm::Linf).run(&model, &middle(), &[0], &[0.1]).unwrap();
        assert_eq!(attacked.zero_gradient, [true], "{name}");
        assert_eq!(attacked.by_eps[0].success, [false], "{name}");
    }
}

/// What would underflow in f32 still has a direction.
#[test]
fn apgd_follows_the_cross_entropy_of_confident_models() {
    let weight = tensor(&[4000.0, 0.0, 0.0, 0.0, 0.0, 4000.0, 0.0, 0.0], [4, 2]);
    let model = FromFunction::new(line(4), Bounds::UNIT, 2, move |x: Tensor<4>| {
        x.reshape([-1, 4]).matmul(weight.clone())
    });
    let images = tensor(&[0.9, 0.5, 0.1, 0.5], [1, 1, 1, 4]);
    assert!(success(&model, &Apgd::default(), &images, 0, 0.41));
    assert!(!success(&model, &Apgd::default(), &images, 0, 0.39));
}

#[test]
fn what_an_attack_cannot_do_is_said() {
    let two = linear();
    let message =
        |attack: &dyn BoundedAttack, goal: &Goal| run(&two, attack, &middle(), goal, &[0.1]).unwrap_err().to_string();
    let dlr = Apgd {
        loss: ApgdLoss::Dlr,
        ..Apgd::default()
    };
    assert_eq!(
        message(&dlr, &away(&[0])),
        "classes of the model: 2 is not at least 3, which the difference of logits ratio needs: take `apgd-ce`"
    );
    let targeted = Apgd::default().targeted(9, 1).unwrap();
    assert!(message(&targeted, &away(&[0])).contains("at least 4"));
    let dlr_towards = run(&two_layers(0), &dlr, &point(), &Goal::Towards(vec![0]), &[0.1]);
    assert!(dlr_towards.unwrap_err().to_string().contains("climb the cross-entropy"));
    assert!(message(&Fab::default(), &Goal::Towards(vec![1])).contains("away from a class"));
    assert!(Apgd::default().targeted(0, 1).is_err());
    assert!(Square::default().restarts(0).is_err());
    let none = Square {
        queries: 0,
        ..Square::default()
    };
    assert!(message(&none, &away(&[0])).contains("queries"));
    let none = Apgd {
        steps: 0,
        ..Apgd::default()
    };
    assert!(message(&none, &away(&[0])).contains("steps"));
    let message = |attack: &dyn MinimalAttack| {
        run_minimal(&two, attack, &middle(), &away(&[0]))
            .err()
            .unwrap()
            .to_string()
    };
    let (cw, fmn) = (CwL2::default(), Fmn::default());
    assert_eq!(message(&CwL2 { steps: 0, ..cw }), "steps: 0 is not at least 1");
    assert_eq!(message(&CwL2 { searches: 0, ..cw }), "searches: 0 is not at least 1");
    let confidence = f64::NAN;
    assert_eq!(
        message(&CwL2 { confidence, ..cw }),
        "confidence: NaN is not 0 or a number above"
    );
    assert_eq!(
        message(&CwL2 { step_size: 0.0, ..cw }),
        "step size: 0 is not a positive number"
    );
    let initial_weight = -1.0;
    assert_eq!(
        message(&CwL2 { initial_weight, ..cw }),
        "initial weight: -1 is not a positive number"
    );
    assert_eq!(message(&Fmn { steps: 0, ..fmn }), "steps: 0 is not at least 1");
    assert_eq!(
        message(&Fmn { step_size: 0.0, ..fmn }),
        "step size: 0 is not a positive number"
    );
    assert_eq!(
        message(&Fmn { gamma: 1.0, ..fmn }),
        "gamma: 1 is not above 0 and below 1"
    );
}

/// Towards a class, on a model of more.
#[test]
fn attacks_go_towards_a_class() {
    let wide = two_layers(2);
    let attacked = run(&wide, &Apgd::default(), &point(), &Goal::Towards(vec![0]), &[0.2]).unwrap();
    assert_eq!(attacked.by_eps[0].predictions, [0]);
    let minimal: [(&str, &dyn MinimalAttack); 3] = [
        ("cw-l2", &CwL2::default()),
        ("ddn", &Ddn::default()),
        ("fmn", &Fmn::default()),
    ];
    for (name, attack) in minimal {
        // The point is of class 2.
        for target in [0, 1] {
            let attacked = run_minimal(&wide, attack, &point(), &Goal::Towards(vec![target]));
            assert_eq!(attacked.unwrap().by_eps[0].predictions, [target], "{name}");
        }
    }
    let attacked = run(&wide, &Square::default(), &point(), &Goal::Towards(vec![0]), &[0.2]).unwrap();
    assert_eq!(attacked.by_eps[0].predictions, [0]);
}

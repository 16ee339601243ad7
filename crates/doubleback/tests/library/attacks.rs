//! Attacks on linear models, where the answer is known in closed form, and what every attack must keep.

use burn::tensor::{Tensor, TensorData};
use doubleback::attack::{AttackSpec, BoundedAttack, Fgsm, Goal, Ifgsm, MiFgsm, Norm, Pgd, Target, run};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, FromFunction, Loss, Network, Pool, paper_cnn, predictions, to_vec};
use doubleback_test_device::test_device;
use proptest::prelude::*;

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 2,
    width: 3,
};
const PIXELS: usize = 6;
const CLASSES: usize = 3;

fn tensor<const D: usize>(values: &[f32], dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), &test_device())
}

fn linear(weight: &[f32]) -> FromFunction<'static> {
    let weight = tensor(weight, [PIXELS, CLASSES]);
    FromFunction::new(SHAPE, Bounds::UNIT, CLASSES, move |x: Tensor<4>| {
        x.reshape([-1, PIXELS as i32]).matmul(weight.clone())
    })
}

fn away(labels: &[usize]) -> Goal {
    Goal::AwayFrom(labels.to_vec())
}

/// Softmax in f64.
fn probabilities(weight: &[f32], image: &[f32]) -> [f64; CLASSES] {
    let logits: [f64; CLASSES] = std::array::from_fn(|k| {
        image
            .iter()
            .enumerate()
            .map(|(i, &x)| f64::from(x) * f64::from(weight[i * CLASSES + k]))
            .sum()
    });
    let top = logits.iter().copied().fold(f64::MIN, f64::max);
    let sum: f64 = logits.iter().map(|l| (l - top).exp()).sum();
    logits.map(|l| (l - top).exp() / sum)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// On a linear model the gradient of the cross-entropy is W (p - y).
    #[test]
    fn signs_of_a_linear_model(
        weight in prop::collection::vec(-2f32..2.0, PIXELS * CLASSES),
        image in prop::collection::vec(0f32..1.0, PIXELS),
        label in 0..CLASSES,
        eps in 0f64..1.0,
    ) {
        let model = linear(&weight);
        let images = tensor(&image, [1, 1, 2, 3]);
        let p = probabilities(&weight, &image);
        for (name, toward, sign) in [("fgsm", label, 1.0), ("tgsm", (label + 1) % CLASSES, -1.0)] {
            let attack = AttackSpec::named(name).unwrap().attack().unwrap();
            let attacked = attack.run(&model, &images, &[label], &[eps]).unwrap();
            let found = to_vec(attacked.by_eps[0].images.clone()).unwrap();
            for (i, &found) in found.iter().enumerate() {
                let gradient: f64 = (0..CLASSES)
                    .map(|k| f64::from(weight[i * CLASSES + k]) * (p[k] - f64::from(u8::from(k == toward))))
                    .sum();
                // Near zero the sign is a matter of rounding.
                if gradient.abs() > 1e-4 {
                    let expected = (f64::from(image[i]) + sign * eps * gradient.signum()).clamp(0.0, 1.0);
                    prop_assert!((f64::from(found) - expected).abs() < 1e-5, "{name}: pixel {i} is {found}, not {expected}");
                }
            }
        }
    }

    /// One step of length eps from the image itself is FGSM, to the bit.
    #[test]
    fn one_step_of_pgd_is_fgsm(
        weight in prop::collection::vec(-2f32..2.0, PIXELS * CLASSES),
        images in prop::collection::vec(0f32..=1.0, 2 * PIXELS),
        eps in 0.001f64..1.0,
    ) {
        let model = linear(&weight);
        let images = tensor(&images, [2, 1, 2, 3]);
        for loss in Loss::ALL {
            let pgd = Pgd { loss, steps: 1, step_size: Some(eps), random_start: None, ..Pgd::default() };
            let examples = |attack: &dyn BoundedAttack| {
                let attacked = run(&model, attack, &images, &away(&[0, 2]), &[eps]).unwrap();
                (to_vec(attacked.by_eps[0].images.clone()).unwrap(), attacked.zero_gradient)
            };
            prop_assert_eq!(examples(&pgd), examples(&Fgsm { loss }));
        }
    }

    /// Each step of an iterated method is one of the plain method from where the last one ended, to the bit; the frames are those images.
    #[test]
    fn iterated_steps_are_plain_steps(
        weight in prop::collection::vec(-2f32..2.0, PIXELS * CLASSES),
        images in prop::collection::vec(0f32..=1.0, 2 * PIXELS),
        labels in prop::collection::vec(0..CLASSES, 2),
        eps in 0.001f64..0.5,
        steps in 1usize..6,
        target in prop_oneof![Just(Target::Next), (0..CLASSES).prop_map(Target::Class)],
    ) {
        let model = linear(&weight);
        let images = tensor(&images, [2, 1, 2, 3]);
        let ifgsm = Ifgsm { steps, ..Ifgsm::default() };
        for goal in [away(&labels), target.goal(&labels, CLASSES).unwrap()] {
            let frames = ifgsm.frames(&model, &images, &goal, eps).unwrap();
            prop_assert_eq!(frames.len(), steps);
            let mut x = images.clone();
            for frame in frames {
                x = run(&model, &Fgsm::default(), &x, &goal, &[eps]).unwrap().by_eps[0].images.clone();
                prop_assert_eq!(to_vec(x.clone()).unwrap(), to_vec(frame).unwrap());
            }
            let attacked = run(&model, &ifgsm, &images, &goal, &[0.0, eps]).unwrap();
            prop_assert_eq!(to_vec(attacked.by_eps[1].images.clone()).unwrap(), to_vec(x).unwrap());
            prop_assert_eq!(to_vec(attacked.by_eps[0].images.clone()).unwrap(), to_vec(images.clone()).unwrap());
            prop_assert_eq!(attacked.mean_gradients(), steps as f64);
            prop_assert_eq!(&attacked.by_eps[0].cost.gradients, &vec![steps; 2]);
        }
    }

    /// On a linear model of two classes the gradient never turns: from any start, steps of 2.5 eps in all reach the corner of the ball
    /// that the gradient points to.
    #[test]
    fn pgd_reaches_the_corner_of_a_linear_model(
        weight in prop::collection::vec(-2f32..2.0, PIXELS),
        image in prop::collection::vec(0f32..1.0, PIXELS),
        label in 0..2usize,
        eps in 0.001f64..1.0,
        steps in 1usize..12,
        seed in any::<u64>(),
    ) {
        let both: Vec<f32> = weight.iter().flat_map(|&w| [w, -w]).collect();
        let both = tensor(&both, [PIXELS, 2]);
        let model = FromFunction::new(SHAPE, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, PIXELS as i32]).matmul(both.clone()));
        let images = tensor(&image, [1, 1, 2, 3]);
        for loss in [Loss::Margin, Loss::ProbabilityMargin] {
            let pgd = Pgd { loss, steps, step_size: None, random_start: Some(seed), ..Pgd::default() };
            let attacked = run(&model, &pgd, &images, &away(&[label]), &[eps]).unwrap();
            let found = to_vec(attacked.by_eps[0].images.clone()).unwrap();
            for (i, &found) in found.iter().enumerate() {
                // The margin is that of the other class.
                let sign = f64::from(weight[i].signum()) * if label == 0 { -1.0 } else { 1.0 };
                if weight[i] != 0.0 {
                    let expected = (f64::from(image[i]) + sign * eps).clamp(0.0, 1.0);
                    prop_assert!((f64::from(found) - expected).abs() < 1e-5, "{loss:?}: pixel {i} is {found}, not {expected}");
                }
            }
        }
    }

    #[test]
    fn examples_stay_within_eps_and_bounds_and_success_is_recomputed(
        weight in prop::collection::vec(-9f32..9.0, PIXELS * CLASSES),
        images in prop::collection::vec(0f32..=1.0, 4 * PIXELS),
        eps in prop::collection::vec(0f64..=1.0, 1..4),
    ) {
        let model = linear(&weight);
        let (originals, labels) = (tensor(&images, [4, 1, 2, 3]), [0, 1, 2, 0]);
        for spec in AttackSpec::all() {
            let mut options = spec.options().unwrap();
            if options.contains_key("queries") {
                options.insert("queries".to_owned(), 50.into());
            }
            if ["cw-l2", "fmn"].contains(&spec.name()) {
                options.insert("steps".to_owned(), 30.into());
            }
            let attack = AttackSpec::with_options(spec.name(), &options).unwrap().attack().unwrap();
            let eps = if attack.takes_eps() { &eps[..] } else { &[] };
            let attacked = attack.run(&model, &originals, &labels, eps);
            if spec.name() == "jsma" {
                // A quarter of six values is less than a pair.
                prop_assert!(attacked.unwrap_err().to_string().contains("give at least 0.3333"));
                continue;
            }
            if spec.name() == "apgd-t" {
                prop_assert!(attacked.unwrap_err().to_string().contains("3 is not at least 4"));
                continue;
            }
            let attacked = attacked.unwrap();
            // By default targets are the classes after the true ones.
            let targeted = ["tgsm", "itgsm"].contains(&spec.name());
            for adversarial in &attacked.by_eps {
                if !attack.takes_eps() {
                    let found = to_vec(adversarial.images.clone()).unwrap();
                    prop_assert!(found.iter().all(|v| (0.0..=1.0).contains(v)));
                    continue;
                }
                // The iterated sign methods take steps of length eps each, ten by default.
                let steps = if ["ifgsm", "itgsm"].contains(&spec.name()) { 10.0 } else { 1.0 };
                prop_assert_eq!(attack.reach(adversarial.eps), Some(steps * adversarial.eps));
                let reach = steps * adversarial.eps + 1e-6;
                let found = to_vec(adversarial.images.clone()).unwrap();
                prop_assert!(found.iter().all(|v| (0.0..=1.0).contains(v)));
                prop_assert!(found.iter().zip(&images).all(|(a, b)| f64::from((a - b).abs()) <= reach));
                prop_assert!(adversarial.linf.iter().all(|&l| f64::from(l) <= reach));
                let again = predictions(&model.logits(adversarial.images.clone()).unwrap()).unwrap();
                prop_assert_eq!(&again, &adversarial.predictions);
                for ((&class, label), &success) in again.iter().zip(labels).zip(&adversarial.success) {
                    let reached = if targeted { class == (label + 1) % CLASSES } else { class != label };
                    prop_assert_eq!(success, reached);
                }
            }
        }
    }
}

/// A confident model's cross-entropy gradient is exactly zero: FGSM leaves the image alone and says so; the margin does not underflow.
#[test]
fn zero_gradients_are_counted() {
    let mut weight = [0.0; PIXELS * CLASSES];
    for i in 0..PIXELS {
        weight[i * CLASSES] = 100.0;
        weight[i * CLASSES + 1] = -100.0;
    }
    let model = linear(&weight);
    let images = tensor(&[0.5; 2 * PIXELS], [2, 1, 2, 3]);
    let attacked = run(&model, &Fgsm::default(), &images, &away(&[0, 1]), &[0.3]).unwrap();
    assert_eq!(attacked.zero_gradient, [true, false]);
    assert_eq!((attacked.by_eps[0].linf[0], attacked.by_eps[0].l0[0]), (0.0, 0.0));
    let pgd = run(&model, &Pgd::default(), &images, &away(&[0, 1]), &[0.1, 0.3]).unwrap();
    assert_eq!(pgd.zero_gradient, [true, false]);
    let margin = run(&model, &Fgsm { loss: Loss::Margin }, &images, &away(&[0, 0]), &[0.3]).unwrap();
    assert_eq!(margin.zero_gradient, [false, false]);
    assert!(margin.by_eps[0].linf.iter().all(|&l| (l - 0.3).abs() < 1e-6));
}

/// The start of an image is drawn from the seed and the image, whatever else is in the batch.
#[test]
fn random_starts_repeat() {
    let weight: Vec<f32> = (0..PIXELS * CLASSES).map(|i| (i as f32).sin()).collect();
    let model = linear(&weight);
    let pixels: Vec<f32> = (0..3 * PIXELS).map(|i| i as f32 / 40.0).collect();
    // A step too short to move anything leaves the start.
    let start = |seed, first: usize, labels: &[usize]| {
        let images = tensor(
            &pixels[first * PIXELS..][..labels.len() * PIXELS],
            [labels.len(), 1, 2, 3],
        );
        let pgd = Pgd {
            steps: 1,
            step_size: Some(1e-30),
            random_start: Some(seed),
            ..Pgd::default()
        };
        let attacked = run(&model, &pgd, &images, &away(labels), &[0.1, 0.2]).unwrap();
        let of = |place: usize| to_vec(attacked.by_eps[place].images.clone()).unwrap();
        (of(0), of(1))
    };
    let (small, large) = start(1, 0, &[0, 1, 2]);
    assert_eq!(start(1, 1, &[1]).0, small[PIXELS..2 * PIXELS]);
    assert_ne!(start(2, 0, &[0, 1, 2]).0, small);
    let moved = |found: &[f32]| -> Vec<f32> { found.iter().zip(&pixels).map(|(a, b)| a - b).collect() };
    let (small, large) = (moved(&small), moved(&large));
    assert!(small.iter().all(|d| d.abs() <= 0.1 + 1e-6) && large.iter().any(|d| d.abs() > 0.1));
    assert!(small.iter().any(|&d| d > 0.02) && small.iter().any(|&d| d < -0.02));
}

#[test]
fn settings_of_pgd_out_of_range_are_refused() {
    let model = linear(&[1.0; PIXELS * CLASSES]);
    let images = tensor(&[0.5; PIXELS], [1, 1, 2, 3]);
    let message = |pgd: Pgd| run(&model, &pgd, &images, &away(&[0]), &[0.1]).unwrap_err().to_string();
    let steps = Pgd {
        steps: 0,
        ..Pgd::default()
    };
    assert_eq!(message(steps), "steps: 0 is not at least 1");
    for size in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let pgd = Pgd {
            step_size: Some(size),
            ..Pgd::default()
        };
        assert_eq!(message(pgd), format!("step size: {size} is not a positive number"));
    }
}

#[test]
fn settings_of_iterated_attacks_out_of_range_are_refused() {
    let model = linear(&[1.0; PIXELS * CLASSES]);
    let images = tensor(&[0.5; PIXELS], [1, 1, 2, 3]);
    let message = |attack: &dyn BoundedAttack| {
        run(&model, attack, &images, &away(&[0]), &[0.1])
            .unwrap_err()
            .to_string()
    };
    let none = Ifgsm {
        steps: 0,
        ..Ifgsm::default()
    };
    assert_eq!(message(&none), "steps: 0 is not at least 1");
    assert!(none.frames(&model, &images, &away(&[0]), 0.1).is_err());
    let target = Target::Class(3);
    let expected = "target: 3 is not below the 3 classes of the model";
    for spec in [AttackSpec::Tgsm { target }, AttackSpec::Itgsm { steps: 10, target }] {
        let attacked = spec.attack().unwrap().run(&model, &images, &[0], &[0.1]);
        assert_eq!(attacked.unwrap_err().to_string(), expected);
    }
    assert!(Ifgsm::default().frames(&model, &images, &away(&[0]), 2.0).is_err());
}

/// The kinds of attacks are not mixed up: one that takes no epsilon refuses them.
#[test]
fn minimal_attacks_refuse_epsilons() {
    let model = linear(&[1.0; PIXELS * CLASSES]);
    let images = tensor(&[0.5; PIXELS], [1, 1, 2, 3]);
    let jsma = AttackSpec::named("jsma").unwrap().attack().unwrap();
    assert_eq!(
        jsma.run(&model, &images, &[0], &[0.1]).err().unwrap().to_string(),
        "eps: 0.1 is not for `jsma`, which takes none: leave it out"
    );
}

#[test]
fn epsilons_out_of_range_are_refused() {
    let model = linear(&[1.0; PIXELS * CLASSES]);
    let images = tensor(&[0.5; PIXELS], [1, 1, 2, 3]);
    for eps in [-0.1, 1.1, f64::NAN] {
        let message = run(&model, &Fgsm::default(), &images, &away(&[0]), &[0.1, eps])
            .unwrap_err()
            .to_string();
        assert!(message.contains("between 0 and 1"), "{message}");
    }
    assert!(run(&model, &Fgsm::default(), &images, &away(&[3]), &[0.1]).is_err());
    assert!(run(&model, &Fgsm::default(), &images, &away(&[0, 1]), &[0.1]).is_err());
    let message = AttackSpec::named("fgms").err().unwrap().to_string();
    assert!(message.contains("Did you mean `fgsm`?"), "{message}");
}

/// The network's own pullback against Burn's autodiff through its forward pass.
#[test]
fn pullback_agrees_with_autodiff() {
    let shape = ImageShape {
        channels: 3,
        height: 12,
        width: 10,
    };
    let network = Network::new(paper_cnn(shape, Bounds::UNIT, 4, Pool::Avg), 3, &test_device()).unwrap();
    let other = FromFunction::new(shape, Bounds::UNIT, 4, |x| network.logits(x).unwrap());
    let values: Vec<f32> = (0..2 * 360).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
    let images = tensor(&values, [2, 3, 12, 10]);
    let cotangent = tensor(&[1.0, -2.0, 0.5, 0.0, 0.3, 0.3, -1.0, 2.0], [2, 4]);
    let gradient = |model: &dyn Classifier| {
        to_vec(
            model
                .logits_with_pullback(images.clone())
                .unwrap()
                .1
                .apply(cotangent.clone())
                .unwrap(),
        )
        .unwrap()
    };
    let (a, b) = (gradient(&network), gradient(&other));
    let largest = a.iter().fold(0f32, |m, v| m.max(v.abs()));
    assert!(largest > 0.0 && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5 * largest));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// On a linear model of two classes the best change of L2 length eps is eps times the gradient over its length; PGD ends there from
    /// any start, where the bounds leave room.
    #[test]
    fn l2_pgd_reaches_the_optimum_of_a_linear_model(
        weight in prop::collection::vec(-2f32..2.0, PIXELS),
        scale in prop_oneof![Just(1f32), Just(1e-25)],
        eps in 0.01f64..0.4,
        steps in 1usize..12,
        seed in prop_oneof![Just(None), any::<u64>().prop_map(Some)],
    ) {
        let length = weight.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>().sqrt();
        prop_assume!(length > 0.1);
        let both: Vec<f32> = weight.iter().flat_map(|&w| [w * scale, -w * scale]).collect();
        let both = tensor(&both, [PIXELS, 2]);
        let model = FromFunction::new(SHAPE, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, PIXELS as i32]).matmul(both.clone()));
        let images = tensor(&[0.5; PIXELS], [1, 1, 2, 3]);
        // From a random start a step along the gradient leaves what is across it; a long step makes that small.
        let pgd = Pgd { loss: Loss::Margin, norm: Norm::L2, steps, step_size: Some(1000.0), random_start: seed, ..Pgd::default() };
        let attacked = run(&model, &pgd, &images, &away(&[0]), &[eps]).unwrap();
        let found = to_vec(attacked.by_eps[0].images.clone()).unwrap();
        for (i, &found) in found.iter().enumerate() {
            let expected = 0.5 - eps * f64::from(weight[i]) / length;
            prop_assert!((f64::from(found) - expected).abs() < 1e-3 * eps + 1e-6, "pixel {i} is {found}, not {expected}");
        }
        prop_assert!((f64::from(attacked.by_eps[0].l2[0]) - eps).abs() < 1e-5);
    }

    #[test]
    fn l2_examples_stay_within_eps_and_bounds(
        weight in prop::collection::vec(-9f32..9.0, PIXELS * CLASSES),
        images in prop::collection::vec(0f32..=1.0, 4 * PIXELS),
        eps in prop::collection::vec(0f64..=2.4, 1..4),
        restarts in 1usize..4,
        loss in prop_oneof![Just(Loss::CrossEntropy), Just(Loss::Margin)],
    ) {
        let model = linear(&weight);
        let (originals, labels) = (tensor(&images, [4, 1, 2, 3]), [0, 1, 2, 0]);
        let pgd = Pgd { loss, norm: Norm::L2, steps: 5, ..Pgd::default() }.restarts(restarts).unwrap();
        let attacked = run(&model, &pgd, &originals, &away(&labels), &eps).unwrap();
        for adversarial in &attacked.by_eps {
            let found = to_vec(adversarial.images.clone()).unwrap();
            prop_assert!(found.iter().all(|v| (0.0..=1.0).contains(v)));
            prop_assert!(adversarial.l2.iter().all(|&l| f64::from(l) <= adversarial.eps + 1e-5));
        }
    }

    /// More restarts keep every image that fewer fooled, to the bit, and never lower a loss.
    #[test]
    fn restarts_are_never_worse(
        weight in prop::collection::vec(-2f32..2.0, PIXELS * CLASSES),
        images in prop::collection::vec(0f32..=1.0, 4 * PIXELS),
        norm in prop_oneof![Just(Norm::Linf), Just(Norm::L2)],
        eps in 0.01f64..0.5,
    ) {
        // The square turns the gradient, so that starts matter.
        let weight = tensor(&weight, [PIXELS, CLASSES]);
        let model = FromFunction::new(SHAPE, Bounds::UNIT, CLASSES, |x: Tensor<4>| {
            ((x.reshape([-1, PIXELS as i32]) - 0.5) * 4.0).square().matmul(weight.clone())
        });
        let (originals, labels) = (tensor(&images, [4, 1, 2, 3]), [0, 1, 2, 0]);
        let attack = |restarts| {
            let pgd = Pgd { norm, steps: 2, ..Pgd::default() }.restarts(restarts).unwrap();
            let attacked = run(&model, &pgd, &originals, &away(&labels), &[eps]).unwrap();
            let logits = model.logits(attacked.by_eps[0].images.clone()).unwrap();
            (Loss::CrossEntropy.values(&logits, &labels).unwrap(), attacked)
        };
        let mut fewer = attack(1);
        for restarts in 2..5 {
            let more = attack(restarts);
            let (few, many) = (&fewer.1.by_eps[0], &more.1.by_eps[0]);
            let pixels = |a: &Tensor<4>| to_vec(a.clone()).unwrap();
            let (few_pixels, many_pixels) = (pixels(&few.images), pixels(&many.images));
            for i in 0..labels.len() {
                let range = i * PIXELS..(i + 1) * PIXELS;
                if few.success[i] {
                    prop_assert!(many.success[i]);
                    prop_assert_eq!(&few_pixels[range.clone()], &many_pixels[range]);
                } else if !many.success[i] {
                    prop_assert!(more.0[i] >= fewer.0[i]);
                }
            }
            // Every image is tried at least once and only those that hold are tried again.
            prop_assert!(more.1.mean_gradients() >= 2.0 && more.1.mean_gradients() <= 2.0 * restarts as f64);
            prop_assert_eq!(more.1.mean_gradients(), 2.0 * more.1.mean_forwards());
            fewer = more;
        }
    }
}

/// A gradient of exactly zero leaves an L2 attack at its start, without a NaN, and is counted.
#[test]
fn a_zero_gradient_in_l2_is_counted() {
    let model = linear(&[0.0; PIXELS * CLASSES]);
    let images = tensor(&[0.5; PIXELS], [1, 1, 2, 3]);
    for (restarts, random_start) in [(1, None), (1, Some(0)), (3, Some(0))] {
        let pgd = Pgd {
            norm: Norm::L2,
            random_start,
            ..Pgd::default()
        };
        let pgd = pgd.restarts(restarts).unwrap();
        let attacked = run(&model, &pgd, &images, &away(&[0]), &[0.3]).unwrap();
        assert_eq!(attacked.zero_gradient, [true]);
        let length = attacked.by_eps[0].l2[0];
        assert!(if random_start.is_none() {
            length == 0.0
        } else {
            length > 0.0 && length <= 0.3 + 1e-6
        });
    }
}

#[test]
fn settings_of_restarts_and_norms_out_of_range_are_refused() {
    let model = linear(&[1.0; PIXELS * CLASSES]);
    let images = tensor(&[0.5; PIXELS], [1, 1, 2, 3]);
    let message = |pgd: Pgd, restarts| pgd.restarts(restarts).err().unwrap().to_string();
    assert_eq!(message(Pgd::default(), 0), "restarts: 0 is not at least 1");
    let same = Pgd {
        random_start: None,
        ..Pgd::default()
    };
    assert!(message(same, 2).contains("all restarts are the same"));
    let l2 = Pgd {
        norm: Norm::L2,
        ..Pgd::default()
    };
    let attacked = |eps| run(&model, &l2, &images, &away(&[0]), &[eps]);
    assert!(attacked(2.4).is_ok());
    assert!(attacked(2.5).unwrap_err().to_string().contains("between 0 and 2.4"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// On a linear model of two classes the gradient never turns, whatever the momentum: steps of eps / steps reach the corner of the ball.
    #[test]
    fn mi_fgsm_reaches_the_corner_of_a_linear_model(
        weight in prop::collection::vec(-2f32..2.0, PIXELS),
        image in prop::collection::vec(0f32..1.0, PIXELS),
        label in 0..2usize,
        eps in 0.001f64..1.0,
        steps in 1usize..12,
        decay in 0f64..2.0,
        loss in prop_oneof![Just(Loss::CrossEntropy), Just(Loss::Margin)],
    ) {
        let both: Vec<f32> = weight.iter().flat_map(|&w| [w, -w]).collect();
        let both = tensor(&both, [PIXELS, 2]);
        let model = FromFunction::new(SHAPE, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, PIXELS as i32]).matmul(both.clone()));
        let images = tensor(&image, [1, 1, 2, 3]);
        let mi_fgsm = MiFgsm { loss, steps, decay, ..MiFgsm::default() };
        for (goal, toward) in [(away(&[label]), 1 - label), (Goal::Towards(vec![label]), label)] {
            let attacked = run(&model, &mi_fgsm, &images, &goal, &[eps]).unwrap();
            let found = to_vec(attacked.by_eps[0].images.clone()).unwrap();
            for (i, &found) in found.iter().enumerate() {
                let sign = f64::from(weight[i].signum()) * if toward == 0 { 1.0 } else { -1.0 };
                if weight[i] != 0.0 {
                    let expected = (f64::from(image[i]) + sign * eps).clamp(0.0, 1.0);
                    prop_assert!((f64::from(found) - expected).abs() < 1e-5, "pixel {i} is {found}, not {expected}");
                }
            }
        }
    }

    /// Without momentum it is the basic iterative method, to the bit.
    #[test]
    fn mi_fgsm_without_momentum_is_bim(
        weight in prop::collection::vec(-2f32..2.0, PIXELS * CLASSES),
        images in prop::collection::vec(0f32..=1.0, 2 * PIXELS),
        eps in 0.001f64..0.5,
        steps in 1usize..6,
        target in prop_oneof![Just(None), Just(Some(Target::Next)), Just(Some(Target::Class(1)))],
    ) {
        let weight = tensor(&weight, [PIXELS, CLASSES]);
        let model = FromFunction::new(SHAPE, Bounds::UNIT, CLASSES, |x: Tensor<4>| {
            ((x.reshape([-1, PIXELS as i32]) - 0.5) * 4.0).square().matmul(weight.clone())
        });
        let images = tensor(&images, [2, 1, 2, 3]);
        let goal = target.map_or(away(&[0, 2]), |target| target.goal(&[0, 2], CLASSES).unwrap());
        let step_size = Some(eps / 2.0);
        let bim = Pgd { steps, step_size, random_start: None, ..Pgd::default() };
        let examples = |attack: &dyn BoundedAttack| {
            let attacked = run(&model, attack, &images, &goal, &[eps]).unwrap();
            to_vec(attacked.by_eps[0].images.clone()).unwrap()
        };
        prop_assert_eq!(examples(&MiFgsm { steps, step_size, decay: 0.0, ..MiFgsm::default() }), examples(&bim));
    }
}

/// One value, and a margin of `-(x - 1/2)²`: the gradient points to a half, and momentum carries the image past it.
#[test]
fn momentum_goes_on_after_the_gradient_has_turned() {
    let shape = ImageShape {
        channels: 1,
        height: 1,
        width: 1,
    };
    let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| {
        let height = (x.reshape([-1, 1]) - 0.5).square() * -1.0;
        Tensor::cat(vec![height.zeros_like(), height], 1)
    });
    let images = tensor(&[0.4], [1, 1, 1, 1]);
    let ends = |decay: f64| -> Vec<f32> {
        let end = |steps| {
            let mi_fgsm = MiFgsm {
                loss: Loss::Margin,
                steps,
                step_size: Some(0.08),
                decay,
            };
            let attacked = run(&model, &mi_fgsm, &images, &away(&[0]), &[0.3]).unwrap();
            to_vec(attacked.by_eps[0].images.clone()).unwrap()[0]
        };
        (1..=5).map(end).collect()
    };
    let near = |found: Vec<f32>, expected: [f32; 5]| {
        let close = found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5);
        assert!(close, "{found:?} is not {expected:?}");
    };
    // Momentum 1, 2, 1, 0, -1.
    near(ends(1.0), [0.48, 0.56, 0.64, 0.64, 0.56]);
    // Momentum 1, 1.5, -0.25, 0.875, -0.5625.
    near(ends(0.5), [0.48, 0.56, 0.48, 0.56, 0.48]);
}

#[test]
fn settings_of_mi_fgsm_out_of_range_are_refused() {
    let model = linear(&[1.0; PIXELS * CLASSES]);
    let images = tensor(&[0.5; PIXELS], [1, 1, 2, 3]);
    let message = |mi_fgsm: MiFgsm| {
        run(&model, &mi_fgsm, &images, &away(&[0]), &[0.1])
            .unwrap_err()
            .to_string()
    };
    let default = MiFgsm::default();
    assert_eq!(message(MiFgsm { steps: 0, ..default }), "steps: 0 is not at least 1");
    let decay = MiFgsm { decay: -1.0, ..default };
    assert_eq!(message(decay), "decay: -1 is not 0 or a number above");
    let step_size = Some(0.0);
    let size = MiFgsm { step_size, ..default };
    assert_eq!(message(size), "step size: 0 is not a positive number");
}

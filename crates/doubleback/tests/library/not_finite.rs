//! Logits, gradients and images that are NaN or infinite are errors in every evaluation, whatever the model is, with its name and the image.

use burn::tensor::{Tensor, TensorData};
use doubleback::attack::{Attack, AttackSpec};
use doubleback::data::{Bounds, ImageShape, Split};
use doubleback::diagnose::eps_sweep;
use doubleback::evaluate::{
    Chosen, Named, TestSet, Transfer, WhiteBoxEvaluation, clean_accuracy, margin_check, statistics,
};
use doubleback::nn::{
    Classifier, Ensemble, FromFunction, ModelCard, Module, Network, Pool, paper_cnn, predictions, save, to_vec,
};
use doubleback::{Error, NotFinite, Quantity, Result};
use doubleback_test_device::test_device;

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 1,
    width: 2,
};
/// More than a batch.
const COUNT: usize = 300;
/// Place of an image that no other is like.
const ODD: usize = 271;

/// A value that no attack on 0.25 and 0.5 meets.
const AWKWARD: f32 = 0.125;

/// Images of 0.25 and 0.5, but for an odd one.
fn split() -> Split {
    let mut values = [0.25, 0.5].repeat(COUNT);
    values[2 * ODD] = AWKWARD;
    let labels = (0..COUNT).map(|image| (image % 2) as u32).collect();
    Split::new(values, labels, SHAPE).unwrap()
}

type Forward = fn(Tensor<4>) -> Tensor<2>;

fn model(forward: Forward) -> FromFunction<'static> {
    FromFunction::new(SHAPE, Bounds::UNIT, 2, forward)
}

fn pixels(x: Tensor<4>) -> Tensor<2> {
    x.reshape([-1, 2])
}

/// 0, and infinite where a pixel is awkward.
fn infinite_at(x: Tensor<4>) -> Tensor<2> {
    pixels(x).equal_elem(AWKWARD).float() * f32::MAX * 10.0
}

const INFINITE: Forward = |x| pixels(x.clone()) - infinite_at(x);
const NOT_A_NUMBER: Forward = |x| pixels(x.clone()) + infinite_at(x.clone()) - infinite_at(x);
/// Finite, with a slope that is not where a pixel is awkward.
const STEEP: Forward = |x| (pixels(x) - AWKWARD).abs().sqrt();

/// An attack, such that it may change an image of two values.
fn built(name: &str) -> Attack {
    let mut spec = AttackSpec::named(name).unwrap();
    match &mut spec {
        AttackSpec::Jsma(jsma) => jsma.jsma.gamma = 1.0,
        // From a random start it would not meet the awkward value.
        AttackSpec::Pgd(pgd) => pgd.no_random_start = true,
        AttackSpec::CwL2(cw) => cw.steps = 50,
        AttackSpec::Fmn(fmn) => fmn.steps = 50,
        _ => {}
    }
    spec.attack().unwrap()
}

/// All evaluations there are of a model of two classes, by name.
fn evaluations<'a>(named: Named<'a>, test: &'a TestSet<'a>) -> Vec<(String, Result<()>)> {
    let mut done = Vec::new();
    // These need more classes.
    let of_more = ["apgd-dlr", "apgd-t"];
    for attack in AttackSpec::names().into_iter().filter(|name| !of_more.contains(name)) {
        let built = built(attack);
        let eps: &[f64] = if built.takes_eps() { &[0.1] } else { &[] };
        let classes = ["a", "b"].map(String::from);
        let white_box = WhiteBoxEvaluation {
            model: named,
            dataset: "own",
            classes: &classes,
            test: *test,
            attack: &built,
            eps,
            eight_bit: None,
        };
        done.push((attack.to_owned(), white_box.run(None, &mut ()).map(drop)));
        let transfer = Transfer::new(&[named], test).run(&built, named, eps);
        done.push((format!("transfer of {attack}"), transfer.map(drop)));
    }
    done.push(("statistics".into(), statistics(named, test).map(drop)));
    done.push(("margin check".into(), margin_check(&[named], test, &[0.1]).map(drop)));
    done
}

#[test]
fn every_evaluation_names_the_model_and_the_image() {
    let (split, device) = (split(), test_device());
    let test = TestSet {
        split: &split,
        shape: SHAPE,
        chosen: Chosen::ALL,
        device: &device,
    };
    for (forward, what, outvoted) in [
        (INFINITE, Quantity::Logits, true),
        (NOT_A_NUMBER, Quantity::Logits, false),
        (STEEP, Quantity::InputGradient, false),
    ] {
        let model = model(forward);
        let named = Named {
            name: "odd",
            model: &model,
        };
        let expected = NotFinite {
            model: Some("odd".into()),
            what,
            image: Some(ODD),
        };
        for (evaluation, done) in evaluations(named, &test) {
            // One asks for no gradient, and the other's random start is elsewhere.
            if what == Quantity::InputGradient && ["square", "apgd-ce"].iter().any(|name| evaluation.ends_with(name)) {
                continue;
            }
            match done {
                Err(Error::NotFinite(found)) => assert_eq!(found, expected, "{evaluation}"),
                other => panic!("{evaluation}: {other:?}"),
            }
        }
        let clean = clean_accuracy(&[named], &test).map(drop);
        match what {
            Quantity::Logits => assert!(matches!(clean, Err(Error::NotFinite(found)) if found == expected)),
            _ => assert!(clean.is_ok()),
        }
        let fgsm = AttackSpec::named("fgsm").unwrap().attack().unwrap();
        let swept = eps_sweep(&model, &fgsm, &split, COUNT, &device, &mut ());
        // It attacks what the model takes rightly, which this image is not.
        if what == Quantity::Logits {
            assert!(
                matches!(&swept, Err(Error::NotFinite(found)) if (found.what, found.image) == (what, Some(ODD))),
                "{swept:?}"
            );
        }
        // A probability of 0 is a number again in the mean of several; what is not a number in one member is none in the mean.
        if outvoted {
            continue;
        }
        let fine = FromFunction::new(SHAPE, Bounds::UNIT, 2, pixels);
        let both = Ensemble::new(vec![&fine, &model]).unwrap();
        let named = Named {
            name: "odd",
            model: &both,
        };
        for (evaluation, done) in evaluations(named, &test) {
            // One asks for no gradient, and the other's random start is elsewhere.
            if what == Quantity::InputGradient && ["square", "apgd-ce"].iter().any(|name| evaluation.ends_with(name)) {
                continue;
            }
            assert!(
                matches!(done, Err(Error::NotFinite(_))),
                "{evaluation} of two: {done:?}"
            );
        }
    }
}

/// A model that breaks down only where an attack leads.
#[test]
fn what_an_attack_finds_counts_too() {
    // The logarithm of 0.55 less the pixel: NaN beyond.
    let wrong = model(|x| (pixels(x) * -1.0 + 0.55).log());
    // Right as long as it is a number.
    let right = FromFunction::new(SHAPE, Bounds::UNIT, 4, |x: Tensor<4>| {
        let first = (x.reshape([-1, 2]).narrow(1, 0, 1) * -1.0 + 0.55).log() + 5.0;
        let others = [0.0, -1.0, -2.0].map(|logit| first.zeros_like() + logit);
        Tensor::cat([first].into_iter().chain(others).collect(), 1)
    });
    let images = Tensor::<4>::from_floats([[[[0.2, 0.5]]]], &test_device());
    for name in AttackSpec::names() {
        // Some leave an image alone that is misclassified as it is, others go towards a class by default or change few pixels.
        let found = match name {
            "fgsm" | "tgsm" | "ifgsm" | "itgsm" | "mi-fgsm" | "pgd" => built(name).run(&wrong, &images, &[1], &[0.3]),
            "jsma" => continue,
            _ if built(name).takes_eps() => built(name).run(&right, &images, &[0], &[0.4]),
            _ => built(name).run(&right, &images, &[0], &[]),
        };
        assert!(
            matches!(&found, Err(Error::NotFinite(NotFinite { image: None, .. }))),
            "{name}: {found:?}"
        );
    }
}

#[test]
fn images_that_are_not_finite_are_not_the_models_fault() {
    let device = test_device();
    let fine = model(pixels);
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut values = vec![0.5; 2 * COUNT];
        values[2 * ODD + 1] = value;
        let split = Split::new(values, vec![0; COUNT], SHAPE).unwrap();
        let test = TestSet {
            split: &split,
            shape: SHAPE,
            chosen: Chosen::ALL,
            device: &device,
        };
        let named = Named {
            name: "fine",
            model: &fine,
        };
        let mut done = evaluations(named, &test);
        done.push(("clean".into(), clean_accuracy(&[named], &test).map(drop)));
        for (evaluation, done) in done {
            match done {
                Err(Error::NotFinite(found)) => {
                    assert_eq!((found.what, found.image), (Quantity::Images, Some(ODD)), "{evaluation}");
                    assert_eq!(
                        Error::from(found).to_string(),
                        "image 271: it has values that are not finite (NaN or infinite). Correct it, or leave it out"
                    );
                }
                other => panic!("{evaluation}: {other:?}"),
            }
        }
    }
}

#[test]
fn large_numbers_are_numbers() {
    let model = model(|x| pixels(x) * 3e38);
    let images = Tensor::<4>::from_floats([[[[0.2, 0.5]]]], &test_device());
    let attack = AttackSpec::named("ifgsm").unwrap().attack().unwrap();
    assert!(attack.run(&model, &images, &[1], &[0.01]).is_ok());
    assert!(predictions(&model.logits(images).unwrap()).is_ok());
}

/// What no reader would take is not written either.
#[test]
fn a_network_with_such_weights_is_not_saved() {
    let shape = ImageShape {
        channels: 1,
        height: 8,
        width: 8,
    };
    let mut network = Network::new(paper_cnn(shape, Bounds::UNIT, 3, Pool::Max), 7, &test_device()).unwrap();
    let mut weight = to_vec(network.parameters().next().unwrap().value().clone()).unwrap();
    weight[5] = f32::NAN;
    let length = weight.len();
    let weight = Tensor::from_data(TensorData::new(weight, [length]), &test_device());
    network.set("conv1.weight", weight).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    let message = save(&network, &ModelCard::new(), &path).unwrap_err().to_string();
    assert!(
        message.ends_with("m.safetensors: cannot be put together: `conv1.weight` has 1 of 800 values that are not finite (NaN or infinite)"),
        "{message}"
    );
    assert!(!path.exists());
}

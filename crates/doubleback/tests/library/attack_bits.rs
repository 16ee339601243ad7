//! The examples of attacks, to the bit: a change of the code that is to leave them alone does.
//!
//! In L∞ only signs of gradients and sums of two numbers go into an example, so it is the same with every instruction set; so are JSMA's whole steps.

use burn::tensor::{Tensor, TensorData};
use doubleback::attack::{Attacked, BoundedAttack, Fgsm, Goal, Ifgsm, Jsma, Pgd, Target, run, run_minimal};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, FromFunction, Loss, to_vec};
use doubleback_test_device::test_device;

const N: usize = 6;

fn images(shape: ImageShape) -> Tensor<4> {
    let values: Vec<f32> = (0..N * shape.len()).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
    Tensor::from_data(
        TensorData::new(values, [N, shape.channels, shape.height, shape.width]),
        &test_device(),
    )
}

fn labels(classes: usize) -> Vec<usize> {
    (0..N).map(|i| (i * 7 + 1) % classes).collect()
}

fn line(name: &str, attacked: &Attacked) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for adversarial in &attacked.by_eps {
        for value in to_vec(adversarial.images.clone()).unwrap() {
            for byte in value.to_bits().to_le_bytes() {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
    }
    let success: usize = attacked.by_eps.iter().flat_map(|a| &a.success).filter(|&&s| s).count();
    let zero = attacked.zero_gradient.iter().filter(|&&z| z).count();
    format!(
        "{name}: {hash:016x} {success} {zero} {} {}",
        attacked.mean_gradients(),
        attacked.mean_forwards()
    )
}

fn all(model: &dyn Classifier) -> Vec<String> {
    let (images, labels) = (images(model.shape()), labels(model.classes()));
    let eps = [0.05, 0.3];
    let margin = Loss::Margin;
    let away = Goal::AwayFrom(labels.clone());
    let next = Target::Next.goal(&labels, model.classes()).unwrap();
    let class = Target::Class(1).goal(&labels, model.classes()).unwrap();
    let bounded = |name: &str, attack: &dyn BoundedAttack, goal: &Goal, eps: &[f64]| {
        line(name, &run(model, attack, &images, goal, eps).unwrap())
    };
    let minimal = |name: &str, jsma: Jsma, goal: &Goal| line(name, &run_minimal(model, &jsma, &images, goal).unwrap());
    let (fgsm, ifgsm) = (
        Fgsm::default(),
        Ifgsm {
            steps: 4,
            ..Ifgsm::default()
        },
    );
    let pgd = Pgd {
        steps: 5,
        ..Pgd::default()
    };
    let pgd_margin = Pgd { loss: margin, ..pgd };
    let jsma = Jsma::default();
    vec![
        bounded("fgsm", &fgsm, &away, &eps),
        bounded("fgsm margin", &Fgsm { loss: margin }, &away, &eps),
        bounded("tgsm", &fgsm, &next, &eps),
        bounded("tgsm class", &fgsm, &class, &eps),
        bounded("ifgsm", &ifgsm, &away, &eps),
        bounded("ifgsm margin", &Ifgsm { steps: 4, loss: margin }, &away, &eps),
        bounded("itgsm", &ifgsm, &next, &eps),
        bounded("itgsm class", &ifgsm, &class, &eps),
        bounded("pgd", &pgd, &away, &eps),
        bounded("pgd margin", &pgd_margin, &away, &eps),
        bounded(
            "pgd step size",
            &Pgd {
                step_size: Some(0.02),
                random_start: Some(3),
                ..pgd
            },
            &away,
            &eps,
        ),
        bounded(
            "bim",
            &Pgd {
                random_start: None,
                ..pgd
            },
            &away,
            &eps,
        ),
        bounded("pgd restarts", &pgd.restarts(3).unwrap(), &away, &eps),
        bounded(
            "pgd margin restarts",
            &Pgd {
                random_start: Some(9),
                ..pgd_margin
            }
            .restarts(3)
            .unwrap(),
            &away,
            &eps,
        ),
        minimal("jsma", jsma, &next),
        minimal(
            "jsma single",
            Jsma {
                single_pixels: true,
                ..jsma
            },
            &next,
        ),
        minimal(
            "jsma down",
            Jsma {
                theta: -0.5,
                gamma: 0.5,
                ..jsma
            },
            &next,
        ),
        minimal("jsma class", jsma, &class),
    ]
}

fn square() -> impl Classifier {
    let shape = ImageShape {
        channels: 1,
        height: 4,
        width: 4,
    };
    let weight: Vec<f32> = (0..16 * 4).map(|i| ((i * 29 % 33) as f32 - 16.0) / 8.0).collect();
    let weight = Tensor::<2>::from_data(TensorData::new(weight, [16, 4]), &test_device());
    FromFunction::new(shape, Bounds::UNIT, 4, move |x: Tensor<4>| {
        ((x.reshape([-1, 16]) - 0.5) * 4.0).square().matmul(weight.clone())
    })
}

/// By attack: a hash of the examples, successes, images without a gradient, mean gradients, mean forward passes.
const EXPECTED: [&str; 18] = [
    "fgsm: c78e470a8ca1ff99 10 0 1 0",
    "fgsm margin: c78e470a8ca1ff99 10 0 1 0",
    "tgsm: 8dd6ca68a4ffc772 7 0 1 0",
    "tgsm class: 087129568669c671 6 0 1 0",
    "ifgsm: 0921d3f909de63fa 10 0 4 0",
    "ifgsm margin: 0921d3f909de63fa 10 0 4 0",
    "itgsm: e9b71f09f1ac0b30 8 0 4 0",
    "itgsm class: 29f8ce19ad1f8f96 9 0 4 0",
    "pgd: ba639d624594e49a 11 0 5 0",
    "pgd margin: ba639d624594e49a 11 0 5 0",
    "pgd step size: 97b4c0a5e79f94a5 10 0 5 0",
    "bim: 3e1f1b661694562c 11 0 5 0",
    "pgd restarts: 49e8dd8f2b24403c 11 0 5.833333333333333 1.1666666666666667",
    "pgd margin restarts: 268dfafccb4b9c85 11 0 5.833333333333333 1.1666666666666667",
    "jsma: a6f3dbf9371ab0c0 2 0 3.3333333333333335 0",
    "jsma single: 11a45043bfbe3304 2 0 6 0",
    "jsma down: 8a3fb0873e0a48d3 4 0 5.333333333333333 0",
    "jsma class: a3bec49dcb5aaa94 0 0 4 0",
];

#[test]
fn examples_are_the_same_to_the_bit() {
    assert_eq!(all(&square()), EXPECTED);
}

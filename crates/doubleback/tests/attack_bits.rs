//! The examples of every attack, to the bit: a change of the code that should not change numbers does not.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor, TensorData};
use doubleback::attack::*;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, FromFunction, Loss, Network, Pool, paper_cnn, to_vec};

const N: usize = 6;

fn images(shape: ImageShape) -> Tensor<4> {
    let values: Vec<f32> = (0..N * shape.len()).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
    Tensor::from_data(
        TensorData::new(values, [N, shape.channels, shape.height, shape.width]),
        &Device::flex(),
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
    let l2 = Pgd { norm: Norm::L2, ..pgd };
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
        bounded("pgd l2", &l2, &away, &[0.3, 1.0]),
        bounded(
            "pgd l2 restarts",
            &Pgd { loss: margin, ..l2 }.restarts(3).unwrap(),
            &away,
            &[0.3, 1.0],
        ),
    ]
}

fn square() -> impl Classifier {
    let shape = ImageShape {
        channels: 1,
        height: 4,
        width: 4,
    };
    let weight: Vec<f32> = (0..16 * 4).map(|i| ((i * 29 % 33) as f32 - 16.0) / 8.0).collect();
    let weight = Tensor::<2>::from_data(TensorData::new(weight, [16, 4]), &Device::flex());
    FromFunction::new(shape, Bounds::UNIT, 4, move |x: Tensor<4>| {
        ((x.reshape([-1, 16]) - 0.5) * 4.0).square().matmul(weight.clone())
    })
}

#[test]
fn bits() {
    println!("{}", all(&square()).join("\n"));
    let shape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };
    println!("paper-cnn");
    for pool in [Pool::Max, Pool::Avg] {
        let network = Network::new(paper_cnn(shape, Bounds::UNIT, 10, pool), 3, &Device::flex()).unwrap();
        println!("{}", all(&network).join("\n"));
    }
}

//! Images with values beyond the model's bounds: attacks move them by no more than they may, and never further out.

use burn::tensor::{Tensor, TensorData};
use doubleback::attack::{AttackSpec, CwL2, Fmn, Goal, Norm, Pgd, run};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{FromFunction, to_vec};
use doubleback_test_device::test_device;
use proptest::prelude::*;

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 1,
    width: 4,
};

fn model(weight: &[f32]) -> FromFunction<'static> {
    let weight = Tensor::<2>::from_data(TensorData::new(weight.to_vec(), [4, 4]), &test_device());
    FromFunction::new(SHAPE, Bounds::UNIT, 4, move |x: Tensor<4>| {
        x.reshape([-1, 4]).matmul(weight.clone())
    })
}

fn images(values: &[f32]) -> Tensor<4> {
    Tensor::from_data(
        TensorData::new(values.to_vec(), [values.len() / 4, 1, 1, 4]),
        &test_device(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_attack_stays_within_its_reach_and_the_room_of_the_image(
        weight in prop::collection::vec(-2f32..2.0, 16),
        values in prop::collection::vec(-0.7f32..1.9, 12),
        labels in prop::collection::vec(0usize..3, 3),
        eps in 0.01f64..0.4,
    ) {
        let (model, clean) = (model(&weight), images(&values));
        let jsma_theta = 0.3;
        for name in AttackSpec::names() {
            let spec = match AttackSpec::named(name).unwrap() {
                AttackSpec::Jsma(jsma) => {
                    let mut jsma = jsma;
                    jsma.jsma.theta = jsma_theta;
                    jsma.jsma.gamma = 0.5;
                    AttackSpec::Jsma(jsma)
                }
                AttackSpec::CwL2(cw) => AttackSpec::CwL2(CwL2 { steps: 30, ..cw }),
                AttackSpec::Fmn(fmn) => AttackSpec::Fmn(Fmn { steps: 30, ..fmn }),
                other => other,
            };
            let attack = spec.attack().unwrap();
            let (given, reach): (&[f64], f64) = match attack.reach(eps) {
                Some(reach) => (std::slice::from_ref(&eps), reach),
                None if name == "jsma" => (&[], jsma_theta),
                None => (&[], f64::INFINITY),
            };
            let found = attack.run(&model, &clean, &labels, given).unwrap();
            let examples = to_vec(found.by_eps[0].images.clone()).unwrap();
            for (&own, &example) in values.iter().zip(&examples) {
                prop_assert!(f64::from((example - own).abs()) <= reach + 1e-6, "{name}: {own} to {example}");
                prop_assert!((own.min(0.0)..=own.max(1.0)).contains(&example), "{name}: {own} to {example}");
            }
        }
        let pgd = Pgd { norm: Norm::L2, ..Pgd::default() };
        let found = run(&model, &pgd.restarts(2).unwrap(), &clean, &Goal::AwayFrom(labels), &[eps]).unwrap();
        for &length in &found.by_eps[0].l2 {
            prop_assert!(f64::from(length) <= eps + 1e-5);
        }
    }

    /// An image is attacked as if it were alone: others beyond the bounds give it no more room.
    #[test]
    fn other_images_change_nothing(weight in prop::collection::vec(-2f32..2.0, 16), values in prop::collection::vec(0f32..=1.0, 4)) {
        let model = model(&weight);
        let with_odd: Vec<f32> = values.iter().copied().chain([5.0, -3.0, 0.5, 0.5]).collect();
        for name in ["fgsm", "ifgsm", "mi-fgsm", "pgd"] {
            let attack = AttackSpec::named(name).unwrap().attack().unwrap();
            let attacked = |values: &[f32], labels: &[usize]| {
                let found = attack.run(&model, &images(values), labels, &[0.2]).unwrap();
                to_vec(found.by_eps[0].images.clone()).unwrap()[..4].to_vec()
            };
            prop_assert_eq!(attacked(&values, &[1]), attacked(&with_odd, &[1, 2]), "{}", name);
        }
    }
}

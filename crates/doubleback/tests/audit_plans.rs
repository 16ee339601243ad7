//! What the attacks of an audit are: the settings of each ensemble.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use burn::tensor::Tensor;
use doubleback::attack::Norm;
use doubleback::audit::{Plan, Suite};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::FromFunction;
use serde_json::json;

/// Of so many classes, one a pixel.
fn model(classes: usize) -> impl doubleback::nn::Classifier {
    let shape = ImageShape {
        channels: 1,
        height: 1,
        width: classes,
    };
    FromFunction::new(shape, Bounds::UNIT, classes, move |x: Tensor<4>| {
        x.reshape([-1, classes as i32])
    })
}

fn of_suite(suite: Suite) -> Plan {
    Plan::new(suite, &[], Norm::Linf, 0.1, 7, &model(10)).unwrap()
}

/// AutoAttack's versions as pyautoattack 0.2.0 sets them up: its attacks in order, iterations, starts, target classes and queries. Its targeted FAB has
/// one start in every version.
#[test]
fn ensembles_have_their_published_settings() {
    let apgd = |attack: &str, restarts: usize| json!({"attack": attack, "norm": "linf", "steps": 100, "restarts": restarts, "seed": 7});
    let fab = |restarts: usize| json!({"attack": "fab", "norm": "linf", "steps": 100, "restarts": restarts, "seed": 7});
    let targeted =
        |attack: &str| json!({"attack": attack, "norm": "linf", "steps": 100, "targets": 9, "restarts": 1, "seed": 7});
    let square =
        json!({"attack": "square", "norm": "linf", "queries": 5000, "initial_share": 0.8, "restarts": 1, "seed": 7});
    let settings = |suite| {
        let plan = of_suite(suite);
        assert!(plan.notes().is_empty());
        let settings = plan
            .attacks()
            .iter()
            .map(|attack| serde_json::to_value(&attack.settings).unwrap());
        settings.collect::<Vec<_>>()
    };
    assert_eq!(
        settings(Suite::Standard),
        [
            apgd("apgd-ce", 1),
            targeted("apgd-t"),
            targeted("fab-t"),
            square.clone()
        ]
    );
    assert_eq!(
        settings(Suite::Plus),
        [
            apgd("apgd-ce", 5),
            apgd("apgd-dlr", 5),
            fab(5),
            square,
            targeted("apgd-t"),
            targeted("fab-t")
        ]
    );
    assert_eq!(settings(Suite::Rand), [apgd("apgd-ce", 1), apgd("apgd-dlr", 1)]);
    assert_eq!(Suite::DRAWS, 20);
}

//! What the attacks of an audit are: the settings of each ensemble, and what a custom one may be given.
#![allow(clippy::expect_used)]

use burn::tensor::Tensor;
use doubleback::Result;
use doubleback::attack::Norm;
use doubleback::audit::{Plan, PlannedAttack, Suite};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::FromFunction;
use serde_json::{Map, Value, json};

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
    Plan::new(suite, &[], &Map::new(), Norm::Linf, 0.1, 7, &model(10)).unwrap()
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
        assert!(plan.notes().is_empty() && plan.attacks().iter().all(|attack| attack.changed.is_empty()));
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

#[test]
fn plans_refuse_what_eps_does_not_bound() {
    let plan = |suite, names: &[&str], eps| {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Plan::new(suite, &names, &Map::new(), Norm::Linf, eps, 0, &model(10))
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let refused = [
        (plan(Suite::Custom, &[], 0.1), "at least one"),
        (plan(Suite::Custom, &["ifgsm"], 0.1), "stay within eps"),
        (plan(Suite::Custom, &["ddn"], 0.1), "linf"),
        (plan(Suite::Custom, &["jsma"], 0.1), "eps bounds"),
        (plan(Suite::Custom, &["apgd-ce", "apgd-ce"], 0.1), "twice"),
        (plan(Suite::Custom, &["apgd"], 0.1), "apgd"),
        (plan(Suite::Standard, &["pgd"], 0.1), "custom"),
        (plan(Suite::Standard, &[], 0.0), "above 0"),
        (plan(Suite::Standard, &[], -0.1), "eps"),
    ];
    for (found, words) in refused {
        let message = found.unwrap_err();
        assert!(message.contains(words), "{message}");
    }
    let plan = Plan::new(Suite::Standard, &[], &Map::new(), Norm::Linf, 0.1, 0, &model(3)).unwrap();
    let names: Vec<&str> = plan.attacks().iter().map(|attack| attack.name.as_str()).collect();
    assert_eq!(names, ["apgd-ce", "apgd-dlr", "fab-t", "square"]);
    assert!(plan.notes()[0].contains("3 classes"), "{:?}", plan.notes());
}

fn given(options: Value) -> Map<String, Value> {
    options.as_object().unwrap().clone()
}

fn custom(names: &[&str], options: Value) -> Result<Plan> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    Plan::new(Suite::Custom, &names, &given(options), Norm::Linf, 0.1, 3, &model(10))
}

#[test]
fn attacks_of_a_custom_ensemble_take_options_and_say_what_is_not_the_default() {
    let plan = custom(
        &["apgd-ce", "square", "fab"],
        json!({"steps": 20, "queries": 5000, "restarts": 2, "initial_share": 0.5}),
    )
    .unwrap();
    let [apgd, square, fab] = plan.attacks() else { panic!() };
    let settings = serde_json::to_value(&apgd.settings).unwrap();
    assert_eq!(
        settings,
        json!({"attack": "apgd-ce", "steps": 20, "norm": "linf", "restarts": 2, "seed": 3})
    );
    assert_eq!(
        serde_json::to_value(&apgd.changed).unwrap(),
        json!({"steps": {"value": 20, "default": 100}, "restarts": {"value": 2, "default": 1}})
    );
    assert!(
        apgd.in_words
            .ends_with("; given: restarts 2 instead of 1, steps 20 instead of 100"),
        "{}",
        apgd.in_words
    );
    // What is as it would be anyway has not changed: 5,000 queries.
    assert_eq!(square.changed.keys().collect::<Vec<_>>(), ["initial_share", "restarts"]);
    assert!(fab.changed.contains_key("steps"));
    let written = serde_json::to_string(square).unwrap();
    assert_eq!(&serde_json::from_str::<PlannedAttack>(&written).unwrap(), square);
    let plain = custom(&["apgd-ce", "bim"], json!({})).unwrap();
    assert!(plain.attacks().iter().all(|attack| attack.changed.is_empty()));
    assert!(!serde_json::to_string(plain.attacks()).unwrap().contains("changed"));
    // A size that follows from eps has no number, and a flag none either.
    let plan = custom(&["pgd"], json!({"step_size": 0.01, "no_random_start": true})).unwrap();
    let words = &plan.attacks()[0].in_words;
    assert!(
        words.ends_with("; given: no random start, step size 0.01 instead of what follows from eps"),
        "{words}"
    );
}

#[test]
fn options_that_no_attack_has_or_that_are_published_are_refused() {
    let refused = [
        (
            custom(&["apgd-ce", "apgd-t"], json!({"queries": 9})),
            "`queries` is not one that `apgd-ce` or `apgd-t` has: restarts, steps, targets",
        ),
        (custom(&["apgd-ce"], json!({"seed": 9})), "`seed` is not one that"),
        (custom(&["apgd-ce"], json!({"norm": "l2"})), "`norm` is not one that"),
        (custom(&["apgd-ce"], json!({"steps": "many"})), "options of the attack"),
        (custom(&["apgd-ce"], json!({"restarts": 0})), "restarts"),
    ];
    let published = [Suite::Standard, Suite::Plus, Suite::Rand].map(|suite| {
        let plan = Plan::new(suite, &[], &given(json!({"steps": 50})), Norm::Linf, 0.1, 0, &model(10));
        (plan, "`steps` is not given with the ensemble `custom` alone; ")
    });
    for (plan, words) in refused.into_iter().chain(published) {
        let message = plan.err().expect(words).to_string();
        assert!(message.contains(words), "{message}");
    }
    let flags: Vec<&str> = Plan::options().iter().map(|option| option.flag).collect();
    for flag in ["steps", "queries", "restarts", "targets", "no-random-start", "searches"] {
        assert!(flags.contains(&flag), "{flags:?}");
    }
    for flag in ["norm", "seed", "target", "theta", "single-pixels"] {
        assert!(!flags.contains(&flag), "{flags:?}");
    }
}

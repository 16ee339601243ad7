//! Models that look robust and are not, written as functions, against the flags of an audit: each fires where it should, and none on a sound model.

mod quiet_models;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Tensor, TensorData};
use doubleback::Result;
use doubleback::attack::Norm;
use doubleback::audit::{Audit, AuditRun, Measured, Plan, Setup, Shard, Suite, flags, merge};
use doubleback::data::{Bounds, Dataset, ImageShape, Split};
use doubleback::evaluate::{Chosen, EightBit, Named, TestSet, masking};
use doubleback::nn::{Classifier, FromFunction, Pullback, to_vec};
use doubleback_test_device::test_device;
use serde_json::Map;

const SIDE: usize = 8;
const CLASSES: usize = 4;
const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: SIDE,
    width: SIDE,
};
/// Half of what tells the classes apart: within this every attack must succeed, within a third of it none.
const EPS: f64 = 0.4;

fn tensor<const D: usize>(values: &[f32], dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), &test_device())
}

/// Images of 256 gray values with one bright quadrant, which is their class.
fn images(count: usize) -> Split {
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) % 32
    };
    let labels: Vec<u32> = (0..count).map(|image| (image % CLASSES) as u32).collect();
    let mut pixels = Vec::new();
    for &label in &labels {
        for place in 0..SIDE * SIDE {
            let bright = quadrant(place) == label as usize;
            let byte = if bright { 190 } else { 40 } + noise();
            pixels.push(byte as f32 / 255.0);
        }
    }
    Split::new(pixels, labels, SHAPE).unwrap()
}

fn quadrant(place: usize) -> usize {
    2 * (place / SIDE / (SIDE / 2)) + place % SIDE / (SIDE / 2)
}

/// `[pixels, classes]`: the mean of each quadrant, times a number.
fn weight(scale: f32) -> Tensor<2> {
    let mut values = vec![0f32; SIDE * SIDE * CLASSES];
    for place in 0..SIDE * SIDE {
        values[place * CLASSES + quadrant(place)] = scale * CLASSES as f32 / (SIDE * SIDE) as f32;
    }
    tensor(&values, [SIDE * SIDE, CLASSES])
}

fn flat(x: Tensor<4>) -> Tensor<2> {
    x.reshape([-1, (SIDE * SIDE) as i32])
}

fn logits(x: Tensor<4>) -> Tensor<2> {
    flat(x).matmul(weight(10.0))
}

fn function(forward: impl Fn(Tensor<4>) -> Tensor<2> + Send + Sync + 'static) -> Box<dyn Classifier> {
    Box::new(FromFunction::new(SHAPE, Bounds::UNIT, CLASSES, forward))
}

/// A sound model whose gradients are made by `gradient` of images and true gradients.
struct Falsified<F>(F);

impl<F: Fn(&[f32], Vec<f32>) -> Vec<f32> + Send + Sync> Classifier for Falsified<F> {
    fn classes(&self) -> usize {
        CLASSES
    }

    fn shape(&self) -> ImageShape {
        SHAPE
    }

    fn bounds(&self) -> Bounds {
        Bounds::UNIT
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        Ok(logits(images))
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let dims = images.dims();
        let pixels = to_vec(images.clone())?;
        let pullback = Pullback::new(move |cotangent: Tensor<2>| {
            let gradient = to_vec(cotangent.matmul(weight(10.0).transpose()))?;
            Ok(tensor(&(self.0)(&pixels, gradient), dims))
        });
        Ok((logits(images), pullback))
    }
}

struct Asked<'a> {
    attacks: &'a [&'a str],
    eps: f64,
    norm: Norm,
    shard: Shard,
    surrogate: Option<&'a dyn Classifier>,
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Self {
            attacks: &["apgd-ce"],
            eps: EPS,
            norm: Norm::Linf,
            shard: Shard::WHOLE,
            surrogate: None,
        }
    }
}

fn measure(model: &dyn Classifier, split: &Split, asked: &Asked<'_>) -> (Setup, Measured) {
    let device = test_device();
    let names: Vec<String> = asked.attacks.iter().map(|&name| name.to_owned()).collect();
    let plan = Plan::new(Suite::Custom, &names, &Map::new(), asked.norm, asked.eps, 0, model).unwrap();
    let test = TestSet {
        split,
        shape: SHAPE,
        chosen: Chosen::ALL,
        device: &device,
    };
    let named = Named { name: "model", model };
    let classes: Vec<String> = (0..CLASSES).map(|class| class.to_string()).collect();
    let empty = || Split::empty(SHAPE);
    let dataset = Dataset::new(
        "quadrants",
        classes.clone(),
        SHAPE,
        model.bounds(),
        empty(),
        empty(),
        split.clone(),
    );
    let mut setup = Setup::new(&plan, &named, "quadrants", &classes, (&test, "cpu"), BTreeMap::new());
    setup.shard = asked.shard;
    let run = AuditRun {
        model: named,
        test,
        plan: &plan,
        eight_bit: EightBit::of(&dataset.unwrap()),
        shard: asked.shard,
        surrogate: asked.surrogate.map(|model| Named {
            name: "surrogate",
            model,
        }),
        budget: None,
    };
    (setup, run.run(None, &mut ()).unwrap())
}

fn audit(model: &dyn Classifier, asked: &Asked<'_>) -> Audit {
    let (setup, measured) = measure(model, &images(48), asked);
    Audit::new(setup, measured)
}

fn names(audit: &Audit) -> Vec<&str> {
    audit.flags.iter().map(|flag| flag.name.as_str()).collect()
}

#[test]
fn a_sound_model_raises_no_flag_and_has_the_accuracy_that_its_margin_gives() {
    let sound = function(logits);
    let broken = audit(
        &*sound,
        &Asked {
            attacks: &["apgd-ce", "fab-t", "square"],
            ..Asked::default()
        },
    );
    assert_eq!(names(&broken), Vec::<&str>::new(), "{:?}", broken.flags);
    assert_eq!((broken.clean_accuracy, broken.robust_accuracy), (1.0, Some(0.0)));
    assert_eq!(broken.attacks[0].1.broken, 48);
    assert_eq!(broken.attacks[1].1.tried, 0);
    // The means of two quadrants differ by some 150 of 255, and eps takes at most twice itself off that.
    let standing = audit(
        &*sound,
        &Asked {
            attacks: &["apgd-ce", "square"],
            eps: 0.25,
            ..Asked::default()
        },
    );
    assert_eq!((standing.robust_accuracy, names(&standing)), (Some(1.0), vec![]));
    assert_eq!(standing.curve[0].accuracy, 1.0);
    assert_eq!(standing.curve.last().unwrap().accuracy, 0.0);
    let l2 = audit(
        &*sound,
        &Asked {
            norm: Norm::L2,
            eps: 1.0,
            ..Asked::default()
        },
    );
    assert_eq!((l2.robust_accuracy, names(&l2)), (Some(1.0), vec![]));
}

#[test]
fn broken_models_raise_their_flags() {
    static DRAW: AtomicU32 = AtomicU32::new(1);
    let random = || {
        let mut state = DRAW.fetch_add(1, Ordering::Relaxed).wrapping_mul(2_654_435_769);
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        })
    };
    let (dropout, resize) = (random, random);
    let off_grid = |pixels: &[f32]| pixels.iter().any(|&x| (x * 255.0 - (x * 255.0).round()).abs() > 1e-3);
    let models: Vec<(&str, Box<dyn Classifier>, &str)> = vec![
        ("distilled", function(|x| logits(x) * 100.0), masking::LOSS_UNDERFLOW),
        (
            "probabilities",
            function(|x| softmax(logits(x), 1)),
            flags::PROBABILITIES,
        ),
        (
            "log-probabilities",
            function(|x| log_softmax(logits(x), 1)),
            flags::LOG_PROBABILITIES,
        ),
        (
            "dropout on",
            function(move |x| {
                let [n, ..] = x.dims();
                let mask: Vec<f32> = dropout().take(n * SIDE * SIDE).map(|v| (v & 1) as f32 * 2.0).collect();
                logits(x * tensor(&mask, [n, 1, SIDE, SIDE]))
            }),
            flags::RANDOM,
        ),
        (
            "random resize",
            function(move |x| {
                let shift = resize().next().unwrap() as usize % 3;
                let [n, ..] = x.dims();
                let cut = x.slice([0..n, 0..1, 0..SIDE, shift..SIDE]);
                let border = Tensor::zeros([n, 1, SIDE, shift.max(1)], &test_device()).slice([
                    0..n,
                    0..1,
                    0..SIDE,
                    0..shift.max(1),
                ]);
                logits(if shift == 0 {
                    cut
                } else {
                    Tensor::cat(vec![cut, border], 3)
                })
            }),
            flags::RANDOM,
        ),
        (
            "quantised activations",
            function(|x| (logits(x) * 4.0).round() / 4.0),
            masking::ZERO_GRADIENTS,
        ),
        (
            "JPEG inside",
            function(|x| {
                // A step of 16 of 255, as a coarse table has it, on sums and differences of neighbors.
                let [n, ..] = x.dims();
                let pairs = x.reshape([n, SIDE * SIDE / 2, 2]);
                let (a, b) = (
                    pairs.clone().slice([0..n, 0..SIDE * SIDE / 2, 0..1]),
                    pairs.slice([0..n, 0..SIDE * SIDE / 2, 1..2]),
                );
                let coarse = |v: Tensor<3>| (v * 16.0).round() / 16.0;
                let (sum, difference) = (coarse(a.clone() + b.clone()), coarse(a - b));
                let back = Tensor::cat(
                    vec![(sum.clone() + difference.clone()) / 2.0, (sum - difference) / 2.0],
                    2,
                );
                logits(back.reshape([n, 1, SIDE, SIDE]))
            }),
            masking::ZERO_GRADIENTS,
        ),
        (
            "saturated",
            function(|x| ((logits(x) - 4.0) * 50.0).tanh()),
            masking::ZERO_GRADIENTS,
        ),
        (
            "shattered gradients",
            Box::new(Falsified(|pixels: &[f32], gradient: Vec<f32>| {
                let sign = |x: f32| if (x * 7919.0).fract() < 0.5 { -1.0 } else { 1.0 };
                gradient
                    .iter()
                    .zip(pixels)
                    .map(|(g, &x)| sign(x) * (g.abs() + 0.1))
                    .collect()
            })),
            flags::WRONG_GRADIENTS,
        ),
        (
            "gradients on 256 gray values alone",
            Box::new(Falsified(move |pixels: &[f32], gradient: Vec<f32>| {
                let images = pixels.chunks_exact(SIDE * SIDE).zip(gradient.chunks_exact(SIDE * SIDE));
                let of = |(pixels, gradient): (&[f32], &[f32])| match off_grid(pixels) {
                    true => vec![0.0; SIDE * SIDE],
                    false => gradient.to_vec(),
                };
                images.flat_map(of).collect()
            })),
            flags::ONE_STEP_STRONGER,
        ),
        (
            "batch statistics at inference",
            function(|x| {
                let mean = x.clone().mean_dim(0);
                logits(x - mean)
            }),
            flags::BATCH_DEPENDENT,
        ),
        (
            "gradient that is not a number",
            function(|x| {
                let zero = (x.clone() - x.clone().detach()).abs().sqrt();
                logits(x) + flat(zero).sum_dim(1)
            }),
            flags::NOT_FINITE,
        ),
        (
            "logits that are not numbers",
            function(|x| (logits(x) - 3.0).log()),
            flags::NOT_FINITE,
        ),
        ("guessing", function(|x| logits(x).flip([1])), flags::NEAR_CHANCE),
        (
            "between gray values",
            function(|x| {
                // Sound on 256 gray values; in between, the lost fractions decide.
                let fraction = (x.clone() * (255.0 * std::f32::consts::TAU)).sin().abs();
                logits(x) - flat(fraction).matmul(weight(10.0)) * 8.0
            }),
            flags::ROUNDING,
        ),
        ("blind alley", quiet_models::blind_alley(), flags::NOT_CONVERGED),
        ("narrow ring", quiet_models::narrow_ring(), flags::NOT_RISING),
        ("noise by place", quiet_models::noise_by_place(), flags::NOT_REPEATED),
    ];
    let mut missed = Vec::new();
    for (what, model, expected) in &models {
        let eps = match *what {
            "between gray values" => 0.01,
            "blind alley" | "narrow ring" => 0.1,
            _ => EPS,
        };
        let asked = Asked {
            eps,
            ..Asked::default()
        };
        let found = audit(&**model, &asked);
        println!("{what}: {:?}", names(&found));
        if !names(&found).contains(expected) {
            missed.push((*what, *expected));
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}

/// Some flags have models of their own, which nothing else gives away.
#[test]
fn what_only_one_check_can_see_raises_one_flag() {
    let models = [
        (quiet_models::blind_alley(), 0.1, flags::NOT_CONVERGED, 24.0),
        (quiet_models::narrow_ring(), 0.1, flags::NOT_RISING, 24.0),
        (quiet_models::noise_by_place(), EPS, flags::NOT_REPEATED, 12.0),
    ];
    let sound = function(logits);
    for (model, eps, flag, images) in models {
        let asked = Asked {
            eps,
            ..Asked::default()
        };
        let found = audit(&*model, &asked);
        assert_eq!(names(&found), [flag], "{:?}", found.flags);
        assert_eq!(found.clean_accuracy, 1.0);
        let evidence = &found.flags[0];
        assert!(evidence.evidence("images").unwrap() >= images, "{evidence:?}");
        assert_eq!(evidence.evidence("of"), Some(48.0));
        assert_eq!(names(&audit(&*sound, &asked)), Vec::<&str>::new(), "eps {eps}");
    }
}

/// One image whose gradient is not a number spares no other.
#[test]
fn images_that_are_not_finite_leave_the_others_of_their_batch_alone() {
    let in_part = Falsified(|pixels: &[f32], gradient: Vec<f32>| {
        let images = pixels.chunks_exact(SIDE * SIDE).zip(gradient.chunks_exact(SIDE * SIDE));
        let of = |(pixels, gradient): (&[f32], &[f32])| match pixels[0] > 0.5 {
            true => vec![f32::NAN; SIDE * SIDE],
            false => gradient.to_vec(),
        };
        images.flat_map(of).collect()
    });
    let asked = Asked {
        eps: 0.3,
        ..Asked::default()
    };
    let (found, sound) = (audit(&in_part, &asked), audit(&*function(logits), &asked));
    let flag = found.flags.iter().find(|flag| flag.name == flags::NOT_FINITE).unwrap();
    assert!(flag.evidence("images").unwrap() >= 12.0);
    for (found, sound) in found
        .images
        .iter()
        .zip(&sound.images)
        .filter(|(image, _)| image.label != 0)
    {
        let fine = found.trials[0].not_finite || found.broken_by == sound.broken_by;
        assert!(fine, "{found:?}");
    }
    let others = found.images.iter().filter(|image| image.broken_by.is_some()).count();
    assert!(others >= 24, "{others}");
}

#[test]
fn an_attack_without_gradients_shows_what_gradients_hide() {
    let hidden = Falsified(|_: &[f32], gradient: Vec<f32>| gradient.iter().map(|g| -g).collect());
    let found = audit(
        &hidden,
        &Asked {
            attacks: &["apgd-ce", "square"],
            ..Asked::default()
        },
    );
    let raised = names(&found);
    for flag in [flags::BLACK_BOX_STRONGER, flags::UNBOUNDED, flags::WRONG_GRADIENTS] {
        assert!(raised.contains(&flag), "{raised:?}");
    }
    let flag = found
        .flags
        .iter()
        .find(|flag| flag.name == flags::BLACK_BOX_STRONGER)
        .unwrap();
    assert_eq!(flag.evidence("images"), Some(found.attacks[1].1.broken as f64));
}

#[test]
fn examples_of_another_network_show_what_gradients_hide() {
    let hidden = Falsified(|_: &[f32], gradient: Vec<f32>| gradient.iter().map(|g| -g).collect());
    let sound = function(logits);
    let of = |surrogate| {
        audit(
            &hidden,
            &Asked {
                surrogate,
                ..Asked::default()
            },
        )
    };
    let found = of(Some(&*sound as &dyn Classifier));
    let flag = found
        .flags
        .iter()
        .find(|flag| flag.name == flags::TRANSFER_STRONGER)
        .unwrap();
    assert_eq!((flag.evidence("images"), flag.evidence("of")), (Some(48.0), Some(48.0)));
    assert!(!names(&of(None)).contains(&flags::TRANSFER_STRONGER));
    // What a sound model withstands it withstands from there too.
    let asked = Asked {
        eps: 0.25,
        surrogate: Some(&*sound),
        ..Asked::default()
    };
    let found = audit(&*sound, &asked);
    assert_eq!(names(&found), Vec::<&str>::new());
    assert!(found.images.iter().all(|image| image.broken_by_transfer == Some(false)));
}

#[test]
fn a_suspicious_unit_of_eps_is_told() {
    let sound = function(logits);
    let of = |eps| {
        let asked = Asked {
            eps,
            ..Asked::default()
        };
        audit(&*sound, &asked)
    };
    assert_eq!(names(&of(0.001)), [flags::EPS_UNIT]);
    assert_eq!(names(&of(0.6)), [flags::EPS_UNIT]);
    let plan = Plan::new(Suite::Standard, &[], &Map::new(), Norm::Linf, 8.0, 0, &*sound);
    let message = plan.err().unwrap().to_string();
    assert!(message.contains("8/255"), "{message}");
}

#[test]
fn shards_make_the_same_audit_as_one_machine() {
    let sound = function(logits);
    let split = images(30);
    let seconds = |audit: Audit| {
        let mut audit = audit;
        audit
            .attacks
            .iter_mut()
            .for_each(|(_, attack)| (attack.seconds, attack.joules) = (0.0, None));
        audit
    };
    let of = |shard| {
        let asked = Asked {
            attacks: &["apgd-ce", "fab", "square"],
            eps: 0.3,
            shard,
            ..Asked::default()
        };
        let (setup, measured) = measure(&*sound, &split, &asked);
        Audit::new(setup, measured)
    };
    let whole = of(Shard::WHOLE);
    let parts = || (1..=4).map(|number| of(Shard { number, of: 4 })).collect::<Vec<_>>();
    let merged = merge(parts()).unwrap();
    assert_eq!(seconds(merged), seconds(whole));
    let json = serde_json::to_string(&parts()[0]).unwrap();
    let read: Audit = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), json);
    let mut missing = parts();
    missing.remove(2);
    assert!(merge(missing).unwrap_err().to_string().contains("3/4 is missing"));
    let mut twice = parts();
    twice[1] = twice[0].clone();
    assert!(merge(twice).unwrap_err().to_string().contains("1/4 twice"));
    let mut other = parts();
    other[1].setup.eps = 0.1;
    assert!(merge(other).unwrap_err().to_string().contains("another eps"));
    assert!(merge(Vec::new()).is_err());
}

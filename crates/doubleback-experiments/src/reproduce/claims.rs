//! The paper's claims, held against a run's own numbers and intervals.

use doubleback::statistics::greatest_by;
use std::collections::BTreeMap;

use super::model_names::{ADVTRAIN, DISTILLED, DOUBLEBACK, INSENSITIVE, NORMAL};
use super::results::LambdaPoint;
use super::targeted::TargetedSummary;
use crate::claim::Claim;
use crate::claim::Evidence::{self, Against, For, Open};
use crate::claim::verdict;
use crate::lambda_rule::SHARE_OF_NORMAL;
use doubleback::evaluate::{CleanAccuracy, Masking, Smoothness, TransferCell};

/// The measurements that the claims are about; the fields are those of [`Results`](super::Results) with the same names.
#[derive(Clone, Copy, Debug)]
pub struct Measurements<'a> {
    /// Names of the models.
    pub models: &'a [String],
    /// Accuracy on unperturbed test images.
    pub clean: &'a [CleanAccuracy],
    /// Accuracy of every model on the examples crafted on every model.
    pub transfer: &'a [TransferCell],
    /// Images whose gradient is exactly zero, by model and attack.
    pub masking: &'a BTreeMap<String, BTreeMap<String, Masking>>,
    /// How smooth input gradients are.
    pub smoothness: &'a [Smoothness],
    /// Targeted attacks.
    pub targeted: &'a [TargetedSummary],
    /// Models over a grid of penalty weights; may be empty.
    pub lambdas: &'a [LambdaPoint],
}

/// Evidence that `a` is more accurate than `b`: only where their intervals are apart.
fn above(a: &TransferCell, b: &TransferCell) -> Evidence {
    if a.low > b.high {
        For
    } else if a.high < b.low {
        Against
    } else {
        Open
    }
}

/// Evidence that an accuracy is below a bound.
fn below(cell: &TransferCell, bound: f64) -> Evidence {
    if cell.high < bound {
        For
    } else if cell.low > bound {
        Against
    } else {
        Open
    }
}

fn percent(cell: &TransferCell) -> String {
    format!(
        "{:.1} % [{:.1}, {:.1}]",
        100.0 * cell.accuracy,
        100.0 * cell.low,
        100.0 * cell.high
    )
}

fn cell<'a>(
    run: &Measurements<'a>,
    attack: &str,
    crafted_on: &str,
    evaluated_on: &str,
    eps: f64,
) -> Option<&'a TransferCell> {
    run.transfer.iter().find(|c| {
        c.attack == attack && c.crafted_on == crafted_on && c.evaluated_on == evaluated_on && (c.eps - eps).abs() < 1e-9
    })
}

/// From this epsilon on the paper sees double backprop ahead of adversarial training (MNIST).
const HIGH_EPS: f64 = 0.4;

/// The claims of Ross & Doshi-Velez 2018, each with what was measured.
pub fn claims(run: &Measurements) -> Vec<Claim> {
    vec![
        high_eps(run),
        low_eps(run),
        regularized_fool_all(run),
        distilled_masks(run),
        smooth_gradients(run),
        better_than_certainty(run),
        over_regularized(run),
    ]
}

fn eps_of(run: &Measurements, keep: impl Fn(f64) -> bool) -> Vec<f64> {
    let mut eps: Vec<f64> = run
        .transfer
        .iter()
        .map(|c| c.eps)
        .filter(|&e| e > 0.0 && keep(e))
        .collect();
    eps.sort_by(f64::total_cmp);
    eps.dedup();
    eps
}

fn claim(number: usize, statement: &str, cases: &[Evidence], measured: String) -> Claim {
    let measured = if cases.is_empty() {
        "This run has no measurement of it.".into()
    } else {
        measured
    };
    Claim {
        number,
        statement: statement.into(),
        measured,
        verdict: verdict(cases),
    }
}

/// Doubleback against advtrain on FGSM examples crafted on normal and on advtrain.
fn versus_advtrain(run: &Measurements, keep: impl Fn(f64) -> bool) -> (Vec<Evidence>, String) {
    let (mut cases, mut text) = (Vec::new(), String::from("Accuracy of doubleback and of advtrain."));
    for crafted_on in [NORMAL, ADVTRAIN] {
        let mut parts = Vec::new();
        for eps in eps_of(run, &keep) {
            let cells = [DOUBLEBACK, ADVTRAIN].map(|model| cell(run, "fgsm", crafted_on, model, eps));
            if let [Some(doubleback), Some(advtrain)] = cells {
                let evidence = above(doubleback, advtrain);
                let (a, b) = (100.0 * doubleback.accuracy, 100.0 * advtrain.accuracy);
                let word = match evidence {
                    For => "ahead",
                    Against => "behind",
                    Open => "not separable",
                };
                cases.push(evidence);
                parts.push(format!("{a:.1} % and {b:.1} % at eps {eps} ({word})"));
            }
        }
        if !parts.is_empty() {
            text += &format!(" Crafted on {crafted_on}: {}.", parts.join(", "));
        }
    }
    (
        cases,
        text + " Ahead and behind mean that the 95 % intervals are apart.",
    )
}

fn high_eps(run: &Measurements) -> Claim {
    let (cases, text) = versus_advtrain(run, |eps| eps >= HIGH_EPS - 1e-9);
    let statement = "Double backprop withstands large perturbations crafted on the normal and on the adversarially trained model better than \
                     adversarial training does (FGSM, eps from 0.4).";
    claim(1, statement, &cases, text)
}

fn low_eps(run: &Measurements) -> Claim {
    let (cases, text) = versus_advtrain(run, |eps| eps < HIGH_EPS - 1e-9);
    // "Equal or better": only a clear lead of double backprop speaks against it.
    let cases: Vec<Evidence> = cases
        .into_iter()
        .map(|case| if case == For { Against } else { For })
        .collect();
    let statement = "Up to eps 0.3, the size it was trained on, adversarial training is as good as double backprop or better (FGSM).";
    claim(1, statement, &cases, text)
}

fn regularized_fool_all(run: &Measurements) -> Claim {
    let (mut cases, mut texts) = (Vec::new(), Vec::new());
    for crafted_on in [INSENSITIVE, DOUBLEBACK] {
        let mut parts = Vec::new();
        for model in run.models {
            if let Some(cell) = cell(run, "fgsm", crafted_on, model, HIGH_EPS) {
                cases.push(below(cell, 0.5));
                parts.push(format!("{model} {}", percent(cell)));
            }
        }
        if !parts.is_empty() {
            texts.push(format!("Crafted on {crafted_on}: {}.", parts.join(", ")));
        }
    }
    let statement = "Examples crafted on gradient-regularized models fool all models (here: at FGSM eps 0.4 every model is right on less than half).";
    claim(2, statement, &cases, texts.join(" "))
}

fn distilled_masks(run: &Measurements) -> Claim {
    let clean = run.clean.iter().find(|c| c.model == DISTILLED);
    let masking = run.masking.get(DISTILLED);
    let cells = ["fgsm", "tgsm"].map(|attack| cell(run, attack, DISTILLED, DISTILLED, HIGH_EPS));
    let (Some(clean), Some(masking), [Some(fgsm), Some(tgsm)]) = (clean, masking, cells) else {
        return claim(3, UNDERFLOW, &[], String::new());
    };
    let share = |attack: &str| {
        masking
            .get(attack)
            .map_or(0.0, |m| m.zero_gradient_images as f64 / m.count.max(1) as f64)
    };
    let majority = if share("fgsm") > 0.5 { For } else { Against };
    let attack_works = if tgsm.high < clean.low { For } else { Against };
    let measured = format!(
        "{:.1} % of FGSM gradients and {:.1} % of TGSM gradients are exactly zero. At eps 0.4 the distilled model is right on {} of its own FGSM \
         examples and on {} of its own TGSM examples ({:.1} % of clean images).",
        100.0 * share("fgsm"),
        100.0 * share("tgsm"),
        percent(fgsm),
        percent(tgsm),
        100.0 * clean.accuracy
    );
    claim(3, UNDERFLOW, &[majority, attack_works], measured)
}

const UNDERFLOW: &str = "Most FGSM examples of a distilled model are unchanged images, because its gradients underflow to zero, while its TGSM examples work.";

/// Judges of what an example looks like: models that the compared ones have no gradient in common with.
const JUDGES: [&str; 2] = [DISTILLED, ADVTRAIN];

fn smooth_gradients(run: &Measurements) -> Claim {
    let (mut cases, mut texts) = (Vec::new(), Vec::new());
    for model in [INSENSITIVE, DOUBLEBACK] {
        if let Some(s) = run.smoothness.iter().find(|s| s.model == model) {
            cases.push(apart((s.low, s.high), (0.5, 0.5)));
            let (share, low, high) = (100.0 * s.smoother, 100.0 * s.low, 100.0 * s.high);
            texts.push(format!(
                "{model}'s gradient is smoother than normal's on {share:.1} % [{low:.1}, {high:.1}] of {} images.",
                s.count
            ));
        }
    }
    let taken = |crafted_on: &str, judge: &str| {
        let summary = run
            .targeted
            .iter()
            .find(|t| t.attack == "itgsm" && t.model == crafted_on)?;
        summary.taken_for_target.iter().find(|share| share.model == judge)
    };
    for judge in JUDGES {
        for model in [INSENSITIVE, DOUBLEBACK] {
            if let (Some(ours), Some(normal)) = (taken(model, judge), taken(NORMAL, judge)) {
                cases.push(apart((ours.low, ours.high), (normal.low, normal.high)));
                texts.push(format!(
                    "The {judge} model takes {:.1} % [{:.1}, {:.1}] of {model}'s iterated TGSM images for the target, {:.1} % [{:.1}, {:.1}] of normal's.",
                    100.0 * ours.share,
                    100.0 * ours.low,
                    100.0 * ours.high,
                    100.0 * normal.share,
                    100.0 * normal.low,
                    100.0 * normal.high
                ));
            }
        }
    }
    let statement = "Gradients of regularized models are smooth, and their iterated TGSM images look like the target (here: models that took no part \
                     in making them take more of them for the target).";
    claim(4, statement, &cases, texts.join(" "))
}

/// Evidence that one interval lies above another.
fn apart((low, high): (f64, f64), (other_low, other_high): (f64, f64)) -> Evidence {
    if low > other_high {
        For
    } else if high < other_low {
        Against
    } else {
        Open
    }
}

fn better_than_certainty(run: &Measurements) -> Claim {
    let (mut cases, mut texts) = (Vec::new(), Vec::new());
    for (source, of_doubleback, of_insensitive) in [
        (NORMAL, NORMAL, NORMAL),
        (ADVTRAIN, ADVTRAIN, ADVTRAIN),
        ("the attacked model itself", DOUBLEBACK, INSENSITIVE),
    ] {
        let (mut ahead, mut behind, mut open) = (Vec::new(), Vec::new(), Vec::new());
        for eps in eps_of(run, |_| true) {
            let doubleback = cell(run, "fgsm", of_doubleback, DOUBLEBACK, eps);
            let insensitive = cell(run, "fgsm", of_insensitive, INSENSITIVE, eps);
            if let (Some(doubleback), Some(insensitive)) = (doubleback, insensitive) {
                let evidence = above(doubleback, insensitive);
                cases.push(evidence);
                match evidence {
                    For => ahead.push(eps.to_string()),
                    Against => behind.push(eps.to_string()),
                    Open => open.push(eps.to_string()),
                }
            }
        }
        let parts: Vec<String> = [("ahead", ahead), ("behind", behind), ("not separable", open)]
            .into_iter()
            .filter(|(_, eps)| !eps.is_empty())
            .map(|(word, eps)| format!("{word} at eps {}", eps.join(", ")))
            .collect();
        if !parts.is_empty() {
            texts.push(format!("FGSM crafted on {source}: doubleback is {}.", parts.join("; ")));
        }
    }
    let statement = "Double backprop is slightly better than certainty sensitivity.";
    claim(5, statement, &cases, texts.join(" "))
}

fn over_regularized(run: &Measurements) -> Claim {
    let (mut cases, mut texts) = (Vec::new(), Vec::new());
    let normal = run.lambdas.iter().find(|point| point.defense == NORMAL);
    let mut defenses: Vec<&str> = run.lambdas.iter().map(|point| point.defense.as_str()).collect();
    defenses.dedup();
    for defense in defenses.into_iter().filter(|&defense| defense != NORMAL) {
        let largest = run.lambdas.iter().filter(|point| point.defense == defense);
        let largest = greatest_by(largest, |point| point.lambda);
        if let (Some(normal), Some(largest)) = (normal, largest) {
            // That this grid has none does not speak against there being some.
            let below = largest.test.high < SHARE_OF_NORMAL * normal.test.low;
            cases.push(if below { For } else { Open });
            texts.push(format!(
                "After {} steps with lambda {} {defense} is right on {:.1} % [{:.1}, {:.1}] of clean test images, normal on {:.1} %.",
                largest.steps,
                largest.lambda,
                100.0 * largest.test.accuracy,
                100.0 * largest.test.low,
                100.0 * largest.test.high,
                100.0 * normal.test.accuracy
            ));
        }
    }
    // One is enough.
    if cases.contains(&For) {
        cases.retain(|&case| case == For);
    }
    let statement = "There are over-regularized models: with the largest weights, accuracy on clean images falls below 97 % of the normal model's.";
    claim(6, statement, &cases, texts.join(" "))
}

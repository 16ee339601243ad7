//! Reasons to doubt a robust accuracy, each with its evidence and its threshold. After Carlini et al. 2019, "On evaluating adversarial robustness", Athalye,
//! Carlini & Wagner 2018, and the checks of Croce & Hein 2020.

use super::record::{Probe, ProbeAttacks, Record};
use super::setup::Setup;
use crate::attack::Norm;
use crate::evaluate::{Flag, MarginCheck, Masking, masking};
use crate::statistics::wilson;

/// Some outputs or gradients are NaN or infinite.
pub const NOT_FINITE: &str = "not-finite";
/// The model's outputs are probabilities, not logits.
pub const PROBABILITIES: &str = "probabilities";
/// They are log-probabilities.
pub const LOG_PROBABILITIES: &str = "log-probabilities";
/// The same images do not get the same answer twice.
pub const RANDOM: &str = "random";
/// What the model says of an image depends on the others of its batch.
pub const BATCH_DEPENDENT: &str = "batch-dependent";
/// The gradient does not say what the model does.
pub const WRONG_GRADIENTS: &str = "wrong-gradients";
/// An attack without gradients breaks what those with gradients could not.
pub const BLACK_BOX_STRONGER: &str = "black-box-stronger";
/// Examples made on another network break what attacks on the model could not.
pub const TRANSFER_STRONGER: &str = "transfer-stronger";
/// One step breaks more than many.
pub const ONE_STEP_STRONGER: &str = "one-step-stronger";
/// More steps and starts still break images.
pub const NOT_CONVERGED: &str = "not-converged";
/// Images stand although eps allows any image.
pub const UNBOUNDED: &str = "unbounded-eps-not-zero";
/// The attack does less within a larger eps.
pub const NOT_RISING: &str = "loss-not-rising";
/// Eps is so small or so large that its unit may be another than meant.
pub const EPS_UNIT: &str = "eps-unit";
/// Examples do not survive being saved as pictures.
pub const ROUNDING: &str = "8-bit-rounding";
/// Examples do not survive being shown to the model once more.
pub const NOT_REPEATED: &str = "not-repeated";
/// The model is no better than guessing.
pub const NEAR_CHANCE: &str = "near-chance";

/// Outputs of more than this share of the images look like probabilities.
pub const PROBABILITY_SHARE: f64 = 0.9;
/// Outputs differ by more than this share of the largest, asked twice,
pub const REPEAT_CHANGE: f32 = 1e-5;
/// or asked alone and in a batch,
pub const ALONE_CHANGE: f32 = 1e-3;
/// on more than this share of the images.
pub const CHANGED_SHARE: f64 = 0.05;
/// Half of the images have a slope that is further from the gradient than this, as a share of it.
pub const SLOPE_ERROR: f64 = 0.5;
/// An attack without gradients, or examples of another network, break more than this share of what those with gradients left, and more than one image.
pub const BLACK_BOX_SHARE: f64 = 0.02;
/// One step breaks more than many, by this share of the images, and more than one.
pub const ONE_STEP_SHARE: f64 = 0.03;
/// A longer attack breaks more than this share of the probed images, and more than one.
pub const MORE_SHARE: f64 = 0.03;
/// With the greatest eps, more than this share of the images stands.
pub const UNBOUNDED_SHARE: f64 = 0.05;
/// Twice the eps does less on more than this share of the images.
pub const FALLING_SHARE: f64 = 0.1;
/// How much less counts, as a share of the margin.
pub const FALL: f32 = 0.1;
/// Rounding to 8 bits undoes more than this share of the examples, and more than one.
pub const ROUNDED_SHARE: f64 = 0.1;
/// Asked once more, the model is right on more than this share of the examples.
pub const REPEATED_SHARE: f64 = 0.01;

/// All flags that records raise.
pub fn all(setup: &Setup, records: &[Record]) -> Vec<Flag> {
    let probes: Vec<&Probe> = records.iter().filter_map(|record| record.probe.as_ref()).collect();
    let attacks: Vec<&ProbeAttacks> = probes.iter().filter_map(|probe| probe.attacks.as_ref()).collect();
    let flags = [
        not_finite(records),
        zero_gradients(records),
        probabilities(&probes),
        random(&probes),
        batch_dependent(&probes),
        wrong_gradients(&probes),
        loss_underflow(setup, &attacks),
        one_step_stronger(setup, &attacks),
        black_box_stronger(setup, records),
        transfer_stronger(records),
        not_converged(&probes),
        unbounded(setup, &attacks),
        not_rising(setup, &attacks),
        eps_unit(setup),
        rounding(records),
        not_repeated(records),
        near_chance(setup, records),
    ];
    flags.into_iter().flatten().collect()
}

fn count<'a, T>(items: impl IntoIterator<Item = &'a T>, good: impl Fn(&T) -> bool) -> usize
where
    T: 'a,
{
    items.into_iter().filter(|item| good(item)).count()
}

/// More than a share of all, and more than one.
fn many(some: usize, all: usize, share: f64) -> bool {
    some > 1 && some as f64 > share * all as f64
}

fn percent(some: usize, all: usize) -> String {
    format!("{:.1} %", 100.0 * some as f64 / all.max(1) as f64)
}

fn of_all(some: usize, all: usize) -> [(&'static str, f64); 2] {
    [("images", some as f64), ("of", all as f64)]
}

fn not_finite(records: &[Record]) -> Option<Flag> {
    let bad = count(records, |record| {
        let probed = record.probe.as_ref().is_some_and(|probe| probe.not_finite);
        record.clean.is_none() || probed || record.trials.iter().any(|trial| trial.not_finite)
    });
    (bad > 0).then(|| {
        let detail = format!(
            "Logits or gradients are NaN or infinite on {bad} of {} images: no attack with gradients works there, and an image without logits counts as wrong",
            records.len()
        );
        Flag::new(NOT_FINITE, detail, of_all(bad, records.len()))
    })
}

fn zero_gradients(records: &[Record]) -> Option<Flag> {
    let probed: Vec<&Probe> = records.iter().filter_map(|record| record.probe.as_ref()).collect();
    masking::zero_gradients(&Masking {
        zero_gradient_images: probed.iter().filter(|probe| probe.zero_gradient).count(),
        count: probed.len(),
    })
}

fn probabilities(probes: &[&Probe]) -> Option<Flag> {
    let share = |some: usize| some as f64 > PROBABILITY_SHARE * probes.len() as f64;
    let plain = probes.iter().filter(|probe| probe.probabilities).count();
    let logs = probes.iter().filter(|probe| probe.log_probabilities).count();
    let (name, what, some) = if share(plain) {
        (PROBABILITIES, "between 0 and 1 and sum to 1", plain)
    } else if share(logs) {
        (LOG_PROBABILITIES, "logarithms of values that sum to 1", logs)
    } else {
        return None;
    };
    let detail = format!(
        "Outputs of {some} of {} images are {what}: losses take them for logits, and their gradients may vanish. Give the model before its last (log-)softmax",
        probes.len()
    );
    Some(Flag::new(name, detail, of_all(some, probes.len())))
}

fn random(probes: &[&Probe]) -> Option<Flag> {
    let changed = probes
        .iter()
        .filter(|probe| probe.repeat_change > REPEAT_CHANGE)
        .count();
    (changed as f64 > CHANGED_SHARE * probes.len() as f64).then(|| {
        let most = probes.iter().fold(0f32, |most, probe| most.max(probe.repeat_change));
        let detail = format!(
            "Asked twice, outputs differ on {changed} of {} images, by up to {:.2} % of the largest: a single gradient is one draw of many. Attack the mean of draws: --ensemble rand",
            probes.len(),
            100.0 * most
        );
        Flag::new(RANDOM, detail, [("images", changed as f64), ("of", probes.len() as f64), ("most", f64::from(most))])
    })
}

fn batch_dependent(probes: &[&Probe]) -> Option<Flag> {
    // What is random differs anyway.
    let alone: Vec<f32> = probes
        .iter()
        .filter(|probe| probe.repeat_change <= REPEAT_CHANGE)
        .filter_map(|probe| probe.alone_change)
        .collect();
    let changed = alone.iter().filter(|&&change| change > ALONE_CHANGE).count();
    (changed > 0 && changed as f64 > CHANGED_SHARE * alone.len() as f64).then(|| {
        let most = alone.iter().copied().fold(0f32, f32::max);
        let detail = format!(
            "Outputs of {changed} of {} images differ between the image alone and in a batch, by up to {:.2} % of the largest: batch statistics at inference? Examples work in their batch alone",
            alone.len(),
            100.0 * most
        );
        Flag::new(BATCH_DEPENDENT, detail, [("images", changed as f64), ("of", alone.len() as f64), ("most", f64::from(most))])
    })
}

fn wrong_gradients(probes: &[&Probe]) -> Option<Flag> {
    let mut errors: Vec<f64> = probes
        .iter()
        .filter(|probe| probe.repeat_change <= REPEAT_CHANGE)
        .filter_map(|probe| probe.slope_error.map(f64::from))
        .collect();
    errors.sort_by(f64::total_cmp);
    let median = *errors.get(errors.len() / 2)?;
    (median > SLOPE_ERROR).then(|| {
        let detail = format!(
            "Along a step of half a 255th to either side, half of {} images have a margin whose change is {:.0} % or more away from what the gradient says: rounding or a gradient of its own making? Attacks that follow it may be misled",
            errors.len(),
            100.0 * median
        );
        Flag::new(WRONG_GRADIENTS, detail, [("median_error", median), ("of", errors.len() as f64)])
    })
}

fn loss_underflow(setup: &Setup, attacks: &[&ProbeAttacks]) -> Option<Flag> {
    let standing = |broken: usize| 1.0 - broken as f64 / attacks.len().max(1) as f64;
    masking::loss_underflow(&[MarginCheck {
        model: setup.model.clone(),
        eps: setup.eps,
        cross_entropy_accuracy: standing(attacks.iter().filter(|probe| probe.fgsm).count()),
        margin_accuracy: standing(attacks.iter().filter(|probe| probe.fgsm_margin).count()),
        count: attacks.len(),
    }])
}

/// Place of eps itself among the sizes of probes.
fn at_eps(setup: &Setup) -> Option<usize> {
    setup.sizes().iter().position(|&size| size == setup.eps)
}

fn one_step_stronger(setup: &Setup, attacks: &[&ProbeAttacks]) -> Option<Flag> {
    let place = at_eps(setup)?;
    let many_steps = attacks
        .iter()
        .filter(|probe| probe.at_sizes.get(place).is_some_and(|at| at.broken))
        .count();
    let one = attacks.iter().filter(|probe| probe.fgsm || probe.fgsm_margin).count();
    (one > many_steps && many(one - many_steps, attacks.len(), ONE_STEP_SHARE)).then(|| {
        let detail = format!(
            "One step of FGSM breaks {one} of {} images, 20 steps of APGD within the same eps {many_steps}: gradients on the way mislead",
            attacks.len()
        );
        Flag::new(
            ONE_STEP_STRONGER,
            detail,
            [("one_step", one as f64), ("many_steps", many_steps as f64), ("of", attacks.len() as f64)],
        )
    })
}

fn black_box_stronger(setup: &Setup, records: &[Record]) -> Option<Flag> {
    let place = setup
        .settings
        .attacks
        .iter()
        .position(|attack| attack.name == "square")?;
    // Only what attacks with gradients had tried before.
    (place > 0).then_some(())?;
    let tried = count(records, |record| record.trials.len() > place);
    let broken = count(records, |record| record.broken_by.as_deref() == Some("square"));
    many(broken, tried, BLACK_BOX_SHARE).then(|| {
        let detail = format!(
            "Square, which uses no gradients, breaks {broken} of the {tried} images ({}) that attacks with gradients had left: gradients hide something",
            percent(broken, tried)
        );
        Flag::new(BLACK_BOX_STRONGER, detail, of_all(broken, tried))
    })
}

fn transfer_stronger(records: &[Record]) -> Option<Flag> {
    let tried = count(records, |record| record.broken_by_transfer.is_some());
    let broken = count(records, |record| record.broken_by_transfer == Some(true));
    many(broken, tried, BLACK_BOX_SHARE).then(|| {
        let detail = format!(
            "PGD on a surrogate, which knows nothing of the model, breaks {broken} of the {tried} images ({}) that all attacks on the model had left: gradients hide something",
            percent(broken, tried)
        );
        Flag::new(TRANSFER_STRONGER, detail, of_all(broken, tried))
    })
}

fn not_converged(probes: &[&Probe]) -> Option<Flag> {
    let broken = probes.iter().filter(|probe| probe.broken_by_more == Some(true)).count();
    many(broken, probes.len(), MORE_SHARE).then(|| {
        let detail = format!(
            "More steps and starts break {broken} more of {} images ({}) after the whole ensemble: the robust accuracy is too high by about as much",
            probes.len(),
            percent(broken, probes.len())
        );
        Flag::new(NOT_CONVERGED, detail, of_all(broken, probes.len()))
    })
}

fn unbounded(setup: &Setup, attacks: &[&ProbeAttacks]) -> Option<Flag> {
    let place = setup.sizes().len().checked_sub(1)?;
    let standing = attacks
        .iter()
        .filter(|probe| probe.at_sizes.get(place).is_some_and(|at| !at.broken))
        .count();
    (standing as f64 > UNBOUNDED_SHARE * attacks.len() as f64 && standing > 1).then(|| {
        let detail = format!(
            "With an eps of {}, which allows any image, {standing} of {} images stand: the attack fails, not the eps",
            setup.sizes()[place],
            attacks.len()
        );
        Flag::new(UNBOUNDED, detail, of_all(standing, attacks.len()))
    })
}

/// The greatest size is left out: from its starts, noise all over the range, an attack has another way.
fn not_rising(setup: &Setup, attacks: &[&ProbeAttacks]) -> Option<Flag> {
    let sizes = setup.sizes();
    let falls = |place: usize| {
        let falls = |probe: &&&ProbeAttacks| match (probe.at_sizes.get(place), probe.at_sizes.get(place + 1)) {
            (Some(small), Some(large)) if small.broken => !large.broken,
            (Some(small), Some(large)) => !large.broken && large.margin > small.margin * (1.0 + FALL),
            _ => false,
        };
        attacks.iter().filter(falls).count()
    };
    let places = 0..sizes.len().saturating_sub(2);
    let (place, falling) = places
        .map(|place| (place, falls(place)))
        .max_by_key(|&(_, falling)| falling)?;
    many(falling, attacks.len(), FALLING_SHARE).then(|| {
        let detail = format!(
            "On {falling} of {} images an attack does less within eps {} than within {}: it does not follow the loss",
            attacks.len(),
            sizes[place + 1],
            sizes[place]
        );
        let [images, of] = of_all(falling, attacks.len());
        Flag::new(NOT_RISING, detail, [images, of, ("eps", sizes[place + 1])])
    })
}

fn eps_unit(setup: &Setup) -> Option<Flag> {
    let [low, high] = setup.settings.bounds.map(f64::from);
    let range = high - low;
    let greatest = *setup.sizes().last()?;
    let (eps, evidence) = (setup.eps, [("eps", setup.eps), ("range", range)]);
    let step = range / 255.0;
    let detail = if eps < step / 2.0 {
        let meant = match range > 1.0 {
            true => format!(". If pixels from 0 to 1 were meant, give {}", eps * range),
            false => String::new(),
        };
        format!(
            "Eps {eps} is less than half of one of the 255 steps from {low} to {high}: no 8-bit picture can hold such a change{meant}"
        )
    } else if eps >= greatest / 2.0 {
        match setup.norm {
            Norm::Linf => format!(
                "Eps {eps} is half of the range {low} to {high} or more: it allows a uniformly gray image, of which nothing can be told"
            ),
            Norm::L2 => {
                format!("Eps {eps} is half of the greatest distance between two images, {greatest:.1}, or more")
            }
        }
    } else {
        return None;
    };
    Some(Flag::new(EPS_UNIT, detail, evidence))
}

fn rounding(records: &[Record]) -> Option<Flag> {
    let broken: Vec<&Record> = records
        .iter()
        .filter(|record| record.broken_by.is_some() && record.prediction_8bit.is_some())
        .collect();
    let undone = broken
        .iter()
        .filter(|record| record.prediction_8bit == Some(record.label))
        .count();
    many(undone, broken.len(), ROUNDED_SHARE).then(|| {
        let detail = format!(
            "Rounded to 8 bits, {undone} of {} examples ({}) are classified rightly again: as pictures they do not work",
            broken.len(),
            percent(undone, broken.len())
        );
        Flag::new(ROUNDING, detail, of_all(undone, broken.len()))
    })
}

fn not_repeated(records: &[Record]) -> Option<Flag> {
    let broken: Vec<&Record> = records.iter().filter(|record| record.broken_by.is_some()).collect();
    let undone = broken
        .iter()
        .filter(|record| record.prediction_again == Some(record.label))
        .count();
    (undone as f64 > REPEATED_SHARE * broken.len() as f64).then(|| {
        let detail = format!(
            "Asked once more, in another batch, the model is right on {undone} of {} examples ({}) that had broken it",
            broken.len(),
            percent(undone, broken.len())
        );
        Flag::new(NOT_REPEATED, detail, of_all(undone, broken.len()))
    })
}

fn near_chance(setup: &Setup, records: &[Record]) -> Option<Flag> {
    let right = count(records, Record::is_right);
    let classes = setup.classes.len().max(1);
    let chance = 1.0 / classes as f64;
    let (low, _) = wilson(right, records.len());
    (!records.is_empty() && low <= chance).then(|| {
        let detail = format!(
            "Unperturbed, the model knows {right} of {} images ({}), where guessing among {classes} classes gets {:.1} %: are the pixels scaled, and the classes ordered, as it was trained?",
            records.len(),
            percent(right, records.len()),
            100.0 * chance
        );
        Flag::new(NEAR_CHANCE, detail, [("right", right as f64), ("of", records.len() as f64), ("chance", chance)])
    })
}

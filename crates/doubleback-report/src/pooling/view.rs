use doubleback::train::DefenseKind;
use doubleback_experiments::pooling_study::{CLEAN, Comparison, Difference, PoolingResults, WORST_CASE};

use crate::eps::{distinct, same_eps};
use crate::format::{DASH, attack_name, points, points_interval, short};

/// Slots of the two kinds of pooling: the same look in every chart.
pub const MAX: usize = 2;
pub const AVERAGE: usize = 4;

/// What every section draws from.
pub struct View<'a> {
    pub results: &'a PoolingResults,
}

/// What a difference of average less max pooling says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The interval lies above zero.
    Above,
    /// The interval lies below zero.
    Below,
    /// It holds zero, or there is none.
    Open,
}

impl Sign {
    pub fn of(difference: &Difference) -> Self {
        match difference.low.zip(difference.high) {
            Some((low, _)) if low > 0.0 => Self::Above,
            Some((_, high)) if high < 0.0 => Self::Below,
            _ => Self::Open,
        }
    }

    /// A sign that needs no color.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Above => "▲",
            Self::Below => "▼",
            Self::Open => "·",
        }
    }
}

impl<'a> View<'a> {
    /// Comparisons of one architecture, training and attack, by eps.
    pub fn comparisons(&self, architecture: &str, training: &str, attack: &str) -> Vec<&'a Comparison> {
        let all = self.results.comparisons.iter();
        all.filter(|one| one.architecture == architecture && one.training == training && one.attack == attack)
            .collect()
    }

    /// The attacks that were compared, without the unperturbed images, in order of appearance.
    pub fn attacks(&self) -> Vec<&'a str> {
        let mut attacks: Vec<&str> = Vec::new();
        for one in &self.results.comparisons {
            if one.attack != CLEAN && !attacks.contains(&one.attack.as_str()) {
                attacks.push(&one.attack);
            }
        }
        attacks
    }

    /// Architectures and trainings that were compared.
    pub fn cases(&self) -> Vec<(&'a str, &'a str)> {
        let mut cases: Vec<(&str, &str)> = Vec::new();
        for one in &self.results.comparisons {
            let case = (one.architecture.as_str(), one.training.as_str());
            if !cases.contains(&case) {
                cases.push(case);
            }
        }
        cases
    }

    /// The trainings of an architecture.
    pub fn trainings(&self, architecture: &str) -> Vec<&'a str> {
        let cases = self.cases().into_iter();
        cases
            .filter(|(one, _)| *one == architecture)
            .map(|(_, training)| training)
            .collect()
    }

    /// The perturbation sizes of a case, from small to large.
    pub fn sizes(&self, architecture: &str, training: &str) -> Vec<f64> {
        let all = self.results.comparisons.iter();
        distinct(
            all.filter(|one| one.architecture == architecture && one.training == training && one.attack != CLEAN)
                .map(|one| one.eps),
        )
    }

    /// One comparison.
    pub fn find(&self, architecture: &str, training: &str, attack: &str, eps: f64) -> Option<&'a Comparison> {
        self.comparisons(architecture, training, attack)
            .into_iter()
            .find(|one| same_eps(one.eps, eps))
    }

    /// Comparisons under the worst of the attacks in which either kind of pooling keeps any images to speak of.
    pub fn worst(&self) -> Vec<&'a Comparison> {
        let all = self.results.comparisons.iter();
        all.filter(|one| one.attack == WORST_CASE && one.keeps_images())
            .collect()
    }
}

/// Comparisons for average pooling, against it, and open.
pub fn tally<'d>(differences: impl Iterator<Item = &'d Difference>) -> [usize; 3] {
    let mut counts = [0; 3];
    for difference in differences {
        let place = match Sign::of(difference) {
            Sign::Above => 0,
            Sign::Below => 1,
            Sign::Open => 2,
        };
        counts[place] += 1;
    }
    counts
}

/// `8/255` where that is what an eps is, else the decimal.
pub fn eps_name(eps: f64) -> String {
    let steps = eps * 255.0;
    let decimal = short(eps);
    if decimal.chars().count() > 5 && (steps - steps.round()).abs() < 1e-3 {
        format!("{}/255", steps.round())
    } else {
        decimal
    }
}

/// What an attack is called on the page.
pub fn attack_words(attack: &str) -> String {
    match attack {
        CLEAN => "Clean".to_owned(),
        WORST_CASE => "Worst case".to_owned(),
        "pgd" => "PGD".to_owned(),
        "pgd-margin" => "PGD, margin".to_owned(),
        "transfer" => "Transfer".to_owned(),
        other => attack_name(other),
    }
}

/// What a training is called on the page.
pub fn training_words(training: &str) -> &str {
    match training.parse() {
        Ok(DefenseKind::Normal) => "normal training",
        Ok(DefenseKind::AdversarialTraining) => "adversarial training (FGSM)",
        Ok(DefenseKind::PgdTraining) => "adversarial training (PGD)",
        Ok(DefenseKind::Trades) => "TRADES",
        Ok(DefenseKind::DoubleBackprop) => "double backprop",
        _ => training,
    }
}

/// Ends of a difference's interval.
pub fn ends(difference: &Difference) -> Option<(f64, f64)> {
    difference
        .low
        .zip(difference.high)
        .filter(|(low, high)| low.is_finite() && high.is_finite())
}

/// `+1.2 [−0.3, +2.7]`, in points; a dash without a pair.
pub fn words(difference: &Difference) -> String {
    let Some(mean) = difference.mean.filter(|mean| mean.is_finite()) else {
        return DASH.to_owned();
    };
    match ends(difference) {
        Some((low, high)) => format!("{} {}", points(mean), points_interval(low, high)),
        None => points(mean),
    }
}

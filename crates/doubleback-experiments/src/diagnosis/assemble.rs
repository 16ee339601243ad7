//! From what oracle, probes and decoders said of each image to the tables of the results.

use super::attacked::Images;
use super::results::{Correlation, FlipCount, LayerVulnerability};
use doubleback::Result;
use doubleback::diagnose::{Agreement, Estimate, InformationLayer, ProbeLayer};
use doubleback::diagnose::{OracleReading, flip_stages, shares};
use doubleback::diagnose::{ProbeReading, probe_layers};
use doubleback::diagnose::{bootstrapped, mean_of, share_of};
use doubleback::diagnose::{drawn_mean, information, nats};
use doubleback::nn::Stage;
use doubleback::statistics::{kendall, spearman};

/// Everything that was read of the images of one model.
pub(super) struct Readings<'a> {
    pub stages: &'a [Stage],
    pub images: &'a Images,
    /// What the oracle said of explanations of the clean and the attacked images.
    pub oracle: [&'a OracleReading; 2],
    /// What the probes said of them.
    pub probes: [&'a ProbeReading; 2],
    /// Squared errors of the decoders on the clean images.
    pub decoders: &'a [Vec<f64>],
    pub seed: u64,
}

impl Readings<'_> {
    pub fn layers(&self) -> Result<Vec<LayerVulnerability>> {
        let [clean, attacked] = self.oracle;
        let hard = shares(&clean.wrong, &attacked.wrong, self.seed)?;
        let smooth = shares(&clean.doubt, &attacked.doubt, self.seed)?;
        let fooled = self.images.fooled();
        let agreement = |stage: usize| Agreement {
            clean_prediction: share_of(clean.agrees[stage].iter().copied()),
            attacked_prediction: share_of(attacked.agrees[stage].iter().copied()),
            attacked_truth: share_of(attacked.wrong[stage].iter().map(|wrong| 1.0 - wrong)),
            fooled_prediction: share_of(
                attacked.agrees[stage]
                    .iter()
                    .zip(&fooled)
                    .filter_map(|(&agrees, &fooled)| fooled.then_some(agrees)),
            ),
        };
        let layer = |(place, stage): (usize, &Stage)| LayerVulnerability {
            layer: stage.name.clone(),
            size: stage.size,
            clean_error: hard.clean[place],
            attacked_error: hard.attacked[place],
            r: hard.damage[place],
            v: hard.vulnerability[place],
            smooth_r: smooth.damage[place],
            smooth_v: smooth.vulnerability[place],
            agreement: agreement(place),
        };
        Ok(self.stages.iter().enumerate().map(layer).collect())
    }

    pub fn probe_layers(&self) -> Result<Vec<ProbeLayer>> {
        let names: Vec<&str> = self.stages.iter().map(|stage| stage.name.as_str()).collect();
        probe_layers(&names, self.probes, self.seed)
    }

    pub fn information_layers(&self) -> Result<Vec<InformationLayer>> {
        let names: Vec<&str> = self.stages.iter().map(|stage| stage.name.as_str()).collect();
        information(&names, self.decoders, self.seed)
    }

    /// `r_L - r_0`.
    pub fn sum_of_v(&self) -> Estimate {
        let last = self.damage(self.stages.len() - 1);
        let values: Vec<f64> = last
            .iter()
            .zip(self.damage(0))
            .map(|(last, first)| last - first)
            .collect();
        mean_of(&values, self.seed)
    }

    /// `r_L` less what the attack truly added to the model's error.
    pub fn consistency(&self) -> Estimate {
        let last = self.damage(self.stages.len() - 1);
        let values: Vec<f64> = last
            .iter()
            .zip(self.images.damage())
            .map(|(found, truth)| found - truth)
            .collect();
        mean_of(&values, self.seed)
    }

    fn damage(&self, stage: usize) -> Vec<f64> {
        let [clean, attacked] = self.oracle;
        let pairs = attacked.wrong[stage].iter().zip(&clean.wrong[stage]);
        pairs.map(|(attacked, clean)| attacked - clean).collect()
    }

    /// The stage at which each image flips.
    pub fn flips(&self) -> Vec<Option<usize>> {
        flip_stages(&self.oracle[0].consensus, &self.oracle[1].consensus)
    }

    pub fn flip_counts(&self) -> Vec<FlipCount> {
        let names = self.stages.iter().map(|stage| stage.name.as_str()).chain(["none"]);
        let mut counts: Vec<FlipCount> = names
            .map(|name| FlipCount {
                layer: name.to_owned(),
                fooled: 0,
                others: 0,
            })
            .collect();
        let none = self.stages.len();
        for (flip, fooled) in self.flips().into_iter().zip(self.images.fooled()) {
            let count = &mut counts[flip.unwrap_or(none)];
            match fooled {
                true => count.fooled += 1,
                false => count.others += 1,
            }
        }
        counts
    }

    /// Rank correlations over the stages after the first, with intervals by drawing the images again.
    pub fn correlations(&self) -> Vec<Correlation> {
        let [clean, attacked] = self.oracle;
        let share =
            |clean: &[f64], attacked: &[f64], drawn: &[usize]| drawn_mean(attacked, drawn) - drawn_mean(clean, drawn);
        let v = |drawn: &[usize]| self.differences(|k| share(&clean.wrong[k], &attacked.wrong[k], drawn));
        let probed: [Vec<Vec<f64>>; 2] = self.probes.map(|reading| {
            let stage = |wrong: &Vec<bool>| wrong.iter().map(|&wrong| f64::from(u8::from(wrong))).collect();
            reading.wrong.iter().map(stage).collect()
        });
        let probes_v = |drawn: &[usize]| self.differences(|k| share(&probed[0][k], &probed[1][k], drawn));
        let lost = |drawn: &[usize]| self.differences(|k| nats(drawn_mean(&self.decoders[k], drawn)));
        let labels_lost = |drawn: &[usize]| self.differences(|k| drawn_mean(&self.probes[0].nats[k], drawn));
        vec![
            self.correlation("v of InterpretGAN and v of the probes", &v, &probes_v),
            self.correlation("IL and v of InterpretGAN", &lost, &v),
            self.correlation("IL and v of the probes", &lost, &probes_v),
            self.correlation("loss of H(Y|l) and v of InterpretGAN", &labels_lost, &v),
        ]
    }

    fn differences(&self, value: impl Fn(usize) -> f64) -> Vec<f64> {
        let values: Vec<f64> = (0..self.stages.len()).map(value).collect();
        values.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    fn correlation(
        &self,
        name: &str,
        a: &dyn Fn(&[usize]) -> Vec<f64>,
        b: &dyn Fn(&[usize]) -> Vec<f64>,
    ) -> Correlation {
        let count = self.images.labels.len();
        let all: Vec<usize> = (0..count).collect();
        let (x, y) = (a(&all), b(&all));
        let estimate = |statistic: fn(&[f64], &[f64]) -> Option<f64>| {
            let value = statistic(&x, &y)?;
            Some(bootstrapped(value, count, self.seed, |drawn| {
                statistic(&a(drawn), &b(drawn))
            }))
        };
        Correlation {
            name: name.to_owned(),
            count: x.len(),
            spearman: estimate(spearman),
            kendall: estimate(kendall),
        }
    }
}

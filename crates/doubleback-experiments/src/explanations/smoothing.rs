//! Is smoothing needed? The gradient beside its SmoothGrad, image by image. Ross & Doshi-Velez 2018, section 4, say that regularized gradients explain
//! themselves without it.

use doubleback::explain::ExplainSpec;
use doubleback::faithfulness::{Direction, MetricSpec};
use doubleback::statistics::{mean, mean_interval};

use super::results::{ExplainResults, MetricResults, ModelResults};
use crate::claim::Verdict;

/// What smoothing gains by a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Smoothing {
    /// The metric.
    pub metric: MetricSpec,
    /// What the smoothed gradient has over the plain one, by model in the order of the results; none where no image has both.
    pub gains: Vec<Option<Gain>>,
    /// Of each model after the first, its plain gradient against the smoothed one of the first.
    pub against_first: Vec<Option<(Gain, Verdict)>>,
}

/// By how much one thing is better than another: the mean of the images' differences, turned so that more is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// The mean.
    pub mean: f64,
    /// Its 95 % interval over images.
    pub interval: [f64; 2],
}

/// By each metric that has a better direction; none if the gradient and its SmoothGrad are not both among the methods.
pub fn smoothing(results: &ExplainResults) -> Vec<Smoothing> {
    let models: Option<Vec<[&[MetricResults]; 2]>> = results.models.iter().map(plain_and_smooth).collect();
    let Some(models) = models.filter(|models| !models.is_empty()) else {
        return Vec::new();
    };
    let metrics = models[0][0].iter().enumerate();
    let metrics = metrics.filter(|(_, metric)| metric.direction != Direction::Neither);
    let of_metric = |(at, metric): (usize, &MetricResults)| {
        let of = |model: usize, smooth: usize| models[model][smooth].get(at);
        let better = |a: Option<&MetricResults>, b: Option<&MetricResults>| gain(a?, b?);
        let gains: Vec<Option<Gain>> = (0..models.len())
            .map(|model| better(of(model, 1), of(model, 0)))
            .collect();
        let against_first = (1..models.len()).map(|model| {
            let plain = better(of(model, 0), of(0, 1))?;
            Some((plain, verdict(gains[0]?, gains[model]?, plain)))
        });
        Smoothing {
            metric: metric.spec.clone(),
            against_first: against_first.collect(),
            gains,
        }
    };
    metrics.map(of_metric).collect()
}

/// The claim has three parts: on the regularized model smoothing gains nothing, on the first it does, and the regularized model's plain gradient is as good as the
/// first's smoothed one. It holds in part if the last does, or the first two do.
fn verdict(first: Gain, regularized: Gain, plain: Gain) -> Verdict {
    let alone = regularized.interval[0] <= 0.0 && first.interval[0] > 0.0;
    let as_good = plain.interval[1] >= 0.0;
    match (alone, as_good) {
        (true, true) => Verdict::Holds,
        (false, false) => Verdict::DoesNotHold,
        _ => Verdict::HoldsInPart,
    }
}

/// What metrics say of a model's gradient, and of its SmoothGrad.
fn plain_and_smooth(model: &ModelResults) -> Option<[&[MetricResults]; 2]> {
    let of = |is: &dyn Fn(&ExplainSpec) -> bool| {
        let found = model.methods.iter().find(|method| is(&method.spec));
        found.map(|method| method.metrics.as_slice())
    };
    Some([
        of(&|spec| *spec == ExplainSpec::Gradient)?,
        of(&|spec| matches!(spec, ExplainSpec::Smoothgrad(noise) if noise.of == ExplainSpec::Gradient.name()))?,
    ])
}

/// Of the images that both have a value of.
fn gain(better: &MetricResults, than: &MetricResults) -> Option<Gain> {
    let sign = if better.direction == Direction::Lower {
        -1.0
    } else {
        1.0
    };
    let both = better.values.iter().zip(&than.values);
    let differences: Vec<f64> = both.filter_map(|(a, b)| Some(sign * ((*a)? - (*b)?))).collect();
    Some(Gain {
        mean: mean(differences.iter().copied())?,
        interval: mean_interval(&differences)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain_of(low: f64, high: f64) -> Gain {
        Gain {
            mean: (low + high) / 2.0,
            interval: [low, high],
        }
    }

    #[test]
    fn the_claim_holds_where_all_of_it_does() {
        let (none, some, loss) = (gain_of(-0.1, 0.1), gain_of(0.1, 0.2), gain_of(-0.2, -0.1));
        assert_eq!(verdict(some, none, none), Verdict::Holds);
        assert_eq!(verdict(some, loss, some), Verdict::Holds);
        assert_eq!(verdict(some, none, loss), Verdict::HoldsInPart);
        assert_eq!(verdict(some, some, none), Verdict::HoldsInPart);
        assert_eq!(verdict(none, none, some), Verdict::HoldsInPart);
        assert_eq!(verdict(some, some, loss), Verdict::DoesNotHold);
    }
}

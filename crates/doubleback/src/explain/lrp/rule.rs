use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::nn::LayerPass;

/// Keeps a denominator from being 0, where a rule has no number of its own for that. Captum's; zennit has 1e-6.
pub(super) const STABILIZER: f64 = 1e-9;

/// How a layer with weights `w`, bias `b` and inputs `a` parts the relevance of an output among its inputs (Montavon et al. 2019, table 1). What goes to the bias
/// is lost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// By `a w / (z ± ε)`, where `z = Σ a w + b` and the sign is that of z. With ε = 0 it is LRP-0, where an output that is exactly 0 hands on nothing.
    Epsilon {
        /// At least 0.
        epsilon: f64,
    },
    /// As with ε = 0, but what pulls an output to its own side counts more: of a positive output the positive products `a w`, those of its bias among them,
    /// `1 + γ` times, of a negative one the negative products (zennit's `Gamma`, after Andéol et al. 2021). Where neither inputs nor outputs are negative, it is
    /// the rule of Montavon et al.: `w + γ max(w, 0)` instead of w. Captum's `GammaRule` is that everywhere, with the bias as it is; of a negative output
    /// its denominator may then be near 0, and what is handed on without bounds.
    Gamma {
        /// At least 0; with 0 it is LRP-0.
        gamma: f64,
    },
    /// By what raises the output: positive weights of positive inputs, negative weights of negative ones; of the bias what is positive (zennit's `ZPlus`).
    /// Captum's `Alpha1_Beta0_Rule` takes positive weights only, whatever the inputs' sign, and the whole bias.
    ZPlus,
}

impl Rule {
    /// What goes to the only input of a layer with weights, of the relevance of its output.
    pub(super) fn hand_on(self, layer: &LayerPass<'_>, relevance: Tensor<4>) -> Result<Vec<Tensor<4>>> {
        match self {
            Self::Epsilon { epsilon } => by_share(layer, relevance, epsilon),
            Self::Gamma { gamma } => by_side(layer, relevance, gamma),
            Self::ZPlus => {
                let (above, below) = (parts(layer, |a| a.clamp_min(0.0)), parts(layer, |a| a.clamp_max(0.0)));
                let (z_above, pull_above) = layer.changed(above.clone(), &|_, w| w.clamp_min(0.0))?;
                let (z_below, pull_below) = layer.changed(below.clone(), &|role, w| match role {
                    "bias" => w.zeros_like(),
                    _ => w.clamp_max(0.0),
                })?;
                let shares = quotient(relevance, z_above + z_below, STABILIZER);
                let of_above = times(&above, pull_above(shares.clone())?);
                let of_below = times(&below, pull_below(shares)?);
                Ok(added(of_above, of_below))
            }
        }
    }
}

/// The gamma rule: the outputs above 0 and those below 0, each with what pulls to its own side raised.
fn by_side(layer: &LayerPass<'_>, relevance: Tensor<4>, gamma: f64) -> Result<Vec<Tensor<4>>> {
    let (above, below) = (parts(layer, |a| a.clamp_min(0.0)), parts(layer, |a| a.clamp_max(0.0)));
    let positive = |w: Tensor<1>| w.clone() + w.clamp_min(0.0) * gamma;
    let negative = |w: Tensor<1>| w.clone() + w.clamp_max(0.0) * gamma;
    let no_bias = |role: &str, w: Tensor<1>, change: &dyn Fn(Tensor<1>) -> Tensor<1>| match role {
        "bias" => w.zeros_like(),
        _ => change(w),
    };
    let output = layer.output();
    let elsewhere = [
        output.clone().lower_equal_elem(0.0),
        output.clone().greater_equal_elem(0.0),
    ];
    let sides: [[&dyn Fn(Tensor<1>) -> Tensor<1>; 2]; 2] = [[&positive, &negative], [&negative, &positive]];
    let mut sum: Option<Vec<Tensor<4>>> = None;
    for (elsewhere, [of_above, of_below]) in elsewhere.into_iter().zip(sides) {
        let (z_above, pull_above) = layer.changed(above.clone(), &|_, w| of_above(w))?;
        let (z_below, pull_below) = layer.changed(below.clone(), &|role, w| no_bias(role, w, of_below))?;
        let of_side = relevance.clone().mask_fill(elsewhere, 0.0);
        let shares = quotient(of_side, z_above + z_below, STABILIZER);
        let handed = added(
            times(&above, pull_above(shares.clone())?),
            times(&below, pull_below(shares)?),
        );
        sum = Some(match sum {
            Some(sum) => added(sum, handed),
            None => handed,
        });
    }
    Ok(sum.unwrap_or_default())
}

/// The rule for pixels between `low` and `high`, each `[1, height, width, channels]` (the zB rule, zennit's `ZBox`; Montavon et al. 2017): by
/// `x w - low max(w, 0) - high min(w, 0)`. The bias plays no part.
pub(super) fn z_box(
    layer: &LayerPass<'_>,
    [low, high]: [&Tensor<4>; 2],
    relevance: Tensor<4>,
) -> Result<Vec<Tensor<4>>> {
    let n = relevance.dims()[0];
    let inputs = layer.inputs().to_vec();
    let (low, high) = (vec![low.clone().repeat_dim(0, n)], vec![high.clone().repeat_dim(0, n)]);
    let without_bias = |change: fn(Tensor<1>) -> Tensor<1>| {
        move |role: &str, w: Tensor<1>| match role {
            "bias" => w.zeros_like(),
            _ => change(w),
        }
    };
    let (z, pull) = layer.changed(inputs.clone(), &without_bias(|w| w))?;
    let (z_low, pull_low) = layer.changed(low.clone(), &without_bias(|w| w.clamp_min(0.0)))?;
    let (z_high, pull_high) = layer.changed(high.clone(), &without_bias(|w| w.clamp_max(0.0)))?;
    let shares = quotient(relevance, z - z_low - z_high, STABILIZER);
    let of_inputs = times(&inputs, pull(shares.clone())?);
    let of_low = times(&low, pull_low(shares.clone())?);
    let of_high = times(&high, pull_high(shares)?);
    let both = of_low.into_iter().zip(of_high);
    Ok(of_inputs.into_iter().zip(both).map(|(a, (l, h))| a - l - h).collect())
}

/// By each input's share in the output of a layer that is linear or affine.
pub(super) fn by_share(layer: &LayerPass<'_>, relevance: Tensor<4>, epsilon: f64) -> Result<Vec<Tensor<4>>> {
    let shares = layer.pull(quotient(relevance, layer.output().clone(), epsilon))?;
    Ok(times(layer.inputs(), shares))
}

fn parts(layer: &LayerPass<'_>, part: fn(Tensor<4>) -> Tensor<4>) -> Vec<Tensor<4>> {
    layer.inputs().iter().cloned().map(part).collect()
}

fn added(a: Vec<Tensor<4>>, b: Vec<Tensor<4>>) -> Vec<Tensor<4>> {
    a.into_iter().zip(b).map(|(a, b)| a + b).collect()
}

fn times(inputs: &[Tensor<4>], shares: Vec<Tensor<4>>) -> Vec<Tensor<4>> {
    inputs.iter().zip(shares).map(|(a, share)| a.clone() * share).collect()
}

/// `relevance / (z ± epsilon)` with the sign of z, that of 0 being positive; 0 where the denominator is 0.
fn quotient(relevance: Tensor<4>, z: Tensor<4>, epsilon: f64) -> Tensor<4> {
    let below = z.clone().lower_elem(0.0);
    let denominator = (z.clone() + epsilon).mask_where(below, z - epsilon);
    let zero = denominator.clone().equal_elem(0.0);
    (relevance / denominator.mask_fill(zero.clone(), 1.0)).mask_fill(zero, 0.0)
}

use burn::tensor::Tensor;
use burn::tensor::activation::{log_softmax, softmax};

use super::classifier::Classifier;
use super::pullback::{Pullback, check_cotangent, check_type};
use crate::data::{Bounds, ImageShape};
use crate::{Error, Result};

/// Several classifiers as one, whose probabilities are the mean of theirs. Its logits are the logarithms of these: with `p_m` the softmax of
/// member m, `log (Σ_m p_m / M)`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::{Classifier, Ensemble, FromFunction};
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let sure = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]) * 100.0);
/// let unsure = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]) * 0.0);
/// let both = Ensemble::new(vec![&sure, &unsure])?;
/// let images = Tensor::from_floats([[[[1.0, 0.0]]]], &Device::flex());
/// let probabilities = both.logits(images)?.exp().into_data().try_to_vec::<f32>().unwrap();
/// assert!((probabilities[0] - 0.75).abs() < 1e-6);
/// # Ok::<(), doubleback::Error>(())
/// ```
pub struct Ensemble<'a>(Vec<&'a dyn Classifier>);

impl<'a> Ensemble<'a> {
    /// Its bounds are those that all members have in common.
    ///
    /// # Errors
    /// When there is no member, they differ in classes or in the shape of their images, or have no bounds in common.
    pub fn new(members: Vec<&'a dyn Classifier>) -> Result<Self> {
        let of = |member: &dyn Classifier| (member.shape(), member.classes());
        let first = members.first().ok_or_else(none)?;
        if let Some(other) = members.iter().find(|member| of(**member) != of(*first)) {
            return Err(Error::shape("a member of an ensemble", of(*first), of(*other)));
        }
        let Bounds { low, high } = common_bounds(&members);
        match low < high {
            true => Ok(Self(members)),
            false => {
                let bounds: Vec<Bounds> = members.iter().map(|member| member.bounds()).collect();
                Err(Error::value(
                    "bounds of an ensemble's members",
                    "bounds with something in common",
                    format!("{bounds:?}"),
                ))
            }
        }
    }
}

/// The greatest of the least values, and the least of the greatest.
fn common_bounds(members: &[&dyn Classifier]) -> Bounds {
    let all = members.iter().map(|member| member.bounds());
    all.fold(
        Bounds {
            low: f32::NEG_INFINITY,
            high: f32::INFINITY,
        },
        |common, one| Bounds {
            low: common.low.max(one.low),
            high: common.high.min(one.high),
        },
    )
}

/// `log (Σ_m exp(l_m) / M)`, elementwise, where no `exp` overflows and not all underflow.
fn log_mean(logarithms: &[Tensor<2>]) -> Result<Tensor<2>> {
    let dtype = logarithms.first().map(Tensor::dtype);
    for member in logarithms {
        check_type("logits of a member of an ensemble", dtype, member)?;
    }
    let greatest = logarithms
        .iter()
        .cloned()
        .reduce(|a, b| a.max_pair(b))
        .ok_or_else(none)?;
    let terms = logarithms.iter().map(|l| (l.clone() - greatest.clone()).exp());
    let sum = terms.reduce(|a, b| a + b).ok_or_else(none)?;
    Ok((sum / logarithms.len() as f64).log() + greatest)
}

fn none() -> Error {
    Error::value("members of an ensemble", "at least one", 0)
}

impl Classifier for Ensemble<'_> {
    fn classes(&self) -> usize {
        self.0[0].classes()
    }

    fn shape(&self) -> ImageShape {
        self.0[0].shape()
    }

    fn bounds(&self) -> Bounds {
        common_bounds(&self.0)
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        let logarithms = self
            .0
            .iter()
            .map(|member| Ok(log_softmax(member.logits(images.clone())?, 1)));
        log_mean(&logarithms.collect::<Result<Vec<_>>>()?)
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let (mut members, mut logarithms) = (Vec::new(), Vec::new());
        for member in &self.0 {
            let (logits, pullback) = member.logits_with_pullback(images.clone())?;
            logarithms.push(log_softmax(logits.clone(), 1));
            members.push((softmax(logits, 1), pullback));
        }
        let logits = log_mean(&logarithms)?;
        let (mean, count) = (logits.clone(), self.0.len() as f64);
        let pullback = Pullback::new(move |cotangent: Tensor<2>| {
            check_cotangent("logits", (mean.dims(), mean.dtype()), &cotangent)?;
            let mut gradient: Option<Tensor<4>> = None;
            for ((probabilities, pullback), logarithms) in members.iter().zip(&logarithms) {
                // ∂ log p̄_k / ∂ log p_mk: the member's share in the mean. Then through its log-softmax.
                let share = (logarithms.clone() - mean.clone()).exp() / count;
                let of_member = cotangent.clone() * share;
                let of_member = of_member.clone() - probabilities.clone() * of_member.sum_dim(1);
                let part = pullback.apply(of_member)?;
                gradient = Some(match gradient {
                    Some(gradient) => gradient + part,
                    None => part,
                });
            }
            gradient.ok_or_else(none)
        });
        Ok((logits, pullback))
    }
}

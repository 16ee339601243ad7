//! Layer-wise relevance propagation: the target's logit is parted among the layer's inputs, from the last layer to the first, by a rule for each.
mod rule;
mod way;

use std::str::FromStr;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

pub use rule::Rule;
use rule::{STABILIZER, by_share, z_box};
use way::{Way, Weights};

use super::backwards::{backwards, first, layered};
use super::{Attribution, Explainer, check_targets};
use crate::nn::{Classifier, LayerByLayer, LayerPass, Layered, one_hot, to_vec, with_direct_convolutions};
use crate::{Error, Result};

/// Layer-wise relevance propagation (Bach et al. 2015; rules and their use by layer after Montavon et al. 2019).
///
/// What starts at the last layer is the logit of the target, what the pixels have in the end sums up to it but for what biases and ε took: the
/// [`gap`](Attribution::gap) is that sum less the logit.
///
/// Sums, average pooling and batch norm part relevance by each input's share in the output; max pooling gives it to the largest; ReLU and other functions of
/// one value hand it on as it is, and so does a fixed standardization of the pixels: the relevance is that of standardized pixels, as with peers.
/// A batch norm is first merged into the convolution or dense layer before it, which it is one affine map with (canonization, as zennit has it), so that gamma
/// and the like see the weights that the map has. Captum treats it by itself, by the epsilon rule, and so is one here that has no such layer before it; to that
/// rule, without a number, it is the same.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::explain::{Explainer, Lrp};
/// use doubleback::nn::{Network, Pool, small_cnn};
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?;
/// let found = Lrp::default().explain(&network, &Tensor::ones([2, 1, 28, 28], &Device::flex()), &[3, 8])?;
/// assert_eq!(found.values.dims(), [2, 1, 28, 28]);
/// assert_eq!(found.gap.map(|gap| gap.len()), Some(2));
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lrp {
    /// The first layers with weights, which take the pixels, have the zB rule, by the bounds of the model.
    pub pixel_box: bool,
    /// The rule of (other) convolutions.
    pub convolutions: Rule,
    /// The rule of (other) dense layers.
    pub dense: Rule,
    /// Merge batch norms first.
    pub merge_batch_norm: bool,
}

/// Usual choices of rules, by zennit's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Composite {
    /// Epsilon everywhere.
    Epsilon,
    /// Gamma everywhere.
    Gamma,
    /// ZPlus in convolutions, epsilon in dense layers.
    EpsilonPlus,
    /// zB at the pixels, gamma in other convolutions, epsilon in other dense layers.
    #[default]
    EpsilonGammaBox,
}

impl Composite {
    /// All of them.
    pub const ALL: [Composite; 4] = [
        Composite::Epsilon,
        Composite::Gamma,
        Composite::EpsilonPlus,
        Composite::EpsilonGammaBox,
    ];

    /// As in `epsilon-plus`.
    pub fn name(self) -> &'static str {
        match self {
            Composite::Epsilon => "epsilon",
            Composite::Gamma => "gamma",
            Composite::EpsilonPlus => "epsilon-plus",
            Composite::EpsilonGammaBox => "epsilon-gamma-box",
        }
    }
}

impl FromStr for Composite {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|composite| composite.name() == name);
        found.ok_or_else(|| Error::unknown("composite", name, Self::ALL.map(Self::name)))
    }
}

impl Lrp {
    /// ε where none is given: zennit's; Captum has 1e-9.
    pub const EPSILON: f64 = 1e-6;
    /// γ where none is given: zennit's and Captum's.
    pub const GAMMA: f64 = 0.25;

    /// A usual choice of rules. Those that it does not have do not look at `epsilon` or `gamma`.
    pub fn of(composite: Composite, epsilon: f64, gamma: f64) -> Self {
        let (epsilon, gamma) = (Rule::Epsilon { epsilon }, Rule::Gamma { gamma });
        let (convolutions, dense) = match composite {
            Composite::Epsilon => (epsilon, epsilon),
            Composite::Gamma => (gamma, gamma),
            Composite::EpsilonPlus => (Rule::ZPlus, epsilon),
            Composite::EpsilonGammaBox => (gamma, epsilon),
        };
        Self {
            pixel_box: composite == Composite::EpsilonGammaBox,
            convolutions,
            dense,
            merge_batch_norm: true,
        }
    }

    fn check(&self) -> Result<()> {
        let at_least_0 = |name, value: f64| match value.is_finite() && value >= 0.0 {
            true => Ok(()),
            false => Err(Error::value(name, "a number of at least 0", value)),
        };
        [self.convolutions, self.dense]
            .into_iter()
            .try_for_each(|rule| match rule {
                Rule::Epsilon { epsilon } => at_least_0("epsilon of LRP", epsilon),
                Rule::Gamma { gamma } => at_least_0("gamma of LRP", gamma),
                Rule::ZPlus => Ok(()),
            })
    }

    fn rule(&self, weights: Weights) -> Rule {
        match weights {
            Weights::Convolution => self.convolutions,
            Weights::Dense => self.dense,
        }
    }
}

impl Default for Lrp {
    fn default() -> Self {
        Self::of(Composite::default(), Self::EPSILON, Self::GAMMA)
    }
}

impl Explainer for Lrp {
    /// # Errors
    /// Also when a number of a rule is below 0, the model has a layer that relevance does not go through, or its pixels do not enter a layer with weights and
    /// [`pixel_box`](Self::pixel_box) is on.
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        check_targets(model, images, targets)?;
        self.check()?;
        let whole = layered(model, "model of LRP")?;
        let merged = match self.merge_batch_norm {
            true => whole.without_batch_norm()?,
            false => None,
        };
        let layered = merged.as_deref().unwrap_or(whole);
        let boxes = match self.pixel_box {
            true => boxes(model, layered, images)?,
            false => Vec::new(),
        };
        let start = |passes: &LayerByLayer<'_>, targets: &[usize]| {
            let logits = passes.logits();
            Ok(one_hot(targets, model.classes(), &logits)?.reshape(logits.dims()) * logits)
        };
        let rule = |layer: &LayerPass<'_>, relevance: Tensor<4>| match Way::through(layer)? {
            Way::Weights(weights) => match boxes.iter().find(|of| of.layer == layer.name()) {
                Some(PixelBox { low, high, .. }) => z_box(layer, [low, high], relevance),
                None => self.rule(weights).hand_on(layer, relevance),
            },
            Way::Shares => by_share(layer, relevance, STABILIZER),
            Way::Back => layer.pull(relevance),
            Way::Same => Ok(vec![relevance]),
        };
        let values = backwards(layered, images, targets, &start, &rule)?;
        let logits = with_direct_convolutions(true, || model.logits(images.clone()))?;
        let gap = gap(&values, logits, targets)?;
        Ok(Attribution { values, gap: Some(gap) })
    }
}

/// Least and greatest inputs of a layer that takes the pixels, `[1, height, width, channels]` each.
struct PixelBox {
    layer: String,
    low: Tensor<4>,
    high: Tensor<4>,
}

/// Of the layers with weights that take the pixels, as they are or after layers that only move, scale or shift them.
fn boxes(model: &dyn Classifier, layered: &dyn Layered, images: &Tensor<4>) -> Result<Vec<PixelBox>> {
    let image = first(images);
    let bounds = [model.bounds().low, model.bounds().high];
    let extremes = Tensor::cat(bounds.map(|bound| image.full_like(bound)).to_vec(), 0);
    let passes = layered.layer_by_layer(extremes)?;
    let mut pixels = vec![true];
    let mut boxes = Vec::new();
    for layer in passes.passes() {
        let sees_pixels = layer.sources().iter().all(|&value| pixels[value]);
        pixels.push(sees_pixels && Way::keeps_bounds(layer));
        if sees_pixels && matches!(Way::through(layer)?, Way::Weights(_)) {
            let input = layer.inputs()[0].clone();
            let [a, b] = [0, 1].map(|row| input.clone().narrow(0, row, 1));
            boxes.push(PixelBox {
                layer: layer.name().to_owned(),
                low: a.clone().min_pair(b.clone()),
                high: a.max_pair(b),
            });
        }
    }
    match boxes.is_empty() {
        true => {
            let expected =
                "one whose pixels enter a convolution or dense layer: choose a composite without the zB rule";
            Err(Error::value("model of LRP by zB at the pixels", expected, "another"))
        }
        false => Ok(boxes),
    }
}

/// Of each image the sum of its values less the target's logit.
fn gap(values: &Tensor<4>, logits: Tensor<2>, targets: &[usize]) -> Result<Vec<f64>> {
    let classes = logits.dims()[1];
    let (values, logits) = (to_vec(values.clone())?, to_vec(logits)?);
    let rows = values.chunks_exact((values.len() / targets.len().max(1)).max(1));
    let of_image = |((i, &target), row): ((usize, &usize), &[f32])| {
        let sum: f64 = row.iter().map(|&value| f64::from(value)).sum();
        sum - f64::from(logits[i * classes + target])
    };
    Ok(targets.iter().enumerate().zip(rows).map(of_image).collect())
}

//! Weights that are stored as what they are computed from: weight and spectral normalization, new and old, and pruning.

use std::rc::Rc;

use super::weights::{Stored, Weights};

/// How a weight is computed from its parts.
#[derive(Clone, Copy)]
enum Rule {
    /// `g · v / ‖v‖`, with the norm over the axes along which `g` is 1 (Salimans & Kingma 2016).
    WeightNorm,
    /// The weight over `uᵀ W v` with the stored vectors, as in inference (Miyato et al. 2018).
    SpectralNorm,
    /// The weight times its mask.
    Pruned,
}

/// Replaces the parts of each such weight by the weight.
///
/// # Errors
/// Names the first weight that is parametrized in another way, and says what to do.
pub(super) fn resolve(weights: &mut Weights) -> Result<(), String> {
    let mut counts = [0; 3];
    let names: Vec<String> = weights.tensors.keys().cloned().collect();
    for name in &names {
        let Some((weight, parts, rule)) = rule(name, weights) else {
            continue;
        };
        let parts: Vec<Rc<Stored>> = parts
            .iter()
            .filter_map(|part| weights.tensors.remove(part))
            .map(Rc::new)
            .collect();
        let (shape, norms) = (parts[0].shape.clone(), parts[1].shape.clone());
        let refused = |problem: String| format!("`{weight}`: {problem}");
        check(rule, &parts).map_err(refused)?;
        counts[rule as usize] += 1;
        let of = shape.clone();
        let values = move || {
            let parts: Vec<Vec<f32>> = parts.iter().map(|part| part.values()).collect::<Result<_, _>>()?;
            Ok(compute(rule, &of, &norms, &parts))
        };
        weights.tensors.insert(weight, Stored::computed(shape, values));
    }
    let words = ["weight normalization", "spectral normalization", "pruning"];
    for (word, count) in words.into_iter().zip(counts).filter(|(_, count)| *count > 0) {
        let note = format!("{count} weights were computed from the parts that {word} stores");
        weights.notes.push(note);
    }
    match weights.tensors.keys().find(|name| name.contains(".parametrizations.")) {
        Some(name) => Err(format!(
            "has a weight in another parametrization than weight_norm or spectral_norm: `{name}`. In PyTorch, remove it with torch.nn.utils.parametrize.remove_parametrizations(module, name) and save again"
        )),
        None => Ok(()),
    }
}

/// The weight that a tensor is the main part of, all its parts (the main one first), and the rule; nothing if it is no such part.
fn rule(name: &str, weights: &Weights) -> Option<(String, Vec<String>, Rule)> {
    let there = |name: &String| weights.tensors.contains_key(name);
    let whole = |names: Vec<String>| names.iter().all(there).then_some(names);
    if let Some((module, parameter)) = name.split_once(".parametrizations.") {
        let (parameter, part) = parameter.split_once('.')?;
        let start = format!("{module}.parametrizations.{parameter}.");
        let full = |part: &str| format!("{start}{part}");
        let (parts, rule) = match part {
            "original1" => (vec![full("original1"), full("original0")], Rule::WeightNorm),
            "original" => (vec![full("original"), full("0._u"), full("0._v")], Rule::SpectralNorm),
            _ => return None,
        };
        // A further part would be that of another parametrization.
        let count = weights.tensors.keys().filter(|name| name.starts_with(&start)).count();
        let parts = whole(parts).filter(|parts| parts.len() == count)?;
        return Some((format!("{module}.{parameter}"), parts, rule));
    }
    if let Some(weight) = name.strip_suffix("_orig") {
        let full = |part: &str| format!("{weight}_{part}");
        let spectral = whole(vec![name.to_owned(), full("u"), full("v")]).map(|parts| (parts, Rule::SpectralNorm));
        let pruned = || whole(vec![name.to_owned(), full("mask")]).map(|parts| (parts, Rule::Pruned));
        let (parts, rule) = spectral.or_else(pruned)?;
        return Some((weight.to_owned(), parts, rule));
    }
    let weight = name.strip_suffix("_v")?;
    let parts = whole(vec![name.to_owned(), format!("{weight}_g")])?;
    Some((weight.to_owned(), parts, Rule::WeightNorm))
}

/// Whether the sizes of the parts fit each other.
fn check(rule: Rule, parts: &[Rc<Stored>]) -> Result<(), String> {
    let shape = &parts[0].shape;
    let fits = match rule {
        Rule::WeightNorm => {
            let norms = &parts[1].shape;
            let fitting = norms.iter().zip(shape).all(|(&g, &v)| g == v || g == 1);
            let axes = norms.iter().filter(|&&g| g > 1).count();
            norms.is_empty() || (norms.len() == shape.len() && fitting && axes <= 1)
        }
        Rule::SpectralNorm => {
            let (u, v) = (parts[1].len(), parts[2].len());
            let rows = shape.iter().take(2).any(|&size| size == u);
            rows && u.checked_mul(v) == Some(parts[0].len())
        }
        Rule::Pruned => parts[1].shape == *shape,
    };
    match fits {
        true => Ok(()),
        false => Err(format!(
            "its parts {:?} do not fit each other",
            parts.iter().map(|part| &part.shape).collect::<Vec<_>>()
        )),
    }
}

fn compute(rule: Rule, shape: &[usize], norms: &[usize], parts: &[Vec<f32>]) -> Vec<f32> {
    let double = |values: &[f32]| values.iter().copied().map(f64::from).collect::<Vec<_>>();
    let weight = double(&parts[0]);
    let single = |value: f64| value as f32;
    match rule {
        Rule::WeightNorm => {
            let lengths = double(&parts[1]);
            let group = groups(shape, norms);
            let mut squares = vec![0.0; lengths.len()];
            for (index, value) in weight.iter().enumerate() {
                squares[group(index)] += value * value;
            }
            let scaled = |(index, value): (usize, &f64)| value * lengths[group(index)] / squares[group(index)].sqrt();
            weight.iter().enumerate().map(scaled).map(single).collect()
        }
        Rule::SpectralNorm => {
            let (u, v) = (double(&parts[1]), double(&parts[2]));
            let (row, column) = matrix(shape, u.len());
            let of = |(index, value): (usize, &f64)| u[row(index)] * value * v[column(index)];
            let largest: f64 = weight.iter().enumerate().map(of).sum();
            weight.iter().map(|value| single(value / largest)).collect()
        }
        Rule::Pruned => weight
            .iter()
            .zip(&parts[1])
            .map(|(value, mask)| single(value * f64::from(*mask)))
            .collect(),
    }
}

/// Which of the norms a value has: those of the one axis along which they are more than one, or one of all.
fn groups(shape: &[usize], norms: &[usize]) -> impl Fn(usize) -> usize {
    let axis = norms.iter().position(|&size| size > 1);
    let (inner, size) = match axis {
        Some(axis) => (shape[axis + 1..].iter().product(), norms[axis]),
        None => (1usize, 1),
    };
    move |index| index / inner % size
}

/// Row and column of a value in the matrix that has so many rows: those of the first axis, or of the second in transposed convolutions.
fn matrix(shape: &[usize], rows: usize) -> (impl Fn(usize) -> usize, impl Fn(usize) -> usize) {
    let axis = usize::from(shape[0] != rows);
    let inner: usize = shape[axis + 1..].iter().product();
    let row = move |index: usize| index / inner % rows;
    let column = move |index: usize| index / (inner * rows) * inner + index % inner;
    (row, column)
}

//! The state dict of another file, with a network's values: the network may have folded its batch norms.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use doubleback::data::words;
use doubleback::{Error, Result};

use super::entries::{StateTensor, StateValues};
use crate::torch::{names, read};

/// A batch norm that is the identity: `(x - 0) / √(VARIANCE + eps) · WEIGHT`. Both are powers of two, so that in `f32` the root is WEIGHT itself for
/// every eps up to 1e-3, and half precision holds them.
const VARIANCE: f32 = 16384.0;
const WEIGHT: f32 = 128.0;

/// A tensor that is wanted.
struct Wanted {
    /// Its name in the file, and without what wrappers put before it.
    full: String,
    short: String,
    shape: Vec<usize>,
}

/// A state dict while it is filled.
struct Filling {
    given: BTreeMap<String, StateTensor>,
    /// Modules of batch norms that are to be the identity, and the values that they add.
    identities: BTreeMap<String, Vec<f32>>,
    /// What was done with biases, such as `conv1` → `bn1`.
    moved: Vec<String>,
}

/// Tensors, and what was done that a user should know.
pub(super) type Filled = (Vec<StateTensor>, Option<String>);

/// The tensors of a file with the values of these.
pub(super) fn into_file(given: Vec<StateTensor>, path: &Path) -> Result<Filled> {
    let refused = |problem: String| Error::file(path, problem);
    let mut weights = read::read(path).map_err(refused)?.weights;
    let counts: Vec<String> = weights.tensors.keys().filter(|name| is_count(name)).cloned().collect();
    names::of_network(&mut weights);
    let mut wanted: Vec<Wanted> = weights
        .tensors
        .iter()
        .map(|(short, tensor)| Wanted {
            full: tensor.origin.as_ref().map_or(short, |(name, _)| name).clone(),
            short: short.clone(),
            shape: tensor.shape.clone(),
        })
        .collect();
    // Counters are no weights, and were left out; a checkpoint may have the state dict in a part of its own.
    let modules: Vec<(String, String)> = wanted
        .iter()
        .filter_map(|one| {
            let of = |name: &str| name.strip_suffix("running_mean").map(str::to_owned);
            Some((of(&one.full)?, of(&one.short)?))
        })
        .collect();
    for (full, short) in modules {
        let name = format!("{full}num_batches_tracked");
        let is_it = |count: &String| *count == name || count.ends_with(&format!(".{name}"));
        if counts.iter().any(is_it) {
            wanted.push(Wanted {
                short: format!("{short}num_batches_tracked"),
                full: name,
                shape: Vec::new(),
            });
        }
    }
    filled(given, wanted).map_err(|problem| refused(format!("the model does not fit this state dict: {problem}")))
}

/// Tensors of these names and sizes with the values of these.
pub(super) fn into_shapes(
    given: Vec<StateTensor>,
    shapes: Vec<(String, Vec<usize>)>,
) -> std::result::Result<Filled, String> {
    let wanted = shapes.into_iter().map(|(full, shape)| Wanted {
        short: full.clone(),
        full,
        shape,
    });
    filled(given, wanted.collect())
}

fn filled(given: Vec<StateTensor>, wanted: Vec<Wanted>) -> std::result::Result<Filled, String> {
    let mut filling = Filling {
        given: BTreeMap::new(),
        identities: BTreeMap::new(),
        moved: Vec::new(),
    };
    // By the wanted names without what wrappers put before them.
    let short: BTreeMap<&str, &str> = wanted
        .iter()
        .map(|one| (one.full.as_str(), one.short.as_str()))
        .collect();
    for tensor in given {
        let name = short
            .get(tensor.name.as_str())
            .map_or(tensor.name.as_str(), |name| *name);
        filling.given.insert(name.to_owned(), tensor);
    }
    filling.find_identities(&wanted);
    let mut problems = filling.place_biases(&wanted);
    let (mut tensors, mut missing) = (Vec::new(), Vec::new());
    for one in &wanted {
        match filling.value(one) {
            Ok(Some(tensor)) => tensors.push(tensor),
            Ok(None) => missing.push(one.short.clone()),
            Err(problem) => problems.push(problem),
        }
    }
    let left: Vec<String> = filling.given.keys().filter(|name| !is_count(name)).cloned().collect();
    for (names, what) in [(missing, "not in the model"), (left, "in the model alone")] {
        if !names.is_empty() {
            let quoted = names.iter().map(|name| format!("`{name}`"));
            problems.push(format!("{what}: {}", words::first_few(quoted)));
        }
    }
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    let note = (!filling.identities.is_empty()).then(|| {
        let count = words::count(filling.identities.len(), "batch norm");
        let moved = match filling.moved.is_empty() {
            true => String::new(),
            false => format!(
                "; biases went into those behind: {}",
                words::first_few(filling.moved.iter().cloned())
            ),
        };
        format!(
            "{count} that the model has folded became the identity (running_mean 0, running_var {VARIANCE}, weight {WEIGHT}: exact in float32 for \
             any eps up to 1e-3){moved}. It is the same model in evaluation mode alone: in training mode they would normalize anew"
        )
    });
    Ok((tensors, note))
}

fn is_count(name: &str) -> bool {
    name.rsplit('.').next() == Some("num_batches_tracked")
}

impl Filling {
    /// The batch norms that are wanted and not given.
    fn find_identities(&mut self, wanted: &[Wanted]) {
        for one in wanted {
            let Some(module) = one.short.strip_suffix(".running_mean") else {
                continue;
            };
            if !self.given.contains_key(&one.short) {
                let channels = one.shape.iter().product();
                self.identities.insert(module.to_owned(), vec![0.0; channels]);
            }
        }
    }

    /// Biases that no tensor is wanted for go into the batch norm behind their layer. Says which have none, or more than one.
    fn place_biases(&mut self, wanted: &[Wanted]) -> Vec<String> {
        let known: BTreeSet<&str> = wanted.iter().map(|one| one.short.as_str()).collect();
        let homeless: Vec<String> = self
            .given
            .keys()
            .filter_map(|name| name.strip_suffix(".bias"))
            .filter(|module| !known.contains(format!("{module}.bias").as_str()))
            .filter(|module| known.contains(format!("{module}.weight").as_str()))
            .map(str::to_owned)
            .collect();
        let (mut problems, mut taken) = (Vec::new(), BTreeSet::new());
        // Those whose names leave no doubt first, so that one is left for the others.
        for sure in [true, false] {
            for module in &homeless {
                let name = format!("{module}.bias");
                let Some(StateValues::Floats(bias)) = self.given.get(&name).map(|tensor| tensor.values.clone()) else {
                    continue;
                };
                let fits = |norm: &&String| {
                    let values = self.identities.get(*norm).map(Vec::len);
                    let near = parent(norm) == parent(module) || parent(norm) == module;
                    values == Some(bias.len()) && !taken.contains(*norm) && near
                };
                let candidates: Vec<String> = self.identities.keys().filter(fits).cloned().collect();
                let norm = match candidates.iter().find(|norm| follows(module, norm)) {
                    Some(norm) => norm.clone(),
                    None if sure => continue,
                    None => match candidates.as_slice() {
                        [norm] => norm.clone(),
                        _ => {
                            problems.push(format!(
                                "the bias of `{module}` belongs to a batch norm behind it, and {} could be that",
                                words::count(candidates.len(), "one")
                            ));
                            self.given.remove(&name);
                            continue;
                        }
                    },
                };
                self.given.remove(&name);
                self.moved.push(format!("`{module}` → `{norm}`"));
                taken.insert(norm.clone());
                self.identities.insert(norm, bias);
            }
        }
        problems
    }

    /// The tensor that is wanted; nothing if it is not there.
    fn value(&mut self, wanted: &Wanted) -> std::result::Result<Option<StateTensor>, String> {
        let Wanted { full, short, shape } = wanted;
        if let Some(given) = self.given.remove(short) {
            let trimmed = |shape: &[usize]| {
                let end = shape.iter().rposition(|&size| size != 1).map_or(0, |last| last + 1);
                shape[..end].to_vec()
            };
            if trimmed(&given.shape) != trimmed(shape) {
                return Err(format!(
                    "`{short}` is {:?} in the model and should be {shape:?}",
                    given.shape
                ));
            }
            return Ok(Some(StateTensor {
                name: full.clone(),
                shape: shape.clone(),
                values: given.values,
            }));
        }
        let Some((module, role)) = short.rsplit_once('.') else {
            return Ok(None);
        };
        if role == "num_batches_tracked" {
            return Ok(Some(StateTensor::count(full.clone())));
        }
        let Some(bias) = self.identities.get(module) else {
            return Ok(None);
        };
        let values = match role {
            "running_mean" => vec![0.0; bias.len()],
            "running_var" => vec![VARIANCE; bias.len()],
            "weight" => vec![WEIGHT; bias.len()],
            "bias" => bias.clone(),
            _ => return Ok(None),
        };
        match shape.iter().product::<usize>() == values.len() {
            true => Ok(Some(StateTensor::floats(full.clone(), shape.clone(), values))),
            false => Err(format!(
                "`{short}` is {shape:?}, where the batch norm has {} channels",
                bias.len()
            )),
        }
    }
}

/// What a module stands in.
fn parent(module: &str) -> &str {
    module.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// Whether names alone say that a batch norm is the one behind a layer: `bn2` or `norm2` behind `conv2`, the next of a sequence, `conv2.norm`.
fn follows(layer: &str, norm: &str) -> bool {
    if parent(norm) == layer {
        return true;
    }
    let own = |module: &str| module.rsplit('.').next().unwrap_or_default().to_owned();
    let (layer, norm) = (own(layer), own(norm));
    if let (Ok(layer), Ok(norm)) = (layer.parse::<usize>(), norm.parse::<usize>()) {
        return norm == layer + 1;
    }
    let number = |name: &str| name.trim_start_matches(|c: char| !c.is_ascii_digit()).to_owned();
    let word = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let pairs = [
        ("conv", "bn"),
        ("conv", "norm"),
        ("conv", "batchnorm"),
        ("fc", "bn"),
        ("conv_", "bn_"),
    ];
    let (of_layer, of_norm) = (word(&layer), word(&norm));
    let fits = |(conv, norm): &(&str, &str)| *conv == of_layer && *norm == of_norm;
    number(&layer) == number(&norm) && pairs.iter().any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(name: &str, shape: &[usize], value: f32) -> StateTensor {
        let values = vec![value; shape.iter().product()];
        StateTensor::floats(name.to_owned(), shape.to_vec(), values)
    }

    fn shapes(list: &[(&str, &[usize])]) -> Vec<(String, Vec<usize>)> {
        list.iter()
            .map(|(name, shape)| ((*name).to_owned(), shape.to_vec()))
            .collect()
    }

    const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

    #[test]
    fn a_folded_batch_norm_holds_the_bias_and_is_else_the_identity() {
        let given = vec![
            floats("a.conv1.weight", &[2, 1, 1, 1], 3.0),
            floats("a.conv1.bias", &[2], 0.5),
        ];
        let mut wanted = shapes(&[("a.conv1.weight", &[2, 1, 1, 1]), ("a.bn1.num_batches_tracked", &[])]);
        wanted.extend(NORM.map(|role| (format!("a.bn1.{role}"), vec![2])));
        let (filled, note) = into_shapes(given, wanted).unwrap();
        let of = |name: &str| match &filled.iter().find(|tensor| tensor.name == name).unwrap().values {
            StateValues::Floats(values) => values.clone(),
            StateValues::Integers(values) => values.iter().map(|&value| value as f32).collect(),
        };
        assert_eq!(filled.len(), 6);
        assert_eq!((of("a.conv1.weight"), of("a.bn1.bias")), (vec![3.0; 2], vec![0.5; 2]));
        // As PyTorch computes: a factor and a term of each channel.
        for eps in [1e-12f32, 1e-5, 1e-4, 1e-3] {
            let factor = 1.0 / (of("a.bn1.running_var")[0] + eps).sqrt() * of("a.bn1.weight")[0];
            let term = of("a.bn1.bias")[0] - of("a.bn1.running_mean")[0] * factor;
            assert_eq!((factor, term), (1.0, 0.5), "{eps}");
        }
        let note = note.unwrap();
        assert!(note.contains("`a.conv1` → `a.bn1`"), "{note}");
    }

    #[test]
    fn what_has_no_counterpart_is_named() {
        let given = vec![floats("a.weight", &[2, 1], 1.0), floats("b.weight", &[1], 1.0)];
        let refusal = into_shapes(given, shapes(&[("a.weight", &[2, 2]), ("c.weight", &[1])])).unwrap_err();
        for part in [
            "`a.weight` is [2, 1] in the model",
            "not in the model: `c.weight`",
            "in the model alone: `b.weight`",
        ] {
            assert!(refusal.contains(part), "{refusal}");
        }
    }

    #[test]
    fn biases_find_the_batch_norm_behind_them() {
        for (layer, norm, expected) in [
            ("layer1.0.conv2", "layer1.0.bn2", true),
            ("layer1.0.conv2", "layer1.0.bn1", false),
            ("layer1.0.downsample.0", "layer1.0.downsample.1", true),
            ("features.3", "features.5", false),
            ("conv1", "norm1", true),
            ("conv1", "conv1.norm", true),
        ] {
            assert_eq!(follows(layer, norm), expected, "{layer} {norm}");
        }
        // Of a layer whose first norm stands before it, the other one is left.
        let mut tensors = vec![
            floats("l.conv1.weight", &[1, 1], 1.0),
            floats("l.conv1.bias", &[1], 2.0),
        ];
        tensors.extend(NORM.map(|role| floats(&format!("l.norm1.{role}"), &[1], 1.0)));
        let mut wanted = shapes(&[("l.conv1.weight", &[1, 1])]);
        wanted.extend(
            ["norm1", "norm2"]
                .iter()
                .flat_map(|norm| NORM.map(|role| (format!("l.{norm}.{role}"), vec![1]))),
        );
        let (filled, _) = into_shapes(tensors, wanted).unwrap();
        let bias = filled.iter().find(|tensor| tensor.name == "l.norm2.bias").unwrap();
        assert_eq!(bias.values, StateValues::Floats(vec![2.0]));
    }
}

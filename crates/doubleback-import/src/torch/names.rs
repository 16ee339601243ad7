//! From a checkpoint to the network's own names: the state dict among what training keeps, and prefixes that wrappers put before names.

use std::collections::BTreeMap;

use super::weights::Weights;

/// Under these names checkpoints keep the state dict of the network, the surest first.
const HOLDERS: [&str; 14] = [
    "state_dict",
    "model_state_dict",
    "model_state",
    "net_state_dict",
    "model",
    "net",
    "network",
    "classifier_state_dict",
    "weights",
    "params",
    "ema_state_dict",
    "state_dict_ema",
    "model_ema",
    "ema",
];

/// How many of [`HOLDERS`] can be nothing else.
const SURE: usize = 4;

/// What training keeps beside the network, or parts of these names.
const BESIDE: [&str; 16] = [
    "optim",
    "sched",
    "ema",
    "epoch",
    "scaler",
    "amp",
    "rng",
    "random",
    "best",
    "callbacks",
    "loops",
    "args",
    "config",
    "hyper_parameters",
    "history",
    "swa",
];

/// What wrappers put before all names.
const PREFIXES: [&str; 9] = [
    "module.",
    "model.",
    "_orig_mod.",
    "net.",
    "network.",
    "state_dict.",
    "model_state_dict.",
    "backbone.",
    "encoder.",
];

/// Takes what belongs to the network, under the names that its code gives. Says what was dropped.
pub(super) fn of_network(weights: &mut Weights) {
    choose(weights);
    for (name, tensor) in &mut weights.tensors {
        tensor
            .origin
            .get_or_insert_with(|| (name.clone(), tensor.shape.clone()));
    }
    weights
        .tensors
        .retain(|name, _| name.rsplit('.').next() != Some("num_batches_tracked"));
    if weights.tensors.keys().any(|name| is_count(name)) {
        weights.tensors.retain(|name, _| !is_count(name));
        weights
            .notes
            .push("the weights are an average of several; its batch norm statistics may be those of the last".into());
    }
    while let Some(prefix) = PREFIXES.iter().find(|prefix| all_begin_with(weights, prefix)) {
        drop_prefix(weights, prefix);
    }
    rename(weights);
}

fn drop_prefix(weights: &mut Weights, prefix: &str) {
    weights.tensors = std::mem::take(&mut weights.tensors)
        .into_iter()
        .map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor))
        .collect();
    let note = format!("the prefix `{prefix}` of all names was dropped");
    weights.notes.push(note);
}

/// The same for the only part that is left of a `Sequential`, whose names begin with its number.
pub(super) fn of_part(weights: &mut Weights) {
    let first = weights.tensors.keys().next().and_then(|name| name.split_once('.'));
    let number = first
        .map(|(first, _)| first)
        .filter(|first| first.chars().all(|c| c.is_ascii_digit()));
    if let Some(prefix) = number.map(|number| format!("{number}."))
        && all_begin_with(weights, &prefix)
    {
        drop_prefix(weights, &prefix);
    }
    of_network(weights);
}

/// The counter of `torch.optim.swa_utils.AveragedModel`.
fn is_count(name: &str) -> bool {
    name.rsplit('.').next() == Some("n_averaged")
}

fn all_begin_with(weights: &Weights, prefix: &str) -> bool {
    let longer = |name: &String| name.len() > prefix.len() && name.starts_with(prefix);
    !weights.tensors.is_empty() && weights.tensors.keys().all(longer)
}

/// Chooses the state dict where a checkpoint has it beside other things.
fn choose(weights: &mut Weights) {
    loop {
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        for name in weights.tensors.keys() {
            let first = name.split_once('.').map_or("", |(first, _)| first);
            *groups.entry(first).or_default() += 1;
        }
        let beside = |name: &str| {
            let name = name.to_ascii_lowercase();
            HOLDERS.contains(&name.as_str()) || BESIDE.iter().any(|part| name.contains(part))
        };
        let held = HOLDERS.iter().enumerate().find(|(place, holder)| {
            let others = || groups.keys().filter(|group| group != holder);
            // Names without a dot are a checkpoint's own: arrays beside the state dict.
            groups.contains_key(**holder)
                && others().next().is_some()
                && (*place < SURE || others().all(|group| group.is_empty() || beside(group)))
        });
        let Some((_, holder)) = held else { return };
        let others = groups.iter().filter(|(group, _)| *group != holder);
        let dropped: Vec<String> = others
            .map(|(group, count)| match group.is_empty() {
                true => format!("{count} outside of any part"),
                false => format!("{count} of `{group}`"),
            })
            .collect();
        let note = format!(
            "of the checkpoint `{holder}` was taken; tensors left out: {}",
            dropped.join(", ")
        );
        let start = format!("{holder}.");
        weights.tensors = std::mem::take(&mut weights.tensors)
            .into_iter()
            .filter_map(|(name, tensor)| Some((name.strip_prefix(&start)?.to_owned(), tensor)))
            .collect();
        weights.notes.push(note);
    }
}

/// Names of densenet's layers as torchvision's old files have them: `denselayer1.norm.1.weight`.
fn rename(weights: &mut Weights) {
    let renamed = |name: &str| {
        let parts: Vec<&str> = name.split('.').collect();
        let place = parts.iter().position(|part| part.starts_with("denselayer"))?;
        let (kind, number) = (*parts.get(place + 1)?, *parts.get(place + 2)?);
        if !["norm", "relu", "conv"].contains(&kind) || !["1", "2"].contains(&number) {
            return None;
        }
        let joined = format!("{kind}{number}");
        let (before, after) = (&parts[..=place], &parts[place + 3..]);
        Some([before, &[joined.as_str()], after].concat().join("."))
    };
    let mut count = 0;
    weights.tensors = std::mem::take(&mut weights.tensors)
        .into_iter()
        .map(|(name, tensor)| match renamed(&name) {
            Some(new) => {
                count += 1;
                (new, tensor)
            }
            None => (name, tensor),
        })
        .collect();
    if count > 0 {
        weights.notes.push(format!(
            "{count} names of old files of torchvision were read as today's"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::weights::Stored;
    use super::*;

    fn chosen(names: &[&str]) -> (Vec<String>, Vec<String>) {
        let mut weights = Weights::default();
        for name in names {
            let tensor = Stored::computed(vec![], || Ok(vec![0.0]));
            weights.tensors.insert((*name).to_owned(), tensor);
        }
        of_network(&mut weights);
        (weights.tensors.into_keys().collect(), weights.notes)
    }

    #[test]
    fn the_state_dict_is_found_in_checkpoints() {
        for names in [
            &["state_dict.a.weight", "optimizer.state.0.exp_avg", "rng"][..],
            &["model.a.weight", "ema.a.weight", "optimizer.state.0.exp_avg"],
            &["state_dict.module.a.weight", "state_dict_ema.a.weight"],
            &["model_state_dict._orig_mod.a.weight", "other.a.weight"],
            &[
                "module.n_averaged",
                "n_averaged",
                "module.a.weight",
                "module.a.num_batches_tracked",
            ],
            &["module._orig_mod.model.a.weight"],
        ] {
            let (found, notes) = chosen(names);
            assert_eq!(found, ["a.weight"], "{names:?}");
            assert!(!notes.is_empty());
        }
    }

    #[test]
    fn parts_of_a_network_are_not_taken_for_a_checkpoint() {
        let names = ["fc.weight", "model.a.weight"];
        assert_eq!(chosen(&names), (names.map(str::to_owned).to_vec(), vec![]));
    }

    #[test]
    fn what_is_dropped_is_said() {
        let (_, notes) = chosen(&["model.a", "optimizer.b", "optimizer.c", "epoch"]);
        assert_eq!(
            notes,
            ["of the checkpoint `model` was taken; tensors left out: 1 outside of any part, 2 of `optimizer`"]
        );
    }

    #[test]
    fn old_names_of_densenet() {
        let (found, _) = chosen(&["features.denseblock1.denselayer2.norm.1.weight", "a"]);
        assert_eq!(found[1], "features.denseblock1.denselayer2.norm1.weight");
    }
}

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PROBED, Plan, PlannedAttack, Shard};
use crate::attack::Norm;
use crate::evaluate::{Named, TestSet};
use crate::ops::kernels::isa;

/// What stands as the name of the data set where the images are arrays in memory, which no command reads.
pub const ARRAYS: &str = "arrays";

/// What an audit is of, and how it is made: all that its numbers depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// What the model is called.
    pub model: String,
    /// What the data set is called.
    pub dataset: String,
    /// Images of the whole audit, of which a shard has a part.
    pub count: usize,
    /// The seed by which they were drawn from the test part, if they were.
    pub sample_seed: Option<u64>,
    /// The greatest perturbation, in the units of the data.
    pub eps: f64,
    /// The same as it was given, if that was a fraction such as `8/255`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eps_given: Option<String>,
    /// The norm that eps bounds.
    pub norm: Norm,
    /// The part of the audit that this is.
    pub shard: Shard,
    /// How it is made.
    pub settings: Settings,
    /// SHA-256 of what goes in, by name.
    pub checksums: BTreeMap<String, String>,
    /// Names of the classes, in label order.
    pub classes: Vec<String>,
    /// Arguments of the command line by which model and data were read, beside those that stand in other fields: `--arch`, `small-cnn`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// What is to be known beside: attacks left out, what reading the model undid.
    pub notes: Vec<String>,
}

/// How an audit is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Name of the ensemble.
    pub ensemble: String,
    /// Its attacks, in order.
    pub attacks: Vec<PlannedAttack>,
    /// Seed of all of them.
    pub seed: u64,
    /// Least and greatest pixel value.
    pub bounds: [f32; 2],
    /// Images that are probed: the first ones.
    pub probed: usize,
    /// The sizes at which probes attack.
    pub sizes: Vec<f64>,
    /// The network whose examples are tried at the end, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surrogate: Option<String>,
    /// Version of the program.
    pub version: String,
    /// Where it computes, and with which instructions.
    pub device: String,
}

impl Setup {
    /// The sizes at which probes attack.
    pub fn sizes(&self) -> &[f64] {
        &self.settings.sizes
    }

    /// Of a plan for a model on test images, on a device of this name. `checksums` are those of what goes in, by name.
    pub fn new(
        plan: &Plan,
        model: &Named<'_>,
        dataset: &str,
        classes: &[String],
        (test, device): (&TestSet<'_>, &str),
        checksums: BTreeMap<String, String>,
    ) -> Self {
        let bounds = model.model.bounds();
        Self {
            model: model.name.to_owned(),
            dataset: dataset.to_owned(),
            count: test.count(),
            sample_seed: test.sample().map(|sample| sample.seed()),
            eps: plan.eps,
            eps_given: None,
            norm: plan.norm,
            shard: Shard::WHOLE,
            settings: Settings {
                ensemble: plan.suite.name().to_owned(),
                attacks: plan.planned.clone(),
                seed: plan.seed,
                bounds: [bounds.low, bounds.high],
                probed: PROBED,
                sizes: plan.sizes.clone(),
                surrogate: None,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                device: format!("{device}, {}", isa().name()),
            },
            checksums,
            classes: classes.to_vec(),
            arguments: Vec::new(),
            notes: plan.notes.clone(),
        }
    }
}

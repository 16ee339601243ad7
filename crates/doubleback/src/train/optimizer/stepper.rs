use burn::tensor::Tensor;
use doubleback_ops::{AdamOptions, AdamState};

use super::adam::Adam;
use super::adamw::AdamW;
use super::gradients::{Collected, Rate};
use super::optimizer_options::Optimizer;
use super::sgd::Sgd;
use crate::Result;
use crate::nn::{Module, Network, Parameter};

/// The optimizer of a training, with its state.
#[derive(Clone, Debug)]
pub(in crate::train) enum Stepper {
    Adam(Adam),
    AdamW(AdamW),
    Sgd(Sgd),
}

impl Stepper {
    /// Before the first step.
    pub fn new(network: &Network, optimizer: Optimizer, adam: AdamOptions) -> Self {
        let zeros = |parameter: &Parameter| parameter.value().zeros_like();
        let moments = || network.parameters().map(|p| AdamState::zeros_like(p.value())).collect();
        match optimizer {
            Optimizer::Adam => Stepper::Adam(Adam::new(network, adam)),
            Optimizer::AdamW(options) => Stepper::AdamW(AdamW::new(options, moments(), 0)),
            Optimizer::Sgd(options) if options.momentum > 0.0 => {
                Stepper::Sgd(Sgd::new(options, network.parameters().map(zeros).collect()))
            }
            Optimizer::Sgd(options) => Stepper::Sgd(Sgd::new(options, Vec::new())),
        }
    }

    /// After so many steps, with the tensors that `get` finds, by name and length.
    pub fn resume(
        network: &Network,
        optimizer: Optimizer,
        adam: AdamOptions,
        step: usize,
        get: &dyn Fn(&str, usize) -> Result<Tensor<1>>,
    ) -> Result<Self> {
        let one = |parameter: &Parameter, role: &str| {
            get(
                &format!("{}.{role}", parameter.name()),
                parameter.dims().iter().product(),
            )
        };
        let moments = || {
            let state = |parameter: &Parameter| {
                Ok(AdamState {
                    first: one(parameter, FIRST)?,
                    second: one(parameter, SECOND)?,
                })
            };
            network.parameters().map(state).collect::<Result<_>>()
        };
        Ok(match optimizer {
            Optimizer::Adam => Stepper::Adam(Adam::resume(adam, moments()?, step)),
            Optimizer::AdamW(options) => Stepper::AdamW(AdamW::new(options, moments()?, step)),
            Optimizer::Sgd(options) if options.momentum > 0.0 => {
                let momenta = network.parameters().map(|parameter| one(parameter, MOMENTUM));
                Stepper::Sgd(Sgd::new(options, momenta.collect::<Result<_>>()?))
            }
            Optimizer::Sgd(options) => Stepper::Sgd(Sgd::new(options, Vec::new())),
        })
    }

    /// The tensors of its state by name: that of the parameter, and `.first` and `.second`, or `.momentum`.
    pub fn tensors(&self, network: &Network) -> Vec<(String, &Tensor<1>)> {
        match self {
            Stepper::Adam(adam) => moments(network, adam.states()),
            Stepper::AdamW(adamw) => moments(network, adamw.states()),
            Stepper::Sgd(sgd) => {
                let pairs = network.parameters().zip(sgd.momenta());
                pairs
                    .map(|(parameter, value)| (format!("{}.{MOMENTUM}", parameter.name()), value))
                    .collect()
            }
        }
    }

    /// Moves `network` against gradients. Values change in place where nothing else holds them.
    ///
    /// # Errors
    /// When a gradient or the state is of another type than the parameter.
    pub fn apply(&mut self, network: &mut Network, gradients: Collected, rate: Rate<'_>) -> Result<()> {
        match self {
            Stepper::Adam(adam) => adam.apply(network, gradients, rate),
            Stepper::AdamW(adamw) => adamw.apply(network, gradients, rate),
            Stepper::Sgd(sgd) => sgd.apply(network, gradients, rate),
        }
    }
}

/// The moments of each parameter by name.
fn moments<'a>(network: &Network, states: &'a [AdamState]) -> Vec<(String, &'a Tensor<1>)> {
    let pairs = network.parameters().zip(states);
    let named = pairs.flat_map(|(parameter, state)| {
        let name = |role: &str| format!("{}.{role}", parameter.name());
        [(name(FIRST), &state.first), (name(SECOND), &state.second)]
    });
    named.collect()
}

const FIRST: &str = "first";
const SECOND: &str = "second";
const MOMENTUM: &str = "momentum";

//! The paper's experiments from start to end: trains its models, attacks all with all, and collects [`Results`].
//!
//! Every finished part is kept in the output folder, so a run that was stopped at any instant goes on where it was.
//!
//! [`Results`]: crate::evaluate::Results
mod dataset_settings;
mod lambdas;
mod measure;
mod profile;
mod run;

pub(crate) use measure::data_summary;
pub use profile::{LambdaGrid, Profile};
pub use run::{Finished, Options, reproduce};

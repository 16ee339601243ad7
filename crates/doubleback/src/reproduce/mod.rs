//! The paper's main experiment from start to end: trains its five models, attacks all with all, and collects [`Results`].
//!
//! Every finished part is kept in the output folder, so a run that was stopped at any instant goes on where it was.
//!
//! [`Results`]: crate::evaluate::Results
mod measure;
mod profile;
mod run;
mod store;

pub use profile::Profile;
pub use run::{Finished, Options, reproduce};

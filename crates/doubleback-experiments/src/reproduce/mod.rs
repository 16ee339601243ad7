//! The paper's experiments from start to end: trains its models, attacks all with all, and collects [`Results`].
//!
//! Every finished part is kept in the output folder, so a run that was stopped at any instant goes on where it was.
mod by_class;
mod claims;
mod extent;
mod lambdas;
mod measure;
pub mod model_names;
mod options;
mod overlap;
mod pictures;
mod published;
mod results;
mod run;
mod targeted;
mod training;

pub use crate::profile::Profile;
pub use claims::claims;
pub use extent::{HEADLINE_EPS, LambdaGrid};
pub use options::Options;
pub use overlap::overlap;
pub use pictures::{LambdaGradient, Perturbed, Picture, Pictures, Prediction, Saliency, draw, score_gradient};
pub use published::{PublishedGradients, score};
pub use results::{ByClass, CraftedExamples, LambdaPoint, Overlap, Results, Seconds, SeedRun, TrainingSummary};
pub use run::{Finished, reproduce};
pub use targeted::{
    GridCell, PairSample, TargetShare, TargetedAttack, TargetedGrid, TargetedSummary, targeted, targeted_grid,
};

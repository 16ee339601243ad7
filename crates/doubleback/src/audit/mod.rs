//! Audits: how robust a model is against an ensemble of attacks, and what of that is to be trusted.
//!
//! A [`Plan`] says which attacks, within which eps; [`AuditRun`] runs them in order, each on the images that none before it has broken, and probes the model;
//! what it measures is one [`Record`] an image. All numbers and [flags] of an [`Audit`] are made of those records alone, so that the records of several
//! machines, put together by [`merge`], give the same audit as one machine's.
mod apart;
mod attacked;
pub mod flags;
mod gradient_check;
mod in_turn;
mod merge;
mod plan;
mod probe;
mod record;
mod run;
mod setup;
mod shard;
mod suite;
mod summary;

pub use attacked::Shown;
pub use merge::merge;
pub use plan::{Changed, Plan, PlannedAttack};
pub use probe::PROBED;
pub use record::{AtSize, Probe, ProbeAttacks, Record, Trial};
pub use run::{AuditRun, Measured};
pub use setup::{ARRAYS, Settings, Setup};
pub use shard::Shard;
pub use suite::Suite;
pub use summary::{AttackSummary, Audit, Certified, ClassRobustness, CurvePoint, Partial};

//! Long experiments with [`doubleback`]: each runs for minutes to hours, keeps what is finished in a folder, and resumes to the same bits.
//!
//! - [`reproduce`]: the experiments of Ross & Doshi-Velez 2018.
//! - [`diagnosis`]: which layer breaks, after Zheng et al. 2020.
//! - [`pooling_study`]: max against average pooling.
//! - [`sweep`]: a grid of trainings on this machine or a cluster, and the paper's rule to choose by.
//! - [`explanations`]: what methods say of images, model beside model, and how far metrics believe them; nothing is kept of an unfinished one.
//! - [`audit`]: an ensemble of attacks on a model, and what of its robust accuracy is to be trusted.
//! - [`mod@bench`]: how long training steps and attacks take.
//!
//! Results are plain, serializable values that hold no tensor: `doubleback-report` draws pages from them.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod audit;
pub mod bench;
mod claim;
mod class_sample;
mod data_identity;
mod data_summary;
mod dataset_settings;
pub mod diagnosis;
pub mod explanations;
mod interruptible;
mod json;
mod lambda_rule;
mod outside_data;
pub mod pooling_study;
mod profile;
pub mod reproduce;
mod run_folder;
mod run_record;
pub mod sweep;

pub use claim::{Claim, Verdict};
pub use class_sample::{ALL_PAIRS_UP_TO, PAIRS};
pub use data_summary::DataSummary;
pub use lambda_rule::SHARE_OF_NORMAL;
pub use profile::Profile;
pub use run_record::RunRecord;

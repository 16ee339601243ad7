//! Numbers about samples: means, proportions and rank correlations, with 95 % intervals.
//!
//! `statrs` would give the quantiles of the normal and of Student's distribution. The first is one constant, and the second a table whose rounded
//! values are in published results; correlations of ranks and bootstraps it does not have.
mod bootstrap;
mod extreme;
mod mean;
mod proportion;
mod rank;

pub use bootstrap::bootstrap;
pub use extreme::{greatest_by, least_by};
pub use mean::{mean, mean_interval};
pub use proportion::{wilson, wilson_of_fraction};
pub use rank::{kendall, spearman};

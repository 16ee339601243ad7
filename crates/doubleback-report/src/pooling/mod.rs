//! The report of the pooling study: one page, and its figures as files. One section a file; all from the results' plain data.

mod accuracy;
mod answer;
mod caveats;
mod claims;
mod correlation;
mod difference;
mod layers;
mod masking;
mod matched;
mod numbers;
mod page;
mod reproducibility;
mod setup;
mod view;

pub use page::{pooling_html, write_pooling};

//! The report of a layer-by-layer diagnosis: one page, and its figures as files. One section a file; all from the results' plain data.

mod agreement;
mod answer;
mod asked;
mod caveats;
mod checks;
mod compare;
mod correlation;
mod explanation_pictures;
mod explanations;
mod flips;
mod information;
mod page;
mod reproducibility;
mod sweep;
mod training;
mod view;
mod vulnerability;

pub use page::{diagnosis_html, write_diagnosis};

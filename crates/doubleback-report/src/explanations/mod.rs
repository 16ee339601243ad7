//! The report of explanations: one page on which methods stand beside each other by image, and models beside each other; and maps as picture files. One section a
//! file.

mod answer;
mod command;
mod images;
mod limits;
mod methods;
mod metric_table;
mod metrics;
mod page;
mod pictures;
mod reproducibility;
mod smoothing;
mod view;

pub use page::{explanation_html, write_explanation_page};
pub use pictures::write_explanations;

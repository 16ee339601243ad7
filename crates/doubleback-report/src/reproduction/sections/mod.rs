//! One section of the report a file. Each draws what there is and says what is missing.

pub mod authors;
pub mod claims;
pub mod classes;
pub mod clean;
pub mod cost;
pub mod heat_map;
pub mod images;
pub mod masking;
mod panes;
pub mod reproducibility;
pub mod summary;

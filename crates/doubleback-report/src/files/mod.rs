//! The figures as files: drawings, pictures, animations, and the values that they show.

mod sheet;
mod table;
mod write;

pub use table::Table;
pub use write::{FigureFolder, File, write_figures};

//! What pages are made of, whatever they report on: figures and sections, tables, pictures, and the files that they become.

mod color;
pub mod confusion;
mod content;
mod csv_table;
mod document;
mod figure;
mod folder;
mod html_table;
mod layout;
mod legend;
pub mod picture;
mod saved;
mod section;
mod sheet;
mod verdict;

pub use color::byte;
pub use content::{Content, Group, reading_of};
pub use csv_table::Table;
pub use figure::Figure;
pub use folder::{File, Folder};
pub use html_table::{pairs, scrolled, unfolded};
pub use layout::{Page, Part};
pub use legend::{Entry, legend};
pub use saved::{saved, saved_as};
pub use section::{caption, missing};
pub use verdict::verdict;

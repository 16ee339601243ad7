//! The report of a reproduction of Ross & Doshi-Velez (AAAI 2018): one page, and its figures as files. One figure or section a file; all from the
//! results' plain data.

mod bears_on;
mod contact_sheet;
mod context;
mod description;
mod figures;
mod gallery;
mod headline;
mod page;
mod published;
mod sections;
mod spread;

pub use page::{reproduction_html, write_reproduction};
pub use published::{PUBLISHED_IMAGES, Published};

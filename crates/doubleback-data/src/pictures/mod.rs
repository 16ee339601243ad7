//! Images of a data set to look at.
pub(crate) mod contact_sheet;
pub(crate) mod frame;
pub(crate) mod png;
pub(crate) mod sheet;

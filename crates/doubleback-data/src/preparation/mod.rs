//! What is done to images between their files and a data set: on a color, gray, resized and cut, shuffled, without duplicates.
pub(crate) mod background;
mod decolorize;
pub(crate) mod duplicates;
pub(crate) mod grayscale;
mod luma;
pub(crate) mod pixels;
pub(crate) mod preprocess;
pub(crate) mod resample;
pub(crate) mod shuffle;

//! Does the model miss what the map calls important? Pixels go or come in the order of their importance, and the model is asked on the way.
mod curve;
mod deletion;
mod impute;
mod insertion;
mod order;
mod pixel_flipping;
mod road;

pub use curve::Curves;
pub use deletion::Deletion;
pub use insertion::Insertion;
pub use order::Order;
pub use pixel_flipping::PixelFlipping;
pub use road::Road;

//! Train image classifiers with input gradient regularization, attack them, evaluate them.
pub mod data;
pub mod evaluate;

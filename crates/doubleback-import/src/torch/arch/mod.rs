//! Architectures for files that hold weights alone: which there are, what they are called, and which of them a file's tensors are of.
mod built;
mod densenet;
mod draft;
mod find;
mod mobilenet_v2;
mod own;
mod preact_resnet;
mod resnet;
mod vgg;
mod wide_resnet;

pub(super) use built::Settings;
pub(super) use find::find;

//! The server: pages for participants, and others, on another address, for the researcher.
//!
//! [`serve`] opens a study and serves it until it is told to stop; [`run`] does so until the process is asked to end. `participant` and `researcher` have the
//! pages; what both stand on is [`security`] (headers, limits, protection of forms), [`session`] (secrets of a browser), [`form`] (what it sends) and
//! [`page`] (what it gets).

pub mod assets;
pub mod failure;
pub mod form;
mod limits;
mod listener;
mod options;
pub mod page;
mod participant;
mod researcher;
pub mod security;
mod server;
pub mod session;
pub mod state;

pub use options::{Limits, Rate, ServeOptions};
pub use server::{Serving, run, serve};

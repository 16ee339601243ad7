//! A real Chromium, driven through `chromedriver` by the W3C's WebDriver protocol: JSON over plain HTTP. For tests alone; it stands below all other
//! crates, so that each of them can have it among its dev-dependencies.
//!
//! By hand, in one blocking client that the workspace has already: the WebDriver crates (`thirtyfour`, `fantoccini`) bring an async runtime and a second
//! HTTP stack for the few requests that are needed here.
//!
//! Nothing here gives an error: a test can only fail of it, so all of it panics with what was asked and what the browser said.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod browser;
mod element;
mod keys;
mod log;
mod options;
mod window;

pub use browser::Browser;
pub use element::Element;
pub use keys::{ARROW_DOWN, ARROW_LEFT, ARROW_RIGHT, ARROW_UP, BACKSPACE, ENTER, ESCAPE, SHIFT, SPACE, TAB};
pub use options::Options;
pub use window::Screen;

//! What somebody who takes part may rely on, without JavaScript: the forms are what a browser would send.

mod browser;
mod going;
mod starting;
mod whole;

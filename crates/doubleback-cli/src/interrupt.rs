//! Ctrl-C and its like: the first asks the work to stop where it can be resumed, the second stops the program at once.

use std::sync::atomic::{AtomicBool, Ordering};

use doubleback::Error;

use crate::exit::{Failure, INTERRUPTED, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Listens to Ctrl-C and requests to terminate.
pub fn install() -> Result<()> {
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    })
    .map_err(|e| Failure::Ours(format!("cannot listen to Ctrl-C: {e}")))
}

/// Asks the work to stop, as Ctrl-C does.
pub fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Whether the work should stop.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Why work that keeps nothing did not finish: what the library says of an interruption does not hold for it.
pub fn nothing_kept(error: Error) -> Failure {
    match error {
        Error::Interrupted => {
            Failure::Interrupted("interrupted. Nothing was written: run the same command again to start over".into())
        }
        other => other.into(),
    }
}

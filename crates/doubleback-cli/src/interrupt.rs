//! Ctrl-C and its like: the first asks the work to stop, the second stops the program at once.
//!
//! Work that keeps what it has done looks here from time to time, saves and ends. Files are whole or absent at every instant, so work that
//! does not look soon, such as a reader in a large file, can be cut off: it is, by a watchman who starts with the first Ctrl-C.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use doubleback::Error;
use doubleback::data::atomic_file;

use crate::args::LogFormat;
use crate::exit::{Failure, INTERRUPTED, Result};

/// How long work may take to look here.
const PATIENCE: Duration = Duration::from_millis(700);
/// How long a training may, whose step is worth a checkpoint.
const PATIENCE_WITH_A_STEP: Duration = Duration::from_secs(5);
/// How long work that has looked may take to save what it has.
const SAVING: Duration = Duration::from_secs(10);

static REQUESTED: AtomicBool = AtomicBool::new(false);
static ENDED: AtomicBool = AtomicBool::new(false);
/// What to say when the work is cut off.
static CUT_OFF: OnceLock<(&'static str, LogFormat)> = OnceLock::new();
static LOOKS: Mutex<Looks> = Mutex::new(Looks::NONE);

/// When the work looked here.
#[derive(Clone, Copy)]
struct Looks {
    /// And was told to stop.
    told: Option<Instant>,
    /// After a training's step.
    last_step: Option<Instant>,
    /// How long a training's step takes.
    step: Option<Duration>,
}

impl Looks {
    const NONE: Self = Self {
        told: None,
        last_step: None,
        step: None,
    };

    /// Until when to wait for work that was asked to stop at a time.
    fn deadline(&self, asked: Instant) -> Instant {
        match (self.told, self.step) {
            (Some(told), _) => told + SAVING,
            (None, Some(step)) => asked + (2 * step).clamp(PATIENCE, PATIENCE_WITH_A_STEP),
            (None, None) => asked + PATIENCE,
        }
    }
}

/// Listens to Ctrl-C and requests to terminate. `message` is what is true of the command when it is cut off.
pub fn install(message: &'static str, log_format: LogFormat) -> Result<()> {
    // It is installed once.
    let _ = CUT_OFF.set((message, log_format));
    ctrlc::set_handler(|| {
        if REQUESTED.load(Ordering::Relaxed) {
            atomic_file::remove_unfinished_files();
            std::process::exit(i32::from(INTERRUPTED));
        }
        request();
    })
    .map_err(|e| Failure::Ours(format!("cannot listen to Ctrl-C: {e}")))
}

/// Asks the work to stop, as Ctrl-C does.
pub fn request() {
    if !REQUESTED.swap(true, Ordering::Relaxed) {
        std::thread::spawn(watch_over_the_end);
    }
}

/// Ends the program unless the work does so in time.
fn watch_over_the_end() {
    let asked = Instant::now();
    while Instant::now() < looks(|looks| looks.deadline(asked)) {
        std::thread::sleep(PATIENCE / 20);
    }
    if !has_the_last_word() {
        return;
    }
    atomic_file::remove_unfinished_files();
    if let Some((message, log_format)) = CUT_OFF.get() {
        if *log_format == LogFormat::Text && std::io::stderr().is_terminal() {
            // A bar that is still there.
            eprint!("\r\x1b[2K");
        }
        Failure::Interrupted((*message).to_owned()).report(*log_format);
    }
    std::process::exit(i32::from(INTERRUPTED));
}

/// Whether the work should stop.
pub fn requested() -> bool {
    let requested = REQUESTED.load(Ordering::Relaxed);
    if requested {
        looks(|looks| looks.told = Some(Instant::now()));
    }
    requested
}

/// A phase of work begins, whose steps may take another time.
pub fn phase_begins() {
    looks(|looks| (looks.last_step, looks.step) = (None, None));
}

/// Whether the work should stop, asked after a training's step.
pub fn requested_after_step() -> bool {
    let now = Instant::now();
    looks(|looks| {
        looks.step = looks.last_step.map(|last| now.saturating_duration_since(last));
        looks.last_step = Some(now);
    });
    requested()
}

/// Whether whoever asks is the one who says why the program ends: the work itself, or the watchman.
pub fn has_the_last_word() -> bool {
    !ENDED.swap(true, Ordering::Relaxed)
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

fn looks<T>(f: impl FnOnce(&mut Looks) -> T) -> T {
    f(&mut LOOKS.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_does_not_look_is_cut_off_soon_and_work_that_saves_is_not() {
        let asked = Instant::now();
        let after = |looks: Looks| looks.deadline(asked) - asked;
        assert!(after(Looks::NONE) < Duration::from_secs(1));
        let step = |seconds: u64| Looks {
            step: Some(Duration::from_secs(seconds)),
            ..Looks::NONE
        };
        assert_eq!(after(step(0)), PATIENCE);
        assert_eq!(after(step(1)), Duration::from_secs(2));
        assert_eq!(after(step(60)), PATIENCE_WITH_A_STEP);
        let told = Looks {
            told: Some(asked + Duration::from_secs(1)),
            ..step(1)
        };
        assert_eq!(after(told), Duration::from_secs(1) + SAVING);
    }
}

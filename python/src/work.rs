//! Work without the interpreter's lock.
//!
//! It is done on a worker thread. The thread that asked for it waits: it looks for signals, such as Ctrl-C, and calls what is Python's, such as a
//! model's functions or a progress bar, so that these run where their caller is.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::time::{Duration, Instant};

use doubleback::nn::with_direct_convolutions;
use doubleback::stop::stoppable;
use doubleback::{Error, Result};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

use crate::caller::{Caller, Message, Signals, known_to};
use crate::{errors, log, pool};

/// How often the caller looks for signals.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long the caller stays awake. Waking a thread takes up to a tenth of a millisecond.
const AWAKE_FOR: Duration = Duration::from_millis(1);

/// Does `work` and gives what came of it, or raises: what a signal raised, what the work failed with, or that it is broken.
pub fn run<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    let pool = pool::pool()?;
    let (messages, received) = channel();
    let signals = Arc::new(Signals::default());
    let caller = Caller {
        messages,
        signals: Arc::clone(&signals),
    };
    let mut outcome = None;
    py.detach(|| {
        let received = received;
        pool.in_place_scope(|scope| {
            scope.spawn(|_| {
                let done = caller.messages.clone();
                let stop = Arc::clone(&caller.signals.stop);
                // This thread may be waiting in the middle of other work.
                let work = || with_direct_convolutions(false, || stoppable(&stop, work));
                let work = || known_to(caller, || log::told(work));
                outcome = Some(catch_unwind(AssertUnwindSafe(work)));
                // The caller waits for nothing else.
                let _ = done.send(Message::Done);
            });
            serve(&received, &signals);
        });
    });
    match (signals.raised(), outcome) {
        (Some(raised), _) if raised.is_instance_of::<PyKeyboardInterrupt>(py) => {
            Err(errors::exception(Error::Interrupted))
        }
        (Some(raised), _) => Err(raised),
        (None, Some(Ok(outcome))) => outcome.map_err(errors::exception),
        (None, Some(Err(panic))) => Err(errors::internal(bug(panic.as_ref()))),
        (None, None) => Err(errors::internal("the work was not done")),
    }
}

/// What the waiting thread does until the work is done.
fn serve(received: &Receiver<Message>, signals: &Signals) {
    let begun = Instant::now();
    let mut looked = begun;
    loop {
        let message = match received.try_recv() {
            // Short work, such as the logits of one image, is over before a thread that sleeps would be awake.
            Err(TryRecvError::Empty) if begun.elapsed() < AWAKE_FOR => {
                std::thread::yield_now();
                continue;
            }
            Err(TryRecvError::Empty) => received.recv_timeout(LOOK_EVERY),
            Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
            Ok(message) => Ok(message),
        };
        match message {
            Ok(Message::Call(call)) => Python::attach(call),
            Ok(Message::Done) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if looked.elapsed() >= LOOK_EVERY {
            if let Err(raised) = Python::attach(|py| py.check_signals()) {
                signals.raise(raised);
            }
            looked = Instant::now();
        }
    }
}

/// Says that a panic is a bug.
fn bug(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    format!("a bug in doubleback: {text}. Please report this line with the call that led to it")
}

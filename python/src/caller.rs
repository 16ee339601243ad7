//! The thread that asked for work, as the work knows it: it calls what is Python's, and says when to stop.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvError, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use doubleback::{Error, Result};
use pyo3::prelude::*;
use rayon::Yield;

/// What a waiting caller hears.
pub enum Message {
    /// Something that Python is to do.
    Call(Box<dyn FnOnce(Python<'_>) + Send>),
    /// The work is done.
    Done,
}

/// What work knows of the thread that asked for it.
#[derive(Clone)]
pub struct Caller {
    /// To the caller.
    pub messages: Sender<Message>,
    /// Of the work.
    pub signals: Arc<Signals>,
}

/// Whether work should stop, and what was raised meanwhile.
#[derive(Default)]
pub struct Signals {
    /// It should stop.
    pub stop: Arc<AtomicBool>,
    raised: Mutex<Option<PyErr>>,
}

impl Signals {
    /// Stops the work with this exception, unless another one came before.
    pub fn raise(&self, error: PyErr) {
        self.raised
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(error);
        self.stop.store(true, Ordering::Relaxed);
    }

    /// What stopped the work, if anything did.
    pub fn raised(&self) -> Option<PyErr> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

thread_local! {
    static CALLER: RefCell<Option<Caller>> = const { RefCell::new(None) };
}

/// Does `work` on this thread for a caller. Another caller's may be under way on it: that is known again afterwards.
pub fn known_to<R>(caller: Caller, work: impl FnOnce() -> R) -> R {
    struct Before(Option<Caller>);
    impl Drop for Before {
        fn drop(&mut self) {
            CALLER.with(|place| *place.borrow_mut() = self.0.take());
        }
    }
    let _before = Before(CALLER.with(|place| place.borrow_mut().replace(caller)));
    work()
}

fn caller() -> Option<Caller> {
    CALLER.with(|place| place.borrow().clone())
}

/// Calls Python where the work was asked for, or here if that is not known.
pub fn call<R: Send + 'static>(call: impl FnOnce(Python<'_>) -> R + Send + 'static) -> Result<R> {
    let Some(caller) = caller() else {
        return Ok(Python::attach(call));
    };
    let (answer, answered) = channel();
    let message = Message::Call(Box::new(move |py| {
        // Whoever asked waits for it.
        let _ = answer.send(call(py));
    }));
    let gone = |_: RecvError| Error::internal("calling Python", "the caller is gone");
    caller.messages.send(message).map_err(|_| gone(RecvError))?;
    wait(&answered).map_err(gone)
}

/// Waits for an answer and does other jobs meanwhile, such as those that a model's function asks for in its turn: there may be no other worker.
fn wait<R>(answered: &Receiver<R>) -> std::result::Result<R, RecvError> {
    const LOOK_FOR_JOBS_EVERY: Duration = Duration::from_micros(100);
    loop {
        let found = match rayon::yield_now() {
            Some(Yield::Executed) => answered.try_recv().map_err(|none| none == TryRecvError::Disconnected),
            _ => answered
                .recv_timeout(LOOK_FOR_JOBS_EVERY)
                .map_err(|none| none == RecvTimeoutError::Disconnected),
        };
        match found {
            Ok(answer) => return Ok(answer),
            Err(true) => return Err(RecvError),
            Err(false) => {}
        }
    }
}

/// Calls Python where the work was asked for, without waiting; what it raises stops the work.
pub fn tell(call: impl FnOnce(Python<'_>) -> PyResult<()> + Send + 'static) {
    if let Some(Caller { messages, signals }) = caller() {
        let message = Message::Call(Box::new(move |py| {
            if let Err(raised) = call(py) {
                signals.raise(raised);
            }
        }));
        // Nobody hears it when the caller is gone.
        let _ = messages.send(message);
    }
}

/// Whether this work should stop.
pub fn asked_to_stop() -> bool {
    caller().is_some_and(|caller| caller.signals.stop.load(Ordering::Relaxed))
}

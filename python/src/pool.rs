//! The worker threads: their number can be changed, and a forked process, which has none of its parent's, gets its own.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use rayon::ThreadPool;

use crate::errors;

/// Bytes of a worker's stack, as of a main thread: a worker does all work between parallel loops.
const STACK: usize = 8 << 20;

struct Workers {
    process: u32,
    pool: Arc<ThreadPool>,
}

static WORKERS: Mutex<Option<Workers>> = Mutex::new(None);

/// The worker threads of this process.
pub fn pool() -> PyResult<Arc<ThreadPool>> {
    let mut workers = WORKERS.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    match workers.take() {
        Some(found) if found.process == process => {
            let pool = Arc::clone(&found.pool);
            *workers = Some(found);
            Ok(pool)
        }
        found => {
            let threads = found.as_ref().map_or(0, |found| found.pool.current_num_threads());
            // The threads of a parent: ending them would wait for what is not here.
            std::mem::forget(found);
            start(&mut workers, threads)
        }
    }
}

fn start(workers: &mut Option<Workers>, threads: usize) -> PyResult<Arc<ThreadPool>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK)
        .build();
    let pool = Arc::new(pool.map_err(|problem| errors::internal(format!("cannot start worker threads: {problem}")))?);
    *workers = Some(Workers {
        process: std::process::id(),
        pool: Arc::clone(&pool),
    });
    Ok(pool)
}

/// The number of worker threads; with an argument it is set first, for work that begins later.
#[pyfunction]
#[pyo3(signature = (threads = None))]
pub fn num_threads(threads: Option<usize>) -> PyResult<usize> {
    match threads {
        None => Ok(pool()?.current_num_threads()),
        Some(0) => Err(errors::input("threads: 0 is not at least 1")),
        Some(threads) => {
            if pool()?.current_num_threads() != threads {
                start(&mut WORKERS.lock().unwrap_or_else(PoisonError::into_inner), threads)?;
            }
            Ok(threads)
        }
    }
}

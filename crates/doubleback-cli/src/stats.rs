//! What a command took, for `--stats`.

use std::fmt;
use std::time::Instant;

use doubleback::ops::kernels::buffer_memory;
use doubleback::work::Work;
use serde::Serialize;

use crate::args::LogFormat;
use crate::memory;
use crate::output::grouped;

const MIB: usize = 1 << 20;

/// What a command took.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stats {
    seconds: f64,
    peak_memory_bytes: usize,
    /// Recycled buffers in use at once, at most; none on another device than the CPU.
    buffers_in_use_bytes: usize,
    /// And those kept for what comes next.
    buffers_bytes: usize,
    forward_passes: u64,
    input_gradients: u64,
    parameter_gradients: u64,
}

impl Stats {
    /// Of the process by now, whose command began at a time.
    pub fn since(start: Instant) -> Self {
        let (work, buffers) = (Work::so_far(), buffer_memory());
        Self {
            seconds: start.elapsed().as_secs_f64(),
            peak_memory_bytes: memory::peak(),
            buffers_in_use_bytes: buffers.most_used,
            buffers_bytes: buffers.most_held,
            forward_passes: work.forward_passes,
            input_gradients: work.input_gradients,
            parameter_gradients: work.parameter_gradients,
        }
    }

    /// Says it on standard error.
    pub fn report(&self, format: LogFormat) {
        match format {
            LogFormat::Text => eprintln!("{self}"),
            // At the level that `--quiet` leaves, since it was asked for.
            LogFormat::Json => match serde_json::to_string(self) {
                Ok(json) => eprintln!("{{\"stats\":{json}}}"),
                Err(cause) => eprintln!("{cause}"),
            },
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |images: u64| grouped(usize::try_from(images).unwrap_or(usize::MAX));
        write!(
            f,
            "stats: {:.2} seconds; peak memory {} MiB, of it recycled buffers {} MiB ({} MiB in use at once); images: {} forward passes, {} input \
             gradients, {} parameter gradients",
            self.seconds,
            self.peak_memory_bytes.div_ceil(MIB),
            self.buffers_bytes.div_ceil(MIB),
            self.buffers_in_use_bytes.div_ceil(MIB),
            count(self.forward_passes),
            count(self.input_gradients),
            count(self.parameter_gradients)
        )
    }
}

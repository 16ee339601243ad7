//! How fast the parts are, on random data: for the comparison with other frameworks, and to see where time goes.
mod agreement;
mod attack;
mod batch;
mod gan;
mod kernels;
mod step;
mod times;

pub use agreement::{Agreement, agreement};
pub use attack::{AttackBench, AttackTimes, TimedAttack};
pub use gan::GanBench;
pub use kernels::{KernelTimes, Peaks, measure_peaks, time_kernels};
pub use step::{Step, StepBench};
pub use times::{Times, time};

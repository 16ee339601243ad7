//! What the store promises: what is acknowledged stays, what is deleted is gone, and nobody is enrolled too many.

mod enrolment;
mod erasure;
mod export;
mod fixture;
mod killed;
mod opening;
mod replays;
mod throughput;

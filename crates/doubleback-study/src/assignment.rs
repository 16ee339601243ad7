//! Which images a participant sees, and in what order.

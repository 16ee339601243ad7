//! The command `doubleback`.
fn main() {}

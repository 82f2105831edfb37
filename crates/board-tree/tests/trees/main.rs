//! Trees of QEMU's, changed: by rule, and at random.

mod bytes;
mod changed;
mod fuzz;
mod memory;
mod model;
mod rules;

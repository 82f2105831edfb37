//! Trees of QEMU's, changed: by rule, and at random.

mod fuzz;
mod model;
mod rules;

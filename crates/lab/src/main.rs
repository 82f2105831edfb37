//! Measures what caches do to shared counters, and draws it; scripts/lab starts it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tools::usage::main(lab::run)
}

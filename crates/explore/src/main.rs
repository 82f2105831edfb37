//! Runs small races of the kernel under seeded schedules; scripts/explore starts it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tools::usage::main(explore::run)
}

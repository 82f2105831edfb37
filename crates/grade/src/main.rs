//! Judges the labs of the course; scripts/grade starts it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tools::usage::main(grade::run)
}

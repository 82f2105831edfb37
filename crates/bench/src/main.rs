//! The command behind scripts/bench.

use std::process::ExitCode;

fn main() -> ExitCode {
    rundown_bench::main()
}

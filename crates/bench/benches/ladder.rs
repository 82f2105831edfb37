//! `cargo bench`: the same as scripts/bench.

use std::process::ExitCode;

fn main() -> ExitCode {
    rundown_bench::main()
}

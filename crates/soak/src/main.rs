//! Boots the kernel for a long time with everything at once; scripts/soak starts it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tools::usage::main(soak::run)
}

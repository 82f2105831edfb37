//! The command `lab`: what a person or a script types.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use lab::{boot, explore, figures, suite};

/// The host tool of the run-down demo.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Boots a kernel in QEMU and passes only when its report is whole (the runner of cargo).
    ///
    /// Reads QEMU, QEMU_SMP, QEMU_MACHINE, QEMU_CPU, QEMU_MEM, QEMU_ACCEL, QEMU_TIMEOUT and
    /// QEMU_EXTRA. Exit status: 0 passed, 1 failed, 2 wrong set-up, 124 no verdict in time.
    Boot {
        /// The kernel's ELF file.
        kernel: PathBuf,
        /// What cargo passes on from `cargo run -- ...`; a kernel takes none.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
        rest: Vec<String>,
    },
    /// Runs small races of the kernel under seeded schedules (scripts/explore).
    #[command(disable_help_flag = true)]
    Explore {
        /// See `lab explore --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Measures what caches do to shared counters, and draws it (scripts/lab).
    #[command(disable_help_flag = true)]
    Figures {
        /// See `lab figures --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Runs every test of the project; ends with `N passed, N failed`.
    Test {
        /// Only lists the steps.
        #[arg(long)]
        list: bool,
        /// Only the steps whose names hold one of these.
        patterns: Vec<String>,
    },
}

fn main() -> ExitCode {
    let stopped = match Arguments::parse().command {
        Action::Boot { kernel, .. } => boot::run(&kernel, |name| std::env::var(name).ok()).err(),
        Action::Explore { words } => explore::run(&words).err(),
        Action::Figures { words } => figures::run(&words).err(),
        Action::Test { list: true, patterns } => {
            suite::list(&patterns);
            None
        }
        Action::Test { list: false, patterns } => suite::run(&patterns).err(),
    };
    let Some(stop) = stopped else {
        return ExitCode::SUCCESS;
    };
    if !stop.line.is_empty() {
        eprintln!("{stop}");
    }
    ExitCode::from(stop.status)
}

//! Runs every test of the project; scripts/test starts it.

use std::process::ExitCode;

use clap::Parser;

/// Runs every test of the project; ends with `N passed, N failed`.
#[derive(Parser)]
#[command(name = "scripts/test")]
struct Arguments {
    /// Only lists the steps.
    #[arg(long)]
    list: bool,
    /// With many more boots and seeds: hours, where the usual run takes minutes.
    #[arg(long)]
    long: bool,
    /// Only the steps whose names hold one of these.
    patterns: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let wanted = suite::Wanted { patterns: arguments.patterns, long: arguments.long };
    if arguments.list {
        suite::list(&wanted);
        return ExitCode::SUCCESS;
    }
    tools::usage::exit(suite::run(&wanted))
}

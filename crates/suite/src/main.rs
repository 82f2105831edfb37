//! Runs every test of the project; scripts/test starts it.

use std::process::ExitCode;

use clap::Parser;
use runner::exit_error::ExitError;
use tools::usage;

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
    /// Also writes what real runs print into the pages that show another; these steps still fail, once.
    #[arg(long)]
    write: bool,
    /// Only the steps whose names hold one of these.
    patterns: Vec<String>,
}

fn main() -> ExitCode {
    usage::main(run)
}

fn run(args: &[String]) -> Result<(), ExitError> {
    let Some(Arguments { list, long, write, patterns }) = usage::parse(args)? else {
        return Ok(());
    };
    let wanted = suite::Wanted { patterns, long, write };
    if list {
        suite::list(&wanted);
        return Ok(());
    }
    suite::run(&wanted)
}

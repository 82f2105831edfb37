//! The runner as cargo calls it: the kernel's ELF file is its argument.

use std::env;
use std::process::ExitCode;

use runner::exit_error::ExitError;
use runner::{boot, options, unread};

fn main() -> ExitCode {
    unread::end_quietly();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

fn run() -> Result<(), ExitError> {
    match options::parse(env::args_os().skip(1))? {
        None => println!("{}", options::USAGE),
        Some((options, kernel)) => {
            boot::run(&kernel, &options, |name| env::var(name).ok())?;
        }
    }
    Ok(())
}

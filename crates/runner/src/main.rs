//! The runner as cargo calls it: the kernel's ELF file is its argument.

use std::env;
use std::ffi::OsString;
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
            // What is not UTF-8 is no valid setting, and is refused as it is shown.
            let text = |value: OsString| value.to_string_lossy().into_owned();
            boot::run(&kernel, &options, |name| env::var_os(name).map(text))?;
        }
    }
    Ok(())
}

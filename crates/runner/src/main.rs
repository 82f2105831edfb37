//! The runner as cargo calls it: the kernel's ELF file is its argument.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use runner::boot;
use runner::exit_error::ExitError;

fn main() -> ExitCode {
    let Some(kernel) = env::args_os().nth(1) else {
        let error = ExitError::setup("there is no kernel", "name its ELF file");
        return error.report();
    };
    match boot::run(Path::new(&kernel), |name| env::var(name).ok()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

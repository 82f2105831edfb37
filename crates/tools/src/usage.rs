//! Command lines of the scripts, read by clap.
//!
//! A wrong one is reported as every wrong set-up: one line that says what to do, and exit status 2.

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use runner::exit_error::ExitError;
use runner::unread;

/// Returns what `main` of a tool returns. `run` gets the arguments of this process, without its name; its
/// error is printed.
pub fn main(run: impl FnOnce(&[String]) -> Result<(), ExitError>) -> ExitCode {
    unread::end_quietly();
    let args = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    match run(&args.collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

/// Reads the arguments after the command's name. `None`: the usage text was wanted, and is printed.
pub fn parse<T: Parser>(args: &[String]) -> Result<Option<T>, ExitError> {
    let command = T::command();
    let name = command.get_name().to_owned();
    let command = command.bin_name(&name).no_binary_name(true);
    match command.try_get_matches_from(args).and_then(|found| T::from_arg_matches(&found)) {
        Ok(line) => Ok(Some(line)),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            let _ = error.print(); // whoever has stopped reading needs no help
            Ok(None)
        }
        Err(error) => Err(wrong(&name, first_paragraph(&error.to_string()))),
    }
}

/// Reads a whole command line, whose words stand between blanks, by what reads its words. The error is what would
/// be printed. So tests of a command line can write it as one types it.
pub fn line<T>(
    line: &str,
    parse: impl FnOnce(&[String]) -> Result<Option<T>, ExitError>,
) -> Result<Option<T>, String> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    parse(&words).map_err(|error| error.line)
}

/// Returns the error that says what is wrong, and where to find what is right.
pub fn wrong(name: &str, what: impl std::fmt::Display) -> ExitError {
    ExitError::setup(what, format!("{name} --help says more"))
}

/// Returns the paragraph that says what is wrong, as one line; the others repeat the usage.
fn first_paragraph(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Parser)]
    #[command(name = "scripts/x")]
    struct Arguments {
        #[arg(long)]
        seed: u32,
    }

    fn read(line: &str) -> Result<Option<Arguments>, String> {
        super::line(line, parse)
    }

    #[test]
    fn a_line_is_read_and_help_is_not_an_error() {
        assert_eq!(read("--seed 3"), Ok(Some(Arguments { seed: 3 })));
        assert_eq!(read("--help"), Ok(None));
    }

    #[test]
    fn a_tool_ends_with_the_status_of_its_error() {
        let status = |result: Result<(), ExitError>| format!("{:?}", main(|_| result));
        assert_eq!(status(Ok(())), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(status(Err(wrong("x", "y"))), format!("{:?}", ExitCode::from(2)));
    }

    #[test]
    fn what_is_wrong_is_one_line() {
        for line in ["", "--seed x", "--nonsense"] {
            let wrong = read(line).unwrap_err();
            assert!(wrong.ends_with("; scripts/x --help says more"), "{wrong}");
            assert!(!wrong.contains('\n'), "{wrong}");
        }
    }

    #[test]
    fn only_the_first_paragraph_is_printed() {
        let text = "error: these are missing:\n  <--seed>\n\nUsage: x\n\nFor more, try '--help'.\n";
        assert_eq!(first_paragraph(text), "these are missing: <--seed>");
        assert_eq!(first_paragraph("x"), "x");
    }
}

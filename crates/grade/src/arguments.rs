//! The command line of scripts/grade. A wrong one is one line and exit status 2.

use crate::labs::{LABS, Lab};
use clap::{Parser, value_parser};
use runner::exit_error::ExitError;
use std::path::PathBuf;
use tools::usage;

/// The last lines of the usage text.
const MORE: &str = "\
LAB  1: count lines, 2: fix it, 3: break it, 4: write it; the sheets are in docs/course
Says what is missing first, in one line. Nothing is judged by time.
Environment: QEMU (qemu-system-aarch64)
Exit status: 0 the lab is done, 1 not yet, 2 wrong usage or set-up";

/// Judges a lab of the course by exact counts and seeds.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(name = "scripts/grade", after_help = MORE)]
pub struct Arguments {
    /// The number of the lab
    #[arg(value_name = "LAB", value_parser = value_parser!(u8).range(1..=LABS.len() as i64))]
    lab: u8,
    /// What was handed in, in place of the lab's file in course/
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What scripts/grade adds: the folder from which FILE is meant
    #[arg(long = "in", hide = true)]
    folder: Option<PathBuf>,
}

impl Arguments {
    /// Reads the arguments after the command's name. `None`: the usage text was wanted, and is printed.
    pub fn parse(args: &[String]) -> Result<Option<Arguments>, ExitError> {
        let Some(mut arguments) = usage::parse::<Arguments>(args)? else { return Ok(None) };
        if let (Some(file), Some(folder)) = (&mut arguments.file, &arguments.folder) {
            *file = folder.join(&*file);
        }
        Ok(Some(arguments))
    }

    /// Returns the lab.
    pub fn lab(&self) -> &'static Lab {
        &LABS[usize::from(self.lab) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn parse(line: &str) -> Result<Option<Arguments>, String> {
        usage::line(line, Arguments::parse)
    }

    #[test]
    fn a_lab_and_a_file_are_read() {
        let two = parse("2").unwrap().unwrap();
        assert_eq!((two.lab().number, two.file), (2, None));
        let other = parse("--in /a 1 --file b/c.toml").unwrap().unwrap();
        assert_eq!(other.file.as_deref(), Some(Path::new("/a/b/c.toml")));
        let absolute = parse("--in /a 1 --file /b").unwrap().unwrap();
        assert_eq!(absolute.file.as_deref(), Some(Path::new("/b")));
        assert_eq!(parse("--help"), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_named_in_one_line() {
        for (line, part) in [
            ("", "<LAB>"),
            ("0", "0 is not in 1..=4"),
            ("5", "5 is not in 1..=4"),
            ("x", "invalid value 'x' for '<LAB>'"),
            ("1 2", "unexpected argument '2'"),
            ("1 --file", "a value is required for '--file <FILE>'"),
            ("1 --nonsense", "unexpected argument '--nonsense'"),
        ] {
            let wrong = parse(line).expect_err(line);
            assert!(wrong.contains(part) && !wrong.contains('\n'), "{line}: {wrong}");
        }
    }
}

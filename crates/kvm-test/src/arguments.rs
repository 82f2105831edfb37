//! The command line of scripts/kvm-test. A wrong one is one line and exit status 2.

use clap::{Parser, value_parser};
use runner::exit_error::ExitError;
use std::time::{Duration, Instant};
use tools::usage;

/// The last lines of the usage text.
const MORE: &str = "\
Needs apt-get and dpkg-deb, as Debian and Ubuntu have them, but no root, no KVM and no Arm computer.
The first run fetches about 130 MB: QEMU for this machine, and QEMU, busybox and Linux for arm64. They
are unpacked in target/kvm-test/RELEASE; the next run needs no network. apt checks every byte by
Debian's keys. To fetch them again, remove that folder. The QEMU_ variables say nothing here.
Prints a line a case, and at the end `kvm-test: N passed, N failed`.
Exit status: 0 every case passed, 1 one failed or did not end, 2 wrong usage or set-up";

/// The longest time limit in seconds: a day.
const LONGEST: u64 = 86_400;

/// Boots demo, tests of the machine, ladder and kernels that must fail under KVM, in an emulated Linux.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(name = "scripts/kvm-test", after_help = MORE)]
pub struct Arguments {
    /// Debian's archive or a mirror of it (this Debian's own, elsewhere that of deb.debian.org)
    #[arg(long, value_name = "URL")]
    pub archive: Option<String>,
    /// Debian's release, trixie or a newer one: on QEMU 7.2 of bookworm the emulated Linux hangs
    #[arg(long, value_name = "NAME", default_value = "trixie")]
    pub release: String,
    /// How many seconds all of it may take
    #[arg(long, value_name = "SECONDS", default_value = "3600")]
    #[arg(value_parser = value_parser!(u64).range(1..=LONGEST))]
    pub limit: u64,
}

impl Arguments {
    /// Reads the arguments after the command's name. `None`: the usage text is wanted.
    pub fn parse(args: &[String]) -> Result<Option<Arguments>, ExitError> {
        let Some(arguments) = usage::parse::<Arguments>(args)? else { return Ok(None) };
        let Arguments { archive, release, .. } = &arguments;
        // It is the name of a folder, too.
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if release.is_empty() || !release.chars().all(is_name) {
            return Err(wrong(format!("--release {release:?} is no name of a release")));
        }
        // One word of a line in apt's list of sources.
        let is_url = |text: &&String| text.contains("://") && !text.contains(char::is_whitespace);
        if let Some(text) = archive.as_ref().filter(|text| !is_url(text)) {
            return Err(wrong(format!("--archive {text:?} is no URL")));
        }
        Ok(Some(arguments))
    }

    /// Returns when the time for all of it is over, if it begins now.
    pub fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_secs(self.limit)
    }
}

fn wrong(what: String) -> ExitError {
    usage::wrong("scripts/kvm-test", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Option<Arguments>, String> {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        Arguments::parse(&args).map_err(|error| error.line)
    }

    #[test]
    fn nothing_need_be_said() {
        let arguments = read(&[]).unwrap().unwrap();
        assert_eq!(arguments.archive, None);
        assert_eq!((arguments.release.as_str(), arguments.limit), ("trixie", 3600));
        assert_eq!(read(&["--help"]), Ok(None));
    }

    #[test]
    fn the_time_is_over_after_the_limit() {
        let before = Instant::now() + Duration::from_secs(86_400);
        let deadline = read(&["--limit", "86400"]).unwrap().unwrap().deadline();
        assert!((before..=Instant::now() + Duration::from_secs(86_400)).contains(&deadline));
    }

    #[test]
    fn what_is_wrong_is_named_in_one_line() {
        for (args, part) in [
            (["--release", "../x"], "is no name of a release"),
            (["--release", ""], "is no name of a release"),
            (["--archive", "debian"], "is no URL"),
            (["--archive", "http://a b"], "is no URL"),
            (["--archive", "http://a\ndeb http://b"], "is no URL"),
            (["--limit", "0"], "--limit"),
            (["--limit", "100000"], "--limit"),
        ] {
            let line = read(&args).unwrap_err();
            assert!(line.contains(part) && !line.contains('\n'), "{args:?}: {line}");
        }
    }
}

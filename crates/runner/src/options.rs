//! The runner's own command line: what differs from project to project.
//!
//! What differs from run to run is in the QEMU_* variables; [`crate::settings`] reads those. A parser of
//! options would cost more to compile than all the rest, so the five options are read here.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::architecture::Architecture;
use crate::exit_error::ExitError;
use crate::ktap::Markers;

/// What `--help` prints.
pub const USAGE: &str = "\
usage: ktap-runner [--arch NAME] [--qemu BINARY] [--pass LINE] [--fail LINE] KERNEL_ELF
  Boots the kernel in QEMU and passes only when its KTAP report is whole. More arguments are ignored,
  as cargo hands on what follows `--`. In this project scripts/qemu-runner starts it.
  --arch NAME    the kernel is for qemu-system-NAME (what its ELF file says, aarch64 or riscv64); for
                 others than these the variables QEMU_MACHINE and QEMU_CPU must be set, and nothing
                 is checked about them
  --qemu BINARY  the QEMU to start, if the variable QEMU does not name one (qemu-system-NAME)
  --pass LINE    the last line of a report that passes (# rundown: PASS)
  --fail LINE    the last line of a report that does not (# rundown: FAIL)
  environment: QEMU (qemu-system-aarch64), QEMU_SMP (4), QEMU_MACHINE (virt,gic-version=3),
  QEMU_CPU (max), QEMU_MEM (256M), QEMU_ACCEL (tcg,thread=multi), QEMU_TIMEOUT (60, seconds; with
  more cores as many), QEMU_EXTRA (more arguments)
  for a RISC-V kernel QEMU is qemu-system-riscv64, QEMU_MACHINE virt and QEMU_CPU rv64, unless set
  QEMU_ACCEL=kvm or hvf runs the kernel on this computer's own cores, if they are AArch64; then
  QEMU_CPU is host and QEMU_MACHINE what the host has, unless set
  exit status: 0 passed, 1 failed, 2 wrong set-up, 124 no verdict in time";

/// What the options say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The architecture, if it is not the one that the kernel's ELF file says.
    pub architecture: Option<Architecture>,
    /// The QEMU binary, if it is not that of the architecture and the environment names no other one.
    pub qemu: Option<String>,
    /// The lines that end a report.
    pub markers: Markers,
}

/// Reads the arguments after the command's name. `None`: the usage text is wanted.
pub fn parse(
    args: impl IntoIterator<Item = OsString>,
) -> Result<Option<(Options, PathBuf)>, ExitError> {
    let mut options = Options::default();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let text = arg.to_string_lossy();
        if !text.starts_with('-') {
            return Ok(Some((options, arg.into())));
        }
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (text.into_owned(), None),
        };
        let mut value = || {
            let next = || args.next().and_then(|value| value.into_string().ok());
            let value = value.clone().or_else(next).filter(|value| !value.is_empty());
            value.ok_or_else(|| wrong(format!("{name} needs a value")))
        };
        match name.as_str() {
            "-h" | "--help" => return Ok(None),
            "--arch" => options.architecture = Some(Architecture::named(&value()?)),
            "--qemu" => options.qemu = Some(value()?),
            "--pass" => options.markers.pass = marker(&name, &value()?)?,
            "--fail" => options.markers.fail = marker(&name, &value()?)?,
            _ => return Err(wrong(format!("there is no option {name}"))),
        }
    }
    Err(wrong("there is no kernel".to_owned()))
}

/// Returns a marker without the `# ` of a KTAP diagnostic, which it must be.
fn marker(name: &str, line: &str) -> Result<String, ExitError> {
    match line.strip_prefix("# ") {
        Some(text) if text == text.trim() => Ok(text.to_owned()),
        _ => Err(wrong(format!("{name} {line:?} is no KTAP diagnostic, which begins with \"# \""))),
    }
}

fn wrong(what: String) -> ExitError {
    ExitError::setup(what, "ktap-runner --help says more")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Option<(Options, PathBuf)>, String> {
        parse(args.iter().map(OsString::from)).map_err(|error| {
            assert_eq!(error.status, crate::exit_error::SETUP);
            error.line
        })
    }

    #[test]
    fn a_kernel_alone_gets_the_defaults_and_what_follows_it_is_ignored() {
        let wanted = Some((Options::default(), PathBuf::from("k")));
        assert_eq!(read(&["k"]).unwrap(), wanted);
        assert_eq!(read(&["k", "--nonsense", "filter"]).unwrap(), wanted);
        assert_eq!(Options::default().markers.pass, "rundown: PASS");
    }

    #[test]
    fn each_option_is_read() {
        let args = ["--arch", "riscv64", "--pass=# a = b", "--fail", "# no", "k"];
        let (options, kernel) = read(&args).unwrap().unwrap();
        assert_eq!((options.architecture, kernel), (Some(Architecture::Riscv64), "k".into()));
        assert_eq!(options.qemu, None);
        let Markers { pass, fail } = &options.markers;
        assert_eq!((pass.as_str(), fail.as_str()), ("a = b", "no"));
        let (options, _) = read(&["--qemu", "/q", "--arch=arm", "k"]).unwrap().unwrap();
        let arm = Architecture::Other("arm".to_owned());
        assert_eq!((options.qemu.as_deref(), options.architecture), (Some("/q"), Some(arm)));
        assert_eq!(read(&["--arch", "arm", "-h"]).unwrap(), None);
    }

    #[test]
    fn what_is_wrong_is_named_in_one_line() {
        for (args, part) in [
            (&[][..], "there is no kernel; ktap-runner --help"),
            (&["--arch", "arm"], "there is no kernel"),
            (&["--arch"], "--arch needs a value"),
            (&["--arch=", "k"], "--arch needs a value"),
            (&["--pass", "PASS", "k"], "--pass \"PASS\" is no KTAP diagnostic"),
            (&["--fail", "#  x", "k"], "--fail \"#  x\" is no KTAP diagnostic"),
            (&["--nonsense", "k"], "there is no option --nonsense"),
        ] {
            let line = read(args).unwrap_err();
            assert!(line.contains(part) && !line.contains('\n'), "{args:?}: {line}");
        }
    }
}

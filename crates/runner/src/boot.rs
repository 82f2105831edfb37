//! Boots a kernel in QEMU, shows its report as it comes, and says whether it passed.
//!
//! One loop waits in poll(2) for everything that can happen: output, QEMU's end, a signal, the
//! deadline. So nothing is polled, a run takes as long as QEMU does, and no way out leaves QEMU
//! behind: `child` kills it when this process dies, and `terminal` puts the terminal back.

mod people;
mod pump;
mod signals;
mod terminal;
mod verdict;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use crate::architecture::{Architecture, ELF_START};
use crate::child;
use crate::exit_error::ExitError;
use crate::ktap::Report;
use crate::options::Options;
use crate::qemu;
use crate::settings::Settings;

use pump::Pump;
use signals::Signals;
use terminal::Terminal;

/// Boots the kernel as its ELF file, the options and the QEMU_* variables say. Returns how many tests passed.
pub fn run(
    kernel: &Path,
    options: &Options,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<u64, ExitError> {
    let architecture = Some(architecture(kernel, options.architecture.clone())?);
    let settings = Settings::read(&Options { architecture, ..options.clone() }, variable)?;
    qemu::check(&settings)?;

    // The order matters: signals are caught before there is anything that they could leave behind.
    let signals = Signals::catch().map_err(ExitError::no_signals)?;
    let terminal = Terminal::remember();
    let started = Instant::now();
    let command = qemu::command(&settings, kernel, terminal.is_some());
    let child = child::start(command, terminal.is_some())
        .map_err(|error| qemu::missing(&settings, &error))?;

    let mut report = Report::new(options.markers.clone());
    let pump = Pump::new(child, &signals, started + settings.timeout.1);
    let pump = pump.map_err(|error| {
        ExitError::setup(format!("cannot start a thread: {error}"), "end some other programs")
    })?;
    let (ending, complaint) = pump.run(&mut report);
    drop(terminal);
    verdict::judge(&ending, &mut report, &complaint, &settings, kernel)
}

/// Returns what the kernel is for: what its ELF file says, unless it is `said` that it is for another one.
///
/// Refuses what QEMU would take for raw instructions: a file that is no ELF, or one for another machine.
fn architecture(kernel: &Path, said: Option<Architecture>) -> Result<Architecture, ExitError> {
    let shown = kernel.display();
    let remedy = "build the kernel with cargo build, then name its ELF file";
    let mut start = Vec::new();
    let length = ELF_START as u64;
    File::open(kernel).and_then(|file| file.take(length).read_to_end(&mut start)).map_err(
        |error| ExitError::setup(format!("cannot read the kernel {shown}: {error}"), remedy),
    )?;
    let is_elf = start.starts_with(b"\x7fELF");
    let found = Architecture::of_elf(&start).filter(|_| is_elf);
    let wanted = match said {
        Some(said) if is_elf && (!said.is_known() || found.as_ref() == Some(&said)) => {
            return Ok(said);
        }
        Some(said) if said.is_known() => format!("a kernel for {}", said.name()),
        Some(_) => "an ELF file".to_owned(),
        None => match found {
            Some(found) => return Ok(found),
            None => "a kernel for aarch64 or riscv64".to_owned(),
        },
    };
    Err(ExitError::setup(format!("{shown} is not {wanted}"), remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_an_elf_file_for_the_machine_that_it_or_the_option_names() {
        let path = std::env::temp_dir().join(format!("rundown-kernel-{}", std::process::id()));
        let of = |start: &[u8], said: Option<&str>| {
            std::fs::write(&path, start).unwrap();
            let found = architecture(&path, said.map(Architecture::named));
            found.map(|found| found.name().to_owned()).map_err(|error| error.line)
        };
        let elf = |machine| [b"\x7fELF\x02\x01".as_slice(), &[0; 12], &[machine, 0, 1]].concat();
        for (machine, said, name) in [
            (183, None, "aarch64"),
            (243, None, "riscv64"),
            (183, Some("aarch64"), "aarch64"),
            (243, Some("riscv64"), "riscv64"),
            (40, Some("arm"), "arm"),
            (243, Some("arm"), "arm"),
        ] {
            assert_eq!(of(&elf(machine), said).as_deref(), Ok(name));
        }
        let wrong = |start: &[u8], said| of(start, said).unwrap_err();
        let neither = "is not a kernel for aarch64 or riscv64; build";
        assert!(wrong(&elf(62), None).contains(neither));
        assert!(wrong(&elf(183)[..18], None).contains(neither));
        assert!(wrong(&[b"\x7fELK".as_slice(), &elf(183)[4..]].concat(), None).contains(neither));
        assert!(wrong(&elf(243), Some("aarch64")).contains("is not a kernel for aarch64; build"));
        assert!(wrong(&elf(183), Some("riscv64")).contains("is not a kernel for riscv64; build"));
        assert!(wrong(b"#!/bin/sh\n", Some("arm")).contains("is not an ELF file"));
        std::fs::remove_file(&path).unwrap();
        let missing = architecture(&path, None).unwrap_err();
        assert!(missing.status == 2 && missing.line.starts_with("cannot read the kernel "));
    }
}

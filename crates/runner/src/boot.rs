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

use crate::child;
use crate::exit_error::ExitError;
use crate::ktap::Report;
use crate::options::Options;
use crate::qemu;
use crate::settings::Settings;

use pump::Pump;
use signals::Signals;
use terminal::Terminal;

/// ELF for AArch64: `e_machine`, at byte 18, is 183 (ELF for the Arm 64-bit Architecture, 5.2).
const AARCH64: [u8; 2] = 183_u16.to_le_bytes();

/// Boots the kernel as the options and the QEMU_* variables say. Returns how many tests passed.
pub fn run(
    kernel: &Path,
    options: &Options,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<u64, ExitError> {
    let settings = Settings::read(options, variable)?;
    check_kernel(kernel, settings.is_aarch64)?;
    qemu::check(&settings)?;

    // The order matters: signals are caught before there is anything that they could leave behind.
    let signals = Signals::catch().map_err(ExitError::no_signals)?;
    let terminal = Terminal::remember();
    let started = Instant::now();
    let command = qemu::command(&settings, kernel, terminal.is_some());
    let child = child::start(command, terminal.is_some())
        .map_err(|error| qemu::missing(&settings.qemu, &error))?;

    let mut report = Report::new(options.markers.clone());
    let pump = Pump::new(child, &signals, started + settings.timeout.1);
    let pump = pump.map_err(|error| {
        ExitError::setup(format!("cannot start a thread: {error}"), "end some other programs")
    })?;
    let (ending, complaint) = pump.run(&mut report);
    drop(terminal);
    verdict::judge(&ending, &mut report, &complaint, &settings, kernel)
}

/// Refuses what QEMU would take for raw instructions: a file that is no ELF, or one for another machine.
fn check_kernel(kernel: &Path, is_aarch64: bool) -> Result<(), ExitError> {
    let shown = kernel.display();
    let remedy = "build the kernel with cargo build, then name its ELF file";
    let mut start = Vec::new();
    File::open(kernel).and_then(|file| file.take(20).read_to_end(&mut start)).map_err(|error| {
        ExitError::setup(format!("cannot read the kernel {shown}: {error}"), remedy)
    })?;
    let machine = start.get(18..20);
    if !start.starts_with(b"\x7fELF") || is_aarch64 && machine != Some(&AARCH64) {
        let what = if is_aarch64 { "a kernel for aarch64" } else { "an ELF file" };
        return Err(ExitError::setup(format!("{shown} is not {what}"), remedy));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_elf_file_for_the_machine_is_a_kernel() {
        let path = std::env::temp_dir().join(format!("rundown-kernel-{}", std::process::id()));
        let wrong = |start: &[u8], is_aarch64| {
            std::fs::write(&path, start).unwrap();
            check_kernel(&path, is_aarch64).err().map(|error| error.line).unwrap_or_default()
        };
        let elf = |machine| [b"\x7fELF\x02\x01".as_slice(), &[0; 12], &[machine, 0, 1]].concat();
        assert_eq!(wrong(&elf(183), true), "");
        assert_eq!(wrong(&elf(40), false), "");
        assert!(wrong(&elf(62), true).contains("is not a kernel for aarch64; build"));
        assert!(wrong(&elf(183)[..18], true).contains("is not a kernel for aarch64"));
        assert!(wrong(b"#!/bin/sh\n", false).contains("is not an ELF file"));
        std::fs::remove_file(&path).unwrap();
        let missing = check_kernel(&path, true).unwrap_err();
        assert!(missing.status == 2 && missing.line.starts_with("cannot read the kernel "));
    }
}

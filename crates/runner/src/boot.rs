//! Boots a kernel in QEMU, shows its report as it comes, and says whether it passed.
//!
//! One loop waits in poll(2) for everything that can happen: output, QEMU's end, a signal, the
//! deadline. So nothing is polled, a run takes as long as QEMU does, and no way out leaves QEMU
//! behind: `child` kills it when this process dies, and `terminal` puts the terminal back.

mod pump;
mod signals;
mod terminal;
mod verdict;

use std::path::Path;
use std::time::Instant;

use crate::child;
use crate::exit_error::ExitError;
use crate::image;
use crate::ktap::Report;
use crate::qemu;
use crate::settings::{Settings, check_memory};

use pump::Pump;
use signals::Signals;
use terminal::Terminal;

/// Boots the kernel as the QEMU_* variables say. `Ok` is the number of tests that passed.
pub fn run(kernel: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<u64, ExitError> {
    let settings = Settings::read(variable)?;
    check_memory(&settings.memory.0, settings.memory.1, image::extent(kernel)?.reach)?;
    qemu::check(&settings)?;

    // The order matters: signals are caught before there is anything that they could leave behind.
    let signals = Signals::catch().map_err(|error| {
        ExitError::setup(format!("cannot catch signals: {error}"), "report this")
    })?;
    let terminal = Terminal::remember();
    let started = Instant::now();
    let command = qemu::command(&settings, kernel, terminal.is_some());
    let child = child::start(command, terminal.is_some())
        .map_err(|error| qemu::missing(&settings.qemu, &error))?;

    let mut report = Report::default();
    let pump = Pump::new(child, &signals, started + settings.timeout.1);
    let (ending, complaint) = pump.run(&mut report);
    drop(terminal);
    verdict::judge(&ending, &mut report, &complaint, &settings)
}

//! Ctrl-C ends the boot that is under way; a second one, later, ends this process at once.

use runner::exit_error::ExitError;
use runner::process;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A second signal that comes sooner is the first one again: `timeout` sends it to a process and to its group.
const SAME: Duration = Duration::from_secs(1);
/// The first signal that asks for an end, or 0.
static SIGNAL: AtomicU8 = AtomicU8::new(0);

/// Starts to wait for a signal.
pub fn at_a_signal() -> Result<(), ExitError> {
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT]);
    let mut signals = signals.map_err(ExitError::no_signals)?;
    thread::spawn(move || {
        let mut first = None;
        for signal in signals.forever() {
            // The number before the end: whoever sees the boot end asks for it.
            let _ = SIGNAL.compare_exchange(0, signal as u8, Ordering::SeqCst, Ordering::SeqCst);
            process::end_all();
            if first.get_or_insert_with(Instant::now).elapsed().checked_sub(SAME).is_some() {
                std::process::exit(128 + signal);
            }
        }
    });
    Ok(())
}

/// Returns the signal that asks for an end, if one does.
pub fn signal() -> Option<u8> {
    Some(SIGNAL.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
}

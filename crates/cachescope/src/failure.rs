//! Ends with an error: one line, and an exit status that is not zero.

use std::panic;
use std::sync::OnceLock;
use std::thread::{self, ThreadId};

unsafe extern "C" {
    /// Ends the process at once, without QEMU's exit handlers: those wait for cores that we may block.
    safe fn _exit(status: i32) -> !;
}

/// Wrong arguments, or a QEMU that does not fit.
pub const SETUP: i32 = 2;
/// The guest has broken a rule, or the results cannot be written.
pub const GUEST: i32 = 1;
/// A schedule made no step for too long.
pub const STUCK: i32 = 124;

/// Returns to one thread only, the first: what it says is the one line, and others wait for its end.
pub fn be_the_first() {
    static FIRST: OnceLock<ThreadId> = OnceLock::new();
    let this = thread::current().id();
    while *FIRST.get_or_init(|| this) != this {
        thread::park();
    }
}

/// Prints one line and ends QEMU.
pub fn end(status: i32, message: &str) -> ! {
    be_the_first();
    eprintln!("cachescope: {message}");
    _exit(status)
}

/// Makes every panic, which is a mistake in this plugin, one line and an abort. It must not unwind into
/// QEMU, and could not, as callbacks are `extern "C"`.
pub fn on_panic() {
    panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("a panic").replace('\n', " ");
        let place = panic.location().map_or("?".into(), ToString::to_string);
        eprintln!("cachescope: this is a bug in the plugin: {message} ({place})");
        std::process::abort()
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;
    use std::process::Command;
    use std::time::{Duration, Instant};

    /// This test starts itself once more, and that process ends as QEMU would.
    #[test]
    fn the_first_says_what_is_wrong_and_all_others_wait() {
        const AGAIN: &str = "CACHESCOPE_TEST_FAILS";
        if env::var_os(AGAIN).is_some() {
            be_the_first();
            thread::spawn(|| end(GUEST, "the second"));
            thread::sleep(Duration::from_millis(300)); // time enough to say it
            end(STUCK, "the first");
        }
        let mut own = Command::new(env::current_exe().unwrap());
        own.arg("the_first_says_what_is_wrong_and_all_others_wait").arg("--nocapture");
        let deadline = Instant::now() + Duration::from_secs(20);
        let output = runner::process::run(own.env(AGAIN, "1"), deadline).unwrap();
        assert_eq!(output.status, Some(STUCK), "{}", output.merged);
        assert_eq!(output.stderr, "cachescope: the first\n");
    }
}

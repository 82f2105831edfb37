//! The list of who holds an object, and when a wait prints it (feature `holders`).

use core::fmt;
use rundown::holders::{Holders, unrecorded};
use std::env;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::string::String;
use std::time::{Duration, Instant};

/// How long a wait is in time, if the environment says nothing.
const IN_TIME: Duration = Duration::from_secs(10);

/// Returns when a wait that begins now is late.
pub(crate) fn late() -> Instant {
    let told = env::var("RUNDOWN_LATE_MS").ok().and_then(|text| text.parse().ok());
    let now = Instant::now();
    now.checked_add(told.map_or(IN_TIME, Duration::from_millis)).unwrap_or(now + IN_TIME)
}

/// Prints a title, and who holds the object that C knows by this address.
pub(crate) fn list(title: fmt::Arguments<'_>, object: *const ()) {
    let mut text = String::new();
    let mut holders = Holders::known_as(object).peekable();
    let none = if holders.peek().is_none() { " nobody on record" } else { "" };
    let _ = write!(text, "rundown: {title}; held by:{none}"); // a String takes all
    for holder in holders {
        let _ = write!(text, "\n  {holder}");
    }
    if unrecorded() > 0 {
        let _ =
            write!(text, "\n  (the list was full for {} acquires of all objects)", unrecorded());
    }
    text.push('\n');
    let _ = io::stderr().write_all(text.as_bytes()); // nobody is left to tell if this fails
}

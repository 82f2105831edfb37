//! How a tool ends when nobody reads its output any more.
//!
//! Rust ignores SIGPIPE and `println!` panics instead, which is a crash to whoever typed `| head`. With the
//! signal's default action the tool would die at once and leave behind what it has started. So the panic is
//! taken for what it means: all that was started is ended, and the exit status is that of SIGPIPE.

use std::panic;
use std::process::exit;

use nix::errno::Errno;

use crate::exit_error::FAILED;
use crate::{output, process};

/// What a shell reports for a program that SIGPIPE has ended: 128 + 13.
const BROKEN_PIPE: i32 = 141;
/// How the message of a failed `print!` or `eprint!` begins (std's io/stdio.rs, `print_to`).
const BEGINNING: &str = "failed printing to ";

/// Lets this process end quietly when it cannot print. `main` of each tool begins with it.
pub fn end_quietly() {
    let other = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let text = info.payload().downcast_ref::<String>().map_or("", String::as_str);
        if !text.starts_with(BEGINNING) {
            return other(info);
        }
        process::end_all();
        // The message holds what `io::Error` prints.
        if text.contains(&format!("(os error {})", Errno::EPIPE as i32)) {
            exit(BROKEN_PIPE);
        }
        output::say(&format!("rundown: {text}"));
        exit(FAILED.into());
    }));
}

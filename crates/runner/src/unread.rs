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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::again::{self, Again};
    use nix::unistd::dup2_stdout;
    use std::fs::OpenOptions;
    use std::io::{self, Read};
    use std::process::Command;
    use std::thread;
    use std::time::{Duration, Instant};

    const TEST: &str = "unread::tests::who_cannot_print_ends_what_it_has_started";

    #[test]
    fn who_cannot_print_ends_what_it_has_started() {
        if let Some(output) = again::role() {
            print_to(&output);
            return;
        }
        let (status, said) = Again::start(TEST, "").end();
        assert_eq!((status.code(), said.as_str()), (Some(BROKEN_PIPE), ""));
        let (status, said) = Again::start(TEST, "/dev/full").end();
        assert_eq!(status.code(), Some(FAILED.into()), "{said}");
        assert!(said.starts_with("rundown: failed printing to stdout: No space left"), "{said}");
    }

    /// Runs a command, and prints to this file, or to a pipe that nobody reads.
    fn print_to(output: &str) {
        end_quietly();
        match output {
            "" => dup2_stdout(io::pipe().unwrap().1),
            file => dup2_stdout(OpenOptions::new().write(true).open(file).unwrap()),
        }
        .unwrap();
        let mut family = Command::new("sh");
        family.args(["-c", "sleep 60 & echo $$ >$GROUP; wait"]);
        let deadline = Instant::now() + Duration::from_secs(60);
        thread::spawn(move || process::run(&mut family, deadline));
        // That is closed when the command has its number.
        let _ = io::stdin().read(&mut [0]);
        println!("x");
    }

    #[test]
    fn any_other_panic_is_one() {
        if again::role().is_some() {
            end_quietly();
            panic!("this is a mistake");
        }
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "--nocapture", "unread::tests::any_other_panic_is_one"]);
        let output = command.env(again::ROLE, "panic").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(101), "{said}");
        assert!(said.contains("panicked at ") && said.contains("this is a mistake"), "{said}");
    }
}

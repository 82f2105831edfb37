//! No tool crashes when the reader of its output has gone, nor when there is no room for it.

use std::fs::File;
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::context::Context;
use crate::step::{Outcome, Step};
use runner::process;

/// A tool, and what makes it print something and end.
const TOOLS: &[(&str, &str)] = &[
    ("runner", "--help"),
    ("runner", "--nonsense"),
    ("suite", "--list"),
    ("suite", "--help"),
    ("suite", "--nonsense"),
    ("explore", "--help"),
    ("explore", "--nonsense"),
    ("lab", "--help"),
    ("lab", "--nonsense"),
    ("kvm-test", "--help"),
    ("kvm-test", "--nonsense"),
    ("soak", "--help"),
    ("soak", "--nonsense"),
    ("prove", "--nonsense"),
    ("rundown-bench", "--help"),
    ("rundown-bench", "--nonsense"),
    ("rundown-bench", "--quick"),
];
/// What Rust's panics end with, and what abort does (128 + SIGABRT).
const CRASHES: [i32; 2] = [101, 134];

/// Where an output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    /// To us.
    Read,
    /// To a pipe whose reader has gone.
    Unread,
    /// To a disk without room.
    Full,
}

/// Returns the step.
pub fn step() -> Step {
    Step::new("no tool crashes when nobody reads its output", 600, check)
}

fn check(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    use Output::{Full, Read, Unread};
    let mut sum = Outcome::default();
    for (tool, argument) in TOOLS {
        for [stdout, stderr] in [[Unread, Read], [Read, Unread], [Unread, Unread], [Full, Full]] {
            let mut command = context.tool(tool)?;
            command.arg(argument).stdin(Stdio::null()).stdout(open(stdout)?).stderr(open(stderr)?);
            let (status, said) = run(&mut command, deadline)?;
            let good = status.is_some_and(|status| !CRASHES.contains(&status));
            sum.add(Outcome::check(good && !said.contains("panicked"), || {
                let shown = process::shown(&command);
                format!("{shown}, stdout {stdout:?}, stderr {stderr:?}: {status:?}\n{said}\n")
            }));
        }
    }
    Ok(sum)
}

fn open(output: Output) -> io::Result<Stdio> {
    Ok(match output {
        Output::Read => Stdio::piped(),
        Output::Unread => io::pipe()?.1.into(),
        Output::Full => File::options().write(true).open("/dev/full")?.into(),
    })
}

/// Returns the exit status, if there is one in time, and what can be read. That is less than a pipe holds.
fn run(command: &mut Command, deadline: Instant) -> anyhow::Result<(Option<i32>, String)> {
    runner::child::die_with_parent(command);
    let mut child = command.spawn().with_context(|| process::shown(command))?;
    let mut status = None;
    while status.is_none() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
        status = child.try_wait()?;
    }
    child.kill()?; // it has ended, or it must
    child.wait()?;
    let mut said = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut said)?;
    }
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut said)?;
    }
    Ok((status.and_then(|status| status.code()), said))
}

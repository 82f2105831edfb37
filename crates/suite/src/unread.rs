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
    ("grade", "--help"),
    ("grade", "--nonsense"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn said(script: &str, seconds: u64) -> (Option<i32>, String) {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped());
        run(&mut command, Instant::now() + Duration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn the_status_and_all_that_can_be_read_come_back() {
        assert_eq!(said("echo out; echo err >&2; exit 3", 60), (Some(3), "out\nerr\n".to_owned()));
        assert_eq!(said("exec sleep 60", 0), (None, String::new()), "it is ended at the deadline");
    }

    #[test]
    fn an_output_is_read_or_not_or_full() {
        let status = |output| {
            let mut command = Command::new("sh");
            command.args(["-c", "echo x"]).stdout(open(output).unwrap()).stderr(Stdio::null());
            let mut child = command.spawn().unwrap();
            drop(child.stdout.take().inspect(|_| assert_eq!(output, Output::Read)));
            child.wait().unwrap().success()
        };
        assert!(!status(Output::Unread) && !status(Output::Full));
        let _ = status(Output::Read);
    }

    #[test]
    fn a_tool_that_crashes_in_any_of_the_cases_is_noticed() {
        let run = |script: &str| {
            let fake = Fake::new();
            TOOLS.iter().for_each(|(tool, _)| fake.script(&format!("built/{tool}"), "exit 2"));
            fake.script("built/prove", script);
            fake.run(&step())
        };
        let all = 4 * TOOLS.len() as u64;
        assert_eq!(run("exit 1"), (all, 0));
        assert_eq!(run("exit 101"), (all - 4, 4));
        assert_eq!(run("exit 134"), (all - 4, 4));
        assert_eq!(run("kill -ABRT $$"), (all - 4, 4));
        let says = "trap '' PIPE; echo panicked >&2; exit 2";
        assert_eq!(run(says), (all - 1, 1), "it is seen where it is read");
    }
}

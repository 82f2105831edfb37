//! Counts on x86-64, of the program of crates/paths: by valgrind's callgrind, and by the processor itself.

use std::io::ErrorKind;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::document::Counted;
use crate::context::Context;
use crate::not_run::NotRun;
use runner::process;

/// How often a function is called, and then twice as often.
const TIMES: u64 = 100;
/// How the line of the sum goes on after valgrind's mark.
const COLLECTED: &str = "Collected : ";

/// What asks the system for the processor. valgrind's machine has no area in which it would say that.
const ASKS: [&str; 6] = [
    "processor_acquire",
    "processor_release",
    "ExAcquireRundownProtectionCacheAware",
    "ExReleaseRundownProtectionCacheAware",
    "RundownAcquirePooled",
    "RundownReleasePooled",
];

/// Counts every path, by valgrind and by the processor, which must agree. Of those that ask for the processor the
/// second count holds; they are left out where this system has no answer either. The error is [`NotRun`] where
/// there is no valgrind, or no x86-64 for it.
pub fn count(context: &Context, valgrind: &str, deadline: Instant) -> anyhow::Result<Counted> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(NotRun("this needs Linux on x86-64".to_owned()).into());
    }
    match process::run(context.command(valgrind, "").arg("--version"), deadline) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(NotRun("no valgrind is there; run scripts/setup --tests".to_owned()).into());
        }
        version => ensure!(version?.succeeded(), "{valgrind} has no version"),
    }
    let program = context.paths()?;
    let said = |argument| {
        let mut command = Command::new(&program);
        let output = process::run(command.arg(argument), deadline)?;
        ensure!(output.succeeded(), "{}", output.report(&command));
        Ok(output.stdout)
    };
    let (list, stepped) = (said("--list")?, said("--step")?);
    let mut counted = Counted::new();
    for line in list.lines() {
        let (name, symbol) = line.split_once(' ').with_context(|| format!("no symbol: {line}"))?;
        let sum = |times: u64| {
            let mut command = context.command(valgrind, "");
            command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
            command.arg(format!("--toggle-collect={symbol}")).arg(&program);
            let output = process::run(command.arg(name).arg(times.to_string()), deadline)?;
            ensure!(output.succeeded(), "{}", output.report(&command));
            collected(&output.stderr).with_context(|| output.report(&command))
        };
        let (once, twice) = (sum(TIMES)?, sum(2 * TIMES)?);
        let each = per_call(once, twice)
            .with_context(|| format!("{name}: calls differ: {once}, then {twice}"))?;
        let step = of(&stepped, name).with_context(|| format!("no steps of {name}"))?;
        match ASKS.contains(&name) {
            true if each == step => {} // asked elsewhere in vain, and here, too
            asks => {
                ensure!(
                    asks || each == step,
                    "{name}: valgrind counts {each}, the processor {step}"
                );
                counted.push((name.to_owned(), step));
            }
        }
    }
    ensure!(!counted.is_empty(), "the program has no path");
    Ok(counted)
}

/// Returns whether a path may be left out.
pub fn may_lack(name: &str) -> bool {
    ASKS.contains(&name)
}

/// Returns the number behind a name.
fn of(text: &str, name: &str) -> Option<u64> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs.find(|(one, _)| *one == name)?.1.parse().ok()
}

/// Returns the sum that valgrind prints.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.split_once(COLLECTED))?.1;
    line.trim().parse().ok()
}

/// Returns the instructions of a call, if each takes as many.
fn per_call(once: u64, twice: u64) -> Option<u64> {
    let each = once / TIMES;
    (each > 0 && once == each * TIMES && twice == 2 * once).then_some(each)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;
    use std::time::Duration;

    /// Counts with a valgrind that prints `sum` of the path that it is to run, after so many calls, and a
    /// processor that says this.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn counted(sum: &str, stepped: &str) -> anyhow::Result<Counted> {
        let fake = Fake::new();
        fake.script(
            "built/paths",
            &format!(
                "[ $1 = --step ] && printf '{stepped}' || \
                 printf 'first one\\nprocessor_acquire two\\n'"
            ),
        );
        fake.script(
            "valgrind",
            &format!("[ $1 = --version ] || echo \"==7== Collected : $(({sum}))\" >&2"),
        );
        let deadline = Instant::now() + Duration::from_secs(60);
        count(&fake.context, fake.path("valgrind").to_str().unwrap(), deadline)
    }

    /// Twelve and five. The arguments are the tool, where its file goes, the symbol, the program, the path, the
    /// times.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    const SUM: &str =
        "$6 * $(case $5$3 in first--*=one) echo 12;; processor_acquire--*=two) echo 5;; esac)";

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn every_path_is_counted_by_its_symbol() {
        let with_area = counted(SUM, "first 12\\nprocessor_acquire 3\\n").unwrap();
        assert_eq!(with_area, [("first".to_owned(), 12), ("processor_acquire".to_owned(), 3)]);
        let without = counted(SUM, "first 12\\nprocessor_acquire 5\\n").unwrap();
        assert_eq!(without, [("first".to_owned(), 12)]);
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn counts_that_differ_are_an_error() {
        let error = |sum: &str, stepped: &str| counted(sum, stepped).unwrap_err().to_string();
        assert_eq!(error("$6 * 12 + 1", ""), "first: calls differ: 1201, then 2401");
        assert_eq!(error(SUM, "first 13\\n"), "first: valgrind counts 12, the processor 13");
        assert_eq!(error(SUM, "other 13\\n"), "no steps of first");
    }

    #[test]
    fn where_there_is_no_valgrind_nothing_is_run() {
        let fake = Fake::new();
        let deadline = Instant::now() + Duration::from_secs(60);
        let error = count(&fake.context, "/nonexistent/valgrind", deadline).unwrap_err();
        assert!(error.is::<NotRun>(), "{error}");
    }

    #[test]
    fn the_sum_stands_after_its_word() {
        assert_eq!(
            collected("==1== Events    : Ir\n==1== Collected : 24000\n==1== \n"),
            Some(24000)
        );
        assert_eq!(collected("==1== Events    : Ir\n"), None);
    }

    #[test]
    fn a_call_takes_as_many_each_time() {
        assert_eq!(per_call(12 * TIMES, 24 * TIMES), Some(12));
        assert_eq!(per_call(12 * TIMES + 1, 24 * TIMES + 2), None);
        assert_eq!(per_call(12 * TIMES, 24 * TIMES + 1), None);
        assert_eq!(per_call(0, 0), None);
    }
}

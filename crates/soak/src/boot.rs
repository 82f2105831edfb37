//! One boot of the image, and what came of it.

use crate::machine::Machine;
use crate::sums::Sums;
use runner::exit_error::{ExitError, FAILED, SETUP};
use runner::ktap::Report;
use runner::process::{self, Output};
use runner::qemu;
use runner::settings::Settings;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tools::cargo;

/// Rounds of one boot: a few seconds, so that a replay is not long.
const ROUNDS: u64 = 50;
/// How long a boot may take. Far more than it does: the kernel itself notices a wait that has no end.
const PATIENCE: Duration = Duration::from_secs(600);
/// Lines of the kernel's report that are shown when it fails.
const SHOWN: usize = 30;

/// An image that can be booted.
pub struct Kernel {
    settings: Settings,
    image: PathBuf,
}

impl Kernel {
    /// Builds it from the sources in `root`.
    pub fn build(root: &Path) -> Result<Kernel, ExitError> {
        let settings = Settings::repeatable()?;
        qemu::version(&settings)?; // or one line that says what is wrong with it
        Ok(Kernel { settings, image: cargo::image(root, None, "soak")? })
    }

    /// Boots it with a seed.
    pub fn boot(&self, machine: &Machine, seed: u64) -> Result<Output, ExitError> {
        let settings = machine.settings(&self.settings, format!("seed={seed} rounds={ROUNDS}"));
        let mut command = qemu::command(&settings, &self.image, false);
        process::run(&mut command, Instant::now() + PATIENCE)
            .map_err(|error| qemu::missing(&settings, &error))
    }
}

/// Judges a boot. Returns what it has done, or why it has failed.
pub fn judge(output: &Output, seed: u64) -> Result<Sums, ExitError> {
    if output.stdout.is_empty() {
        // What the kernel says before it has its console comes here; without a word of it, QEMU does not start.
        if let Some(last) = output.stderr.lines().rfind(|line| line.starts_with("# ")) {
            return Err(ExitError::new(FAILED, format!("the kernel has died: {last}")));
        }
        let why = output.stderr.lines().last().unwrap_or("QEMU ends without a word");
        return Err(ExitError::new(SETUP, format!("QEMU does not start: {why}")));
    }
    let mut report = Report::default();
    report.feed(output.stdout.as_bytes());
    let failed = |why: String| ExitError::new(FAILED, why);
    let passed = report.verdict().map_err(|objection| failed(objection.to_string()))?;
    match output.status {
        Some(0) => {}
        Some(status) => return Err(failed(format!("QEMU's exit status is {status}"))),
        None => return Err(failed(format!("no end after {} s", PATIENCE.as_secs()))),
    }
    let sums = Sums::of(&output.stdout, seed)?;
    if passed != ROUNDS || sums.get("rounds") != ROUNDS {
        let rounds = sums.get("rounds");
        return Err(failed(format!("{passed} tests and {rounds} rounds, of {ROUNDS}")));
    }
    Ok(sums)
}

/// Returns the end of a report, from where its last round begins, and what QEMU says.
pub fn tail(output: &Output) -> String {
    let lines: Vec<&str> = output.stdout.lines().map(str::trim_end).collect();
    let round = lines.iter().rposition(|line| line.starts_with("# round ")).unwrap_or(0);
    let from = round.max(lines.len().saturating_sub(SHOWN));
    let lines = lines[from..].iter().copied().chain(output.stderr.lines());
    lines.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(status: Option<i32>, stdout: &str, stderr: &str) -> Output {
        let [stdout, stderr] = [stdout, stderr].map(str::to_owned);
        Output { status, merged: String::new(), stdout, stderr, took: Duration::ZERO }
    }

    fn report(rounds: u64) -> String {
        let tests: String = (1..=ROUNDS).map(|number| format!("ok {number} round\n")).collect();
        let zeros = "\"acquires\":9,\"by_handlers\":0,\"refusals\":0,\"migrations\":0,\"drains\":0,\
                     \"waits\":0,\"time_outs\":0,\"resurrected\":0,\"replaced\":0,\"offs\":0,\"ons\":0,\
                     \"interrupts\":0";
        format!(
            "KTAP version 1\n1..{ROUNDS}\n{tests}# measure {{\"name\":\"soak\",\"seed\":3,\
             \"rounds\":{rounds},{zeros}}}\n# rundown: PASS\n"
        )
    }

    #[test]
    fn a_whole_report_with_its_counts_passes() {
        let sums = judge(&output(Some(0), &report(ROUNDS), ""), 3).unwrap();
        assert_eq!((sums.get("rounds"), sums.get("acquires")), (ROUNDS, 9));
    }

    #[test]
    fn anything_less_does_not() {
        let good = report(ROUNDS);
        for (status, stdout, part) in [
            (Some(1), good.clone(), "QEMU's exit status is 1"),
            (None, good.clone(), "no end after 600 s"),
            (Some(0), good.replace("ok 7 ", "not ok 7 "), "7 failed"),
            (Some(0), good.replace("# rundown: PASS", ""), "ends before"),
            (Some(0), good.replace("# measure", "# x"), "not measured once"),
            (Some(0), report(ROUNDS - 1), "50 tests and 49 rounds, of 50"),
            (Some(0), good.replace("\"seed\":3", "\"seed\":4"), "another seed"),
        ] {
            let error = judge(&output(status, &stdout, ""), 3).unwrap_err();
            assert!(error.status == FAILED && error.line.contains(part), "{}", error.line);
        }
        let early = judge(&output(Some(1), "", "# an exception\n"), 3).unwrap_err();
        assert_eq!((early.status, &*early.line), (FAILED, "the kernel has died: # an exception"));
        let error = judge(&output(Some(1), "", "qemu: no such machine\n"), 3).unwrap_err();
        assert_eq!(
            (error.status, error.line.as_str()),
            (SETUP, "QEMU does not start: qemu: no such machine")
        );
    }

    #[test]
    fn the_end_of_a_report_begins_with_its_last_round() {
        let stdout = "# round 1: x\r\nok 1\r\n# round 2: y\r\n# panic\r\n";
        assert_eq!(tail(&output(Some(1), stdout, "qemu\n")), "# round 2: y\n# panic\nqemu\n");
        let many = "# line\n".repeat(100);
        assert_eq!(tail(&output(Some(1), &many, "")).lines().count(), SHOWN);
    }
}

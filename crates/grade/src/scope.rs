//! Boots a kernel under the plugin cachescope, and reads what it has counted.

use crate::missing::not_done;
use runner::exit_error::{ExitError, FAILED};
use runner::ktap::Report;
use runner::process::{self, Output};
use runner::qemu;
use runner::settings::Settings;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tools::measure::{self, Measurement};
use tools::nameless::Nameless;
use tools::{cargo, option};

/// How long a boot may take: ten times what a long one does.
const PATIENCE: Duration = Duration::from_secs(15);
/// Seconds without an access of the counter after which a core hangs.
const DEADLINE: u32 = 5;
/// A counter that needs more accesses runs in circles. A spin lock on eight cores takes a tenth.
const MOST_STEPS: u32 = 300_000;

/// What boots kernels, and counts.
#[derive(Debug)]
pub struct Scope {
    settings: Settings,
    plugin: PathBuf,
}

/// What was counted in a boot.
#[derive(Debug)]
pub struct Counts {
    records: Vec<Value>,
    /// What the kernel itself says.
    measured: Vec<Measurement>,
}

impl Scope {
    /// Builds the plugin, after a look at QEMU.
    pub fn new(root: &Path) -> Result<Scope, ExitError> {
        let settings = Settings::repeatable()?;
        qemu::check(&settings)?;
        Ok(Scope { settings, plugin: cargo::plugin(root, None)? })
    }

    /// Has `cores` cores take turns, access by access, with lines of so many bytes. The boot must pass.
    pub fn count(
        &self,
        image: &Path,
        cores: u32,
        line: u32,
        append: &str,
    ) -> Result<Counts, ExitError> {
        let mut results = Nameless::new()?;
        let plugin = format!(
            "{},mode=schedule,policy=round-robin,line={line},out={},deadline={DEADLINE},max_steps={MOST_STEPS}",
            option::path(&self.plugin),
            results.path()
        );
        let extra = ["-append", append, "-plugin", &plugin].map(str::to_owned).to_vec();
        let settings = Settings { cores, extra, ..self.settings.clone() };
        let mut command = qemu::command(&settings, image, false);
        let output = process::run(&mut command, Instant::now() + PATIENCE)
            .map_err(|error| qemu::missing(&self.settings, &error))?;
        if let Some(why) = objection(&output) {
            return Err(not_done(format!("on {cores} cores {why}")));
        }
        let text = results.text().map_err(|error| error.to_string());
        let counts = text.and_then(|text| Counts::read(&text, &output.stdout));
        counts.map_err(|why| ExitError::new(FAILED, format!("what was counted: {why}")))
    }
}

impl Counts {
    /// Reads the plugin's results, and what the kernel has printed.
    pub fn read(results: &str, console: &str) -> Result<Counts, String> {
        let read = |line| serde_json::from_str(line);
        let records = results.lines().map(read).collect::<Result<_, _>>();
        let records = records.map_err(|error| error.to_string())?;
        Ok(Counts { records, measured: measure::collect(console)? })
    }

    /// Returns a count of a phase: `transfers`, say.
    pub fn phase(&self, name: &str, what: &str) -> Result<u64, ExitError> {
        let is_it = |record: &&Value| record["record"] == "phase" && record["name"] == name;
        let found = self.records.iter().find(is_it).and_then(|phase| phase[what].as_u64());
        found.ok_or_else(|| ExitError::new(FAILED, format!("nothing was counted in {name:?}")))
    }

    /// Returns a number that the kernel has measured under the name of the course.
    pub fn fact(&self, name: &str) -> Result<&Value, ExitError> {
        let course = self.measured.iter().find(|one| one["name"] == "course");
        let found = course.and_then(|course| course.get(name));
        found.ok_or_else(|| ExitError::new(FAILED, format!("the kernel does not say {name:?}")))
    }
}

/// Returns why a boot did not pass, if it did not. What the student's code has done comes first.
fn objection(output: &Output) -> Option<String> {
    let lines: Vec<&str> = output.stdout.lines().map(str::trim_end).collect();
    let after = |at: usize| lines.get(at + 1).and_then(|line| line.strip_prefix("# at "));
    if let Some(at) = lines.iter().position(|line| line.starts_with("# panic on core ")) {
        let place = after(at).map(|place| format!(" ({place})")).unwrap_or_default();
        return Some(format!("there is a {}{place}", &lines[at][2..]));
    }
    if let Some(line) = output.stderr.lines().find_map(|line| line.strip_prefix("cachescope: ")) {
        if line.starts_with("no step was scheduled") {
            return Some("COUNTER is never touched, and all that counts must lie in it".to_owned());
        }
        let waits = ["no step for ", "more than ", "stuck after "];
        return Some(match waits.iter().any(|start| line.starts_with(start)) {
            true => format!("a core waits for ever ({line})"),
            false => line.to_owned(),
        });
    }
    if output.status.is_none() {
        let seconds = PATIENCE.as_secs();
        return Some(format!("nothing has ended after {seconds} s: does a core wait for ever?"));
    }
    if let Some(at) = lines.iter().position(|line| line.starts_with("not ok ")) {
        let seen = at.checked_sub(1).and_then(|at| lines[at].strip_prefix("# "));
        let name = lines[at].splitn(4, ' ').last().unwrap_or_default();
        return Some(format!("it does not hold that {name}: {}", seen.unwrap_or("no reason")));
    }
    let mut report = Report::default();
    report.feed(output.stdout.as_bytes());
    match report.verdict() {
        Ok(_) => (output.status != Some(0)).then(|| format!("QEMU ends with {:?}", output.status)),
        Err(objection) => Some(objection.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASS: &str = "KTAP version 1\n1..1\nok 1 x\n# rundown: PASS\n";

    fn output(status: Option<i32>, stdout: &str, stderr: &str) -> Output {
        let [stdout, stderr] = [stdout, stderr].map(str::to_owned);
        Output { status, merged: String::new(), stdout, stderr, took: Duration::ZERO }
    }

    #[test]
    fn what_went_wrong_is_told_by_what_the_code_has_done() {
        let why = |status, stdout: &str, stderr: &str| objection(&output(status, stdout, stderr));
        assert_eq!(why(Some(0), PASS, ""), None);
        let said = |status, stdout: &str, stderr: &str| why(status, stdout, stderr).unwrap();
        let waits = said(Some(124), "", "x\ncachescope: no step for 5 s in phase 1\n");
        assert_eq!(waits, "a core waits for ever (no step for 5 s in phase 1)");
        assert_eq!(said(Some(1), "", "cachescope: a rule\n"), "a rule");
        let elsewhere =
            said(Some(1), PASS, "cachescope: no step was scheduled; mode=schedule needs\n");
        assert_eq!(elsewhere, "COUNTER is never touched, and all that counts must lie in it");
        assert!(said(None, PASS, "").starts_with("nothing has ended after 15 s"));
        let panic =
            "KTAP version 1\n1..1\n\n# panic on core 2: not yet\n# at a.rs:3\n# rundown: FAIL\n";
        for plugin in ["", "cachescope: no step was scheduled\n"] {
            let line = "there is a panic on core 2: not yet (a.rs:3)";
            assert_eq!(said(Some(1), panic, plugin), line);
        }
        let fails = "KTAP version 1\n1..1\n# users: 1 instead of 0\nnot ok 1 nobody is left\n";
        assert_eq!(
            said(Some(1), fails, ""),
            "it does not hold that nobody is left: users: 1 instead of 0"
        );
        assert_eq!(said(Some(3), PASS, ""), "QEMU ends with Some(3)");
        assert!(said(Some(0), "", "").contains("the output ends before"));
    }

    #[test]
    fn counts_are_those_of_the_phase_and_facts_those_of_the_course() {
        let counts = Counts::read(
            "{\"record\":\"run\",\"name\":\"pairs\",\"transfers\":1}\n\
             {\"record\":\"phase\",\"name\":\"warm\",\"transfers\":2}\n\
             {\"record\":\"phase\",\"name\":\"pairs\",\"transfers\":3}\n",
            "# measure {\"name\":\"x\",\"pairs\":1}\n# measure {\"name\":\"course\",\"pairs\":800}\n",
        );
        let counts = counts.unwrap();
        assert_eq!(counts.phase("pairs", "transfers").unwrap(), 3);
        assert_eq!(counts.fact("pairs").unwrap(), 800);
        assert!(counts.phase("other", "transfers").unwrap_err().line.contains("\"other\""));
        assert!(counts.phase("pairs", "x").is_err() && counts.fact("x").is_err());
        assert!(Counts::read("{", "").is_err() && Counts::read("", "# measure {").is_err());
    }
}

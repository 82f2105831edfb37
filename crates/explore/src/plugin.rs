//! The plugin cachescope in its mode `schedule`: one seed a boot.

use runner::exit_error::{ExitError, FAILED};
use std::path::Path;
use tools::nameless::Nameless;
use tools::option;

/// Seconds without a step after which QEMU hangs. A wake-up that is lost is known at once, by the state.
const DEADLINE: u32 = 10;
/// A schedule with more steps runs in circles.
const MOST_STEPS: u32 = 100_000;

/// The plugin in one boot.
#[derive(Debug)]
pub struct Plugin<'a> {
    library: &'a Path,
    results: Nameless,
    steps: Nameless,
    records: Nameless,
}

/// What a page needs of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// The plugin's counts.
    pub results: String,
    /// Its steps; nothing in a run without a trace.
    pub steps: String,
}

impl Plugin<'_> {
    /// Prepares it; `library`: where it is.
    pub fn new(library: &Path) -> Result<Plugin<'_>, ExitError> {
        let [results, steps, records] = [Nameless::new()?, Nameless::new()?, Nameless::new()?];
        Ok(Plugin { library, results, steps, records })
    }

    /// Returns QEMU's options that load it. `policy`: how it chooses.
    pub fn options(&self, policy: &str, trace: bool) -> Vec<String> {
        let mut plugin = format!(
            "{},mode=schedule,{policy},out={},deadline={DEADLINE},max_steps={MOST_STEPS}",
            option::path(self.library),
            self.results.path()
        );
        if trace {
            plugin.push_str(&format!(",trace={},trace_last=100000", self.steps.path()));
            plugin.push_str(&format!(",steps={}", self.records.path()));
        }
        vec!["-plugin".to_owned(), plugin]
    }

    /// Returns what it has counted, and every step of a run with a trace.
    pub fn records(&mut self) -> Records {
        let [results, steps] =
            [&mut self.results, &mut self.records].map(|file| file.text().unwrap_or_default());
        Records { results, steps }
    }

    /// Puts the plugin's hash, and its steps if they were wanted, into the kernel's output.
    pub fn put_into(&mut self, output: &str) -> Result<String, ExitError> {
        let [results, steps] =
            [&mut self.results, &mut self.steps].map(|file| file.text().unwrap_or_default());
        let (hash, count) = schedule(&results)
            .ok_or_else(|| ExitError::new(FAILED, "the plugin has written no trace hash"))?;
        let trace = format!("trace {hash} steps {count}");
        let mut lines = Vec::new();
        for line in output.lines() {
            if line.contains("trace plugin") || line.starts_with("cachescope: ") {
                lines.extend(steps.lines().filter_map(step));
                if line.starts_with("cachescope: ") {
                    lines.push(format!("# {trace}")); // the kernel cannot print that any more
                }
            }
            lines.push(line.replace("trace plugin", &trace));
        }
        Ok(lines.join("\n"))
    }
}

/// Returns the hash in the plugin's results, and the number of steps.
fn schedule(results: &str) -> Option<(String, u64)> {
    let mut json =
        results.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let schedule = json.find(|object| object["record"] == "schedule")?;
    Some((schedule["trace"].as_str()?.to_owned(), schedule["steps"].as_u64()?))
}

/// Returns a step as the kernel prints it; the plugin prints `12  core 2: LDXR object[1]  at 0x402029f4`.
fn step(line: &str) -> Option<String> {
    let (number, rest) = line.trim_start().split_once(' ')?;
    let number: u64 = number.parse().ok()?;
    let (core, what) = rest.trim_start().strip_prefix("core ")?.split_once(": ")?;
    let (access, address) = what.rsplit_once(" at 0x").unwrap_or((what, ""));
    let before = if address.is_empty() { "" } else { " 0x" };
    Some(format!("# step {number} core {core} {}{before}{address}", access.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As QEMU does it: the files are written under their paths.
    fn put(output: &str, results: &str, steps: &str) -> Result<String, ExitError> {
        let mut plugin = Plugin::new(Path::new("l.so")).unwrap();
        std::fs::write(plugin.results.path(), results).unwrap();
        std::fs::write(plugin.steps.path(), steps).unwrap();
        plugin.put_into(output)
    }

    const RESULTS: &str = r#"{"record":"schedule","trace":"9b","steps":2}"#;
    const STEPS: &str =
        "trace 9b of 2 steps\n  1  core 0: LDR a  at 0x4\n  2  core 1: STR a  at 0x8\n";

    #[test]
    fn hash_and_steps_stand_where_the_kernel_would_print_them() {
        let own = "# step 1 core 0 LDR a 0x4\n# step 2 core 1 STR a 0x8\n";
        let output = "# seed 3\nok 1 seed 3 trace plugin\n# rundown: PASS";
        let wanted = format!("# seed 3\n{own}ok 1 seed 3 trace 9b steps 2\n# rundown: PASS");
        assert_eq!(put(output, RESULTS, STEPS).unwrap(), wanted);
        let output = "# seed 3\ncachescope: stuck";
        let wanted = format!("# seed 3\n{own}# trace 9b steps 2\ncachescope: stuck");
        assert_eq!(put(output, RESULTS, STEPS).unwrap(), wanted);
        assert!(put(output, "{}", STEPS).unwrap_err().line.contains("no trace hash"));
    }

    #[test]
    fn steps_look_like_those_of_the_kernel() {
        let line = "      12  core 2: LDXR object[1]  at 0x402029f4";
        assert_eq!(step(line).unwrap(), "# step 12 core 2 LDXR object[1] 0x402029f4");
        assert_eq!(step("  3  core 0: sleeps").unwrap(), "# step 3 core 0 sleeps");
        assert_eq!(step("trace 321e3db9f1a620a1 of 18 steps"), None);
    }

    #[test]
    fn a_comma_in_a_folder_does_not_end_its_name() {
        let options =
            Plugin::new(Path::new("/a,b/l.so")).unwrap().options("policy=random,seed=1", true);
        assert!(
            options[1].starts_with("/a,,b/l.so,mode=schedule,policy=random,seed=1,out="),
            "{options:?}"
        );
    }

    #[test]
    fn the_hash_is_that_of_the_schedule() {
        let results = r#"{"record":"run","trace":"no","steps":1}
                         {"record":"schedule","trace":"9b","steps":17}"#;
        assert_eq!(schedule(results), Some(("9b".to_owned(), 17)));
        assert_eq!(schedule("{\"record\":\"run\"}\nx\n"), None);
    }
}

//! The plugin cachescope in its mode `schedule`: one seed a boot.

use runner::exit_error::{ExitError, FAILED};
use std::fs;
use std::path::{Path, PathBuf};
use tools::{cargo, option};

/// A schedule without a step for so many seconds is stuck: a wake-up was lost.
const DEADLINE: u32 = 10;
/// A schedule with more steps runs in circles.
const MOST_STEPS: u32 = 100_000;

/// Where the plugin is, and where it writes to.
#[derive(Clone, Debug)]
pub struct Plugin {
    library: PathBuf,
    results: PathBuf,
    steps: PathBuf,
}

impl Plugin {
    /// Builds it.
    pub fn build(root: &Path, target: Option<&Path>) -> Result<Plugin, ExitError> {
        let library = cargo::plugin(root, target)?;
        let file = |end: &str| {
            std::env::temp_dir().join(format!("rundown-explore-{}.{end}", std::process::id()))
        };
        Ok(Plugin { library, results: file("json"), steps: file("steps") })
    }

    /// Returns QEMU's options that load it.
    pub fn options(&self, seed: u64, trace: bool) -> Vec<String> {
        let _ = fs::remove_file(&self.results); // there may be none
        let mut plugin = format!(
            "{},mode=schedule,policy=random,seed={seed},out={},deadline={DEADLINE},max_steps={MOST_STEPS}",
            option::path(&self.library),
            option::path(&self.results)
        );
        if trace {
            plugin.push_str(&format!(",trace={},trace_last=100000", option::path(&self.steps)));
        }
        vec!["-plugin".to_owned(), plugin]
    }

    /// Puts the plugin's hash, and its steps if they were wanted, into the kernel's output.
    pub fn put_into(&self, output: &str) -> Result<String, ExitError> {
        let results = fs::read_to_string(&self.results).unwrap_or_default();
        let steps = fs::read_to_string(&self.steps).unwrap_or_default();
        for file in [&self.results, &self.steps] {
            let _ = fs::remove_file(file); // as above
        }
        let hash = hash(&results)
            .ok_or_else(|| ExitError::new(FAILED, "the plugin has written no trace hash"))?;
        let mut lines = Vec::new();
        for line in output.lines() {
            if line.contains("trace plugin") || line.starts_with("cachescope: ") {
                lines.extend(steps.lines().filter_map(step));
                if line.starts_with("cachescope: ") {
                    lines.push(format!("# trace {hash}")); // the kernel cannot print that any more
                }
            }
            lines.push(line.replace("trace plugin", &format!("trace {hash}")));
        }
        Ok(lines.join("\n"))
    }
}

/// Returns the hash in the plugin's results.
fn hash(results: &str) -> Option<String> {
    let mut json =
        results.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let schedule = json.find(|object| object["record"] == "schedule")?;
    schedule["trace"].as_str().map(str::to_owned)
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

    #[test]
    fn steps_look_like_those_of_the_kernel() {
        let line = "      12  core 2: LDXR object[1]  at 0x402029f4";
        assert_eq!(step(line).unwrap(), "# step 12 core 2 LDXR object[1] 0x402029f4");
        assert_eq!(step("  3  core 0: sleeps").unwrap(), "# step 3 core 0 sleeps");
        assert_eq!(step("trace 321e3db9f1a620a1 of 18 steps"), None);
    }

    #[test]
    fn a_comma_in_a_folder_does_not_end_its_name() {
        let file = |name: &str| PathBuf::from("/a,b").join(name);
        let plugin = Plugin { library: file("l.so"), results: file("r"), steps: file("s") };
        let options = plugin.options(1, true);
        assert!(options[1].starts_with("/a,,b/l.so,mode="), "{options:?}");
        assert!(options[1].contains(",out=/a,,b/r,") && options[1].contains(",trace=/a,,b/s,"));
    }

    #[test]
    fn the_hash_is_that_of_the_schedule() {
        let results =
            "{\"record\":\"run\",\"trace\":\"no\"}\n{\"record\":\"schedule\",\"trace\":\"9b\"}\n";
        assert_eq!(hash(results).as_deref(), Some("9b"));
        assert_eq!(hash("{\"record\":\"run\"}\nx\n"), None);
    }
}

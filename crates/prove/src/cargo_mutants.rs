//! cargo-mutants over the crate: every mutation that a tool thinks of must fail a test.
//!
//! It does not mutate orderings: those are weakened by `weaken`. Doc tests do not count here, so a
//! mutation that only they would notice is one that survives.

use crate::project::{Project, must, run as run_tests};
use std::fs;
use std::process::Command;
use std::time::Duration;

/// The version that the exclusions in `mutants.toml` were argued for.
const VERSION: &str = "27.1.0";

/// Every survivor that is not excluded with an argument in `mutants.toml` is a failure.
pub fn run(project: &Project, _long: bool) -> Result<bool, String> {
    let tools = project.keep.join("tools");
    let binary = tools.join("bin/cargo-mutants");
    if !binary.exists() {
        let mut install = Command::new("cargo");
        install.args(["install", "--quiet", "--locked", "--version", VERSION]);
        must(install.arg("cargo-mutants").arg("--root").arg(tools), "installing cargo-mutants")?;
    }
    let mut command = project.program(&binary, &project.root);
    // Two a processor: much of the time goes into waiting for tests that hang.
    let jobs = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    command.args(["mutants", "--no-shuffle", "--colors=never", "--all-features"]);
    command.args(["--jobs", &jobs.to_string()]);
    command.arg("--config").arg(project.root.join("crates/rundown/mutants.toml"));
    command.arg("--output").arg(&project.keep);
    let output = run_tests(&mut command, Duration::from_secs(4 * 3600))?;
    println!("{}", output.merged);
    let read = |name: &str| {
        let path = project.keep.join("mutants.out").join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let count = |name: &str| read(name).map(|text| text.lines().count());
    let (caught, hanging) = (count("caught.txt")?, count("timeout.txt")?);
    let (missed, unviable) = (count("missed.txt")?, count("unviable.txt")?);
    let all = caught + hanging + missed + unviable;
    println!(
        "cargo-mutants: {all} mutants, {} caught ({hanging} of them hang), {missed} missed, \
         {unviable} do not compile",
        caught + hanging
    );
    // Its exit status tells of hanging tests, too, which are as good as failed ones here.
    let finished = output.merged.contains(&format!("{all} mutants tested in "));
    let finished = finished && output.status.is_some();
    Ok(finished && missed == 0 && caught > 0)
}

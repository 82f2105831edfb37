//! The protocol's inductive invariant, discharged by an SMT solver.
//!
//! The formulas stand in `invariant.py` and `model.py`; this gets the solver and runs them.

use crate::project::{Project, must, run as run_command};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The solver's release on PyPI.
const Z3: &str = "z3-solver==5.4.1.0";

/// How long Python may take to find the solver, and the solver to decide; it takes some seconds.
const SOON: Duration = Duration::from_secs(60);
const PROOF: Duration = Duration::from_secs(900);

/// Runs the formulas in a Python environment under `target/prove`.
pub fn run(project: &Project, _long: bool) -> Result<bool, String> {
    let python = python(project)?;
    let script = project.root.join("crates/prove/invariant.py");
    let protocol = project.root.join("crates/rundown/src/protocol.rs");
    // -B: leaves nothing behind in the source folder.
    let output = run_command(Command::new(&python).arg("-B").arg(script).arg(protocol), PROOF)?;
    print!("{}", output.merged);
    if output.status.is_none() {
        println!("invariant: no end after {} s", PROOF.as_secs());
    }
    Ok(output.succeeded())
}

/// Returns a Python that has the solver.
pub fn python(project: &Project) -> Result<PathBuf, String> {
    let folder = project.keep.join("z3");
    let python = folder.join("bin/python");
    let ready = |python: &Path| {
        let mut check = Command::new(python);
        run_command(check.args(["-c", "import z3"]), SOON).is_ok_and(|output| output.succeeded())
    };
    if !ready(&python) {
        let mut make = Command::new("python3");
        must(make.args(["-m", "venv"]).arg(&folder), "python3 -m venv")?;
        let mut install = Command::new(&python);
        must(install.args(["-m", "pip", "install", "--quiet", Z3]), "pip install z3-solver")?;
    }
    Ok(python)
}

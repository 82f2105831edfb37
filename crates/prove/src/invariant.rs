//! The protocol's inductive invariant, discharged by an SMT solver.
//!
//! The formulas stand in `invariant.py` and `model.py`; this gets the solver and runs them.

use crate::project::{Project, must};
use std::process::Command;

/// The solver's release on PyPI.
const Z3: &str = "z3-solver==5.4.1.0";

/// Runs the formulas in a Python environment under `target/prove`.
pub fn run(project: &Project, _long: bool) -> Result<bool, String> {
    let folder = project.keep.join("z3");
    let python = folder.join("bin/python");
    let ready = |python: &std::path::Path| {
        let check = Command::new(python).args(["-c", "import z3"]).output();
        check.is_ok_and(|output| output.status.success())
    };
    if !ready(&python) {
        let mut make = Command::new("python3");
        must(make.args(["-m", "venv"]).arg(&folder), "python3 -m venv")?;
        let mut install = Command::new(&python);
        must(install.args(["-m", "pip", "install", "--quiet", Z3]), "pip install z3-solver")?;
    }
    let script = project.root.join("crates/prove/invariant.py");
    let protocol = project.root.join("crates/rundown/src/protocol.rs");
    // -B: leaves nothing behind in the source folder.
    let status = Command::new(&python).arg("-B").arg(script).arg(protocol).status();
    Ok(status.map_err(|error| format!("python: {error}"))?.success())
}

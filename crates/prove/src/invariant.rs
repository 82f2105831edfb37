//! The protocol's proof, of the source as it stands, discharged by an SMT solver.
//!
//! The proof stands in `invariant.py` and `smt/`; this gets the solver and the grammar of Rust, and runs it.

use crate::project::{Project, crate_in, must, run as run_command};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The solver, and the parser with Rust's grammar: releases on PyPI.
const PACKAGES: [&str; 3] =
    ["z3-solver==5.4.1.0", "tree-sitter==0.26.1", "tree-sitter-rust==0.24.2"];

/// How long Python may take to find them, and the proof to end: it takes a minute or two.
const SOON: Duration = Duration::from_secs(60);
const PROOF: Duration = Duration::from_secs(1800);

/// Runs the formulas in a Python environment under `target/prove`.
pub fn run(project: &Project, _long: bool) -> Result<bool, String> {
    let python = python(project)?;
    let script = project.root.join("crates/prove/invariant.py");
    let sources = crate_in(&project.root).join("src");
    // -B: leaves nothing behind in the source folder.
    let mut proof = Command::new(&python);
    proof.arg("-B").arg(script).arg(sources);
    let output = run_command(&mut proof, PROOF)?;
    print!("{}", output.merged);
    if output.status.is_none() {
        println!("invariant: no end after {} s", PROOF.as_secs());
    }
    Ok(output.succeeded())
}

/// Returns a Python that has the solver and the grammar.
pub fn python(project: &Project) -> Result<PathBuf, String> {
    let folder = project.keep.join("z3");
    let python = folder.join("bin/python");
    let ready = |python: &Path| {
        let mut check = Command::new(python);
        check.args(["-c", "import z3, tree_sitter, tree_sitter_rust"]);
        run_command(&mut check, SOON).is_ok_and(|output| output.succeeded())
    };
    if !ready(&python) {
        let mut make = Command::new("python3");
        must(make.args(["-m", "venv"]).arg(&folder), "python3 -m venv")?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet"]).args(PACKAGES);
        must(&mut install, "pip install z3-solver tree-sitter tree-sitter-rust")?;
    }
    Ok(python)
}

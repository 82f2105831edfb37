//! A project of scripts, for the tests of steps: what a step runs says what the test wants it to say.

mod elf;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::context::Context;
use crate::image::Image;
use crate::step::{Outcome, Step};

pub use elf::elf;

/// The project.
pub struct Fake {
    folder: TempDir,
    /// What its steps get.
    pub context: Context,
}

impl Fake {
    /// Makes one whose demo plans twelve tests, and whose images are empty.
    pub fn new() -> Fake {
        let folder = tempfile::tempdir().unwrap();
        // Not by a link: the root of a project has no other name.
        let root = folder.path().canonicalize().unwrap();
        let fake = Fake { context: Context::of_scripts(root), folder };
        for file in ["src/main.rs", "tests/machine.rs"] {
            fake.file(file, "Ktap::plan(12)");
        }
        Image::ALL.iter().for_each(|image| fake.file(&format!("built/{image:?}"), ""));
        fake
    }

    /// Returns the place of a file.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Writes a file.
    pub fn file(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a script. `built/NAME` is one of the project's programs.
    pub fn script(&self, file: &str, lines: &str) {
        tools::script::write(&self.path(file), &format!("#!/bin/sh\n{lines}\n")).unwrap();
    }

    /// Has each boot say this, and end with this status.
    pub fn boots(&self, status: i32, says: &str) {
        self.file("says", says);
        self.script("built/runner", &format!("cat \"${{0%built/*}}says\"; exit {status}"));
    }

    /// Runs a step. Returns how many checks passed, and how many failed.
    pub fn run(&self, step: &Step) -> (u64, u64) {
        let outcome = self.outcome(step);
        (outcome.passed, outcome.failed)
    }

    /// Runs a step.
    pub fn outcome(&self, step: &Step) -> Outcome {
        Outcome::from((step.work)(&self.context, Instant::now() + Duration::from_secs(60)))
    }
}

/// Returns the report of a boot that passes.
pub fn report(tests: u64) -> String {
    let lines: String = (1..=tests).map(|test| format!("ok {test} x\n")).collect();
    format!("KTAP version 1\n1..{tests}\n{lines}# rundown: PASS\n")
}

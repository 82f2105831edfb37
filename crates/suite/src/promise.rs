//! How many tests there are at least, from their sources: a run of fewer is a failure.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};

/// Where the tests stand that a command runs.
#[derive(Clone, Copy, Debug)]
pub enum Promise {
    /// In `src` and `tests` of this folder: a line `#[test]` for each, or for some that a macro makes.
    Package(&'static str),
    /// In those of all packages of the host but these, each with its folder.
    AllBut(&'static [(&'static str, &'static str)]),
    /// In the main file of an image, which has its plan.
    Plan(&'static str),
    /// So many, where no source says it.
    AtLeast(u64),
}

/// What an image of the kernel runs at least. A smaller plan is a mistake in the source.
const SMALLEST_PLAN: u64 = 12;
/// Packages that are built for the kernel's machine only.
const KERNEL: [&str; 2] = [".", "crates/rundown-capi/kernel-test"];

impl Promise {
    /// Returns the number for the workspace in `root`.
    pub fn least(self, root: &Path) -> anyhow::Result<u64> {
        let promised = match self {
            Promise::AtLeast(number) => number,
            Promise::Plan(file) => {
                let plan = plan(&read(&root.join(file))?);
                plan.filter(|plan| *plan >= SMALLEST_PLAN)
                    .with_context(|| format!("{file} plans no {SMALLEST_PLAN} tests"))?
            }
            Promise::Package(folder) => of_package(&root.join(folder))?,
            Promise::AllBut(others) => {
                let is_other = |folder: &str| others.iter().any(|(_, other)| *other == folder);
                let members = members(&read(&root.join("Cargo.toml"))?);
                let left = members
                    .iter()
                    .filter(|folder| !is_other(folder) && !KERNEL.contains(&folder.as_str()));
                left.map(|folder| of_package(&root.join(folder))).sum::<Result<_, _>>()?
            }
        };
        ensure!(promised > 0, "no tests were found in the sources: {self:?}");
        Ok(promised)
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// Returns the members of a workspace, from its `Cargo.toml`.
pub fn members(text: &str) -> Vec<String> {
    let list = text.split("members = [").nth(1).and_then(|rest| rest.split(']').next());
    let quoted = list.unwrap_or_default().split('"').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

/// Returns the largest number in `Ktap::plan(...)` of a source.
fn plan(text: &str) -> Option<u64> {
    let plans = text.split("Ktap::plan(").skip(1);
    plans.filter_map(|rest| rest.split(')').next()?.parse().ok()).max()
}

/// Returns the number for a package in this folder, wherever that is.
pub fn of_package(folder: &Path) -> anyhow::Result<u64> {
    let folders = ["src", "tests"].map(|name| folder.join(name));
    let there = folders.iter().filter(|folder| folder.is_dir());
    there.map(|folder| of_folder(folder)).sum()
}

fn of_folder(folder: &Path) -> anyhow::Result<u64> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut sum = 0;
    for entry in entries {
        let path = entry?.path();
        sum += match path.is_dir() {
            true => of_folder(&path)?,
            false if path.extension().is_some_and(|name| name == "rs") => of_text(&read(&path)?),
            false => 0,
        };
    }
    Ok(sum)
}

/// Counts the tests of a source; of one that is built on a condition (loom's models), none.
fn of_text(text: &str) -> u64 {
    let conditional = text.lines().any(|line| line.starts_with("#![cfg("));
    let tests = text.lines().filter(|line| line.trim() == "#[test]").count() as u64;
    if conditional { 0 } else { tests }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_where_they_always_run() {
        let text = "fn a() {}\n#[test]\nfn b() {}\n    #[test]\n    fn c() {} // #[test]\n";
        assert_eq!(of_text(text), 2);
        assert_eq!(of_text(&format!("#![cfg(rundown_loom)]\n{text}")), 0);
    }

    #[test]
    fn a_plan_is_the_largest_that_is_a_number() {
        let text = "Ktap::plan(1); Ktap::plan(12);\nKtap::plan(exact + 1)";
        assert_eq!((plan(text), plan("Ktap::plan(n)")), (Some(12), None));
    }

    #[test]
    fn every_promise_of_this_workspace_is_more_than_a_few() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let least = |promise: Promise| promise.least(&root).unwrap();
        assert!(least(Promise::Plan("src/main.rs")) >= 12);
        let rundown = least(Promise::Package("crates/rundown"));
        assert!(rundown >= 60);
        let others = least(Promise::AllBut(&[("rundown", "crates/rundown")]));
        assert_eq!(least(Promise::AllBut(&[])), others + rundown);
        assert!(Promise::Plan("examples/must_fail.rs").least(&root).is_err(), "it plans too few");
        assert!(Promise::Package("docs").least(&root).is_err());
    }

    #[test]
    fn members_are_read() {
        assert_eq!(members("members = [\n  \"a\",\n  \"b/c\",\n]\n\"d\""), ["a", "b/c"]);
    }
}

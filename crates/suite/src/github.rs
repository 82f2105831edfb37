//! What GitHub reads from `.github` is well-formed, and names things that exist.
//!
//! GitHub says what is wrong in such a file only when it uses it: for a release that is late. Here every file is
//! parsed, and each kind has its rules: [`workflow`], [`forms`], [`updates`].

mod forms;
mod table;
mod updates;
mod workflow;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use yaml_rust2::{Yaml, YamlLoader};

use crate::step::{Outcome, Step};
use crate::workspaces;

use table::Faults;

/// The step.
pub fn step() -> Step {
    Step::new("what GitHub reads names things that exist", 30, |context, _| {
        let root = context.root();
        let packages = workspaces::packages(root)?;
        let mut faults = Faults::new();
        let workflows = files(root, ".github/workflows")?;
        ensure!(!workflows.is_empty(), "there are no workflows");
        for file in &workflows {
            named(file, workflow::faults(root, &packages, &read(root, file)?), &mut faults);
        }
        for file in files(root, ".github/ISSUE_TEMPLATE")? {
            named(&file, forms::faults(&file, &read(root, &file)?), &mut faults);
        }
        let file = ".github/dependabot.yml";
        let folders = workspaces::folders(root)?;
        named(file, updates::faults(&folders, &read(root, file)?), &mut faults);
        Ok(Outcome::check(faults.is_empty(), || faults.join("\n") + "\n"))
    })
}

/// Adds faults with the file that they are in.
fn named(file: &str, of_file: Faults, all: &mut Faults) {
    all.extend(of_file.into_iter().map(|fault| format!("{file}: {fault}")));
}

/// Returns the files of a folder, in order; all of them are YAML.
fn files(root: &Path, folder: &str) -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join(folder)).context(folder.to_owned())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        ensure!(name.ends_with(".yml"), "{folder}/{name} is no .yml");
        files.push(format!("{folder}/{name}"));
    }
    files.sort();
    Ok(files)
}

fn read(root: &Path, file: &str) -> anyhow::Result<Yaml> {
    let text = fs::read_to_string(root.join(file)).context(file.to_owned())?;
    let mut documents = YamlLoader::load_from_str(&text).context(file.to_owned())?;
    ensure!(documents.len() == 1, "{file} has {} documents", documents.len());
    Ok(documents.remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn every_file_is_read_and_a_fault_of_each_kind_is_said_with_its_file() {
        let fake = Fake::new();
        fake.file("Cargo.toml", "[workspace]\nmembers = [\n]\n");
        let job = "on: push\njobs:\n  a:\n    runs-on: x\n    timeout-minutes: 5\n    steps:\n";
        fake.file(".github/workflows/a.yml", &format!("{job}      - run: ./go\n"));
        fake.script("go", "");
        let update = "version: 2\nupdates:\n  - package-ecosystem: cargo\n    directory: /\n    \
                      schedule:\n      interval: monthly\n";
        fake.file(".github/dependabot.yml", update);
        assert_eq!(fake.run(&step()), (0, 1), "there is no folder of forms");
        fake.file(".github/ISSUE_TEMPLATE/config.yml", "blank_issues_enabled: true\n");
        assert_eq!(fake.outcome(&step()).output, "");
        fake.file(".github/workflows/b.yml", &format!("{job}      - run: ./gone\n"));
        fake.file(".github/ISSUE_TEMPLATE/bug.yml", "name: x\n");
        fake.file("examples/one/Cargo.toml", "[workspace]\n");
        let output = fake.outcome(&step()).output;
        for file in ["workflows/b.yml: ", "ISSUE_TEMPLATE/bug.yml: ", "dependabot.yml: "] {
            assert!(output.contains(file) && !output.contains("/a.yml"), "{output}");
        }
        fake.file(".github/workflows/c.yml", "a: [\n");
        assert!(fake.outcome(&step()).output.starts_with(".github/workflows/c.yml: "));
    }
}

//! A workflow: its jobs have a deadline and steps, and name jobs, scripts, packages and tests that exist.

use std::path::Path;

use yaml_rust2::Yaml;

use super::table::{Faults, entries, members};
use crate::executable;

/// Returns what is wrong. `packages`: name and folder of each that `--package` may name.
pub fn faults(root: &Path, packages: &[(String, String)], workflow: &Yaml) -> Faults {
    let mut faults = Faults::new();
    if workflow["on"].is_badvalue() {
        faults.push("nothing starts it (on)".to_owned());
    }
    let jobs: Vec<_> = members(&workflow["jobs"]).collect();
    if jobs.is_empty() {
        faults.push("it has no jobs".to_owned());
    }
    for (name, job) in &jobs {
        let mut fault = |what: String| faults.push(format!("job {name}: {what}"));
        if job["runs-on"].as_str().is_none() || job["timeout-minutes"].as_i64().is_none() {
            fault("it wants runs-on and timeout-minutes".to_owned());
        }
        let one = job["needs"].as_str().into_iter();
        for needed in one.chain(entries(&job["needs"]).iter().filter_map(Yaml::as_str)) {
            if !jobs.iter().any(|(other, _)| *other == needed) {
                fault(format!("it needs {needed}, which is no job"));
            }
        }
        if entries(&job["steps"]).is_empty() {
            fault("it has no steps".to_owned());
        }
        for step in entries(&job["steps"]) {
            match (step["uses"].as_str(), step["run"].as_str()) {
                (Some(action), None) if is_action(action) => {}
                (None, Some(lines)) => {
                    let commands = lines.lines().flat_map(|line| line.split("&&"));
                    commands.filter_map(|line| command(root, packages, line)).for_each(&mut fault);
                }
                other => {
                    fault(format!("a step wants an action with its version, or run: {other:?}"))
                }
            }
        }
    }
    faults
}

/// Returns whether this is an action with a version: `owner/name@v4`.
fn is_action(text: &str) -> bool {
    let Some((action, version)) = text.split_once("@v") else { return false };
    action.split('/').filter(|part| !part.is_empty()).count() >= 2
        && version.starts_with(|first: char| first.is_ascii_digit())
}

/// Returns what is wrong with one command: a script, a package or a file of tests that is not there.
fn command(root: &Path, packages: &[(String, String)], line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let program = words.first()?;
    if program.contains('/') && !executable::is(root, program) {
        return Some(format!("{program} is no program in the tree"));
    }
    // What is installed comes from elsewhere.
    if *program != "cargo" || words.get(1) == Some(&"install") {
        return None;
    }
    let mut folder = None;
    for pair in words.windows(2) {
        match pair {
            ["-p" | "--package", name] => {
                let package = packages.iter().find(|(package, _)| package == name);
                let Some((_, place)) = package else { return Some(format!("no package {name}")) };
                folder = Some(place);
            }
            ["--test", name] => {
                let tests = root.join(folder.map_or("", String::as_str)).join("tests");
                let [file, main] = [format!("{name}.rs"), format!("{name}/main.rs")];
                if !tests.join(file).exists() && !tests.join(main).exists() {
                    return Some(format!("no file of tests {name}: {line}"));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;
    use yaml_rust2::YamlLoader;

    /// Returns the faults of a workflow whose one job has this step.
    fn of_step(step: &str) -> String {
        of(&format!("runs-on: x\n    timeout-minutes: 5\n    steps:\n      - {step}"))
    }

    /// Returns the faults of a workflow with this job and one that is good.
    fn of(job: &str) -> String {
        let good = "runs-on: x\n    timeout-minutes: 5\n    steps:\n      - run: x";
        in_file(&format!("on: push\njobs:\n  a:\n    {job}\n  b:\n    {good}\n"))
    }

    fn in_file(text: &str) -> String {
        let fake = Fake::new();
        fake.script("scripts/go", "");
        fake.file("scripts/text", "");
        fake.file("crates/one/tests/far/main.rs", "");
        fake.file("crates/one/tests/near.rs", "");
        let packages = [("one".to_owned(), "crates/one".to_owned())];
        let workflow = YamlLoader::load_from_str(text).unwrap().remove(0);
        faults(fake.context.root(), &packages, &workflow).join("; ")
    }

    #[test]
    fn a_step_names_actions_scripts_packages_and_tests_that_exist() {
        for good in [
            "uses: actions/checkout@v4",
            "run: scripts/go --long",
            "run: sudo x && scripts/go",
            "run: cargo test -p one --test near",
            "run: cargo test --package one --test far",
            "run: cargo install other -p other",
        ] {
            assert_eq!(of_step(good), "", "{good}");
        }
        for (bad, what) in [
            ("uses: actions/checkout", "an action with its version"),
            ("uses: checkout@v4", "an action with its version"),
            ("uses: actions/checkout@vx", "an action with its version"),
            ("name: x", "an action with its version"),
            ("run: scripts/gone", "scripts/gone is no program"),
            ("run: x && scripts/text", "scripts/text is no program"),
            ("run: cargo test -p two", "no package two"),
            ("run: cargo test --package one --test gone", "no file of tests gone"),
        ] {
            assert!(of_step(bad).contains(what), "{bad}: {}", of_step(bad));
        }
    }

    #[test]
    fn a_job_has_a_machine_a_deadline_and_steps_and_needs_jobs_that_exist() {
        let steps = "timeout-minutes: 5\n    steps:\n      - run: x";
        assert_eq!(of(&format!("needs: b\n    runs-on: x\n    {steps}")), "");
        assert_eq!(of(&format!("needs: [a, b]\n    runs-on: x\n    {steps}")), "");
        for (bad, what) in [
            (format!("needs: c\n    runs-on: x\n    {steps}"), "job a: it needs c"),
            (format!("needs: [b, c]\n    runs-on: x\n    {steps}"), "job a: it needs c"),
            (steps.to_owned(), "it wants runs-on"),
            ("runs-on: x\n    steps:\n      - run: x".to_owned(), "timeout-minutes"),
            ("runs-on: x\n    timeout-minutes: 5".to_owned(), "it has no steps"),
        ] {
            assert!(of(&bad).contains(what), "{bad}: {}", of(&bad));
        }
        assert_eq!(in_file("x: 1\n"), "nothing starts it (on); it has no jobs");
    }
}

//! Who decides a litmus test: our formulas by z3, and herd7 where it is installed.

use crate::parallel;
use crate::project::run;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

/// How long the formulas may take for their tests: about a quarter of a second each, on an idle machine.
const LIMIT: Duration = Duration::from_secs(1800);
/// How long herd7 may take for one file: some seconds, on an idle machine.
const LIMIT_HERD: Duration = Duration::from_secs(600);

/// Whether what a test asks can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Never,
    Sometimes,
}

/// What a decider says of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether what is asked can be.
    pub verdict: Verdict,
    /// Whether what must be possible is.
    pub happens: bool,
}

/// Decisions by the names of their tests.
pub type Decisions = BTreeMap<String, Decision>;

/// Our formulas.
pub struct Formulas {
    /// A Python that has the solver.
    pub python: PathBuf,
    /// Where `decide.py` is.
    pub scripts: PathBuf,
}

impl Formulas {
    /// Checks the formulas themselves: with and without each ingredient of the model.
    pub fn controls(&self) -> Result<(), String> {
        let mut command = self.command();
        let output =
            run(command.arg("--controls").arg(self.scripts.join("controls.litmus")), LIMIT)?;
        match output.succeeded() {
            true => Ok(()),
            false => Err(format!("the formulas are wrong:\n{}", output.merged)),
        }
    }

    /// Decides tests. `straight`: a folder for what herd7 is to be asked about them, if it is.
    pub fn decide(&self, files: &[PathBuf], straight: Option<&Path>) -> Result<Decisions, String> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let chunks: Vec<&[PathBuf]> = files.chunks(files.len().div_ceil(cores).max(1)).collect();
        let work = |files: &&[PathBuf]| {
            let mut command = self.command();
            let output = run(command.arg(straight.unwrap_or(Path::new("-"))).args(*files), LIMIT)?;
            match output.succeeded() {
                true => output.stdout.lines().map(decision).collect(),
                false => Err(format!("decide.py: {}", output.merged)),
            }
        };
        let mut all: Vec<Result<Vec<(String, Decision)>, String>> = Vec::new();
        parallel::each(&chunks, work, |_, decisions| all.push(decisions));
        let mut decisions = Decisions::new();
        for some in all {
            decisions.extend(some?);
        }
        Ok(decisions)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.python);
        // -B: leaves nothing behind in the source folder.
        command.arg("-B").arg(self.scripts.join("decide.py"));
        command
    }
}

/// Reads a line of `decide.py`.
fn decision(line: &str) -> Result<(String, Decision), String> {
    match line.split(' ').collect::<Vec<_>>()[..] {
        [name, verdict, happens @ ("happens" | "impossible")] => {
            let happens = happens == "happens";
            Ok((name.to_owned(), Decision { verdict: named(verdict)?, happens }))
        }
        _ => Err(format!("decide.py says {line}")),
    }
}

/// Returns whether herd7 is installed, under this name.
pub fn has_herd(herd: &str) -> bool {
    let mut version = Command::new(herd);
    run(version.arg("-version"), LIMIT_HERD).is_ok_and(|output| output.succeeded())
}

/// Asks herd7 about all that a folder has for these tests.
pub fn herd(herd: &str, names: &[String], folder: &Path) -> Result<Decisions, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        // NAME.asked.NUMBER.litmus
        let parts = file.file_name().and_then(|name| name.to_str()).unwrap_or("").split('.');
        if let [name, case, ..] = parts.collect::<Vec<_>>()[..]
            && names.iter().any(|one| one == name)
        {
            files.push((name.to_owned(), case.to_owned(), file));
        }
    }
    let work = |(_, _, file): &(String, String, PathBuf)| {
        // It stops at the first execution that is as asked.
        let output = run(Command::new(herd).args(["-speedcheck", "fast"]).arg(file), LIMIT_HERD)?;
        observation(&output.stdout).ok_or(format!("herd7 on {}: {}", file.display(), output.merged))
    };
    let nothing = Decision { verdict: Verdict::Never, happens: false };
    let mut decisions: Decisions = names.iter().map(|name| (name.clone(), nothing)).collect();
    let mut error = None;
    parallel::each(&files, work, |(name, case, _), verdict| {
        match (verdict, decisions.get_mut(name)) {
            (Ok(Verdict::Sometimes), Some(decision)) if case == "asked" => {
                decision.verdict = Verdict::Sometimes
            }
            (Ok(Verdict::Sometimes), Some(decision)) => decision.happens = true,
            (Ok(Verdict::Never), _) | (_, None) => {}
            (Err(what), _) => error = Some(what),
        }
    });
    error.map_or(Ok(decisions), Err)
}

/// Returns the verdict in what herd7 says.
fn observation(text: &str) -> Option<Verdict> {
    let line = text.lines().find_map(|line| line.strip_prefix("Observation "))?;
    named(line.split(' ').nth(1)?).ok()
}

fn named(verdict: &str) -> Result<Verdict, String> {
    match verdict {
        "Never" => Ok(Verdict::Never),
        // `Always`: in every execution, so in one.
        "Sometimes" | "Always" => Ok(Verdict::Sometimes),
        other => Err(format!("no verdict: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// Writes a script; another process does: what this one has open for writing, other tests may hand on.
    fn script(folder: &TempDir, lines: &str) -> PathBuf {
        let [draft, path] = ["draft", "script"].map(|name| folder.path().join(name));
        fs::write(&draft, lines).unwrap();
        let copy = "rm -f \"$2\"; { echo '#!/bin/sh'; cat \"$1\"; } >\"$2\"; chmod +x \"$2\"";
        let copied = Command::new("sh").args(["-c", copy, "sh"]).args([&draft, &path]).status();
        assert!(copied.unwrap().success());
        path
    }

    #[test]
    fn our_formulas_are_checked_and_asked_about_every_file() {
        let folder = tempfile::tempdir().unwrap();
        let asked = folder.path().join("asked");
        let formulas = |lines: &str| {
            let lines = format!("echo \"$*\" >>'{}'\n{lines}", asked.display());
            Formulas { python: script(&folder, &lines), scripts: "/s".into() }
        };
        assert_eq!(formulas("").controls(), Ok(()));
        assert_eq!(
            fs::read_to_string(&asked).unwrap(),
            "-B /s/decide.py --controls /s/controls.litmus\n"
        );
        assert!(formulas("exit 1").controls().unwrap_err().starts_with("the formulas are wrong"));
        let says = "shift 3; for file; do echo \"$file Never happens\"; done";
        let files: Vec<PathBuf> = (0..5).map(|number| format!("f{number}").into()).collect();
        let decisions = formulas(says).decide(&files, None).unwrap();
        let never = Decision { verdict: Verdict::Never, happens: true };
        assert_eq!(decisions, (0..5).map(|number| (format!("f{number}"), never)).collect());
        formulas(says).decide(&files, Some(Path::new("/straight"))).unwrap();
        let asked = fs::read_to_string(&asked).unwrap();
        assert!(
            asked.contains("/s/decide.py - f0") && asked.contains("/s/decide.py /straight f0"),
            "{asked}"
        );
        assert!(formulas("exit 1").decide(&files, None).is_err());
        assert!(formulas("echo x").decide(&files, None).is_err());
    }

    #[test]
    fn herd_is_asked_both_questions_of_its_tests_alone() {
        let folder = tempfile::tempdir().unwrap();
        let files = tempfile::tempdir().unwrap();
        for name in
            ["a.asked.0", "a.happens.0", "b.asked.0", "b.asked.1", "b.happens.0", "c.asked.0"]
        {
            fs::write(files.path().join(format!("{name}.litmus")), "").unwrap();
        }
        let herd7 = |sometimes: &str| {
            let says = format!(
                "case $* in *-version) exit ;; *c.asked*) exit 1 ;; {sometimes}) echo Observation x Sometimes 1 1 ;;\n\
                 *) echo Observation x Never 0 1 ;; esac"
            );
            script(&folder, &says).display().to_string()
        };
        let names = ["a", "b"].map(str::to_owned);
        let said = |sometimes| {
            let decisions = herd(&herd7(sometimes), &names, files.path()).unwrap();
            names.each_ref().map(|name| (decisions[name].verdict, decisions[name].happens))
        };
        let (never, sometimes) = (Verdict::Never, Verdict::Sometimes);
        assert_eq!(said("*a.asked*"), [(sometimes, false), (never, false)]);
        assert_eq!(said("*a.happens*"), [(never, true), (never, false)]);
        assert_eq!(said("*b.asked.1*"), [(never, false), (sometimes, false)]);
        assert_eq!(said("*fast*"), [(sometimes, true); 2], "it stops at the first execution");
        assert!(herd(&herd7("x"), &["c".to_owned()], files.path()).is_err());
        assert!(has_herd(&herd7("x")) && !has_herd("/nowhere/herd7"));
    }

    #[test]
    fn what_the_deciders_say_is_read_or_refused() {
        let happens = |verdict| Decision { verdict, happens: true };
        assert_eq!(decision("a-b Never happens"), Ok(("a-b".to_owned(), happens(Verdict::Never))));
        let (_, seen) = decision("a Sometimes impossible").unwrap();
        assert_eq!(seen, Decision { verdict: Verdict::Sometimes, happens: false });
        for bad in ["", "a Never", "a Perhaps happens", "a Never happens now", "a Never sometimes"]
        {
            assert!(decision(bad).is_err(), "{bad}");
        }
        let said = |verdict| {
            format!("Test a Allowed\nStates 0\nNo\nObservation a {verdict} 0 2\nTime a 0.1\n")
        };
        assert_eq!(observation(&said("Never")), Some(Verdict::Never));
        assert_eq!(observation(&said("Sometimes")), Some(Verdict::Sometimes));
        assert_eq!(observation(&said("Always")), Some(Verdict::Sometimes));
        assert_eq!(observation(&said("Undefined")), None);
        assert_eq!(observation("Warning: Label L0 occurs more that once (User error)"), None);
    }
}

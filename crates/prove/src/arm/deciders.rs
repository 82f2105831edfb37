//! Who decides a litmus test: our formulas by z3, and herd7 where it is installed.

use super::Verdict;
use crate::project::run;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a decider may take for all tests; both take some seconds.
const LIMIT: Duration = Duration::from_secs(500);

/// What a decider says of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether what is asked can be.
    pub verdict: Verdict,
    /// Whether what must be possible is.
    pub happens: bool,
}

/// Checks the formulas themselves: with and without each ingredient of the model.
pub fn controls(python: &Path, scripts: &Path) -> Result<(), String> {
    let mut command = Command::new(python);
    command.arg("-B").arg(scripts.join("decide.py")).arg("--controls");
    let output = run(command.arg(scripts.join("controls.litmus")), LIMIT)?;
    if output.succeeded() {
        Ok(())
    } else {
        Err(format!("the formulas are wrong:\n{}", output.merged))
    }
}

/// Asks the formulas.
pub fn z3(python: &Path, scripts: &Path, files: &[PathBuf]) -> Result<Vec<Decision>, String> {
    let mut command = Command::new(python);
    command.arg("-B").arg(scripts.join("decide.py")).args(files);
    let output = run(&mut command, LIMIT)?;
    if !output.succeeded() {
        return Err(format!("decide.py: {}", output.merged));
    }
    let lines = output.stdout.lines().map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
        [_, verdict, happens] => {
            Ok(Decision { verdict: named(verdict)?, happens: happens == "happens" })
        }
        _ => Err(format!("decide.py says {line}")),
    });
    all(lines.collect::<Result<_, _>>()?, files)
}

/// Asks herd7. `None`: it is not installed.
pub fn herd(files: &[PathBuf], witnesses: &[String]) -> Result<Option<Vec<Decision>>, String> {
    let mut version = Command::new("herd7");
    if run(version.arg("-version"), LIMIT).is_err() {
        return Ok(None);
    }
    let output = run(Command::new("herd7").args(files), LIMIT)?;
    if !output.succeeded() {
        return Err(format!("herd7: {}", output.stderr));
    }
    let answers = answers(&output.stdout).into_iter().zip(witnesses);
    let decisions = answers.map(|((verdict, states), witness)| {
        Ok(Decision {
            verdict: named(verdict)?,
            happens: states.iter().any(|state| fits(state, witness)),
        })
    });
    all(decisions.collect::<Result<_, String>>()?, files).map(Some)
}

/// Returns verdict and final states of each test from what herd7 says.
fn answers(text: &str) -> Vec<(&str, Vec<&str>)> {
    let (mut found, mut states) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if line.starts_with("Test ") {
            states.clear();
        } else if let Some(rest) = line.strip_prefix("Observation ") {
            found.push((rest.split(' ').nth(1).unwrap_or("nothing"), std::mem::take(&mut states)));
        } else if line.contains('=') && line.ends_with(';') {
            states.push(line);
        }
    }
    found
}

/// Returns whether a final state has all that a condition wants.
fn fits(state: &str, condition: &str) -> bool {
    let has: Vec<&str> =
        state.split(';').map(|part| part.trim().trim_matches(['[', ']'])).collect();
    let value = |part: &str| part.replace(['[', ']'], "");
    condition.split("/\\").all(|part| has.iter().any(|one| value(one) == part.trim()))
}

fn named(verdict: &str) -> Result<Verdict, String> {
    match verdict {
        "Never" => Ok(Verdict::Never),
        // `Always`: in every execution, so in one.
        "Sometimes" | "Always" => Ok(Verdict::Sometimes),
        other => Err(format!("no verdict: {other}")),
    }
}

fn all(decisions: Vec<Decision>, files: &[PathBuf]) -> Result<Vec<Decision>, String> {
    match decisions.len() == files.len() {
        true => Ok(decisions),
        false => Err(format!("{} verdicts for {} tests", decisions.len(), files.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_and_the_states_are_read_from_what_herd_says() {
        let text = "Test one Allowed\nStates 2\n0:X0=2; 1:X0=0;\n0:X0=2; 1:X0=3; [two_256]=1;\nNo\nWitnesses\n\
                    Positive: 0 Negative: 2\nCondition exists (0:X0=2)\nObservation one Never 0 2\nTime one 0.01\n\
                    Test two Allowed\nStates 1\n0:X0=2;\nOk\nObservation two Always 1 0\n";
        let answers = answers(text);
        assert_eq!(answers.len(), 2);
        let (verdict, states) = &answers[0];
        assert_eq!(named(verdict), Ok(Verdict::Never));
        let happens = |condition| states.iter().any(|state| fits(state, condition));
        assert!(happens("0:X0=2 /\\ 1:X0=3") && happens("1:X0=3 /\\ two_256=1"));
        assert!(!happens("0:X0=2 /\\ 1:X0=2") && !happens("1:X0=0 /\\ two_256=1"));
        assert_eq!((named(answers[1].0), answers[1].1.len()), (Ok(Verdict::Sometimes), 1));
        assert!(named("Undefined").is_err());
    }
}

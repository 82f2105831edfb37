//! The conditions of a run: which machine, which system, which compiler, when.

use crate::everybody::effort::Effort;
use std::process::Command;
use std::thread::available_parallelism;

/// What is not known.
const UNKNOWN: &str = "unknown";

/// The conditions of a run, each with its name.
pub type Conditions = Vec<(&'static str, String)>;

/// Returns those of this run.
pub fn of(effort: &Effort) -> Conditions {
    let processors = available_parallelism().map_or(1, usize::from);
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let rounds = format!(
        "{}, each of {} pairs a thread; with more threads than processors {} of {} pairs",
        effort.rounds, effort.pairs, effort.crowded_rounds, effort.crowded_pairs
    );
    vec![
        ("processor", model(&cpuinfo).unwrap_or_else(|| said("uname", &["-m"]))),
        ("processors", processors.to_string()),
        ("system", said("uname", &["-sr"])),
        ("compiler", said("rustc", &["--version"])),
        ("rounds", rounds),
        ("objects, where there are many", effort.objects.to_string()),
        ("date", said("date", &["-u", "+%Y-%m-%d"])),
    ]
}

/// Returns the model in Linux's /proc/cpuinfo, which on some architectures has none (proc(5)).
fn model(cpuinfo: &str) -> Option<String> {
    let mut pairs = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let (_, name) = pairs.find(|(key, _)| key.trim() == "model name")?;
    let words: Vec<&str> = name.split_whitespace().collect();
    Some(words.join(" ")).filter(|name| !name.is_empty())
}

/// Returns the line that a program prints.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().ok();
    let text = output.filter(|output| output.status.success()).map(|output| output.stdout);
    let text = text.and_then(|text| String::from_utf8(text).ok()).unwrap_or_default();
    let line = text.trim();
    if line.is_empty() { UNKNOWN.to_owned() } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_found_without_its_blanks() {
        let text = "processor\t: 0\nmodel\t\t: 1\nmodel name\t: Some  CPU: @ 2 GHz \n";
        assert_eq!(model(text).as_deref(), Some("Some CPU: @ 2 GHz"));
        assert_eq!(model("processor\t: 0\nmodel name\t: \n"), None);
    }

    #[test]
    fn what_a_program_does_not_say_is_unknown() {
        assert_eq!(said("echo", &["a", "b"]), "a b");
        assert_eq!(said("false", &[]), UNKNOWN);
        assert_eq!(said("true", &[]), UNKNOWN);
        assert_eq!(said("/nonexistent/program", &[]), UNKNOWN);
        assert_eq!(said("sh", &["-c", "echo no; exit 1"]), UNKNOWN);
    }

    #[test]
    fn a_run_tells_its_rounds_and_that_of_the_date() {
        let conditions = of(&Effort::QUICK);
        let names: Vec<_> = conditions.iter().map(|(name, _)| *name).collect();
        let wanted = ["processor", "processors", "system", "compiler", "rounds"];
        assert_eq!(names[..5], wanted);
        assert!(conditions[4].1.starts_with("3, each of 5000 pairs"), "{}", conditions[4].1);
        let date = &conditions[6].1;
        assert!(date.len() == 10 && date.starts_with("20"), "{date}");
    }
}

//! The conditions of a run: which machine, which system, which compiler, when.

use crate::everybody::effort::Effort;
use tools::host;

/// The conditions of a run, each with its name.
pub type Conditions = Vec<(&'static str, String)>;

/// Returns those of this run.
pub fn of(effort: &Effort) -> Conditions {
    let rounds = format!(
        "{}, each of {} pairs a thread; with more threads than processors {} of {} pairs",
        effort.rounds, effort.pairs, effort.crowded_rounds, effort.crowded_pairs
    );
    vec![
        ("processor", host::cpu()),
        ("processors", host::processors().to_string()),
        ("system", host::said("uname", &["-sr"])),
        ("compiler", host::said("rustc", &["--version"])),
        ("rounds", rounds),
        ("objects, where there are many", effort.objects.to_string()),
        ("date", host::said("date", &["-u", "+%Y-%m-%d"])),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

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

//! What all boots have done, summed up.

use runner::exit_error::{ExitError, FAILED};
use std::fmt;
use tools::measure;

/// What the image counts, under the names that it gives them, in the order of the summary.
const NAMES: [&str; 13] = [
    "rounds",
    "acquires",
    "by_handlers",
    "refusals",
    "migrations",
    "drains",
    "waits",
    "time_outs",
    "resurrected",
    "replaced",
    "offs",
    "ons",
    "interrupts",
];

/// A number for each name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums([u64; NAMES.len()]);

impl Sums {
    /// Reads what one boot has counted.
    pub fn of(report: &str, seed: u64) -> Result<Sums, ExitError> {
        let wrong = |what| ExitError::new(FAILED, format!("the image has {what}"));
        let measured = measure::collect(report).map_err(|error| ExitError::new(FAILED, error))?;
        let [measured] = &measured[..] else { return Err(wrong("not measured once")) };
        if measured["name"] != "soak" || measured.get("seed") != Some(&seed.into()) {
            return Err(wrong("measured for another seed"));
        }
        let mut sums = Sums::default();
        for (sum, name) in sums.0.iter_mut().zip(NAMES) {
            let count = measured.get(name).and_then(|count| count.as_u64());
            *sum = count.ok_or_else(|| wrong("not counted everything"))?;
        }
        Ok(sums)
    }

    /// Adds those of another boot.
    pub fn add(&mut self, other: &Sums) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum += count;
        }
    }

    /// Returns one of the numbers.
    pub fn get(&self, wanted: &str) -> u64 {
        let mut numbers = NAMES.iter().zip(self.0);
        numbers.find_map(|(name, sum)| (*name == wanted).then_some(sum)).unwrap_or_default()
    }
}

impl fmt::Display for Sums {
    /// Writes a line for each number.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = NAMES.iter().zip(self.0);
        numbers.try_for_each(|(name, sum)| writeln!(out, "soak: {} {sum}", name.replace('_', " ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(seed: u64, first: u64) -> String {
        let fields = NAMES.iter().zip(first..).map(|(name, count)| format!(",\"{name}\":{count}"));
        format!(
            "ok 1\n# measure {{\"name\":\"soak\",\"seed\":{seed}{}}}\n",
            fields.collect::<String>()
        )
    }

    #[test]
    fn boots_are_summed_up() {
        let mut sums = Sums::of(&report(u64::MAX, 10), u64::MAX).unwrap();
        sums.add(&Sums::of(&report(8, 100), 8).unwrap());
        assert_eq!((sums.get("rounds"), sums.get("interrupts")), (110, 134));
        let text = sums.to_string();
        assert!(text.starts_with("soak: rounds 110\nsoak: acquires 112\nsoak: by handlers 114\n"));
        assert!(text.ends_with("soak: interrupts 134\n"));
    }

    #[test]
    fn a_boot_that_has_not_counted_has_failed() {
        for (report, part) in [
            (String::new(), "not measured once"),
            (report(7, 1) + &report(7, 1), "not measured once"),
            (report(6, 1), "another seed"),
            (report(7, 1).replace("\"soak\"", "\"other\""), "another seed"),
            (report(7, 1).replace("drains", "trains"), "not counted everything"),
            (report(7, 1).replace("\"waits\":", "\"waits\":-"), "not counted everything"),
            (report(7, 1).replace('}', ""), "not JSON"),
        ] {
            let error = Sums::of(&report, 7).unwrap_err();
            assert!(error.status == FAILED && error.line.contains(part), "{}", error.line);
        }
    }
}

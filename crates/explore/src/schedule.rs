//! How a seed becomes a schedule: the same chance for each core, or priorities.

use super::scenario::Scenario;
use clap::ValueEnum;

/// How the next core is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// Each core that can go on has the same chance; now and then one is left out for long
    Uniform,
    /// The core with the highest priority goes on; at few random steps it becomes the lowest (PCT)
    Pct,
}

/// The choice that is made if nothing is said.
pub const USUAL: Choice = Choice::Uniform;

/// What makes a schedule of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// How the next core is chosen.
    pub choice: Choice,
    /// The depth of the bugs to look for with priorities; `None`: the seed draws it.
    pub depth: Option<u8>,
}

impl Default for Schedule {
    fn default() -> Schedule {
        Schedule { choice: USUAL, depth: None }
    }
}

impl Schedule {
    /// Returns the options that say so, each after a blank.
    pub fn options(&self) -> String {
        let choice = match self.choice {
            usual if usual == USUAL => "",
            Choice::Uniform => " --schedule uniform",
            Choice::Pct => " --schedule pct",
        };
        choice.to_owned() + &self.depth.map_or(String::new(), |depth| format!(" --depth {depth}"))
    }

    /// Returns what the kernel is told, after a blank.
    pub fn arguments(&self, scenario: &Scenario, cores: u32) -> String {
        match self.choice {
            Choice::Uniform => String::new(),
            Choice::Pct => {
                let length = scenario.instructions * u64::from(cores);
                format!(" schedule=pct depth={} length={length}", self.depth.unwrap_or(0))
            }
        }
    }

    /// Returns what the plugin is told.
    pub fn policy(&self, scenario: &Scenario, cores: u32, seed: u64) -> String {
        match self.choice {
            Choice::Uniform => format!("policy=random,seed={seed}"),
            Choice::Pct => {
                let length = scenario.accesses * u64::from(cores);
                let depth = self.depth.map_or(String::new(), |depth| format!(",depth={depth}"));
                format!("policy=pct,seed={seed},length={length}{depth}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::named;

    #[test]
    fn each_choice_is_told_to_the_kernel_to_the_plugin_and_to_who_replays_it() {
        let drain = named("drain").unwrap();
        let told = |choice, depth| {
            let schedule = Schedule { choice, depth };
            let words = [schedule.arguments(&drain, 4), schedule.policy(&drain, 4, 7)];
            (words, schedule.options())
        };
        let (words, uniform) = told(Choice::Uniform, None);
        assert_eq!(words, ["", "policy=random,seed=7"]);
        let (words, pct) = told(Choice::Pct, None);
        let [instructions, accesses] = [drain.instructions, drain.accesses].map(|one| 4 * one);
        assert_eq!(words[0], format!(" schedule=pct depth=0 length={instructions}"));
        assert_eq!(words[1], format!("policy=pct,seed=7,length={accesses}"));
        let (words, deep) = told(Choice::Pct, Some(2));
        assert_eq!(words[0], format!(" schedule=pct depth=2 length={instructions}"));
        assert_eq!(words[1], format!("policy=pct,seed=7,length={accesses},depth=2"));
        // What is usual is not said.
        let said = [" --schedule uniform", " --schedule pct"];
        let [uniform_said, pct_said] = match USUAL {
            Choice::Uniform => ["", said[1]],
            Choice::Pct => [said[0], ""],
        };
        assert_eq!(
            [uniform, pct, deep],
            [uniform_said, pct_said, &format!("{pct_said} --depth 2")]
        );
    }
}

//! The races that the kernel knows (examples/scenarios), and which of them a seed means.

#[path = "../../../examples/scenarios/names.rs"]
mod names;

/// How a run must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// All its checks hold.
    Well,
    /// In a panic whose message holds this text.
    InPanic(&'static str),
    /// In a failed check, sooner or later: a bug is there on purpose.
    Badly,
}

/// A race.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name, as the kernel knows it.
    pub name: &'static str,
    /// How it must end.
    pub ends: Ends,
    /// Instructions of a run for each core, about: what priorities count on.
    pub instructions: u64,
    /// The same in accesses that the plugin sees.
    pub accesses: u64,
}

/// All of them. The lengths are those of runs in which each core has the same chance; a test of the suite
/// measures them.
pub const ALL: &[Scenario] = &[
    scenario(names::DRAIN, Ends::Well, 430, 10),
    scenario(names::PLAIN, Ends::Well, 420, 9),
    scenario(names::MIGRATE, Ends::Well, 280, 4),
    scenario(names::WAITERS, Ends::Well, 280, 6),
    scenario(names::REINITIALIZE, Ends::Well, 1000, 30),
    scenario(names::FREE, Ends::Well, 900, 130),
    scenario(names::RESURRECT, Ends::Well, 360, 13),
    scenario(names::EXTRA, Ends::InPanic("released more than was acquired"), 240, 8),
    scenario(names::COUNTER, Ends::Badly, 110, 8),
];

const fn scenario(name: &'static str, ends: Ends, instructions: u64, accesses: u64) -> Scenario {
    Scenario { name, ends, instructions, accesses }
}

/// Returns the scenario with this name.
pub fn named(name: &str) -> Option<Scenario> {
    ALL.iter().copied().find(|known| known.name == name)
}

/// What to explore: the seeds take turns through the scenarios.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// One, or all that must not fail.
    pub scenarios: Vec<Scenario>,
    /// Whether one was asked for by name: a replay must ask for it again.
    pub named: bool,
    /// Cores of the machine.
    pub cores: u32,
}

impl Plan {
    /// Returns the plan for one scenario, or for all but those that are wrong on purpose.
    pub fn new(scenario: Option<Scenario>, cores: u32) -> Plan {
        let named = scenario.is_some();
        let scenarios = match scenario {
            Some(one) => vec![one],
            None => ALL.iter().copied().filter(|known| known.ends != Ends::Badly).collect(),
        };
        Plan { scenarios, named, cores }
    }

    /// Returns the scenario of a seed.
    pub fn scenario(&self, seed: u64) -> Scenario {
        self.scenarios[(seed % self.scenarios.len() as u64) as usize]
    }

    /// Returns the seeds from `first` to `last`, as one list for each scenario.
    pub fn lists(&self, first: u64, last: u64) -> Vec<Seeds> {
        let apart = self.scenarios.len() as u64;
        let starts = (first..=last).take(self.scenarios.len());
        starts
            .map(|start| Seeds {
                scenario: self.scenario(start),
                first: start,
                count: (last - start) / apart + 1,
                apart,
            })
            .collect()
    }
}

/// Some seeds of one scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// The scenario.
    pub scenario: Scenario,
    /// The first seed.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// From one to the next.
    pub apart: u64,
}

impl Seeds {
    /// Returns them in order.
    pub fn numbers(&self) -> impl Iterator<Item = u64> + use<> {
        let Seeds { first, count, apart, .. } = *self;
        (0..count).map(move |number| first + number * apart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_hold_each_seed_once_with_its_scenario() {
        for scenario in [None, named("free")] {
            let plan = Plan::new(scenario, 4);
            let mut seen = Vec::new();
            for list in plan.lists(5, 40) {
                for seed in list.numbers() {
                    assert_eq!(plan.scenario(seed), list.scenario, "seed {seed}");
                    seen.push(seed);
                }
            }
            seen.sort_unstable();
            assert_eq!(seen, (5..=40).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_short_list_of_seeds_leaves_scenarios_out() {
        assert_eq!(Plan::new(None, 4).lists(1, 2).len(), 2);
        assert_eq!(Plan::new(None, 4).lists(1, 1)[0].count, 1);
    }

    #[test]
    fn what_is_wrong_on_purpose_runs_only_by_name() {
        assert!(!Plan::new(None, 4).scenarios.contains(&named("counter").unwrap()));
        assert_eq!(Plan::new(named("counter"), 4).scenario(17).name, "counter");
    }
}

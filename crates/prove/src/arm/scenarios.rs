//! What is asked of Arm's memory model: which threads, and what must never come of them.

/// Threads of `threads.rs` that run at the same time, and what is asked of their end.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The functions, one a thread. In conditions the first is number 0.
    pub threads: &'static [&'static str],
    /// The object that they all get.
    pub object: &'static str,
    /// Places that begin otherwise than the program has them.
    pub first: &'static [(&'static str, u64)],
    /// What must never be: in the form of herd7.
    pub asked: &'static str,
    /// What must be possible: otherwise the test says nothing.
    pub happens: &'static str,
    /// The functions of the protocol without whose ordering it is possible on Arm: `[ISA ]FUNCTION[ -> WEAKER]`, with
    /// any instructions and weakened to anything if nothing else is said.
    pub rests_on: &'static [&'static str],
}

/// All of them.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "drain, plain",
        threads: &["plain_holder_writes", "plain_owner_reads"],
        object: "plain",
        first: &[],
        asked: "0:X0=2 /\\ 1:X0=2",
        happens: "0:X0=2 /\\ 1:X0=3",
        rests_on: &["release", "release_slow", "sweep -> Release", "llsc mark"],
    },
    Scenario {
        name: "drain, two slots",
        threads: &["two_holder_writes", "two_owner_reads"],
        object: "two",
        first: &[],
        asked: "0:X0=2 /\\ 1:X0=2",
        happens: "0:X0=2 /\\ 1:X0=3",
        rests_on: &["release", "release_slow", "sweep -> Release", "llsc mark"],
    },
    Scenario {
        name: "drain, released on another slot",
        threads: &["two_holder_moves", "two_owner_reads"],
        object: "two",
        first: &[],
        asked: "0:X0=2 /\\ 1:X0=2",
        happens: "0:X0=2 /\\ 1:X0=3",
        rests_on: &["release", "release_slow", "sweep -> Release", "llsc mark"],
    },
    Scenario {
        name: "wait, plain",
        threads: &["plain_holder_writes", "plain_waiter_reads"],
        object: "plain",
        first: &[],
        asked: "0:X0=2 /\\ 1:X0=2",
        happens: "0:X0=2 /\\ 1:X0=3",
        rests_on: &["release", "release_slow", "sweep -> Release", "llsc mark"],
    },
    Scenario {
        name: "drain, plain, seen by another",
        threads: &["plain_holder_writes", "plain_sweeper", "plain_onlooker_reads"],
        object: "plain",
        first: &[],
        asked: "0:X0=2 /\\ 2:X0=2",
        happens: "0:X0=2 /\\ 2:X0=3",
        rests_on: &["release", "release_slow", "left"],
    },
    Scenario {
        name: "poison, plain",
        threads: &["plain_holder_reads", "plain_owner_writes"],
        object: "plain",
        first: &[],
        asked: "0:X0=9 /\\ 1:X0=2",
        happens: "0:X0=2 /\\ 1:X0=2",
        rests_on: &["release", "release_slow"],
    },
    Scenario {
        name: "poison, two slots",
        threads: &["two_holder_reads", "two_owner_writes"],
        object: "two",
        first: &[],
        asked: "0:X0=9 /\\ 1:X0=2",
        happens: "0:X0=2 /\\ 1:X0=2",
        rests_on: &["release", "release_slow"],
    },
    Scenario {
        name: "reset and acquire, plain",
        threads: &["plain_owner_starts_again", "plain_holder_reads"],
        object: "plain_down",
        first: &[],
        asked: "0:X0=2 /\\ 1:X0=2",
        happens: "0:X0=2 /\\ 1:X0=3",
        rests_on: &["acquire", "reset"],
    },
    Scenario {
        name: "reset and acquire, two slots",
        threads: &["two_owner_starts_again", "two_holder_reads"],
        object: "two_down",
        first: &[],
        asked: "0:X0=2 /\\ 1:X0=2",
        happens: "0:X0=2 /\\ 1:X0=3",
        rests_on: &["acquire", "reset"],
    },
    Scenario {
        // Slot 0 elects: whoever marks it finds the other clear, and so its own mark is the last word.
        name: "reset and sweep",
        threads: &["two_owner_starts_again", "two_sweeper"],
        object: "two_down",
        first: &[],
        asked: "0:X0=2 /\\ 1:X0=3 /\\ two_down_128=1 /\\ two_down_256=0",
        happens: "0:X0=2 /\\ 1:X0=3 /\\ two_down_128=1 /\\ two_down_256=1",
        rests_on: &["reset"],
    },
    Scenario {
        // One hold is taken already: a holder of the next round would write, too.
        name: "reset without a wait",
        threads: &["two_holder_leaves", "two_sweeper", "two_next_owner_reads"],
        object: "two",
        first: &[("two_256", 2)],
        asked: "0:X0=2 /\\ 2:X0=2",
        happens: "0:X0=2 /\\ 2:X0=3",
        rests_on: &["release", "release_slow", "reinitialize"],
    },
    Scenario {
        // The clearing comes after the marks, which would otherwise stay.
        name: "resurrect and sweep",
        threads: &["two_sweeper", "two_resurrect"],
        object: "two",
        first: &[],
        asked: "1:X0=2 /\\ two_256=1",
        happens: "1:X0=2 /\\ two_256=0",
        rests_on: &[],
    },
];

impl Scenario {
    /// Returns whether this becomes possible with such instructions when something is weakened in a function.
    pub fn breaks(&self, isa: &str, function: &str, weakened: &str) -> bool {
        self.rests_on.iter().any(|entry| {
            let (place, weaker) = entry.split_once(" -> ").unwrap_or((entry, ""));
            let (only, name) = place.rsplit_once(' ').unwrap_or((isa, place));
            only == isa && name == function && weakened.ends_with(weaker)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_about_a_function_and_perhaps_more() {
        let scenario = Scenario { rests_on: &["a", "b -> Release", "lse c"], ..SCENARIOS[0] };
        let breaks = |isa, function| {
            ["AcqRel -> Release", "Acquire -> Relaxed"]
                .map(|weakened| scenario.breaks(isa, function, weakened))
        };
        assert_eq!([breaks("lse", "a"), breaks("llsc", "a")], [[true; 2]; 2]);
        assert_eq!([breaks("lse", "b"), breaks("llsc", "b")], [[true, false]; 2]);
        assert_eq!([breaks("lse", "c"), breaks("llsc", "c")], [[true; 2], [false; 2]]);
        assert_eq!(breaks("lse", "d"), [false; 2]);
    }
}

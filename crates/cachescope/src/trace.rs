//! The steps of a schedule: a hash over all, and the last ones to read.

use crate::directory::Access;
use crate::hash::Hash;
use crate::names::{Names, Place};
use std::collections::VecDeque;
use std::fmt::Write;

/// An instruction that the plugin watches. Each has one such description, which is never freed.
#[derive(Debug, PartialEq, Eq)]
pub struct Site {
    /// Its address.
    pub address: u64,
    /// What stands there.
    pub opcode: u32,
    /// What it is.
    pub class: crate::aarch64::Class,
    /// Its name, or nothing for a plain load or store.
    pub name: &'static str,
    /// See [`is_wide_pair`](crate::aarch64::is_wide_pair).
    pub wide_pair: bool,
}

/// One access of a schedule.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The core that makes it.
    pub core: usize,
    /// Load, store or atomic.
    pub access: Access,
    /// The instruction that makes it.
    pub site: &'static Site,
    /// The virtual address.
    pub address: u64,
}

impl Step {
    /// Returns what the instruction is called.
    pub fn instruction(&self) -> &'static str {
        match (self.site.name, self.access) {
            ("", Access::Load) => "LDR",
            ("", _) => "STR",
            (name, _) => name,
        }
    }

    /// Returns the instruction, what it accesses, and where it stands.
    pub fn describe(&self, names: &Names) -> String {
        let [word, place] =
            [self.address, self.site.address].map(|address| names.describe(address));
        format!("{} {word}  at {place}", self.instruction())
    }
}

/// The steps of a run so far.
#[derive(Debug)]
pub struct Trace {
    hash: Hash,
    count: u64,
    last: VecDeque<Step>,
    keep: usize,
}

impl Trace {
    /// Returns a trace without steps, which keeps the last `keep` of them.
    pub fn new(keep: usize) -> Self {
        Self { hash: Hash::default(), count: 0, last: VecDeque::new(), keep }
    }

    /// Adds the beginning of a phase to the hash.
    pub fn begin(&mut self, phase: u16) {
        self.hash.add(u64::MAX);
        self.hash.add(u64::from(phase));
    }

    /// Adds a step. The address of its instruction is not part of the hash.
    pub fn add(&mut self, step: Step, place: Place) {
        self.hash.add((step.core as u64) << 8 | step.access as u64);
        self.hash.add(place.name);
        self.hash.add(place.offset);
        self.count += 1;
        if self.last.len() == self.keep {
            self.last.pop_front();
        }
        self.last.push_back(step);
    }

    /// Returns the number of steps so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the hash as it is printed.
    pub fn hash(&self) -> String {
        format!("{:016x}", self.hash.value())
    }

    /// Returns the last `count` steps, a line each.
    pub fn text(&self, names: &Names, count: usize) -> String {
        let skip = self.last.len().saturating_sub(count);
        let first = self.count - self.last.len() as u64;
        let mut text = String::new();
        for (number, step) in (first + 1..).zip(&self.last).skip(skip) {
            let _ = writeln!(text, "{number:>8}  core {}: {}", step.core, step.describe(names));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aarch64::Class;

    static SITE: Site = Site {
        address: 0x4000,
        opcode: 0xf8e0_0020,
        class: Class::Atomic,
        name: "LDADD",
        wide_pair: false,
    };

    /// Only the address of the instruction is left out, and where memory lies that has a name.
    #[test]
    fn all_that_a_step_is_goes_into_the_hash() {
        let place = Place { name: 5, offset: 8 };
        let step = Step { core: 1, access: Access::Atomic, site: &SITE, address: 0x1080 };
        let hash = |phase: u16, steps: &[(Step, Place)]| {
            let mut trace = Trace::new(1);
            trace.begin(phase);
            steps.iter().for_each(|&(step, place)| trace.add(step, place));
            trace.hash()
        };
        let same = hash(1, &[(step, place)]);
        static MOVED: Site = Site { address: 0x5000, ..SITE };
        let moved = Step { site: &MOVED, address: 0x9080, ..step };
        assert_eq!(hash(1, &[(moved, place)]), same);
        let mut all = vec![
            same,
            hash(2, &[(step, place)]),
            hash(1, &[]),
            hash(1, &[(step, place), (step, place)]),
            hash(1, &[(Step { core: 2, ..step }, place)]),
            hash(1, &[(Step { core: 257, ..step }, place)]),
            hash(1, &[(Step { access: Access::Load, ..step }, place)]),
            hash(1, &[(Step { access: Access::Store, ..step }, place)]),
            hash(1, &[(step, Place { name: 6, ..place })]),
            hash(1, &[(step, Place { offset: 9, ..place })]),
        ];
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "two of them have one hash");
        assert!(all.iter().all(|hash| hash.len() == 16));
    }

    #[test]
    fn plain_accesses_are_called_by_what_they_do() {
        static PLAIN: Site = Site { class: Class::Plain, name: "", ..SITE };
        let text = |access| {
            let step = Step { core: 0, access, site: &PLAIN, address: 0x20 };
            step.describe(&Names::default())
        };
        assert_eq!(text(Access::Load), "LDR 0x20  at 0x4000");
        assert_eq!(text(Access::Store), "STR 0x20  at 0x4000");
    }

    #[test]
    fn keeps_the_last_and_hashes_all() {
        let names = Names::parse("1000 1100 slots 80\n3ff0 4010 acquire").unwrap();
        let run = |cores: &[usize]| {
            let mut trace = Trace::new(2);
            for &core in cores {
                let step = Step { core, access: Access::Atomic, site: &SITE, address: 0x1080 };
                trace.add(step, names.place(step.address, 0));
            }
            trace
        };
        let trace = run(&[0, 1, 2]);
        assert_eq!(
            trace.text(&names, 10),
            "       2  core 1: LDADD slots[1]  at acquire+16\n       \
             3  core 2: LDADD slots[1]  at acquire+16\n"
        );
        assert_eq!(trace.text(&names, 1).lines().count(), 1);
        assert!(run(&[0, 1, 0, 1, 0]).text(&names, 1).starts_with("       5  core 0: "));
        assert_eq!(trace.count(), 3);
        assert_eq!(trace.hash(), run(&[0, 1, 2]).hash());
        assert_ne!(trace.hash(), run(&[1, 0, 2]).hash());
    }
}

//! Priorities with few change points.
//!
//! Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees of
//! Finding Bugs, ASPLOS 2010. Cores get priorities in a random order, and the highest that can run
//! does. At d - 1 random steps, the change points, the core that has made the step falls behind all
//! others. A bug of depth d, one that needs d orders between two steps, is found by a run with a
//! probability of at least 1 / (n k^(d-1)), for n cores and k steps in all.
//!
//! Two things are added, as the paper's programs do not spin. A core that gives way falls behind
//! all others too. And so does one that has made more steps in a row than a whole run takes: it
//! waits in a loop. Neither happens in a run without such loops, so the guarantee stays.

use crate::random::Random;

/// The greatest depth.
pub const DEEPEST: usize = 8;

/// The priorities of at most `CORES` cores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priorities<const CORES: usize> {
    /// The cores, the highest priority first.
    order: [usize; CORES],
    cores: usize,
    /// The change point at which a core has fallen behind, from 1; 0: it has not, or has given way since.
    fell: [usize; CORES],
    /// The steps that are change points, in no order.
    changes: [u64; DEEPEST - 1],
    /// Change points.
    count: usize,
    /// Steps of a run, as far as is known.
    length: u64,
    steps: u64,
    /// The core that has made the last step, and how many in a row.
    row: (usize, u64),
}

impl<const CORES: usize> Priorities<CORES> {
    /// Returns the priorities that `seed` draws for `cores` cores, for runs of about `length` steps.
    ///
    /// `depth`: of the bugs to look for, up to [`DEEPEST`]; 0: the seed draws 1, 2 or 3.
    pub fn new(seed: u64, cores: usize, depth: usize, length: u64) -> Self {
        assert!(cores <= CORES && depth <= DEEPEST, "{cores} cores, depth {depth}");
        let mut random = Random::new(seed);
        let length = length.max(1);
        let drawn = 1 + random.below(3) as usize;
        let count = if depth == 0 { drawn } else { depth } - 1;
        let mut order = [0; CORES];
        // Fisher and Yates: the next core takes the place of a random one before it, or the last place.
        for core in 0..cores {
            let place = random.below(core as u64 + 1) as usize;
            order[core] = order[place];
            order[place] = core;
        }
        let mut changes = [0; DEEPEST - 1];
        changes[..count].iter_mut().for_each(|step| *step = 1 + random.below(length));
        Self { order, cores, fell: [0; CORES], changes, count, length, steps: 0, row: (CORES, 0) }
    }

    /// Returns the core with the highest priority of those that are `ready`, or `None` if there are none.
    pub fn choose(&self, ready: impl Fn(usize) -> bool) -> Option<usize> {
        self.order[..self.cores].iter().copied().find(|&core| ready(core))
    }

    /// Counts a step that `core` has made.
    pub fn step(&mut self, core: usize) {
        self.steps += 1;
        let row = if self.row.0 == core { self.row.1 + 1 } else { 1 };
        self.row = (core, row);
        if row > self.length {
            self.give_way(core);
        }
        for change in 0..self.count {
            if self.changes[change] == self.steps {
                self.fall(core, change + 1);
            }
        }
    }

    /// Has `core`, which waits without sleeping, fall behind all others.
    pub fn give_way(&mut self, core: usize) {
        self.fall(core, 0);
    }

    /// Has a core fall behind all others, but for those that fell at an earlier change point.
    ///
    /// Earlier in the list of the change points: as their steps are in no order, of two cores that fall
    /// either can end as the last. So says the paper, whose guarantee counts on it.
    fn fall(&mut self, core: usize, change: usize) {
        let order = &mut self.order[..self.cores];
        let Some(from) = order.iter().position(|&other| other == core) else { return };
        let behind = |other: &&usize| change != 0 && (1..change).contains(&self.fell[**other]);
        let after = order[from + 1..].iter().rev().take_while(behind).count();
        let to = order.len() - 1 - after;
        order[from..=to].rotate_left(1);
        self.fell[core] = change;
    }
}

#[cfg(test)]
mod tests;

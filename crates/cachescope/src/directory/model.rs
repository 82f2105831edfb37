//! The directory against a model of the caches themselves, in every state and on every access.
//!
//! The model knows no directory: each core has a letter of MESI, and a table of two columns says what an
//! access does to the letter of who makes it and to those of all others.

use super::{Access, Line, Traffic};

/// The letter of one core's copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    I,
    S,
    E,
    M,
}
use Letter::{E, I, M, S};

/// What one step does.
#[derive(Clone, Copy, Debug)]
enum Op {
    Access(usize, Access),
    Flush,
}

/// The copies of all cores.
#[derive(Clone, Debug)]
struct Caches(Vec<Letter>);

impl Caches {
    /// Does an access; `core` is an index into the letters.
    fn access(&mut self, core: usize, access: Access) -> Traffic {
        let others: Vec<usize> = (0..self.0.len()).filter(|&other| other != core).collect();
        let copies = others.iter().filter(|&&other| self.0[other] != I).count();
        let mut traffic = Traffic::default();
        let own = self.0[core];
        match (own, copies) {
            (I, 0) => traffic.cold = true,
            (I, _) => traffic.transfer = true,
            _ => {}
        }
        if access == Access::Load {
            // A reader leaves every copy in place, but no other is the only one any more.
            if own == I {
                self.0.iter_mut().filter(|copy| **copy != I).for_each(|copy| *copy = S);
                self.0[core] = if copies == 0 { E } else { S };
            }
            return traffic;
        }
        // A writer ends with the only copy, and each of the others is given up.
        traffic.upgrade = own == S && copies > 0;
        traffic.invalidations = copies as u32;
        others.iter().for_each(|&other| self.0[other] = I);
        self.0[core] = M;
        traffic
    }
}

/// Walks through all sequences of `depth` steps of three cores, which have these numbers.
fn walk(
    numbers: [usize; 3],
    line: &Line,
    caches: &Caches,
    depth: u32,
    seen: &mut Vec<Vec<Letter>>,
) {
    seen.push(caches.0.clone());
    for (index, number) in numbers.into_iter().enumerate() {
        let owns = matches!(caches.0[index], E | M);
        assert_eq!(line.is_owned_by(number), owns, "core {number} of {caches:?}");
    }
    if depth == 0 {
        return;
    }
    let accesses = [Access::Load, Access::Store, Access::Atomic];
    let ops = (0..3).flat_map(|core| accesses.map(|access| Op::Access(core, access)));
    for op in ops.chain([Op::Flush]) {
        let (mut line, mut caches) = (line.clone(), caches.clone());
        match op {
            Op::Flush => {
                line.flush();
                caches.0.fill(I);
            }
            Op::Access(core, access) => {
                let before = caches.clone();
                let wanted = caches.access(core, access);
                let real = line.access(numbers[core], access);
                assert_eq!(real, wanted, "core {core} of {before:?}: {access:?}");
            }
        }
        walk(numbers, &line, &caches, depth - 1, seen);
    }
}

/// Four steps reach every state, and a fifth makes every access in it.
#[test]
fn every_access_in_every_state_costs_what_the_caches_say() {
    // A core's bit in the directory must not be another's, also in another word.
    for numbers in [[0, 1, 2], [63, 64, 65], [1, 65, 511]] {
        let mut seen = Vec::new();
        walk(numbers, &Line::default(), &Caches(vec![I; 3]), 5, &mut seen);
        seen.sort_unstable();
        seen.dedup();
        // No copy; one alone, E or M, on each core; two or three shared. A copy that is left alone stays S
        // nowhere: only a writer takes copies away.
        assert_eq!(seen.len(), 1 + 2 * 3 + 3 + 1, "{seen:?}");
    }
}

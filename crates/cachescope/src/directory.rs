//! The coherence protocol: a directory of MESI states.
//!
//! It works on one line at a time; the caches have unlimited size.
//!
//! The caches never evict: a line leaves a cache only because another core writes to it, or because
//! the guest asks for it (`cold`). So what is counted is the traffic that sharing causes, and nothing
//! else. An atomic counts as one access that needs the only copy of the line, as a load with intent to
//! write (Sorin, Hill, Wood: A Primer on Memory Consistency and Cache Coherence, chapter 8).

/// The largest number of cores: what QEMU's `virt` supports.
pub const MAX_CORES: usize = 512;

/// What a core does to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads; others may keep their copies.
    Load,
    /// Writes; needs the only copy.
    Store,
    /// Reads and writes in one; needs the only copy.
    Atomic,
}

/// What an access costs. None of it: a hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The line was in no cache and came from memory.
    pub cold: bool,
    /// The line came from another core's cache, to one that had no copy.
    pub transfer: bool,
    /// The core had a copy among others and asked for the right to write.
    pub upgrade: bool,
    /// Copies of other cores that were given up.
    pub invalidations: u32,
}

/// Which cores have a copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cores([u64; MAX_CORES / 64]);

impl Cores {
    fn only(core: usize) -> Self {
        let mut cores = Self::default();
        cores.insert(core);
        cores
    }

    fn insert(&mut self, core: usize) {
        self.0[core / 64] |= 1 << (core % 64);
    }

    fn contains(&self, core: usize) -> bool {
        self.0[core / 64] >> (core % 64) & 1 != 0
    }

    fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Invalid,
    /// One clean copy (E of MESI).
    Exclusive(usize),
    /// One copy, newer than memory (M).
    Modified(usize),
    /// Copies for reading (S).
    Shared(Cores),
}

/// What the directory knows of one line.
#[derive(Clone, Debug, Default)]
pub struct Line(State);

impl Line {
    /// Does an access. Returns the traffic that it causes.
    pub fn access(&mut self, core: usize, access: Access) -> Traffic {
        match access {
            Access::Load => self.load(core),
            Access::Store | Access::Atomic => self.write(core),
        }
    }

    /// Returns whether `core` could write without any traffic.
    pub fn is_owned_by(&self, core: usize) -> bool {
        matches!(self.0, State::Exclusive(owner) | State::Modified(owner) if owner == core)
    }

    /// Returns what each of `cores` caches has of the line, as letters of MESI.
    pub fn copies(&self, cores: usize) -> String {
        let copy = |core| match &self.0 {
            State::Modified(owner) if *owner == core => 'M',
            State::Exclusive(owner) if *owner == core => 'E',
            State::Shared(cores) if cores.contains(core) => 'S',
            _ => 'I',
        };
        (0..cores).map(copy).collect()
    }

    /// Takes the line out of all caches.
    pub fn flush(&mut self) {
        self.0 = State::Invalid;
    }

    fn load(&mut self, core: usize) -> Traffic {
        match &mut self.0 {
            State::Invalid => {
                self.0 = State::Exclusive(core);
                Traffic { cold: true, ..Traffic::default() }
            }
            State::Exclusive(owner) | State::Modified(owner) if *owner == core => {
                Traffic::default()
            }
            State::Exclusive(owner) | State::Modified(owner) => {
                let mut cores = Cores::only(*owner);
                cores.insert(core);
                self.0 = State::Shared(cores);
                Traffic { transfer: true, ..Traffic::default() }
            }
            State::Shared(cores) if cores.contains(core) => Traffic::default(),
            State::Shared(cores) => {
                cores.insert(core);
                Traffic { transfer: true, ..Traffic::default() }
            }
        }
    }

    fn write(&mut self, core: usize) -> Traffic {
        let traffic = match &self.0 {
            State::Invalid => Traffic { cold: true, ..Traffic::default() },
            State::Exclusive(owner) | State::Modified(owner) if *owner == core => {
                Traffic::default()
            }
            State::Exclusive(_) | State::Modified(_) => {
                Traffic { transfer: true, invalidations: 1, ..Traffic::default() }
            }
            State::Shared(cores) if cores.contains(core) => {
                Traffic { upgrade: true, invalidations: cores.count() - 1, ..Traffic::default() }
            }
            State::Shared(cores) => {
                Traffic { transfer: true, invalidations: cores.count(), ..Traffic::default() }
            }
        };
        self.0 = State::Modified(core);
        traffic
    }
}

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &mut Line, steps: &[(usize, Access)]) -> (u32, u32, u32, u32) {
        steps.iter().fold((0, 0, 0, 0), |(cold, transfers, upgrades, killed), &(core, access)| {
            let traffic = line.access(core, access);
            (
                cold + u32::from(traffic.cold),
                transfers + u32::from(traffic.transfer),
                upgrades + u32::from(traffic.upgrade),
                killed + traffic.invalidations,
            )
        })
    }

    #[test]
    fn ping_pong_of_atomics_is_one_transfer_each() {
        let mut line = Line::default();
        let pair = [(0, Access::Atomic), (1, Access::Atomic)];
        assert_eq!(run(&mut line, &pair), (1, 1, 0, 1));
        for _ in 0..100 {
            assert_eq!(run(&mut line, &pair), (0, 2, 0, 2));
        }
    }

    #[test]
    fn a_core_alone_pays_once() {
        let mut line = Line::default();
        let steps = [(5, Access::Load), (5, Access::Store), (5, Access::Atomic), (5, Access::Load)];
        assert_eq!(run(&mut line, &steps), (1, 0, 0, 0));
        assert!(line.is_owned_by(5) && !line.is_owned_by(4));
    }

    #[test]
    fn readers_share_and_the_first_writer_upgrades() {
        let mut line = Line::default();
        let readers: Vec<_> = (0..MAX_CORES).map(|core| (core, Access::Load)).collect();
        assert_eq!(run(&mut line, &readers), (1, 511, 0, 0));
        assert_eq!(run(&mut line, &readers), (0, 0, 0, 0), "all have copies now");
        assert_eq!(run(&mut line, &[(64, Access::Store)]), (0, 0, 1, 511));
        assert_eq!(run(&mut line, &[(511, Access::Load)]), (0, 1, 0, 0));
    }

    #[test]
    fn a_writer_without_a_copy_takes_it_from_all_readers() {
        let mut line = Line::default();
        run(&mut line, &[(0, Access::Load), (1, Access::Load)]);
        assert_eq!(run(&mut line, &[(2, Access::Atomic)]), (0, 1, 0, 2));
    }

    #[test]
    fn a_look_before_each_atomic_adds_an_upgrade() {
        let mut line = Line::default();
        run(&mut line, &[(0, Access::Atomic)]);
        assert_eq!(run(&mut line, &[(1, Access::Load), (1, Access::Atomic)]), (0, 1, 1, 1));
    }

    #[test]
    fn each_cache_has_a_letter() {
        let mut line = Line::default();
        let mut after = |core, access| {
            line.access(core, access);
            line.copies(3)
        };
        assert_eq!(after(1, Access::Load), "IEI");
        assert_eq!(after(2, Access::Load), "ISS");
        assert_eq!(after(2, Access::Store), "IIM");
        line.flush();
        assert_eq!(line.copies(3), "III");
    }

    #[test]
    fn flushed_lines_are_cold_again() {
        let mut line = Line::default();
        run(&mut line, &[(0, Access::Store)]);
        line.flush();
        assert_eq!(run(&mut line, &[(1, Access::Store)]), (1, 0, 0, 0));
    }
}

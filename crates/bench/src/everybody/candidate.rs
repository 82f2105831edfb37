//! What a candidate is: who protects an object, how a user writes it, and what it is good for.

use crate::everybody::memory;
use ladder::hold;

/// One way to keep an object alive while it is used.
#[derive(Clone, Copy)]
pub struct Candidate {
    /// Its name in tables and bars.
    pub name: &'static str,
    /// Whose it is.
    pub side: Side,
    /// What its users may rely on, and what not.
    pub promise: &'static str,
    /// Makes it for a host; `None` where it is not installed.
    pub make: fn(Host) -> Option<Made>,
}

/// Whose a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Nobody's: what cannot be left out.
    Limit,
    /// This project's.
    Ours,
    /// What others would pick.
    Others,
}

/// What is made for.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// How many slots an object gets: one for each processor.
    pub slots: usize,
    /// How many threads there are at most.
    pub threads: usize,
}

/// A candidate with its objects.
pub struct Made {
    /// Acquires and releases so many times, as the thread with that number.
    pub pairs: Box<dyn Fn(usize, u64) + Sync>,
    /// Whether one thread alone may do so.
    pub alone: bool,
    /// Tries so many times to acquire an object that is run down, where there is such a thing.
    pub refused: Option<Box<dyn Fn(u64) + Sync>>,
    /// The bytes of an object.
    pub bytes: u64,
}

impl Made {
    /// Makes a candidate that cannot refuse, and whose objects are what `one` returns.
    pub fn new<T>(one: impl Fn() -> T, pairs: impl Fn(usize, u64) + Sync + 'static) -> Self {
        Self { pairs: Box::new(pairs), alone: false, refused: None, bytes: memory::of(one) }
    }

    /// Adds what it does when an object is run down.
    pub fn refusing(self, refused: impl Fn(u64) + Sync + 'static) -> Self {
        Self { refused: Some(Box::new(refused)), ..self }
    }

    /// Says that its pairs are for one thread alone.
    pub fn alone(self) -> Self {
        Self { alone: true, ..self }
    }
}

/// Does `pair` so many times. It acquires, calls [`hold`] where a user would use the object, and releases.
///
/// What `pair` refers to is best looked up before: what is looked up in it is looked up each time. An object
/// is never handed to `black_box`, which would store its address and load it again.
#[inline(always)]
pub fn repeat(count: u64, mut pair: impl FnMut()) {
    for _ in 0..count {
        pair();
        hold();
    }
}

/// Asks so many times, and expects no for an answer: a test and a branch each time, as in a program.
///
/// # Panics
///
/// When an acquire was granted.
#[inline(always)]
pub fn refuse(count: u64, mut granted: impl FnMut() -> bool) {
    repeat(count, || assert!(!granted(), "an object that is run down was acquired"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_pair_is_done_as_often_as_asked_for() {
        let done = Cell::new(0);
        repeat(7, || done.set(done.get() + 1));
        refuse(5, || done.replace(done.get() + 1) > 99);
        assert_eq!(done.get(), 12);
    }

    #[test]
    #[should_panic(expected = "an object that is run down was acquired")]
    fn a_grant_is_no_refusal() {
        let asked = Cell::new(0);
        refuse(5, || asked.replace(asked.get() + 1) == 3);
    }

    #[test]
    fn what_is_made_keeps_all_its_parts() {
        let made = Made::new(|| 1_u64, |_, _| {});
        assert_eq!((made.alone, made.refused.is_some(), made.bytes), (false, false, 8));
        let made = made.refusing(|_| {}).alone();
        assert_eq!((made.alone, made.refused.is_some(), made.bytes), (true, true, 8));
    }
}

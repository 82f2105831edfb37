//! What is measured: the variants of crates/ladder, and two of `std`.

use ladder::{About, Kind, Platform, Variant, Words};
use rundown::CurrentSlot;
use std::cell::Cell;
use std::hint::black_box;
use std::sync::{Arc, RwLock};

const STD_RW_LOCK: About = About {
    retries: true,
    ..About::new("std_rw_lock", "std::sync::RwLock, held for reading", Kind::Lock)
};

const ARC: About = About::new("arc", "std::sync::Arc, cloned and dropped", Kind::OneWord);

/// The descriptions of the two that need `std`; [`ladder::VARIANTS`] has the others.
pub static WITH_STD: [About; 2] = [STD_RW_LOCK, ARC];

/// Makes every variant for `threads` threads, those of [`WITH_STD`] last.
pub fn all(threads: usize) -> Vec<Box<dyn Variant>> {
    let mut all = ladder::all::<ThisThread>(threads);
    all.push(Box::new(StdRwLock::default()));
    all.push(Box::new(Shares::default()));
    all
}

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

/// This host. The slot of a thread is the number that it was given, one load away as with
/// `rundown::ThreadSlot`.
#[derive(Debug)]
pub struct ThisThread;

impl ThisThread {
    /// Gives the calling thread its number.
    pub fn is(number: usize) {
        NUMBER.set(number);
    }
}

impl CurrentSlot for ThisThread {
    #[inline]
    fn current_slot() -> usize {
        NUMBER.get()
    }
}

impl Platform for ThisThread {
    type Slot = Self;
    type Relax = spin::Spin;
}

/// `std::sync::RwLock`, held for reading: one word that all readers write, by compare-and-swap.
#[derive(Debug, Default)]
#[repr(align(128))]
struct StdRwLock(RwLock<()>);

impl Variant for StdRwLock {
    fn about(&self) -> &'static About {
        &STD_RW_LOCK
    }

    fn pairs(&self, _core: usize, count: u64) {
        for _ in 0..count {
            let held = self.0.read();
            ladder::hold();
            drop(held);
            ladder::hold();
        }
    }

    fn reset(&self) -> i64 {
        i64::from(self.0.try_write().is_err())
    }

    fn words(&self) -> Words {
        Words::of(&self.0)
    }
}

/// `std::sync::Arc`, cloned and dropped: one word, an add and a subtract. It cannot refuse.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shares(Arc<Alone>);

/// Keeps the count of the `Arc`, which lies before what it holds, alone on its line.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Alone;

impl Variant for Shares {
    fn about(&self) -> &'static About {
        &ARC
    }

    fn pairs(&self, _core: usize, count: u64) {
        for _ in 0..count {
            let share = black_box(Arc::clone(&self.0));
            ladder::hold();
            drop(share);
            ladder::hold();
        }
    }

    fn reset(&self) -> i64 {
        Arc::strong_count(&self.0) as i64 - 1
    }

    fn words(&self) -> Words {
        Words::of(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn a_thread_has_the_slot_of_its_number() {
        for number in [3, 0, 5] {
            ThisThread::is(number);
            assert_eq!(ThisThread::current_slot(), number);
        }
    }

    #[test]
    fn every_variant_is_described_and_counts_right_alone() {
        let all = all(2);
        let described: Vec<&About> = ladder::VARIANTS.iter().chain(&WITH_STD).collect();
        assert_eq!(all.iter().map(|variant| variant.about()).collect::<Vec<_>>(), described);
        for variant in all {
            variant.pairs(1, 1000);
            assert_eq!(variant.reset(), 0, "{}", variant.name());
        }
    }

    #[test]
    fn only_who_loses_a_race_for_the_lock_tries_again() {
        assert_eq!(
            [&STD_RW_LOCK, &ARC].map(|about| (about.name, about.retries)),
            [("std_rw_lock", true), ("arc", false),]
        );
    }

    #[test]
    fn a_pair_holds_the_object_between_its_acquire_and_its_release() {
        let with_std: [Box<dyn Variant>; 2] =
            [Box::new(StdRwLock::default()), Box::new(Shares::default())];
        for variant in &with_std {
            let seen = AtomicBool::new(false);
            thread::scope(|scope| {
                scope.spawn(|| {
                    let deadline = Instant::now() + Duration::from_secs(60);
                    while !seen.load(Ordering::Relaxed) && Instant::now() < deadline {
                        variant.pairs(0, 1000);
                    }
                    seen.store(true, Ordering::Relaxed);
                });
                // Nothing is made 0 by these two, so they may be asked meanwhile.
                let held = || variant.reset() != 0;
                while !held() {
                    assert!(!seen.load(Ordering::Relaxed), "{} is never held", variant.name());
                    hint::spin_loop();
                }
                seen.store(true, Ordering::Relaxed);
            });
        }
    }

    #[test]
    fn what_is_left_is_noticed() {
        let shares = Shares::default();
        let kept = Arc::clone(&shares.0);
        assert_eq!(shares.reset(), 1);
        drop(kept);
        let lock = StdRwLock::default();
        let held = lock.0.read();
        assert_eq!(lock.reset(), 1);
        drop(held);
    }
}

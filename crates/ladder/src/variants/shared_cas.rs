//! One word, compare-and-swap in a loop, as Windows does it.

use crate::about::{About, Kind};
use crate::one::{Object, one};
use crate::variant::{Platform, Variant, hold};
use alloc::boxed::Box;
use core::sync::atomic::{AtomicUsize, Ordering};

/// What every stage needs to know.
pub const ABOUT: About = About {
    retries: true,
    ..About::new(
        "shared_cas",
        "one word for all cores, compare-exchange in a loop, as NT does it",
        Kind::OneWord,
    )
};

/// Makes it.
pub fn make<P: Platform>(_cores: usize) -> Box<dyn Variant> {
    one(&ABOUT, SharedCas::default())
}

/// One word as Windows keeps it: bit 0 is set while the object runs down, the rest is twice the number
/// of users.
///
/// Bit 0 must be checked before the count may change, so the load comes first. And so the change needs a
/// loop, which starts over when another core has changed the word in between.
#[derive(Debug, Default)]
struct SharedCas(AtomicUsize);

/// Bit 0.
const RUNDOWN_ACTIVE: usize = 1;
/// One user.
const ONE: usize = 2;

impl SharedCas {
    /// Takes a hold. Returns whether it was granted: not while the object runs down.
    #[inline]
    fn acquire(&self) -> bool {
        let mut seen = self.0.load(Ordering::Relaxed); // the exchange decides
        while seen & RUNDOWN_ACTIVE == 0 {
            // Acquire: what the holder does stays after it.
            let new = seen.wrapping_add(ONE);
            match self.0.compare_exchange_weak(seen, new, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// Releases a hold. Returns whether the object does not run down. If it does, nothing has changed:
    /// the release would have to go on in the slow path, which wakes the waiter.
    #[inline]
    fn release(&self) -> bool {
        let mut seen = self.0.load(Ordering::Relaxed); // the exchange decides
        while seen & RUNDOWN_ACTIVE == 0 {
            // Release: what the holder did stays before it.
            let new = seen.wrapping_sub(ONE);
            match self.0.compare_exchange_weak(seen, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }
}

impl Object for SharedCas {
    #[inline]
    fn pair(&self) {
        let granted = self.acquire();
        hold();
        let released = self.release();
        assert!(granted && released, "the object runs down");
    }

    fn reset(&self) -> i64 {
        self.0.swap(0, Ordering::Relaxed) as i64 / ONE as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts the run-down. Returns how many users there are.
    fn begin_run_down(object: &SharedCas) -> usize {
        object.0.fetch_or(RUNDOWN_ACTIVE, Ordering::Acquire) / ONE
    }

    #[test]
    fn an_object_that_runs_down_lets_nobody_in() {
        let object = SharedCas::default();
        assert!(object.acquire() && object.acquire() && object.release());
        assert_eq!(begin_run_down(&object), 1);
        assert!(!object.acquire() && !object.release());
        assert_eq!(begin_run_down(&object), 1, "a refusal changes nothing");
    }

    #[test]
    #[should_panic(expected = "the object runs down")]
    fn a_refusal_is_no_pair() {
        let object = SharedCas::default();
        begin_run_down(&object);
        object.pair();
    }
}

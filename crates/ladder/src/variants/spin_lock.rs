//! One word behind a spin lock, which is one more shared word.

use crate::about::{About, Kind};
use crate::line::Alone;
use crate::variant::{Platform, Variant, Words, hold};
use alloc::boxed::Box;
use spin::RelaxStrategy;
use spin::mutex::SpinMutex;

/// What every stage needs to know.
pub const ABOUT: About =
    About { retries: true, ..About::new("spin_lock", "a counter behind a spin lock", Kind::Lock) };

/// Makes it.
pub fn make<P: Platform>(_cores: usize) -> Box<dyn Variant> {
    Box::new(SpinLock::<P::Relax>(Alone(SpinMutex::new(0))))
}

/// A counter behind a spin lock, taken once for the acquire and once for the release.
///
/// Lock and counter share a line, which is the best case: whoever has the lock has the counter too. Even
/// so, a core that waits takes the line away from the one that works, and if the host stops the holder,
/// everybody is stopped.
struct SpinLock<R>(Alone<SpinMutex<i64, R>>);

impl<R: RelaxStrategy> Variant for SpinLock<R> {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn pairs(&self, _core: usize, count: u64) {
        let Alone(counter) = &self.0;
        for _ in 0..count {
            *counter.lock() += 1;
            hold();
            *counter.lock() -= 1;
            hold();
        }
    }

    fn reset(&self) -> i64 {
        core::mem::take(&mut *self.0.0.lock())
    }

    fn words(&self) -> Words {
        Words::of(&self.0.0)
    }
}

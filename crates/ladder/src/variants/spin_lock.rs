//! One word behind a spin lock, which is one more shared word.

use crate::about::{About, Kind};
use crate::one::{Object, one};
use crate::variant::{Platform, Variant, hold};
use alloc::boxed::Box;
use spin::RelaxStrategy;
use spin::mutex::SpinMutex;

/// What every stage needs to know.
pub const ABOUT: About =
    About { retries: true, ..About::new("spin_lock", "a counter behind a spin lock", Kind::Lock) };

/// Makes it.
pub fn make<P: Platform>(_cores: usize) -> Box<dyn Variant> {
    one(&ABOUT, SpinMutex::<i64, P::Relax>::new(0))
}

/// A counter behind a spin lock, taken once for the acquire and once for the release.
///
/// Lock and counter share a line, which is the best case: whoever has the lock has the counter too. Even
/// so, a core that waits takes the line away from the one that works, and if the host stops the holder,
/// everybody is stopped.
impl<R: RelaxStrategy> Object for SpinMutex<i64, R> {
    #[inline]
    fn pair(&self) {
        *self.lock() += 1;
        hold();
        *self.lock() -= 1;
    }

    fn reset(&self) -> i64 {
        core::mem::take(&mut *self.lock())
    }
}

//! The two rungs that are shipped: what `crates/rundown` offers, used as anybody would use it.

use crate::lines::Alone;
use crate::{Rung, Words, hold};
use alloc::boxed::Box;
use core::fmt;
use core::ptr;
use rundown::{CACHE_LINE, CacheAwareRundownRef, CurrentSlot, Rundown, RundownRef};

/// Uses an object so many times. The harness drains only between its runs, so nobody is refused.
#[inline(always)]
fn pairs<R: Rundown + ?Sized>(object: &R, count: u64) {
    for _ in 0..count {
        let guard = object.try_acquire().expect("the object is live");
        hold();
        drop(guard);
        hold();
    }
}

/// What a drain finds; afterwards the object is live again.
fn settle<R: Rundown + ?Sized>(object: &R) -> i64 {
    object.begin_run_down();
    let left = object.outstanding().map_or(i64::MAX, |holds| holds as i64);
    // Holds that are left would be a bug: the object then stays as it is, and the next look tells again.
    let _ = object.reinitialize();
    left
}

/// [`RundownRef`]: one word for all cores.
#[derive(Debug, Default)]
pub struct Plain(Alone<RundownRef>);

impl Rung for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn pairs(&self, _core: usize, count: u64) {
        pairs(&self.0.0, count);
    }

    fn settle(&self) -> i64 {
        settle(&self.0.0)
    }

    fn words(&self) -> Words {
        Words::of(&self.0.0)
    }
}

/// [`CacheAwareRundownRef`]: a word a core, on cache lines of its own.
pub struct CacheAware<C: CurrentSlot>(Box<CacheAwareRundownRef<C>>);

impl<C: CurrentSlot> CacheAware<C> {
    /// Makes an object with a slot for each of `cores` cores.
    pub fn new(cores: usize) -> Self {
        Self(CacheAwareRundownRef::boxed(cores).unwrap_or_else(|error| panic!("{error}")))
    }

    /// The object itself, to drain it.
    pub fn object(&self) -> &CacheAwareRundownRef<C> {
        &self.0
    }
}

impl<C: CurrentSlot> fmt::Debug for CacheAware<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("CacheAware").field(&self.0).finish()
    }
}

impl<C: CurrentSlot> Rung for CacheAware<C> {
    fn name(&self) -> &'static str {
        "cache_aware"
    }

    fn pairs(&self, _core: usize, count: u64) {
        pairs(&*self.0, count);
    }

    fn settle(&self) -> i64 {
        settle(&*self.0)
    }

    /// The slots; the line that a drain uses lies before them, and users do not touch it.
    fn words(&self) -> Words {
        let first = self.0.slot_address(0).cast::<u8>();
        let bytes = self.0.slot_count() * CACHE_LINE;
        debug_assert_eq!(
            first.wrapping_add(bytes),
            ptr::from_ref(&*self.0).cast::<u8>().wrapping_add(size_of_val(&*self.0))
        );
        Words { range: first..first.wrapping_add(bytes), stride: CACHE_LINE }
    }
}

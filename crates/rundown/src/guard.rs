//! A hold on an object that gives itself back.

use crate::family::Rundown;
use core::{fmt, mem};

/// One or more holds on a run-down object; dropping it releases them.
///
/// While a guard lives, no wait on its object returns. It may move to another core or thread and be
/// dropped there: the release then happens on *that* core's slot, which is correct and fast.
///
/// Not guaranteed: exclusion. Any number of guards exist at a time; run-down protection keeps an
/// object alive and does not serialise its users.
#[must_use = "dropping the guard at once releases the object at once"]
pub struct RundownGuard<'a, R: Rundown + ?Sized> {
    object: &'a R,
    count: usize,
}

impl<'a, R: Rundown + ?Sized> RundownGuard<'a, R> {
    pub(crate) fn new(object: &'a R, count: usize) -> Self {
        Self { object, count }
    }

    /// Tells how many holds the guard stands for.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the object that is held.
    pub fn object(&self) -> &'a R {
        self.object
    }

    /// Splits `count` holds off into a guard of their own, or returns `None` if there are fewer.
    ///
    /// Touches no shared memory: the sum stays the same.
    pub fn split(&mut self, count: usize) -> Option<Self> {
        self.count = self.count.checked_sub(count)?;
        Some(Self { object: self.object, count })
    }

    /// Gives up the guard but keeps its holds, and returns how many.
    ///
    /// They are given back by [`RundownGuard::adopt`] or [`Rundown::release_n`]. Until then the
    /// object can't finish a run-down.
    pub fn leak(self) -> usize {
        let count = self.count;
        mem::forget(self);
        count
    }

    /// Takes over `count` holds that were leaked before.
    ///
    /// # Safety
    ///
    /// The caller owns at least `count` holds on this very object that no guard stands for, and
    /// gives them up to this one.
    pub unsafe fn adopt(object: &'a R, count: usize) -> Self {
        Self { object, count }
    }
}

impl<R: Rundown + ?Sized> Drop for RundownGuard<'_, R> {
    fn drop(&mut self) {
        // SAFETY: the guard owns `count` holds (`new` after a granted acquire, `split`, or the
        // promise made to `adopt`) and ceases to exist with this call.
        unsafe { self.object.release_n(self.count) }
    }
}

impl<R: Rundown + ?Sized> fmt::Debug for RundownGuard<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RundownGuard").field("count", &self.count).finish_non_exhaustive()
    }
}

//! A hold on an object that is released on drop.

use crate::error::OverRelease;
use crate::holders::Record;
use crate::limits::MAX_EVER;
use crate::object::{Object, Thin};
use crate::operations;
use core::fmt;
use core::mem::ManuallyDrop;

/// One or more holds on a run-down object; dropping it releases them.
///
/// While a guard with a hold lives, no wait on its object returns; one for 0 holds protects nothing. It may
/// be dropped on another core or thread: the release then happens on *that* core's slot, correct and fast.
///
/// Not guaranteed: exclusion. Any number of guards exist at a time; run-down protection keeps an
/// object alive and does not serialise its users.
#[must_use = "dropping the guard at once releases the object at once"]
pub struct RundownGuard<'a, R: Object + ?Sized> {
    object: Thin<'a, R>,
    count: usize,
    record: Record,
}

impl<'a, R: Object + ?Sized> RundownGuard<'a, R> {
    #[inline]
    pub(crate) fn new(object: &'a R, count: usize, record: Record) -> Self {
        Self { object: Thin::new(object), count, record }
    }

    /// Returns how many holds the guard stands for.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the object that is held.
    pub fn object(&self) -> &'a R {
        self.object.get()
    }

    /// Splits `count` holds off into a guard of their own, or returns `None` if there are fewer.
    ///
    /// Touches no shared memory: the sum stays the same.
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn split(&mut self, count: usize) -> Option<Self> {
        let left = self.count.checked_sub(count)?;
        // Asked first: it is foreign code, and a panic in it must lose no hold.
        let slot = self.object().current_slot();
        self.count = left;
        let address = self.object().address();
        self.record = self.record.less(address, count, left);
        let record = Record::new(address, slot, count);
        Some(Self { object: self.object, count, record })
    }

    /// Takes the holds of `other` in, so that one release is enough for all.
    ///
    /// Touches no shared memory: the sum stays the same.
    ///
    /// # Errors
    ///
    /// Hands `other` back when it holds another object.
    pub fn merge(&mut self, other: Self) -> Result<(), Self> {
        match self.count.checked_add(other.count) {
            Some(sum) if self.object().address() == other.object().address() => {
                let (count, record) = other.into_parts();
                let counts = [self.count, count];
                self.record = self.record.join(record, self.object().address(), counts);
                self.count = sum;
                Ok(())
            }
            _ => Err(other),
        }
    }

    /// Gives up the guard but keeps its holds, and returns how many.
    ///
    /// [`RundownGuard::adopt`] makes a guard of them again, and
    /// [`release_n`](crate::Rundown::release_n) releases them. Until they are released, no run-down of the
    /// object ends.
    #[must_use = "without the count the holds can't be released"]
    pub fn leak(self) -> usize {
        let object = self.object();
        let (count, record) = self.into_parts();
        record.leak(object.address());
        count
    }

    /// Takes over `count` holds that were leaked before.
    ///
    /// # Safety
    ///
    /// The caller owns at least `count` holds on this very object that no guard stands for, and
    /// gives them up to this one.
    ///
    /// # Panics
    ///
    /// When there cannot be as many holds as that.
    #[cfg_attr(feature = "holders", track_caller)]
    pub unsafe fn adopt(object: &'a R, count: usize) -> Self {
        if count > MAX_EVER {
            OverRelease { held: 0, released: count }.report(object.address());
        }
        let slot = object.current_slot();
        Record::take_leaked(object.address(), count);
        let record = Record::new(object.address(), slot, count);
        Self::new(object, count, record)
    }

    /// Takes the guard apart without releasing anything.
    fn into_parts(self) -> (usize, Record) {
        let guard = ManuallyDrop::new(self);
        (guard.count, guard.record)
    }
}

impl<R: Object + ?Sized> Drop for RundownGuard<'_, R> {
    #[inline]
    fn drop(&mut self) {
        // Before the release: afterwards the address may belong to another object.
        let object = self.object.get();
        self.record.remove(object.address(), self.count);
        if self.count > 0 {
            // SAFETY: the guard owns `count` holds (`new` after a granted acquire, `split`, `merge`, or
            // the promise made to `adopt`) and ceases to exist with this call.
            unsafe { operations::release(object, self.count) }
        }
    }
}

impl<R: Object + ?Sized> fmt::Debug for RundownGuard<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RundownGuard").field("count", &self.count).finish_non_exhaustive()
    }
}

//! For loom only: what freeing an object does to its words, as an access that must not race.
//!
//! loom knows the memory of atomics only by their operations; real memory that is freed under a late
//! reader would go unnoticed. Exclusive access to every word is what a free or a reuse amounts to:
//! loom reports each operation of another thread that is not ordered before it, or comes later.

use crate::cache_aware::CurrentSlot;
use crate::cache_aware::StaticRundownRef;
use crate::park::Park;
use crate::plain::RundownRef;
use crate::pooled::Pooled;
#[cfg(feature = "std")]
use crate::restartable::StaticRestartableRundownRef;

impl<P: Park> RundownRef<P> {
    /// Takes the memory for something else.
    pub fn reclaim(&mut self) {
        self.slot.0.with_mut(|_| ());
        self.outstanding.0.with_mut(|_| ());
    }
}

impl<C: CurrentSlot, P: Park, const N: usize> StaticRundownRef<C, N, P> {
    /// Takes the memory for something else.
    pub fn reclaim(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.get_mut().0.with_mut(|_| ()));
        self.shared.get_mut().outstanding.0.with_mut(|_| ());
    }
}

#[cfg(feature = "std")]
impl<const N: usize, P: Park, C: CurrentSlot> StaticRestartableRundownRef<N, P, C> {
    /// Takes the memory for something else.
    pub fn reclaim(&mut self) {
        for line in &mut self.slots {
            line.get_mut().slot.0.with_mut(|_| ());
            line.get_mut().counter.0.with_mut(|_| ());
        }
        self.shared.get_mut().outstanding.0.with_mut(|_| ());
        self.shared.get_mut().stopped.0.with_mut(|_| ());
    }
}

impl<C: CurrentSlot, P: Park> Pooled<'_, C, P> {
    /// Takes the memory for something else: that of the object, and the head of its block.
    ///
    /// # Safety
    ///
    /// The other objects of the block are not used any more.
    pub unsafe fn reclaim(&mut self) {
        // SAFETY: nobody else has this one, and the others the caller answers for.
        unsafe { self.column().reclaim() }
    }
}

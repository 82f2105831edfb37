//! The blocks of a pool: which objects are taken, and how more blocks come.
//!
//! Lock-free, so that an interrupt handler may take an object and give one back. Blocks only come: they stay
//! in the list as long as the pool lives.

use crate::pool_block::{BIT_WORDS, BITS, Front, WORD};
use crate::pool_column::Column;
use crate::sync::{AtomicPtr, AtomicUsize, Ordering};
use core::iter;
use core::ptr::{self, NonNull};

/// A list of blocks, the newest first.
pub(crate) struct Blocks {
    first: AtomicPtr<Front>,
    /// Where to look first: the block that an object was last taken from, or that came last.
    look: AtomicPtr<Front>,
}

impl Blocks {
    /// Makes a list of those that are linked already.
    pub(crate) fn new(first: Option<NonNull<Front>>) -> Self {
        let first = first.map_or(ptr::null_mut(), NonNull::as_ptr);
        Self { first: AtomicPtr::new(first), look: AtomicPtr::new(first) }
    }

    /// Returns the first block.
    pub(crate) fn first(&self) -> *mut Front {
        // Acquire, pairs with `push`: who sees a block sees what is in it, and those behind it.
        self.first.load(Ordering::Acquire)
    }

    /// Returns all blocks.
    pub(crate) fn iter(&self) -> impl Iterator<Item = NonNull<Front>> {
        from(self.first())
    }

    /// Takes a free object. `None`: there was none in any block, each when it was looked at.
    pub(crate) fn claim(&self) -> Option<NonNull<u8>> {
        // Acquire, pairs with the stores of it: as `first`, which may tell of a block later.
        let look = self.look.load(Ordering::Acquire);
        let before = || self.iter().take_while(|block| block.as_ptr() != look);
        let (block, object) =
            from(look).chain(before()).find_map(|block| Some((block, claim_in(block)?)))?;
        if block.as_ptr() != look {
            // Release, pairs with the load above.
            self.look.store(block.as_ptr(), Ordering::Release);
        }
        Some(object)
    }

    /// Puts a block in front of the others, for everybody to use.
    ///
    /// # Safety
    ///
    /// The block is whole, is in no list, and stays as long as this one is used.
    #[cfg(feature = "alloc")]
    #[allow(deprecated, reason = "newer compilers know it as `try_update`, which Rust 1.85 lacks")]
    pub(crate) unsafe fn push(&self, block: NonNull<Front>) {
        // Release, pairs with `first`, also for the pushes before: they and this are one release sequence.
        // Tries again after another push only.
        let _ = self.first.fetch_update(Ordering::Release, Ordering::Relaxed, |first| {
            // SAFETY: ours, until the update.
            unsafe { (*block.as_ptr()).next = first };
            Some(block.as_ptr())
        });
        // Release, pairs with the load in `claim`: there are free ones here.
        self.look.store(block.as_ptr(), Ordering::Release);
    }
}

/// Returns this block and those behind it.
fn from(block: *mut Front) -> impl Iterator<Item = NonNull<Front>> {
    // SAFETY: blocks of a list stay as long as it does, and `next` doesn't change.
    iter::successors(NonNull::new(block), |block| NonNull::new(unsafe { (*block.as_ptr()).next }))
}

/// Takes a free object of a block, and returns its address, by a pointer to the whole block.
pub(crate) fn claim_in(block: NonNull<Front>) -> Option<NonNull<u8>> {
    for word in 0..BIT_WORDS {
        let taken = taken(block.as_ptr(), word);
        let mut seen = taken.load(Ordering::Relaxed); // Relaxed: the step below decides
        while seen != usize::MAX {
            let bit = !seen & seen.wrapping_add(1);
            // Acquire, pairs with `give_back`: the last owner is done with it, and it is run down.
            seen = taken.fetch_or(bit, Ordering::Acquire);
            if seen & bit == 0 {
                let number = word * BITS + bit.trailing_zeros() as usize;
                // SAFETY: the word before a word of row 0, and less than a word further, as the shape says.
                return Some(unsafe {
                    let kind = (*block.as_ptr()).shape.kind();
                    block.cast::<u8>().add(number * WORD + kind)
                });
            }
        }
    }
    None
}

/// Gives an object back that was taken, and that is run down.
///
/// # Safety
///
/// The column is named by a pointer that may be used for the whole block.
pub(crate) unsafe fn give_back(object: Column<'_>) {
    let taken = taken(object.front(), object.number() / BITS);
    // Release, pairs with `claim_in`.
    taken.fetch_and(!object.bit(), Ordering::Release);
}

/// Returns whether somebody has the object; a look, which promises nothing about the next moment.
///
/// # Safety
///
/// As [`give_back`].
pub(crate) unsafe fn is_taken(object: Column<'_>) -> bool {
    // Relaxed: who has the object knows it, and for others it is a look.
    let taken = taken(object.front(), object.number() / BITS);
    taken.load(Ordering::Relaxed) & object.bit() != 0
}

/// Returns a word of the block's bits, without a reference to anything else.
fn taken<'a>(front: *mut Front, word: usize) -> &'a AtomicUsize {
    debug_assert!(word < BIT_WORDS);
    // SAFETY: callers have a block, and one of its words. It stays as long as they use it.
    unsafe { &*(&raw const (*front).taken).cast::<AtomicUsize>().add(word) }
}

//! A column of a block: the words of one object, by its address.

use crate::cache_line::CACHE_LINE;
use crate::limits::POOL_ALIGNMENT;
use crate::pool_block::{BIT_WORDS, BITS, Front, Head, STEP, WORD};
use crate::slot_set::SlotSet;
use crate::sync::{AtomicUsize, Ordering};
use crate::words::Outstanding;
use crate::words::Slot;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// The words of an object of a pool. No reference to more than a word is ever made here: a releaser that is
/// on its way out when the block is freed has promised nothing about the other bytes.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    /// What [`pool_block`](crate::pool_block) calls the object's address.
    address: NonNull<u8>,
    block: PhantomData<&'a AtomicUsize>,
}

impl Column<'_> {
    /// Names the object at `address`.
    ///
    /// # Safety
    ///
    /// It is the address of an object of a block, which stays for the lifetime, and the pointer may be used
    /// for all of the block that lies behind it.
    #[inline]
    pub(crate) const unsafe fn new(address: NonNull<u8>) -> Self {
        Self { address, block: PhantomData }
    }
}

impl<'a> Column<'a> {
    #[inline]
    fn kind(self) -> usize {
        self.address.addr().get() % WORD
    }

    /// Returns the number of the object's bit.
    #[inline]
    pub(crate) fn number(self) -> usize {
        self.address.addr().get() % POOL_ALIGNMENT / WORD
    }

    #[inline]
    pub(crate) fn bit(self) -> usize {
        1 << (self.number() % BITS)
    }

    #[inline]
    fn head(self) -> *mut Head {
        let head = self.kind() * STEP;
        self.address.as_ptr().map_addr(|at| (at & !(POOL_ALIGNMENT - 1)) + head).cast()
    }

    #[inline]
    pub(crate) fn outstanding(self) -> &'a Outstanding {
        // SAFETY: the word behind the one that the address lies in.
        unsafe { self.address.byte_add(WORD - self.kind()).cast().as_ref() }
    }

    /// Returns the word of hints that has the object's bit.
    #[inline]
    fn hint(self) -> &'a AtomicUsize {
        debug_assert!(self.number() < BIT_WORDS * BITS);
        // SAFETY: the head is there (`new`), and has a bit for each number that an object can have.
        unsafe {
            &*(&raw const (*self.head()).hints).cast::<AtomicUsize>().add(self.number() / BITS)
        }
    }

    /// Returns the number of bytes from the address to the end of the block.
    #[inline]
    pub(crate) fn bytes_behind(self) -> usize {
        let stride = self.kind() * STEP - CACHE_LINE;
        (self.len() + 1) * stride + 2 * CACHE_LINE - self.address.addr().get() % POOL_ALIGNMENT
    }

    /// Takes the words, and the number of slots, for something else: see `reclaim`.
    ///
    /// # Safety
    ///
    /// Nobody uses the object any more, nor the others of its block.
    #[cfg(rundown_loom)]
    pub(crate) unsafe fn reclaim(self) {
        let take = |word: *const AtomicUsize| {
            // SAFETY: the caller's promise.
            unsafe { (*word.cast_mut()).with_mut(|_| ()) }
        };
        (0..self.len()).for_each(|slot| take(&raw const self.at(slot).0));
        take(&raw const self.outstanding().0);
        take(self.hint());
        // SAFETY: the head is there.
        take(unsafe { &raw const (*self.head()).slots });
    }

    /// Returns the beginning of the block that has the object, which the pointer need not be good for.
    pub(crate) fn front(self) -> *mut Front {
        self.address.as_ptr().map_addr(|at| at & !(POOL_ALIGNMENT - 1)).cast()
    }
}

impl<'a> SlotSet<'a> for Column<'a> {
    #[inline]
    fn len(self) -> usize {
        // SAFETY: the head is there (`new`); the number never changes.
        #[cfg(not(rundown_loom))]
        let slots = unsafe { (*self.head()).slots };
        // SAFETY: as above. Relaxed: never changes.
        #[cfg(rundown_loom)]
        let slots = unsafe { &*self.head() }.slots.load(Ordering::Relaxed);
        slots
    }

    #[inline]
    fn at(self, index: usize) -> &'a Slot {
        let (kind, stride) = (self.kind(), self.kind() * STEP - CACHE_LINE);
        // The first is there before the index is known: then a multiplication and an addition are left.
        // SAFETY: row 1 has a word for each object, one row and a head behind that of row 0; so has row
        // `index + 1`.
        unsafe {
            let first = self.address.byte_add(WORD - kind + CACHE_LINE + stride);
            first.byte_add(index * stride).cast().as_ref()
        }
    }

    #[inline]
    fn swept(self) -> Option<bool> {
        // Relaxed: a stale "live" is corrected by the add. There is no stale "refused" for who knows of the
        // reset: each `stop` happens before the `go_on` of its round's end, see `docs/guide/protocol.md`. The line
        // serves all objects of a block, so it stays in the cache when many are in use.
        Some(self.hint().load(Ordering::Relaxed) & self.bit() != 0)
    }

    #[inline]
    fn stop(self) -> usize {
        // Relaxed: before the end of the sweep, whose Release a reset acquires.
        self.hint().fetch_or(self.bit(), Ordering::Relaxed);
        0
    }

    #[inline]
    fn go_on(self) {
        // Relaxed: before the clearing of slot 0, whose Release the next sweep acquires.
        self.hint().fetch_and(!self.bit(), Ordering::Relaxed);
    }
}

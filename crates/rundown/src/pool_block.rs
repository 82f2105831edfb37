//! A block of a pool: rows of words, of which each object takes a column.
//!
//! ```text
//! base, a multiple of 4096
//! | what who takes and gives back needs |
//! | outstanding of object 0 | of object 1 | of object 2 | ...     row 0
//! | what who acquires needs: hints, shape |
//! | slot 0 of object 0      | of object 1 | of object 2 | ...     row 1: all that core 0 writes
//! | slot 1 of object 0      | ...                                 row 2: all that core 1 writes
//! ```
//!
//! Each row has cache lines of its own, so no two cores write to the same one, whichever objects they use.
//! Zeroed words are live objects without holds.
//!
//! # All from one address
//!
//! An object's address is that of the last word *before* its outstanding word, plus the *kind* of its block,
//! which fits into the bits that are always zero in the address of a word. Rows have `4 * kind - 1` cache
//! lines, and row 0 ends before the first 4096 bytes do. So base, head and slots follow from the address without
//! a look at memory: on the way to a slot no load waits for another one. (A distance between rows
//! that is read from the head made pairs on 100,000 objects a sixth slower.)
//!
//! Everything that an operation touches lies behind the object's address: a reference to an object covers
//! it, see `pooled`.

use crate::cache_line::{CACHE_LINE, CacheLine};
use crate::error::InitError;
use crate::limits::{MAX_SLOTS, POOL_ALIGNMENT};
use crate::sync::AtomicUsize;
use crate::words::Slot;
use core::alloc::Layout;
use core::mem::offset_of;
use core::ptr::{self, NonNull};

/// Bytes of a word.
pub(crate) const WORD: usize = size_of::<Slot>();
pub(crate) const BITS: usize = usize::BITS as usize;
/// Objects that a cache line of a row has words for.
pub(crate) const IN_A_LINE: usize = CACHE_LINE / WORD;
/// The bit of the first object: bits are numbered as the words from the base on, by objects' addresses.
pub(crate) const FIRST: usize = IN_A_LINE - 1;
/// Words of bits, one bit for each object: with one word more they fill 64 bytes at most.
pub(crate) const BIT_WORDS: usize = (FIRST + MAX_POOL_BLOCK).div_ceil(BITS);
/// Bytes by which a row of one kind is longer than that of the kind before.
pub(crate) const STEP: usize = 4 * CACHE_LINE;
/// Kinds are from 1 to this: as many as an address has bits for, and as row 0 has place for.
const KINDS: usize = if cfg!(rundown_loom) {
    1
} else if WORD > POOL_ALIGNMENT / STEP {
    POOL_ALIGNMENT / STEP
} else {
    WORD - 1
};

/// Most objects of a block. On 64-bit targets 432, where a [`CACHE_LINE`] has 128 bytes, 216 with 64, and 480 with
/// 256; on 32-bit ones 176. The longest rows have 27 of these lines, with 256 bytes 15, and on 32-bit targets 11.
/// ```
/// # struct ThisCore;
/// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
/// use rundown::{MAX_POOL_BLOCK, SlotPool};
///
/// // Up to that many objects, a pool in your memory is one block.
/// let one = SlotPool::<ThisCore>::layout(4, MAX_POOL_BLOCK)?;
/// let two = SlotPool::<ThisCore>::layout(4, MAX_POOL_BLOCK + 1)?;
/// assert!(one.size() < two.size());
/// # Ok::<(), rundown::InitError>(())
/// ```
pub const MAX_POOL_BLOCK: usize = (4 * KINDS - 1) * IN_A_LINE;

/// The beginning of a block: which objects are taken.
#[repr(C)]
pub(crate) struct Front {
    /// As large as a line, and aligned to one.
    _line: [CacheLine<()>; 0],
    /// One bit an object: somebody has it. Bits without an object are set, too.
    pub(crate) taken: [AtomicUsize; BIT_WORDS],
    /// The block behind this one. Never changes once others know of this one.
    pub(crate) next: *mut Front,
    /// Never changes.
    pub(crate) shape: Shape,
}

/// Behind row 0: what every acquire and release reads.
#[repr(C)]
pub(crate) struct Head {
    /// As large as a line, and aligned to one.
    _line: [CacheLine<()>; 0],
    /// One bit an object: a sweep has marked all its slots, and no reset has cleared them since.
    pub(crate) hints: [AtomicUsize; BIT_WORDS],
    /// How many slots each object has. Never changes.
    pub(crate) slots: Fixed,
}

/// A number that never changes. For loom a word that it watches, to see who reads it in freed memory.
#[cfg(not(rundown_loom))]
pub(crate) type Fixed = usize;
#[cfg(rundown_loom)]
pub(crate) type Fixed = AtomicUsize;

/// The numbers of a block.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    slots: u32,
    objects: u16,
    kind: u16,
}

impl Shape {
    /// Returns the shape of a block of `objects` objects, at most [`MAX_POOL_BLOCK`], with `slots` slots, at
    /// most [`MAX_SLOTS`]; at least one of each.
    pub(crate) const fn new(slots: usize, objects: usize) -> Self {
        assert!(slots >= 1 && slots <= MAX_SLOTS && objects >= 1 && objects <= MAX_POOL_BLOCK);
        let kind = (objects.div_ceil(IN_A_LINE) + 1).div_ceil(4);
        Self { slots: slots as u32, objects: objects as u16, kind: kind as u16 }
    }

    /// Returns how many objects the next block of a pool has that has so many: at most a twelfth as many, so
    /// that no more than that are there for nobody, but as many as fill the shortest rows.
    #[cfg(feature = "alloc")]
    pub(crate) const fn next_objects(objects: usize) -> usize {
        if cfg!(rundown_loom) {
            return 2;
        }
        let kind = (objects / 12 / IN_A_LINE + 1) / 4;
        let kind = if kind < 1 { 1 } else { kind };
        (4 * (if kind < KINDS { kind } else { KINDS }) - 1) * IN_A_LINE
    }

    /// Returns the bytes from row to row. An odd number of cache lines spreads an object's slots over half of
    /// a cache's sets; a power of two would put them into a few, and a drain goes through all of them.
    pub(crate) const fn stride(self) -> usize {
        self.kind() * STEP - CACHE_LINE
    }

    /// Returns the memory that the block needs.
    pub(crate) const fn layout(self) -> Result<Layout, InitError> {
        let too_many = Err(InitError::ObjectCount { objects: self.objects() });
        let Some(rows) = (self.slots as usize + 1).checked_mul(self.stride()) else {
            return too_many;
        };
        match Layout::from_size_align(rows + 2 * CACHE_LINE, POOL_ALIGNMENT) {
            Ok(layout) => Ok(layout),
            Err(_) => too_many,
        }
    }

    pub(crate) const fn objects(self) -> usize {
        self.objects as usize
    }

    pub(crate) const fn kind(self) -> usize {
        self.kind as usize
    }
}

impl Head {
    #[cfg(not(rundown_loom))]
    pub(crate) const fn new(shape: Shape) -> Self {
        Self {
            _line: [],
            hints: [const { AtomicUsize::new(0) }; BIT_WORDS],
            slots: shape.slots as usize,
        }
    }

    #[cfg(rundown_loom)]
    pub(crate) fn new(shape: Shape) -> Self {
        let slots = AtomicUsize::new(shape.slots as usize);
        Self { _line: [], hints: core::array::from_fn(|_| AtomicUsize::new(0)), slots }
    }
}

impl Front {
    /// Makes the beginning of a block whose objects are all free.
    #[cfg(not(rundown_loom))]
    pub(crate) const fn new(shape: Shape, next: *mut Self) -> Self {
        let mut taken = [const { AtomicUsize::new(0) }; BIT_WORDS];
        let mut word = 0;
        while word < BIT_WORDS {
            taken[word] = AtomicUsize::new(outside(word, shape.objects()));
            word += 1;
        }
        Self { _line: [], taken, next, shape }
    }

    /// Makes the beginning of a block whose objects are all free.
    #[cfg(rundown_loom)]
    pub(crate) fn new(shape: Shape, next: *mut Self) -> Self {
        let taken = |word| AtomicUsize::new(outside(word, shape.objects()));
        Self { _line: [], taken: core::array::from_fn(taken), next, shape }
    }

    /// Makes a block in memory whose bytes are zero.
    ///
    /// # Safety
    ///
    /// The memory of `shape.layout()` at `at` is valid for reads and writes, and nobody else's.
    pub(crate) unsafe fn write(
        at: NonNull<u8>,
        shape: Shape,
        next: Option<NonNull<Self>>,
    ) -> NonNull<Self> {
        let next = next.map_or(ptr::null_mut(), NonNull::as_ptr);
        // SAFETY: in the memory that the caller vouches for, aligned as its layout says.
        unsafe {
            at.cast().write(Self::new(shape, next));
            at.add(CACHE_LINE + shape.stride()).cast().write(Head::new(shape));
        }
        #[cfg(rundown_loom)]
        for row in 0..=shape.slots as usize {
            let start = CACHE_LINE + row * shape.stride() + if row == 0 { 0 } else { CACHE_LINE };
            for object in 0..shape.objects() {
                // SAFETY: as above; row 0 lies before the head, the others behind.
                unsafe { at.add(start + object * WORD).cast().write(Slot::new(false)) };
            }
        }
        at.cast()
    }
}

/// Returns the bits of word `word` that no object has.
const fn outside(word: usize, objects: usize) -> usize {
    let (mut bits, mut bit) = (0, 0);
    while bit < BITS {
        let number = word * BITS + bit;
        if number < FIRST || number >= FIRST + objects {
            bits |= 1 << bit;
        }
        bit += 1;
    }
    bits
}

const _: () = assert!(size_of::<Front>() == CACHE_LINE && size_of::<Head>() == CACHE_LINE);
// Who acquires reads 64 bytes of the head, or of lines with 256 bytes one.
const _: () = assert!(offset_of!(Head, slots) < 64 || CACHE_LINE > 128);
// Row 0 ends before the next multiple.
const _: () = assert!(CACHE_LINE + MAX_POOL_BLOCK * WORD <= POOL_ALIGNMENT);

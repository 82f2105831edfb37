//! The types of the interface. Their C side stands in `cbindgen.toml` or is generated from here.

use core::ffi::{c_char, c_int, c_void};

/// `unsigned char`: [`TRUE`] or [`FALSE`].
pub type BOOLEAN = u8;
/// 32 bits everywhere, as on Windows, also where C's `unsigned long` has 64.
pub type ULONG = u32;
/// `size_t`.
pub type SIZE_T = usize;
/// Windows' kind of memory; handed on to the allocator, which may ignore it.
pub type POOL_TYPE = c_int;

/// The value of a `BOOLEAN` that says yes.
pub const TRUE: BOOLEAN = 1;
/// The value of a `BOOLEAN` that says no.
pub const FALSE: BOOLEAN = 0;

/// What `Count` is in the initialiser of an object that is run down from the start.
pub const EX_RUNDOWN_ACTIVE: usize = 1;

/// Run-down protection with one counter for all cores. Only the routines touch it, but for its initialisation.
///
/// The caller provides it (a global, a field, a local). It is live when it is zeroed, or initialised with
/// EX_RUNDOWN_REF_INIT or by ExInitializeRundownProtection, and run down from the start with
/// EX_RUNDOWN_REF_INIT_RUN_DOWN or `{ .Count = EX_RUNDOWN_ACTIVE }`. It must not be copied or moved after
/// the first call. There is nothing to free: when it is run down, its memory may go.
#[repr(C)]
pub struct _EX_RUNDOWN_REF {
    /// 0, or EX_RUNDOWN_ACTIVE, in an initialiser. Afterwards not for callers.
    pub Count: usize,
    /// Not for callers. 0 in an initialiser.
    pub Opaque: [usize; 2],
}

/// Its name without `struct`.
pub type EX_RUNDOWN_REF = _EX_RUNDOWN_REF;

/// Points to an object with one counter for all cores.
pub type PEX_RUNDOWN_REF = *mut EX_RUNDOWN_REF;

/// Run-down protection with a counter for each core, on cache lines of their own. Opaque; its size
/// is known at run time only, from ExSizeOfRundownProtectionCacheAware.
pub struct _EX_RUNDOWN_REF_CACHE_AWARE {
    _opaque: [u8; 0],
}

/// Its name without `struct`.
pub type EX_RUNDOWN_REF_CACHE_AWARE = _EX_RUNDOWN_REF_CACHE_AWARE;

/// Points to an object with a counter for each core: to the buffer that was given to
/// ExInitializeRundownProtectionCacheAware, or to what ExAllocateCacheAwareRundownProtection returned.
pub type PEX_RUNDOWN_REF_CACHE_AWARE = *mut EX_RUNDOWN_REF_CACHE_AWARE;

/// A pool of run-down objects in the caller's memory. Opaque; its size is known at run time only, from
/// RundownSizeOfPool.
pub struct _RUNDOWN_POOL {
    _opaque: [u8; 0],
}

/// Its name without `struct`.
pub type RUNDOWN_POOL = _RUNDOWN_POOL;

/// Points to a pool: to the buffer that was given to RundownInitializePool.
pub type PRUNDOWN_POOL = *mut RUNDOWN_POOL;

/// Run-down protection with a counter for each core, in memory that the objects of a pool share. Opaque.
pub struct _EX_RUNDOWN_REF_POOLED {
    _opaque: [u8; 0],
}

/// Its name without `struct`.
pub type EX_RUNDOWN_REF_POOLED = _EX_RUNDOWN_REF_POOLED;

/// Names an object of a pool: what RundownTakeFromPool returned. A handle, and not aligned.
pub type PEX_RUNDOWN_REF_POOLED = *mut EX_RUNDOWN_REF_POOLED;

/// What a kernel provides. It defines one constant of this type, named `rundown_platform`, when it
/// links a library that was built without feature `std`. (The library for programs needs none.)
///
/// Functions that may be NULL say so. All of them may be called on any core.
#[repr(C)]
pub struct _RUNDOWN_PLATFORM {
    /// Returns how many slots a cache-aware object or one of a pool gets: best as many as cores. From 1
    /// to 65,536 (256 on 32-bit targets); other values are taken for the nearest of these. Must not
    /// change between SizeOf and Initialize of an object or a pool. NULL only in a kernel that makes
    /// neither.
    pub slot_count: Option<unsafe extern "C" fn() -> SIZE_T>,
    /// Returns which slot to use now: the index of the current core. Any value is correct, also one
    /// that is out of date at once, because slots are taken modulo their number; a poor one only
    /// costs time. Called by every cache-aware and pooled acquire and release, at their level. NULL only
    /// if `slot_count` may be.
    pub current_slot: Option<unsafe extern "C" fn() -> SIZE_T>,
    /// Allocates `size` bytes, aligned to a pointer at least; NULL if there are none. NULL: the
    /// kernel has no allocator, and ExAllocateCacheAwareRundownProtection returns NULL.
    pub allocate:
        Option<unsafe extern "C" fn(pool: POOL_TYPE, size: SIZE_T, tag: ULONG) -> *mut c_void>,
    /// Frees what `allocate` returned, with the size and the tag of that call. NULL only if
    /// `allocate` is.
    pub free: Option<unsafe extern "C" fn(memory: *mut c_void, size: SIZE_T, tag: ULONG)>,
    /// Sleeps until `ready(context)` returns TRUE, or returns earlier for any reason: it is called
    /// again then. Must not miss a `wake` with the same address that comes after `ready` was called.
    /// NULL: waiting spins.
    pub wait: Option<
        unsafe extern "C" fn(
            address: *const c_void,
            ready: Option<unsafe extern "C" fn(context: *mut c_void) -> BOOLEAN>,
            context: *mut c_void,
        ),
    >,
    /// Wakes everybody who sleeps at `address`, which must not be dereferenced: the memory may be
    /// gone already. Called by the last release of a run-down, and by Wait and ReInitialize when they
    /// have changed what others wait for, at their level. NULL only if `wait` is.
    pub wake: Option<unsafe extern "C" fn(address: *const c_void)>,
    /// Reports a caller's mistake, a line of text that ends in a newline, and ends the system. Must
    /// not return: the calling core would loop for ever.
    pub fatal: Option<unsafe extern "C" fn(message: *const c_char)>,
}

/// Its name without `struct`.
pub type RUNDOWN_PLATFORM = _RUNDOWN_PLATFORM;

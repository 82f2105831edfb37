//! Where no kernel writes the processor's index into a thread's memory, or nobody knows where.

/// Returns the index of the processor that the thread runs on: unknown here.
#[inline]
pub(crate) fn processor() -> Option<usize> {
    None
}

/// As [`processor`].
#[inline]
pub(crate) fn processor_at_once() -> Option<usize> {
    None
}

/// Has nothing to remember.
pub(crate) fn remember() {}

/// Returns the highest index of a processor that is online: of no use here.
pub(crate) fn last_online() -> Option<usize> {
    None
}

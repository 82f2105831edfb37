//! A slot for each processor, for programs with `std`.

use crate::cache_aware::CurrentSlot;
use crate::rseq;
use crate::thread::ThreadSlot;

/// Gives the processor that the thread runs on, where the system says it for the price of two loads.
///
/// That is Linux with glibc 2.35 or later, on x86-64 and AArch64: glibc registers an area with the
/// kernel for each thread, and the kernel keeps the processor's index there (restartable sequences,
/// rseq). Everywhere else, also where `GLIBC_TUNABLES=glibc.pthread.rseq=0` says no, it is [`ThreadSlot`].
///
/// With more threads than processors, or threads that come and go, this is the better choice of the two:
/// threads share a slot only when they share a processor, so they don't write it at the same time.
/// [`slot_count`](Self::slot_count) tells how many slots an object needs for that. It may be asked in a
/// signal handler and in the destructor of a thread's variable.
///
/// It is not the default of any type: with one thread a processor a pair took up to 6 % more than with
/// [`ThreadSlot`], and with two threads a processor 25 to 40 % less (two x86-64 hosts, docs/performance.md).
///
/// ```
/// use rundown::{Blocking, CacheAwareRundownRef, ProcessorSlot, Rundown};
///
/// let slots = ProcessorSlot::slot_count();
/// let object = CacheAwareRundownRef::<ProcessorSlot, Blocking>::boxed(slots).unwrap();
/// drop(object.try_acquire().unwrap());
/// object.wait();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ProcessorSlot;

impl CurrentSlot for ProcessorSlot {
    #[inline]
    fn current_slot() -> usize {
        match rseq::processor() {
            Some(processor) => processor,
            None => ThreadSlot::current_slot(),
        }
    }

    /// `None` also until [`slot_count`](ProcessorSlot::slot_count) was called.
    #[inline]
    fn at_once() -> Option<usize> {
        rseq::processor_at_once()
    }
}

impl ProcessorSlot {
    /// Returns how many slots give every processor one of its own: the highest index of a processor
    /// that is online now, plus one. See the example of [`ProcessorSlot`].
    ///
    /// Neither the affinity of the caller nor a quota counts. They limit how much runs, not where: the
    /// processors 62 and 63 of 64 need 64 slots, or a number in which they don't fall together; and
    /// another thread may be allowed elsewhere. Processors that a machine could have, but has not, don't
    /// count either: a virtual machine may announce hundreds, and each would cost an object a cache line.
    /// One that comes later shares a slot, which costs time only.
    ///
    /// It reads a file, so ask once. Where no system tells a thread's processor, it is the standard
    /// library's `available_parallelism`.
    #[must_use]
    pub fn slot_count() -> usize {
        rseq::remember();
        match rseq::last_online() {
            Some(last) => last.saturating_add(1),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

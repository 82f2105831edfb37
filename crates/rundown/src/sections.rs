//! Additions without a lock prefix: restartable sequences of Linux, on x86-64.
//!
//! A section is a few instructions that end with one store. If the thread is preempted, moved to another
//! processor or interrupted by a signal before that store, the kernel lets it go on at the section's
//! abort handler instead. So the processor's counter is read and written by one thread at a time, and a
//! plain store is enough.
//!
//! Sources: Linux's include/uapi/linux/rseq.h (the area, and `struct rseq_cs`), tools/testing/selftests/rseq
//! (how a section is written on x86-64), kernel/sched/membarrier.c, and the manual's membarrier(2).
//!
//! # Threads that must not come here
//!
//! One that was made by `clone` with the memory and the thread pointer of another, such as the child of
//! `vfork`: it would take the other's area for its own, but the kernel has none for it. POSIX allows such a
//! child `exec` and `_exit` only.

use crate::cache_line::CACHE_LINE;
use crate::outcome::Added;
use crate::rseq;
use crate::sync::AtomicUsize;
use crate::unlocked::Unlocked;
use core::arch::asm;
use core::sync::atomic::Ordering;

/// Bytes from the thread pointer to the area's `cpu_id`; or [`UNKNOWN`] or [`NONE`], as in `rseq`.
static FIELD: AtomicUsize = AtomicUsize::new(UNKNOWN);
/// Not asked yet.
const UNKNOWN: usize = 0;
/// There are no sections in this process: no area, or nothing that restarts them.
const NONE: usize = 1;

/// Bytes from `cpu_id` to `rseq_cs`, the address of the section's descriptor.
const DESCRIPTOR: usize = 4;
/// What the kernel finds before an abort handler, because glibc has registered it: `RSEQ_SIG` of
/// <sys/rseq.h>. With the three bytes before it, it is an instruction that nobody executes.
const SIGNATURE: u32 = 0x5305_3053;

/// What the section leaves when it has not added, and the mark is the reason or is not.
const MARKED: isize = -2;
const NOT: isize = -1;

/// Adds `amount` to the counter of the processor that the thread runs on, unless the mark is not zero.
///
/// Counter `n` lies `n` cache lines after the first one. Wait-free: whatever comes in between ends it, with
/// [`Added::Not`]. It may be called in a signal handler that interrupts another call.
///
/// # Ordering
///
/// On x86-64: what the thread did before is visible to whoever sees the addition, and who cleared the
/// mark did before it all that the thread sees of him afterwards. Loads are in order, and so are stores
/// (Intel SDM 3A, "Memory Ordering in P6 and More Recent Processor Families").
///
/// # Safety
///
/// `mark` is valid for reads. `count` counters lie after `first`, valid for writes, at multiples of
/// [`CACHE_LINE`]; and no one but this function adds to them.
#[inline]
pub(crate) unsafe fn add(
    first: *const Unlocked,
    count: usize,
    mark: *const AtomicUsize,
    amount: isize,
) -> Added {
    // Relaxed: the same value by whomever it is stored, and nothing else hangs on it.
    let mut field = FIELD.load(Ordering::Relaxed);
    if field <= NONE {
        match find(field) {
            Some(found) => field = found,
            None => return Added::Not,
        }
    }
    let way: isize;
    // SAFETY: `find` saw that glibc has areas, and every thread has its own. Words are read and written
    // where the caller says that they are. All ways end where the block ends, also the abort handler's: the
    // kernel changes where the thread goes on, and leaves all other registers as they were. What the section
    // changes besides is the area's `rseq_cs`, which is for this purpose.
    unsafe {
        asm!(
            // struct rseq_cs: version and flags; start, length and abort handler of the section.
            ".pushsection __rseq_cs, \"aw\", @progbits",
            ".balign 32",
            "2:",
            ".long 0, 0",
            ".quad 3f, 4f - 3f, 5f",
            ".popsection",
            // Enter: from the next instruction on the kernel restarts us.
            "lea {word}, [rip + 2b]",
            "mov qword ptr fs:[{field} + {descriptor}], {word}",
            "3:",
            // Which counter? A thread without an area has a negative number, so a large one.
            "mov {word:e}, dword ptr fs:[{field}]",
            "cmp {word}, {count}",
            "jae 5f",
            // The mark is read inside: either the drain sees our store, or we are restarted.
            "cmp qword ptr [{mark}], 0",
            "jne 6f",
            "shl {word}, {shift}",
            "mov {sum}, qword ptr [{first} + {word}]",
            "add {sum}, {amount}",
            "jo 5f",
            // Commit: this store is the addition, and the section's end.
            "mov qword ptr [{first} + {word}], {sum}",
            "4:",
            // The kernel must not look for the descriptor when its library has been unloaded.
            "mov qword ptr fs:[{field} + {descriptor}], 0",
            ".pushsection __rseq_failure, \"ax\", @progbits",
            ".byte 0x0f, 0xb9, 0x3d",
            ".long {signature}",
            "5:",
            "mov qword ptr fs:[{field} + {descriptor}], 0",
            "mov {word}, {not}",
            "jmp 7f",
            "6:",
            "mov qword ptr fs:[{field} + {descriptor}], 0",
            "mov {word}, {marked}",
            "jmp 7f",
            ".popsection",
            "7:",
            field = in(reg) field,
            first = in(reg) first,
            count = in(reg) count,
            mark = in(reg) mark,
            amount = in(reg) amount,
            word = out(reg) way,
            sum = out(reg) _,
            descriptor = const DESCRIPTOR,
            shift = const CACHE_LINE.ilog2(),
            signature = const SIGNATURE,
            not = const NOT,
            marked = const MARKED,
            options(nostack),
        );
    }
    // The usual way leaves the counter's distance from the first one, which no object's size exceeds.
    if way >= 0 {
        return Added::Done;
    }
    seldom();
    if way == MARKED { Added::Marked } else { Added::Not }
}

/// Tells the compiler that its caller seldom comes here, so that the usual way goes straight on.
#[cold]
#[inline]
fn seldom() {}

/// Makes sure that no section that was begun before will still add, unless it has seen all that this
/// thread has written: a mark, for instance. What sections have added is visible afterwards.
///
/// # Panics
///
/// When the system refuses what it has offered before: then nobody could say how many holds there are.
pub(crate) fn restart() {
    // Asked here as well: if there are no sections now, there never will be.
    if !there() {
        return;
    }
    let mut result = membarrier(RESTART);
    if result == EPERM {
        membarrier(REGISTER);
        result = membarrier(RESTART);
    }
    assert!(
        result == 0,
        "membarrier(2) is refused (error {}) though it was offered when this process first asked, so nobody knows \
         who still holds a restartable object; set up seccomp filters earlier, let membarrier pass, or use \
         CacheAwareRundownRef",
        -result
    );
}

/// Registers the process, which [`restart`] would do otherwise: with several threads the kernel waits for
/// all processors to come by.
pub(crate) fn prepare() {
    if there() {
        membarrier(REGISTER); // `restart` tells if it is refused
    }
}

/// Returns whether there are sections.
fn there() -> bool {
    let known = FIELD.load(Ordering::Relaxed);
    known > NONE || find(known).is_some()
}

/// Returns where the area's `cpu_id` is, unless there are no sections. All threads get the same answer.
#[cold]
fn find(known: usize) -> Option<usize> {
    let mut field = known;
    if field == UNKNOWN {
        let offered = membarrier(QUERY);
        let offered = offered > 0 && offered & (RESTART | REGISTER) == RESTART | REGISTER;
        field = if offered { rseq::field().unwrap_or(NONE) } else { NONE };
        // The first answer counts: a drain that found no sections has not restarted any.
        let order = Ordering::Relaxed;
        field = match FIELD.compare_exchange(UNKNOWN, field, order, order) {
            Ok(_) => field,
            Err(earlier) => earlier,
        };
    }
    (field != NONE).then_some(field)
}

/// MEMBARRIER_CMD_QUERY: which commands are there?
const QUERY: isize = 0;
/// MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, since Linux 5.10.
const RESTART: isize = 1 << 7;
/// MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ: once a process, before the first of the other.
const REGISTER: isize = 1 << 8;
/// The answer of a process that has not registered.
const EPERM: isize = -1;

/// Calls membarrier(2), and returns its result, or the error's number below zero.
///
/// Not by the C library, which would change `errno` under a signal handler's feet.
fn membarrier(command: isize) -> isize {
    const NUMBER: isize = 324; // arch/x86/entry/syscalls/syscall_64.tbl
    let result;
    // SAFETY: the call reads and writes no memory of ours. The kernel keeps all registers but these three
    // (System V ABI, x86-64 supplement, "Linux Conventions").
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") NUMBER => result,
            in("rdi") command,
            in("rsi") 0, // no flags
            in("rdx") 0, // no single processor
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack, preserves_flags),
        );
    }
    result
}

// In a static executable `dlsym`, by which the tests know what to expect, finds nothing.
#[cfg(all(test, not(target_feature = "crt-static")))]
#[path = "sections_tests.rs"]
mod tests;

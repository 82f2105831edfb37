//! The area that glibc registers with Linux for every thread: which processor the thread runs on.
//!
//! Sources: the GNU C Library manual, "Restartable Sequences", for the two symbols (2.35 and later), and
//! Linux's include/uapi/linux/rseq.h for the fields.
//!
//! The symbols are asked for weakly, so that a program links and starts with a C library that has none.
//! Not with `dlsym`: that takes locks, and the first acquire of a program may be a signal handler's.

use core::arch::asm;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Bytes from the thread pointer to the field `cpu_id` of the area, the same in every thread; or
/// [`UNKNOWN`] or [`NONE`]. The field is aligned to 4 bytes and lies above or below the pointer.
static FIELD: AtomicUsize = AtomicUsize::new(UNKNOWN);
/// Not asked yet. It can't be the field's place: the thread pointer points at glibc's own words.
const UNKNOWN: usize = 0;
/// There is no area. It can't be the field's place, for that is a multiple of 4.
const NONE: usize = 1;

/// Where `cpu_id` lies in `struct rseq`.
const CPU_ID: usize = 4;

/// Returns the index of the processor that the thread runs on, if the kernel tells.
///
/// It may be out of date when it is used: the thread can be moved at any moment.
#[inline]
pub(crate) fn processor() -> Option<usize> {
    let field = field()?;
    // SAFETY: `find` saw that glibc has areas in this process, and every thread has its own.
    let processor = unsafe { cpu_id(field) };
    // Negative: this thread's registration failed or has not been made (-2, -1), says the header.
    usize::try_from(processor as i32).ok()
}

/// Returns how many bytes the field `cpu_id` lies after the thread pointer, in every thread, if there is
/// an area.
#[inline]
pub(crate) fn field() -> Option<usize> {
    // Relaxed: the same value by whomever it is stored, and nothing else hangs on it.
    match FIELD.load(Ordering::Relaxed) {
        known @ ..=NONE => find(known),
        field => Some(field),
    }
}

/// Returns where the field is, unless there is none, and keeps it for the next time.
#[cold]
fn find(known: usize) -> Option<usize> {
    if known == NONE {
        return None;
    }
    let (offset, size) = symbols();
    // SAFETY: an address that is not null is that of glibc's constant, which has this type
    // (`ptrdiff_t`, `unsigned int`) and is written before any code of the program runs.
    let (offset, size) = match unsafe { (offset.as_ref(), size.as_ref()) } {
        (Some(offset), Some(size)) => (*offset, *size),
        _ => (0, 0),
    };
    // The size is 0 where the registration was switched off or refused, says the manual; and no area
    // without `cpu_id` has ever been.
    let there = size != 0;
    let field = if there { offset.wrapping_add(CPU_ID) } else { NONE };
    FIELD.store(field, Ordering::Relaxed);
    there.then_some(field)
}

/// Returns the addresses of `__rseq_offset` and `__rseq_size`, null where the C library has none.
#[cfg(target_arch = "x86_64")]
fn symbols() -> (*const usize, *const u32) {
    let (offset, size);
    // SAFETY: reads two entries of the global offset table, which the linker or the loader has filled:
    // an undefined weak symbol has the address 0.
    unsafe {
        asm!(
            ".weak __rseq_offset",
            ".weak __rseq_size",
            "mov {offset}, qword ptr [rip + __rseq_offset@GOTPCREL]",
            "mov {size}, qword ptr [rip + __rseq_size@GOTPCREL]",
            offset = out(reg) offset,
            size = out(reg) size,
            options(readonly, nostack, preserves_flags),
        );
    }
    (offset, size)
}

/// Returns the addresses of `__rseq_offset` and `__rseq_size`, null where the C library has none.
#[cfg(target_arch = "aarch64")]
fn symbols() -> (*const usize, *const u32) {
    let (offset, size);
    // SAFETY: reads two entries of the global offset table, which the linker or the loader has filled:
    // an undefined weak symbol has the address 0.
    unsafe {
        asm!(
            ".weak __rseq_offset",
            ".weak __rseq_size",
            "adrp {offset}, :got:__rseq_offset",
            "ldr {offset}, [{offset}, :got_lo12:__rseq_offset]",
            "adrp {size}, :got:__rseq_size",
            "ldr {size}, [{size}, :got_lo12:__rseq_size]",
            offset = out(reg) offset,
            size = out(reg) size,
            options(readonly, nostack, preserves_flags),
        );
    }
    (offset, size)
}

/// Returns what the kernel has written into this thread's `cpu_id`, by a single load.
///
/// # Safety
///
/// `field` is where [`find`] found it.
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn cpu_id(field: usize) -> u32 {
    let value;
    // SAFETY: an aligned word in memory of this thread's, says the caller. `fs` is the thread pointer
    // (System V ABI, x86-64 supplement, "Thread-Local Storage"). An aligned load is a single access (Intel
    // SDM 3A, "Guaranteed Atomic Operations"), so the kernel's store is seen whole or not at all.
    unsafe {
        asm!(
            "mov {value:e}, dword ptr fs:[{field}]",
            field = in(reg) field,
            value = lateout(reg) value,
            options(readonly, nostack, preserves_flags),
        );
    }
    value
}

/// Returns what the kernel has written into this thread's `cpu_id`, by a single load.
///
/// # Safety
///
/// `field` is where [`find`] found it.
#[cfg(target_arch = "aarch64")]
#[inline]
unsafe fn cpu_id(field: usize) -> u32 {
    let value: u64;
    // SAFETY: an aligned word in memory of this thread's, says the caller. TPIDR_EL0 is the thread pointer
    // (ELF for the Arm 64-bit Architecture, "Thread Local Storage"). An aligned load is single-copy atomic
    // (Arm ARM, B2.2.1), so the kernel's store is seen whole or not at all.
    unsafe {
        asm!(
            "mrs {value:x}, tpidr_el0",
            "ldr {value:w}, [{value:x}, {field}]",
            field = in(reg) field,
            value = out(reg) value,
            options(readonly, nostack, preserves_flags),
        );
    }
    value as u32
}

/// Returns the highest index of a processor that is online, if there is the file that lists them: see
/// Linux's Documentation/ABI/testing/sysfs-devices-system-cpu.
pub(crate) fn last_online() -> Option<usize> {
    last_index(&std::fs::read_to_string("/sys/devices/system/cpu/online").ok()?)
}

/// Returns the last number of an ascending list of ranges, such as `0-3,8-11`.
fn last_index(list: &str) -> Option<usize> {
    list.trim_end().rsplit([',', '-']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::last_index;

    #[test]
    fn the_last_of_a_list_is_the_highest_index() {
        assert_eq!(last_index("0\n"), Some(0));
        assert_eq!(last_index("0-63\n"), Some(63));
        assert_eq!(last_index("0-3,8-11"), Some(11));
        assert_eq!(last_index("0,2,4\n"), Some(4));
        assert_eq!(last_index("\n"), None);
        assert_eq!(last_index("all"), None);
    }
}

//! The area that glibc registers with Linux for every thread: which processor the thread runs on.
//!
//! Sources: the GNU C Library manual, "Restartable Sequences", for the two symbols (2.35 and later), and
//! Linux's include/uapi/linux/rseq.h for the fields.
//!
//! The symbols are asked for weakly, so that a program links and starts with a C library that has none.
//! Not with `dlsym`: that takes locks, and the first acquire of a program may be a signal handler's.

use core::arch::asm;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Where `cpu_id` lies in `struct rseq`.
const CPU_ID: usize = 4;

/// Returns the index of the processor that the thread runs on, if the kernel tells.
///
/// It may be out of date when it is used: the thread can be moved at any moment. Nothing is called, so that an
/// acquire which asks here saves no registers.
#[inline]
pub(crate) fn processor() -> Option<usize> {
    // SAFETY: an address that is not null is that of glibc's constant, which has this type (`ptrdiff_t`) and is
    // written before any code of the program runs.
    let offset = unsafe { offset().as_ref()? };
    // SAFETY: glibc has an area in this process, and every thread has its own.
    let processor = unsafe { cpu_id(offset.wrapping_add(CPU_ID)) };
    // Negative: this thread's registration failed, was switched off, or has not been made (-2, -1), say
    // the header and the manual.
    usize::try_from(processor as i32).ok()
}

/// What [`field`] returns, once [`remember`] was called; 0 before, and where there is no area. No field lies at the
/// thread pointer itself, which `struct rseq` would have to begin before.
static FIELD: AtomicUsize = AtomicUsize::new(0);

/// Lets [`processor_at_once`] know.
pub(crate) fn remember() {
    // Relaxed, here and below: the same number in every thread, and 0 is a right answer.
    FIELD.store(field().unwrap_or(0), Ordering::Relaxed);
}

/// As [`processor`], with one load less, and `None` also until [`remember`] was called.
#[inline]
pub(crate) fn processor_at_once() -> Option<usize> {
    let field = FIELD.load(Ordering::Relaxed);
    if field == 0 {
        return None;
    }
    // SAFETY: glibc has an area in this process, and every thread has its own.
    let processor = unsafe { cpu_id(field) };
    usize::try_from(processor as i32).ok() // as above
}

/// Returns how many bytes the field `cpu_id` lies after the thread pointer, in every thread, if there is
/// an area that the kernel knows.
pub(crate) fn field() -> Option<usize> {
    // SAFETY: as above; the type is `unsigned int`.
    let (offset, size) = unsafe { (offset().as_ref()?, size().as_ref()?) };
    // The size is 0 where the registration was switched off or refused, says the manual; and no area
    // without `cpu_id` has ever been.
    (*size != 0).then_some(offset.wrapping_add(CPU_ID))
}

/// Declares a function that returns the address of a symbol, null where the C library has none.
macro_rules! symbol {
    ($name:ident: $type:ty, $symbol:literal) => {
        #[inline]
        fn $name() -> *const $type {
            let address;
            // SAFETY: reads an entry of the global offset table, which the linker or the loader has filled for
            // good: an undefined weak symbol has the address 0.
            #[cfg(target_arch = "x86_64")]
            unsafe {
                asm!(
                    concat!(".weak ", $symbol),
                    concat!("mov {address}, qword ptr [rip + ", $symbol, "@GOTPCREL]"),
                    address = out(reg) address,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            unsafe {
                asm!(
                    concat!(".weak ", $symbol),
                    concat!("adrp {address}, :got:", $symbol),
                    concat!("ldr {address}, [{address}, :got_lo12:", $symbol, "]"),
                    address = out(reg) address,
                    options(pure, nomem, nostack, preserves_flags),
                );
            }
            address
        }
    };
}

symbol!(offset: usize, "__rseq_offset");
symbol!(size: u32, "__rseq_size");

/// Returns what the kernel has written into this thread's `cpu_id`, by a single load.
///
/// # Safety
///
/// `field` is `cpu_id`'s place after the thread pointer.
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
/// `field` is `cpu_id`'s place after the thread pointer.
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

//! How large cache lines are, and cleaning for cores whose caches are still off.

use aarch64_cpu::asm::barrier;
use core::arch::asm;

/// Returns how many bytes may matter to another core when one byte is written: what slots must be apart.
///
/// That is the larger of what is written back at once, `CTR_EL0.CWG`, and of what an exclusive store
/// watches, `ERG`, as far as they are given (Arm ARM, CTR_EL0), but no less than the smallest data cache
/// line, `DminLine`.
pub fn granule() -> usize {
    granule_of(ctr_el0())
}

/// As [`granule`], of a core with this register.
pub fn granule_of(ctr_el0: u64) -> usize {
    let given = |field: u64| match ctr_el0 >> field & 0xf {
        0 => smallest_line(ctr_el0),
        log2_words => 4 << log2_words,
    };
    given(24).max(given(20)).max(smallest_line(ctr_el0))
}

fn smallest_line(ctr_el0: u64) -> usize {
    4 << (ctr_el0 >> 16 & 0xf)
}

fn ctr_el0() -> u64 {
    let value: u64;
    // SAFETY: reading CTR_EL0 has no effect, and EL1 may always do it.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// Writes a value back to memory, for a core that reads it with its caches off.
///
/// By `DC CVAC` on each line, to the point of coherency (Arm ARM, DC CVAC). Finished on return.
pub fn clean<T>(value: &T) {
    let line = smallest_line(ctr_el0());
    let start = (&raw const *value).addr() & !(line - 1);
    let end = (&raw const *value).addr() + size_of::<T>();
    for address in (start..end).step_by(line) {
        // SAFETY: a clean changes no memory content; the addresses lie in a live object.
        unsafe { asm!("dc cvac, {}", in(reg) address, options(nostack, preserves_flags)) };
    }
    barrier::dsb(barrier::SY);
}

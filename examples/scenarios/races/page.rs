//! The run-down objects of a scenario, each in a page that can really be freed.
//!
//! Freeing takes it out of the page table: more than poison, as whoever touches it afterwards, even
//! only to read, ends in a data abort that names the core and the instruction.

use crate::schedule::plugin;
use crate::schedule::turns::Turns;
use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{Readable, TTBR0_EL1};
use core::arch::asm;
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use machine::arch::interrupt_mask::without_interrupts;
use machine::board::memory::PAGE;
use machine::smp::protection::ThisCore;
use rundown::{CACHE_LINE, CacheAwareRundownRef};

/// The object under test: a slot a core; a waiter gives its turn away.
pub type Object = CacheAwareRundownRef<ThisCore, Turns>;

#[repr(C, align(4096))]
struct Page(UnsafeCell<[u64; PAGE / 8]>);

// SAFETY: raw memory; the functions below say who may use it when.
unsafe impl Sync for Page {}

/// How many objects there can be at a time.
pub const PAGES: usize = 6;

static MEMORY: [Page; PAGES] = [const { Page(UnsafeCell::new([0; PAGE / 8])) }; PAGES];

/// As the words of an object, live and far below zero: whoever goes on with it writes to it.
const POISON: u64 = 0xdead_dead_dead_deac;
/// Bytes that are poisoned: the line that all share and four slots.
const FREED: usize = 5 * CACHE_LINE;
/// Bit 0 of a descriptor: valid (Arm ARM D8.3.1).
const VALID: u64 = 1;
/// Bits 47:12 of a descriptor: the address of the next table (Arm ARM D8.3.1).
const TABLE: u64 = 0xffff_ffff_f000;

/// Makes a new, live object with `slots` slots in a page. On one core, while nobody uses the old one.
pub fn renew(page: usize, slots: usize) -> &'static Object {
    let entry = descriptor(page);
    entry.store(entry.load(Ordering::Relaxed) | VALID, Ordering::Relaxed);
    barrier::dsb(barrier::ISHST); // the table is written before it is walked
    barrier::isb(barrier::SY);
    // SAFETY: a page of ours that nothing else uses now; it is never given to anybody else. The old
    // object needs no drop: it owns nothing.
    let made = unsafe { Object::init_at(MEMORY[page].0.get().cast(), PAGE, slots) };
    made.unwrap_or_else(|error| panic!("{error}"));
    object(page, slots)
}

/// Returns the object that [`renew`] has made in a page.
pub fn object(page: usize, slots: usize) -> &'static Object {
    let start: *const () = MEMORY[page].0.get().cast();
    // SAFETY: `renew` has made an object there, with so many slots as its length, in a static; whoever
    // uses it after `free` is what we look for.
    unsafe { &*(ptr::slice_from_raw_parts(start, slots) as *const Object) }
}

/// Frees the object's memory, before anybody else gets a turn.
///
/// # Safety
///
/// Nobody uses the object any more; the explorer is here to find out whether that is true.
pub unsafe fn free(page: usize) {
    if plugin::chooses() {
        return poison(page);
    }
    without_interrupts(|| {
        let entry = descriptor(page);
        entry.store(entry.load(Ordering::Relaxed) & !VALID, Ordering::Relaxed);
        barrier::dsb(barrier::ISHST);
        let number = MEMORY[page].0.get().addr() / PAGE;
        // SAFETY: forgets translations of this one page, on all cores (Arm ARM C5.5, TLBI VAAE1IS).
        unsafe { asm!("tlbi vaae1is, {}", in(reg) number, options(nostack)) };
        barrier::dsb(barrier::ISH);
        barrier::isb(barrier::SY);
    });
}

/// Frees the object's memory under the plugin, where an access that comes too late cannot fault: a
/// change of the tables waits for all cores, and the plugin has stopped them.
fn poison(page: usize) {
    // SAFETY: as in `free`.
    words(page).for_each(|word| unsafe { word.write_volatile(POISON) });
}

/// Returns whether nobody has written to the object's memory after [`free`].
pub fn is_untouched(page: usize) -> bool {
    // SAFETY: inside the page; all cores are done.
    !plugin::chooses() || words(page).all(|word| unsafe { word.read_volatile() == POISON })
}

fn words(page: usize) -> impl Iterator<Item = *mut u64> {
    let start: *mut u64 = MEMORY[page].0.get().cast();
    (0..FREED / 8).map(move |word| start.wrapping_add(word))
}

/// Has the plugin watch the objects, and call a run `run`.
pub fn watch() {
    let names = ["object", "second", "third", "fourth", "fifth", "sixth"];
    for (page, name) in MEMORY.iter().zip(names) {
        let start: *const u64 = page.0.get().cast();
        cachescope_guest::watch(name, start..start.wrapping_add(PAGE / 8), CACHE_LINE);
    }
    cachescope_guest::name(plugin::PHASE, "run");
    cachescope_guest::cold();
}

/// Returns the page's entry in the last of the three levels of tables.
fn descriptor(page: usize) -> &'static AtomicU64 {
    let address = MEMORY[page].0.get().addr();
    let mut table = TTBR0_EL1.get() & TABLE;
    for shift in [30, 21] {
        // SAFETY: tables lie in the heap, mapped at their own address, and are never freed. The image
        // is mapped in pages, as its parts are aligned to pages only.
        let entry = unsafe { &*(table as usize as *const [AtomicU64; 512]) };
        table = entry[(address >> shift) & 511].load(Ordering::Relaxed) & TABLE;
    }
    // SAFETY: as above.
    unsafe { &(*(table as usize as *const [AtomicU64; 512]))[(address / PAGE) & 511] }
}

/// Returns the word of an object that all its cores share, `outstanding`: its first, as it is `repr(C)`.
pub fn shared_word(page: usize) -> u64 {
    // SAFETY: inside the page, and one word.
    unsafe { MEMORY[page].0.get().cast::<u64>().read_volatile() }
}

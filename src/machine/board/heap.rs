//! The heap: linked_list_allocator behind a spin lock, with interrupts masked.

use crate::arch::interrupt_mask::without_interrupts;
use core::alloc::{GlobalAlloc, Layout};
use core::ops::Range;
use core::ptr::{self, NonNull};
use linked_list_allocator::Heap;
use spin::Mutex;

struct LockedHeap(Mutex<Heap>);

#[global_allocator]
static HEAP: LockedHeap = LockedHeap(Mutex::new(Heap::empty()));

/// Gives the heap its memory.
pub fn start(memory: Range<usize>) {
    // SAFETY: `memory::plan` sets this range aside for the heap alone, and it is called once.
    unsafe { HEAP.0.lock().init(memory.start as *mut u8, memory.len()) };
}

// SAFETY: linked_list_allocator hands out blocks that are disjoint and fit the layout; the lock gives
// it exclusive access, and with interrupts masked no handler of this core can wait for it.
unsafe impl GlobalAlloc for LockedHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        without_interrupts(|| {
            self.0.lock().allocate_first_fit(layout).map_or(ptr::null_mut(), NonNull::as_ptr)
        })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the caller got `block` from `alloc` with this layout, and gives it up.
            without_interrupts(|| unsafe { self.0.lock().deallocate(block, layout) });
        }
    }
}

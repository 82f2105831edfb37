//! The size of a cache line on each target. Asserted when this is built: not every target can run it here.

#![cfg(not(rundown_loom))]

use rundown::{CACHE_LINE, CacheLine, CurrentSlot, MAX_POOL_BLOCK, StaticRundownRef};

struct First;

impl CurrentSlot for First {
    fn current_slot() -> usize {
        0
    }
}

/// What the documentation says: bytes of a line, and objects of a block.
const DOCUMENTED: (usize, usize) = if cfg!(target_arch = "s390x") {
    (256, 480)
} else if cfg!(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "powerpc64")) {
    (128, 432)
} else if cfg!(target_pointer_width = "64") {
    (64, 216)
} else {
    (64, 176)
};

// In a test, this would not be known of targets whose tests nobody runs.
const _: () = {
    let (line, objects) = DOCUMENTED;
    assert!(CACHE_LINE == line && MAX_POOL_BLOCK == objects);
    assert!(align_of::<CacheLine<u8>>() == line);
    assert!(size_of::<CacheLine<[u8; 65]>>() == if line == 64 { 128 } else { line });
};

#[test]
fn an_object_has_a_line_for_each_slot_and_one_for_all() {
    assert_eq!(size_of::<StaticRundownRef<First, 3>>(), 4 * DOCUMENTED.0);
}

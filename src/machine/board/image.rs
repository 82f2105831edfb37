//! Where the parts of the kernel's image lie, as the linker script says.

use core::ops::Range;

unsafe extern "C" {
    // Set by linker.ld; only their addresses mean something.
    static __image_start: u8;
    static __image_end: u8;
    static __text_start: u8;
    static __text_end: u8;
    static __rodata_start: u8;
    static __rodata_end: u8;
    static __data_start: u8;
    static __data_end: u8;
    static __exception_stack_start: u8;
    static __exception_stack_end: u8;
    static __stack_start: u8;
    static __stack_end: u8;
}

fn between(start: *const u8, end: *const u8) -> Range<usize> {
    start.addr()..end.addr()
}

/// Returns the whole image, with core 0's stacks.
pub fn whole() -> Range<usize> {
    between(&raw const __image_start, &raw const __image_end)
}

/// Returns the kernel's code.
pub fn text() -> Range<usize> {
    between(&raw const __text_start, &raw const __text_end)
}

/// Returns the kernel's constants.
pub fn rodata() -> Range<usize> {
    between(&raw const __rodata_start, &raw const __rodata_end)
}

/// Returns the kernel's variables.
pub fn data() -> Range<usize> {
    between(&raw const __data_start, &raw const __data_end)
}

/// Returns core 0's stack for exceptions.
pub fn exception_stack() -> Range<usize> {
    between(&raw const __exception_stack_start, &raw const __exception_stack_end)
}

/// Returns core 0's stack for everything else.
pub fn stack() -> Range<usize> {
    between(&raw const __stack_start, &raw const __stack_end)
}

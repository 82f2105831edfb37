//! The static library for C: `librundown_capi.a`, declared by `include/rundown.h`.
//!
//! The routines are in [`rundown_capi_routines`]. This crate adds what only a static library needs:
//! without the standard library, a panic handler.

#![cfg_attr(not(feature = "std"), no_std)]

pub use rundown_capi_routines::*;

/// Reports a defect of this library through the kernel's own message function. What a *caller* does
/// wrong never panics; it is reported with the routine's name.
#[cfg(not(feature = "std"))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    rundown_capi_routines::die_of_panic(info)
}

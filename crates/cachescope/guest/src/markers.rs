//! The numbers of the markers, on which guest and plugin must agree.
//!
//! [`ZERO`] and [`ONE`] spell out arguments bit by bit, the highest first. Each of the others ends a
//! sentence and says what the arguments before it mean; they are listed in the order they are spelled.

/// The core takes part in a phase from now on: cores (16 bits; 0: not said, then a schedule leaves the
/// phase alone unless the plugin's arguments say how many), phase (16 bits).
pub const PHASE: u32 = 0x60;
/// The core takes part no more.
pub const END: u32 = 0x61;
/// An argument's next bit is 0.
pub const ZERO: u32 = 0x62;
/// An argument's next bit is 1.
pub const ONE: u32 = 0x63;
/// All lines leave all caches.
pub const COLD: u32 = 0x64;
/// Watch memory: name (8 bits a byte), start, end, bytes of an element or 0 (64 bits each).
pub const WATCH: u32 = 0x65;
/// The core has just returned from the WFI before this.
pub const ARRIVE: u32 = 0x66;
/// The core is about to wake another: core (16 bits).
pub const WAKES: u32 = 0x67;
/// A phase's name: name (8 bits a byte), phase (16 bits).
pub const NAME: u32 = 0x68;

//! Instructions of unusual kinds, each in a phase with its name.
//!
//! QEMU reports the accesses of each in a way of its own.

use core::arch::asm;
use core::cell::UnsafeCell;
use machine::testing::ktap::{Result, holds};

/// How often each is executed.
const TIMES: usize = 10;

/// Three lines of 64 bytes; the one in the middle is watched alone at first.
#[repr(C, align(4096))]
struct Room(UnsafeCell<[u64; 24]>);

// SAFETY: used by core 0 alone.
unsafe impl Sync for Room {}

static ROOM: Room = Room(UnsafeCell::new([0; 24]));

macro_rules! kinds {
    ($room:ident, $($name:literal at $offset:literal: $($line:literal),+;)*) => {
        [$(($name, {
            fn execute($room: *mut u8) {
                // SAFETY: reads and writes inside `ROOM`, at most 16 bytes from the offset, and
                // changes the registers that are named. LSE is there, as in `-cpu max`.
                unsafe {
                    asm!(".arch_extension lse", $($line),+, at = in(reg) $room.wrapping_add($offset),
                        out("x4") _, out("x5") _, out("x6") _, out("x7") _, options(nostack));
                }
            }
            execute as fn(*mut u8)
        })),*]
    };
}

/// Executes all, in phases from `phase` on.
pub fn run(phase: u16) -> Result {
    let kinds = kinds! { room,
        "load pair" at 64: "ldp x4, x5, [{at}]";
        "store pair" at 64: "stp xzr, xzr, [{at}]";
        "exclusive pair" at 64: "ldxp x4, x5, [{at}]", "stxp w6, xzr, xzr, [{at}]";
        "exclusive without store" at 64: "ldxr x4, [{at}]", "clrex";
        "compare and swap, fails" at 64: "mov x4, #1", "cas x4, xzr, [{at}]";
        "compare and swap pair" at 64: "mov x4, xzr", "mov x5, xzr", "mov x6, xzr", "mov x7, xzr",
            "casp x4, x5, x6, x7, [{at}]";
        "prefetch" at 64: "prfm pldl1keep, [{at}]";
        "into the watched line" at 60: "ldr x4, [{at}]";
        "out of the watched line" at 124: "str xzr, [{at}]";
        "up to the watched line" at 56: "ldr x4, [{at}]";
    };
    let room: *mut u8 = ROOM.0.get().cast();
    let line = room.wrapping_add(64).cast_const();
    cachescope_guest::watch("room", line..line.wrapping_add(64), 0);
    for ((name, execute), phase) in kinds.iter().zip(phase..) {
        cachescope_guest::name(phase, name);
        cachescope_guest::cold();
        cachescope_guest::phase_to_count(phase);
        (0..TIMES).for_each(|_| execute(room));
        cachescope_guest::end();
    }
    // SAFETY: inside `ROOM`.
    holds(
        "the room is still empty",
        (0..24).all(|word| unsafe { *ROOM.0.get().cast::<u64>().add(word) } == 0),
    )
}

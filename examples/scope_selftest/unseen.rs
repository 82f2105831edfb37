//! Instructions whose accesses QEMU does not tell plugins of, and some that look alike.
//!
//! `-append "unseen=NAME where=PLACE"` executes one of them `inside` a phase, `outside` of phases, in `both`
//! places, `everywhere` (on all cores at once in a phase) or in a guest `without` phases, and prints its
//! address first.

use core::arch::{asm, global_asm};
use core::ptr;
use machine::board::console::println;
use machine::smp::jobs;
use machine::testing::ktap::{Result, holds};

/// Two lines of 64 bytes at a page's start: one that is watched, and the one that is accessed. That is
/// another one, as the plugin cannot know.
#[repr(C, align(4096))]
struct Room([u8; 128]);

static mut ROOM: Room = Room([0; 128]);

/// The phase.
const PHASE: u16 = 1;

/// CPACR_EL1.SMEN, FPEN and ZEN (Arm ARM D24.2): SME, floating point and SVE do not trap at EL1.
const CPACR: u64 = 0b11 << 24 | 0b11 << 20 | 0b11 << 16;

macro_rules! kinds {
    ($($name:ident if $register:literal at $shift:literal: $before:literal, $access:literal, $after:literal;)*) => {
        global_asm!(
            ".arch armv9-a+sve2+sme+mops",
            $(concat!(
                stringify!($name), ":\n", $before, "\n",
                stringify!($name), "_access:\n", $access, "\n", $after, "\nret"
            ),)*
        );
        unsafe extern "C" { $(fn $name(at: *mut u8);)* }
        const KINDS: &[Kind] = &[$(Kind {
            name: stringify!($name),
            execute: $name,
            access: || {
                let address: usize;
                // SAFETY: takes an address.
                unsafe { asm!(concat!("adrp {0}, ", stringify!($name), "_access"),
                    concat!("add {0}, {0}, :lo12:", stringify!($name), "_access"),
                    out(reg) address, options(nomem, nostack, preserves_flags)) };
                address
            },
            exists: || {
                let register: u64;
                // SAFETY: an ID register, which every core has; those it does not know read as zero.
                unsafe { asm!(concat!("mrs {}, ", $register),
                    out(reg) register, options(nomem, nostack, preserves_flags)) };
                register >> $shift & 0xf != 0
            },
        }),*];
    };
}

/// One of them.
struct Kind {
    name: &'static str,
    /// Executes it, with 64 bytes that it may access.
    execute: unsafe extern "C" fn(*mut u8),
    /// Returns its address.
    access: fn() -> usize,
    /// Returns whether the core has it.
    exists: fn() -> bool,
}

// With four bits of an ID register that are not zero where it exists (Arm ARM D24.2; S3_0_C0_C6_2 is
// ID_AA64ISAR2_EL1): DminLine, SVE, SME, MOPS. Before and after it, what it needs.
kinds! {
    dc_zva if "ctr_el0" at 16: "", "dc zva, x0", "";
    sve_load if "id_aa64pfr0_el1" at 32: "ptrue p0.d", "ld1d {{z0.d}}, p0/z, [x0]", "";
    sve_store if "id_aa64pfr0_el1" at 32: "ptrue p0.d, vl1", "st1d {{z0.d}}, p0, [x0]", "";
    sve_sum if "id_aa64pfr0_el1" at 32: "ptrue p0.d", "add z0.d, z0.d, z0.d", "";
    sve_prefetch if "id_aa64pfr0_el1" at 32: "ptrue p0.d", "prfd pldl1keep, p0, [x0]", "";
    sme_load if "id_aa64pfr1_el1" at 24: "smstart za\nmov w12, #0", "ldr za[w12, 0], [x0]", "smstop za";
    mops_set if "s3_0_c0_c6_2" at 16:
        "mov x1, #64", "setp [x0]!, x1!, xzr", "setm [x0]!, x1!, xzr\nsete [x0]!, x1!, xzr";
}

/// Executes the one with this name, in the place with this name.
pub fn run(name: &str, place: &str) -> Result {
    let kind = KINDS.iter().find(|kind| kind.name == name).expect("a name of unseen.rs");
    let room = || (&raw mut ROOM).cast::<u8>();
    let exists = (kind.exists)();
    match exists {
        true => println!("# {name} stands at {:#x}", (kind.access)()),
        false => println!("# this core has no {name}"),
    }
    // SAFETY: the kernel uses none of these registers, so whoever may use them harms nobody.
    unsafe { asm!("msr cpacr_el1, {}", "isb", in(reg) CPACR, options(nostack)) };
    let execute = || {
        if !exists {
            return;
        }
        // SAFETY: 64 bytes in a static that nobody else uses; z0, p0 and ZA are not the compiler's here, as
        // the target has no floating point (.cargo/config.toml).
        unsafe { (kind.execute)(room().wrapping_add(64)) }
    };
    // SAFETY: as above, inside the static.
    let look = || unsafe { ptr::read_volatile(room()) };
    let line = room().cast_const();
    cachescope_guest::watch("room", line..line.wrapping_add(64), 0);
    if matches!(place, "outside" | "both" | "without") {
        execute();
    }
    if place == "without" {
        return Ok(());
    }
    if place == "everywhere" {
        jobs::run(&|_| {
            cachescope_guest::phase_to_count(PHASE);
            execute();
            cachescope_guest::end();
        });
    }
    cachescope_guest::name(PHASE, "with one load");
    cachescope_guest::phase_to_count(PHASE);
    if matches!(place, "inside" | "both") {
        execute();
    }
    let seen = look();
    cachescope_guest::end();
    holds("the room is still empty", seen == 0)
}

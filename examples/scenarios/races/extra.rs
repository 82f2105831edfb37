//! One release too many against drain: it must end in a panic.
//!
//! And it must never re-open the object, which is looked at after the panic.

use crate::names;
use crate::races::page;
use crate::races::run::Scenario;
use crate::schedule::scheduler;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use machine::smp::protection::slot_words;
use rundown::Rundown;

/// `outstanding` of an object that is run down: swept, and no hold is left (crates/rundown/src/protocol.rs).
const RUN_DOWN_WORD: u64 = 1;
/// How often each other core tries.
const TRIES: usize = 40;

/// Set by core 0 when its wait has returned.
static RUN_DOWN: AtomicBool = AtomicBool::new(false);
/// Slots of the object.
static SLOTS: AtomicUsize = AtomicUsize::new(0);

pub const SCENARIO: Scenario = Scenario {
    name: names::EXTRA,
    about: "one release too many against drain: must panic",
    fewest: 2,
    slots: |cores| cores / 2, // so that two cores share the slot in question
    set_up: |run| {
        RUN_DOWN.store(false, Ordering::Relaxed);
        SLOTS.store(run.object.slot_count(), Ordering::Relaxed);
        scheduler::check_at_death(reopened);
        let _ = run.object.try_acquire().map(|guard| guard.leak());
    },
    work: |run| {
        if run.core == 1 {
            for _ in 0..2 {
                // SAFETY: `set_up` has leaked one hold. The second release is the bug that must be
                // noticed; nothing but the count depends on it.
                unsafe { run.object.release_n(1) };
            }
            return;
        }
        if run.core == 0 {
            run.wait();
            RUN_DOWN.store(true, Ordering::Relaxed);
        }
        for _ in 0..TRIES {
            let late = RUN_DOWN.load(Ordering::Relaxed);
            let granted = run.object.try_acquire().is_ok();
            assert!(!(late && granted), "core {}: granted after the run-down", run.core);
        }
    },
    check: |_| Err("nobody has noticed that one release was too many".into()),
};

/// Looks, after the panic, whether the object is run down and a slot is open all the same. The shared word
/// first: other cores go on, and mark every slot before that word says so.
fn reopened() -> Option<&'static str> {
    let run_down = page::shared_word(0) == RUN_DOWN_WORD;
    let object = page::object(0, SLOTS.load(Ordering::Relaxed));
    let open = slot_words(object).any(|word| word & 1 == 0);
    (run_down && open).then_some("a slot of the run-down object is open again")
}

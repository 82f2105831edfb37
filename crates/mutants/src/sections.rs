//! What counters beside the slots have to fear, to which restartable sequences add.

use crate::mutant::Forms::Itself;
use crate::mutant::Suite::{Host, Loom, Unit};
use crate::mutant::left_out::NOT_USED;
use crate::mutant::{LINES, Mutant, OPERATIONS, PROTOCOL, RESTARTABLE, SECTIONS, mutants};

/// Those of the restartable object.
pub(crate) const SECTIONED: &[Mutant] = mutants! {
    "a run-down does not restart sections", LINES,
        "        sections::restart();\n        self.sum()" => "        self.sum()",
        Loom, Itself, "acquire_and_release_against_wait::restartable", NOT_USED;
    "counters are added up before sections are restarted", LINES,
        "        sections::restart();\n        self.sum()" => "        let sum = self.sum();\n        sections::restart();\n        sum",
        Loom, Itself, "acquire_and_release_against_wait::restartable", NOT_USED;
    "sections are restarted before their mark is set", LINES,
        "        self.stopped.0.store(1, Ordering::Relaxed);\n        sections::restart();\n" =>
        "        sections::restart();\n        self.stopped.0.store(1, Ordering::Relaxed);\n",
        Loom, Itself, "acquire_and_release_against_wait::restartable", NOT_USED;
    "a run-down leaves counters out", LINES,
        "        sections::restart();\n        self.sum()" => "        sections::restart();\n        0",
        Unit, Itself, "counters_are_added_to_the_slots_whatever_their_signs", NOT_USED;
    "counters keep what they had", LINES,
        "self.lines.iter().for_each(|line| line.get().counter.clear());" => "",
        Unit, Itself, "counters_are_added_to_the_slots_whatever_their_signs", NOT_USED;
    "sections go on once slot 0 has been cleared", PROTOCOL,
        "        self.slots.go_on();\n        for slot in (0..self.slots.len()).rev() {\n            // Release, pairs with `acquire` (what the owner did before is visible to holders), `mark`.\n            self.word(slot).swap(if slot == 0 { left } else { 0 }, Ordering::Release);\n        }\n" =>
        "        for slot in (0..self.slots.len()).rev() {\n            self.word(slot).swap(if slot == 0 { left } else { 0 }, Ordering::Release);\n        }\n        self.slots.go_on();\n",
        Loom, Itself, "reinitialize_against_acquire_and_wait::restartable", NOT_USED;
    "the look at all slots leaves counters out", PROTOCOL,
        "        sum = sum.wrapping_add(self.slots.beside());\n" => "",
        Unit, Itself, "what_is_counted_beside_the_slots_counts_for_the_limit", NOT_USED;
    "the look at all slots takes dead counters for live ones", LINES,
        "if self.stopped.0.load(Ordering::Relaxed) == 0 { self.sum() } else { 0 }" => "self.sum()",
        Unit, Itself, "what_is_counted_beside_the_slots_counts_for_the_limit", NOT_USED;
    "the only slot is taken for all that counts", LINES,
        "fn counts_all(self) -> bool {\n        false" => "fn counts_all(self) -> bool {\n        self.lines.len() == 1",
        Unit, Itself, "a_hold_of_a_counter_may_be_released_on_the_only_slot", NOT_USED;
    "a release that comes after the mark is forgotten", OPERATIONS,
        "if object.protocol().slots.subtract(count) == Added::Done {" => "if object.protocol().slots.subtract(count) != Added::Not {",
        Loom, Itself, "acquire_and_release_against_wait::restartable", NOT_USED;
    "a section that saw the mark has acquired", OPERATIONS,
        "        if added == Added::Done {\n" => "        if added != Added::Not {\n",
        Loom, Itself, "acquire_and_release_against_wait::restartable", NOT_USED;
    "more holds than a counter has are taken out of it", LINES,
        "match (count as isize).checked_mul(-HOLD) {" => "match Some((count as isize).wrapping_mul(-HOLD)) {",
        Unit, Itself, "more_holds_than_a_counter_has_are_released_on_a_slot", NOT_USED;
    "sections add to an object that starts disabled", LINES,
        "AtomicUsize::new(run_down as usize)" => "AtomicUsize::new((run_down && false) as usize)",
        Host("restartable"), Itself, "an_object_that_starts_disabled_refuses_until_reinitialize", NOT_USED;
    "the first run-down registers the process", RESTARTABLE,
        "        sections::prepare();\n        // SAFETY: the layout" => "        // SAFETY: the layout",
        Host("restartable"), Itself, "linux::an_object_on_the_heap_registers_the_process", NOT_USED;
    "a restart that is refused goes unnoticed", SECTIONS,
        "        result == 0,\n" => "        result <= 0,\n",
        Host("restartable"), Itself, "linux::when_membarrier_is_refused_later_the_run_down_panics_and_nothing_is_granted", NOT_USED;
};

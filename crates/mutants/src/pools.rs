//! What pools have to fear: `crates/rundown/src/pool*.rs`.

use crate::elsewhere::Killer::Model;
use crate::elsewhere::{Elsewhere, elsewhere};
use crate::mutant::Explorer::LeftOut;
use crate::mutant::Forms::Itself;
use crate::mutant::Suite::Host;
use crate::mutant::left_out::NOT_USED;
use crate::mutant::{Mutant, POOL, POOL_BLOCK, POOL_COLUMN, POOL_LIST, POOLED, PROTOCOL, mutants};

/// The hints first, then the memory, then what comes back.
pub(crate) const POOLS: &[Mutant] = mutants! {
    "a sweep sets no hint", PROTOCOL,
        "collected.wrapping_add(self.slots.stop())" => "collected",
        Host("interrupts"), Itself, "d12_a_refused_acquire_of_a_pooled_object_writes_nothing", LeftOut(
            "to bits that nobody reads, so every run ends well: it only costs a cache line; a test of the contract",
        );
    "a reset leaves the hint", PROTOCOL,
        "self.slots.go_on();" => "",
        Host("pool"), Itself, "an_object_that_comes_back_begins_anew", NOT_USED;
    "a hint is one of all neighbours", POOL_COLUMN,
        "self.hint().fetch_or(self.bit(), Ordering::Relaxed);" =>
        "self.hint().fetch_or(usize::MAX, Ordering::Relaxed);",
        Host("contract"), Itself, "release_undoes_one_acquire::pooled_in_the_callers_memory", NOT_USED;
    "slots lie side by side", POOL_COLUMN,
        "first.byte_add(index * stride)" => "first.byte_add(index * WORD)",
        Host("pool"), Itself, "no_two_cores_write_to_the_same_cache_line", NOT_USED;
    "there is one object more than there is memory for", POOL_BLOCK,
        "number >= FIRST + objects {" => "number > FIRST + objects {",
        Host("pool"), Itself, "a_fixed_pool_gives_out_each_object_once_and_again_when_it_is_back", NOT_USED;
    "a pool grows by a quarter", POOL_BLOCK,
        "(objects / 12 / IN_A_LINE + 1) / 4" => "(objects / 4 / IN_A_LINE + 1) / 4",
        Host("pool_threads"), Itself,
        "that_grow::beyond_a_thousand_objects_one_costs_at_most_nine_bytes_a_core", NOT_USED;
    "a pool is made wherever the buffer begins", POOL,
        "if start.addr().get() % layout.align() != 0 {" => "if false {",
        Host("pool"), Itself,
        "d05_memory_that_is_null_too_small_or_misaligned_is_an_error_and_stays_untouched", NOT_USED;
    "an object taken run down is live", POOL,
        "object.begin_run_down();" => "",
        Host("pool"), Itself, "an_object_taken_run_down_is_enabled_by_its_owner", NOT_USED;
    "an object is never given back", POOL_LIST,
        "taken.fetch_and(!object.bit(), Ordering::Release);" => "let _ = taken;",
        Host("pool"), Itself, "a_fixed_pool_gives_out_each_object_once_and_again_when_it_is_back", NOT_USED;
    "a panic gives an object back that is held", POOLED,
        "if object.protocol().left() != Ok(Some(0)) {" => "if object.protocol().left().is_err() {",
        Host("pool"), Itself, "a_thread_that_panics_gives_back_what_nobody_holds", NOT_USED;
};

/// What threads do to each other, which models of pools show.
pub(crate) const POOL_RACES: &[Elsewhere] = elsewhere! {
    "pools: the hint is set when the sweep has ended", PROTOCOL,
        "let collected = collected.wrapping_add(self.slots.stop());" =>
        "self.outstanding.0.fetch_add(SWEPT, Ordering::AcqRel);\n        \
         let collected = collected.wrapping_add(self.slots.stop()).wrapping_sub(SWEPT);",
        Model("loom_pool", "the_hint_of_a_sweep_against_reinitialize");
    "pools: the hint is cleared when the reset has ended", PROTOCOL,
        "        self.slots.go_on();\n        for slot in (0..self.slots.len()).rev() {\n            // Release, pairs with `acquire` (what the owner did before is visible to holders), `mark`.\n            self.word(slot).swap(if slot == 0 { left } else { 0 }, Ordering::Release);\n        }\n" =>
        "        for slot in (0..self.slots.len()).rev() {\n            self.word(slot).swap(if slot == 0 { left } else { 0 }, Ordering::Release);\n        }\n        self.slots.go_on();\n",
        Model("loom_pool", "the_hint_of_a_reset_against_the_next_sweep");
    "pools: a release asks for the number of slots when it has released", PROTOCOL,
        "let enough = !counts_all ||" => "let enough = !self.slots.counts_all() ||",
        Model("loom_pool", "free_against_the_last_release");
    "pools: an object goes to two who come at the same time", POOL_LIST,
        "if seen & bit == 0 {" => "if true {",
        Model("loom_pool", "take_against_take_of_the_last_one");
};

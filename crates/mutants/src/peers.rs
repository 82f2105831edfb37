//! The bugs of other implementations; their names say whose.

use crate::mutant::Explorer::{Long, Quick};
use crate::mutant::Forms::{Both, Itself};
use crate::mutant::Suite::{Host, Loom, Unit};
use crate::mutant::left_out::{NOT_USED, ONE_CORE, ORDERING, SAME};
use crate::mutant::{BLOCKING, CACHE_AWARE, Mutant, OPERATIONS, PROTOCOL, mutants};

/// In the order in which the peers were read.
pub(crate) const PEERS: &[Mutant] = mutants! {
    "NT: a second wait after one that blocked does not return", OPERATIONS,
        "while !begin(object)? {" =>
        "let again = object.protocol().left()? == Some(0);\n    while again || !begin(object)? {",
        Host("contract"), Both, "wait_again_after_a_wait_that_blocked_has_no_effect", Long;
    "NT: a release looks at the waiter's memory after the last hold is gone", OPERATIONS,
        "drop.\n        in_drop(|| <R::Waiting as Park>::unpark_all(address));" =>
        "drop.\n        let _ = object.protocol().left(); in_drop(|| <R::Waiting as Park>::unpark_all(address));",
        Loom, Itself, "free_against_the_last_release_of_the_plain_object", Quick;
    "NT: so does a release on a slot of its own", OPERATIONS,
        "drop.\n        in_drop(|| <R::Waiting as Park>::unpark_all(address));" =>
        "drop.\n        let _ = object.protocol().left(); in_drop(|| <R::Waiting as Park>::unpark_all(address));",
        Loom, Itself, "free_against_the_last_release_on_another_slot", SAME;
    "NT: one release too many is taken for the last one", PROTOCOL,
        "if held == amount {" => "if held <= amount {",
        Host("decisions"), Both, "d02_one_release_too_many_never_makes_a_run_down_object_acquirable", Long;
    "NT: a count of 2^31 and more wraps", PROTOCOL,
        "let old = self.word(slot).fetch_add(count * ONE, Ordering::Acquire);" =>
        "let old = self.word(slot).fetch_add(count as i32 as usize * ONE, Ordering::Acquire);",
        Host("decisions"), Both, "d03_any_ulong_count_is_safe_and_an_acquire_that_would_overflow_is_refused", ONE_CORE;
    "NT: a buffer that is too small is overrun", CACHE_AWARE,
        "if size < layout.size() {" => "if size == 0 {",
        Host("decisions"), Itself, "d05_a_buffer_that_is_null_too_small_or_misaligned_is_an_error", ONE_CORE;
    "NT: the size leaves out what all slots share", CACHE_AWARE,
        "(slots + 1) * CACHE_LINE, CACHE_LINE)" => "slots * CACHE_LINE, CACHE_LINE)",
        Host("contract"), Itself, "size_of_says_what_initialize_needs", ONE_CORE;
    "ReactOS: the wait tests the wrong way round", OPERATIONS,
        "while !begin(object)? {" => "while begin(object)? {",
        Host("contract"), Both, "wait_refuses_new_grants_and_waits_for_the_old_ones", Long;
    "ReactOS: so it hangs when all have left", OPERATIONS,
        "while !begin(object)? {" => "while begin(object)? {",
        Host("contract"), Both, "wait_with_none_outstanding_becomes_run_down_and_returns_at_once", SAME;
    "ReactOS: a slot is truncated to 32 bits", PROTOCOL,
        "self.word(slot).fetch_or(MARK, Ordering::Acquire)" =>
        "self.word(slot).fetch_or(MARK, Ordering::Acquire) as u32 as usize",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other", Quick;
    "ReactOS: a slot at -1 is never marked", PROTOCOL,
        "self.word(slot).fetch_or(MARK, Ordering::Acquire)" =>
        "if (self.word(slot).load(Ordering::Relaxed) as isize) < 0 { 0 } else \
         { self.word(slot).fetch_or(MARK, Ordering::Acquire) }",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other", Long;
    "run-down: a release orders with Acquire only", PROTOCOL,
        "fetch_sub(count * ONE, Ordering::Release)" => "fetch_sub(count * ONE, Ordering::Acquire)",
        Loom, Both, "acquire_and_release_against_wait", ORDERING;
    "run-down: so does the last release", PROTOCOL,
        "word.fetch_sub(amount, Ordering::Release)" => "word.fetch_sub(amount, Ordering::Acquire)",
        Loom, Both, "release_on_another_slot_against_wait", ORDERING;
    "run-down: the last release comes before the waiter's event is there", BLOCKING,
        "let mut list = bucket.lock();\n        // `ready` is" =>
        "if ready() { return true; }\n        let mut list = bucket.lock();\n        \
         list = bucket.woken.wait(list).unwrap();\n        // `ready` is",
        Host("waking"), Itself, "a_wake_up_between_the_look_and_the_sleep_is_not_lost", NOT_USED;
    "run-down: one release too many re-opens a run-down object", PROTOCOL,
        "word.fetch_add(amount, Ordering::Relaxed); // Relaxed: as above" =>
        "word.fetch_add(amount, Ordering::Relaxed); \
         self.word(slot).fetch_and(!MARK, Ordering::Relaxed);",
        Host("decisions"), Both, "d02_one_release_too_many_never_makes_a_run_down_object_acquirable", Long;
    "the wake-up of the last release is lost", OPERATIONS,
        "drop.\n        in_drop(|| <R::Waiting as Park>::unpark_all(address));" =>
        "drop.\n        let _ = address;",
        Loom, Both, "release_on_another_slot_against_wait", Long;
    "the sweeper is decided before it is marked", PROTOCOL,
        "if first & MARK != 0 {" => "if false {",
        Loom, Both, "two_run_downs_begin_at_once", Quick;
    "the first slot stays unmarked", PROTOCOL,
        "let first = self.mark(0);" => "let first = self.word(0).load(Ordering::Acquire);",
        Host("contract"), Both, "acquire_is_false_once_run_down_has_started", Long;
    "the second slot stays unmarked", PROTOCOL,
        "(1..self.slots.len()).fold" => "(2..self.slots.len()).fold",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other", Long;
    "the last slot stays unmarked", PROTOCOL,
        "(1..self.slots.len()).fold" => "(1..self.slots.len() - 1).fold",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other", Long;
    "the sum has the wrong sign", PROTOCOL,
        "fetch_add(collected.wrapping_add(SWEPT), Ordering::AcqRel)" =>
        "fetch_add(collected.wrapping_neg().wrapping_add(SWEPT), Ordering::AcqRel)",
        Host("contract"), Both, "acquire_ex_adds_its_count_and_only_if_true", Long;
    "a slot is added with the wrong sign", PROTOCOL,
        "sum.wrapping_add(old)" => "sum.wrapping_sub(old)",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other", Long;
};

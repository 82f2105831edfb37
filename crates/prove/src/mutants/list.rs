//! The defects, each with the exact text it replaces and the test that must notice.

/// Where the killing test stands.
#[derive(Clone, Copy)]
pub enum Suite {
    /// The crate's own unit tests.
    Unit,
    /// A file of `tests/`.
    Host(&'static str),
    /// A model.
    Loom,
}
use Suite::{Host, Loom, Unit};

/// One defect.
pub struct Mutant {
    pub defect: &'static str,
    pub file: &'static str,
    /// Stands exactly once in the file; otherwise the list is out of date, and the run fails.
    pub from: &'static str,
    pub to: &'static str,
    pub suite: Suite,
    /// The test, or the part of its name that all its forms share.
    pub test: &'static str,
}

const PROTOCOL: &str = "src/protocol.rs";
const FAMILY: &str = "src/family.rs";
const GUARD: &str = "src/guard.rs";

macro_rules! mutants {
    ($($defect:literal, $file:expr, $from:literal => $to:literal, $suite:expr, $test:literal;)*) => {
        /// All of them, the peers' first.
        pub const MUTANTS: &[Mutant] = &[$(Mutant {
            defect: $defect, file: $file, from: $from, to: $to, suite: $suite, test: $test,
        }),*];
    };
}

mutants! {
    // --- The peers' defects
    "ReactOS: the wait test is inverted", FAMILY,
        "while !self.begin_run_down() {" => "while self.begin_run_down() {",
        Host("contract"), "wait_refuses_new_grants_and_waits_for_the_old_ones";
    "ReactOS: a slot is truncated to 32 bits", PROTOCOL,
        "self.word(slot).fetch_or(MARK, Ordering::Acquire)" =>
        "self.word(slot).fetch_or(MARK, Ordering::Acquire) as u32 as usize",
        Unit, "a_slot_below_zero_is_marked_and_added_like_any_other";
    "ReactOS: a slot below zero is never marked", PROTOCOL,
        "self.word(slot).fetch_or(MARK, Ordering::Acquire)" =>
        "if (self.word(slot).load(Ordering::Relaxed) as isize) < 0 { 0 } else \
         { self.word(slot).fetch_or(MARK, Ordering::Acquire) }",
        Unit, "a_slot_below_zero_is_marked_and_added_like_any_other";
    "NT: a release looks at the waiter's memory after the last hold is gone", FAMILY,
        "Ok(Released::Last) => <R::Park as Park>::unpark_all(address)," =>
        "Ok(Released::Last) => { let _ = object.protocol().progress(); \
         <R::Park as Park>::unpark_all(address) }",
        Loom, "free_against_the_last_release_of_the_plain_object";
    "NT: a second wait after one that blocked does not return", FAMILY,
        "        self.is_run_down()\n    }\n\n    /// Tells whether" =>
        "        self.protocol().slots.len() > 1 && self.is_run_down()\n    }\n\n    /// Tells whether",
        Host("contract"), "wait_again_after_a_wait_that_blocked_has_no_effect";
    "NT: a count of 2^31 and more wraps", PROTOCOL,
        "let old = word.fetch_add(count * ONE, Ordering::Acquire);" =>
        "let old = word.fetch_add(count as i32 as usize * ONE, Ordering::Acquire);",
        Host("decisions"), "d03_any_ulong_count_is_safe";
    "NT: a buffer that is too small is overrun", "src/cache_aware.rs",
        "if size < layout.size() {" => "if size == 0 {",
        Host("decisions"), "d05_a_size_that_is_too_small_is_an_error";
    "run-down: a release without Release ordering", PROTOCOL,
        "word.fetch_sub(amount, Ordering::Release)" => "word.fetch_sub(amount, Ordering::Acquire)",
        Loom, "acquire_and_release_against_wait";
    "run-down: the last release without Release ordering", PROTOCOL,
        "outstanding.0.fetch_sub(amount, Ordering::Release)" =>
        "outstanding.0.fetch_sub(amount, Ordering::Acquire)",
        Loom, "release_on_another_slot_against_wait";
    "run-down: one release too many re-opens a run-down object", PROTOCOL,
        "self.outstanding.0.fetch_add(amount, Ordering::Relaxed); // Relaxed: as above" =>
        "self.outstanding.0.fetch_add(amount, Ordering::Relaxed); word.fetch_and(!MARK, Ordering::Relaxed);",
        Host("decisions"), "d02_one_release_too_many_never_makes_a_run_down_object_acquirable";
    "the wake-up of the last release is lost", FAMILY,
        "Ok(Released::Last) => <R::Park as Park>::unpark_all(address)," =>
        "Ok(Released::Last) => {}",
        Loom, "release_on_another_slot_against_wait";
    "the sweeper is decided before it is marked", PROTOCOL,
        "if first & MARK != 0 {" => "if false {",
        Loom, "two_run_downs_begin_at_once";
    "the last slot stays unmarked", PROTOCOL,
        "(1..self.slots.len()).fold" => "(1..self.slots.len() - 1).fold",
        Host("decisions"), "d06_acquire_on_one_core_and_release_on_another";
    "the second slot stays unmarked", PROTOCOL,
        "(1..self.slots.len()).fold" => "(2..self.slots.len()).fold",
        Unit, "a_slot_below_zero_is_marked_and_added_like_any_other";
    "a slot is added with the wrong sign", PROTOCOL,
        "sum.wrapping_add(old)" => "sum.wrapping_sub(old)",
        Host("decisions"), "d06_acquire_on_one_core_and_release_on_another";

    // --- This protocol's own
    "slot 0 is not the last to be cleared", PROTOCOL,
        "for slot in (0..self.slots.len()).rev() {" => "for slot in 0..self.slots.len() {",
        Loom, "reinitialize_against_acquire_and_wait";
    "outstanding is even before the sweep has ended", PROTOCOL,
        "let first = self.mark(0);" =>
        "self.outstanding.0.fetch_and(!MARK, Ordering::Relaxed); let first = self.mark(0);",
        Loom, "acquire_and_release_against_wait";
    "a new object's outstanding is even", PROTOCOL,
        "if run_down { 0 } else { MARK }))" => "0 * usize::from(run_down)))",
        Loom, "acquire_and_release_against_wait";
    "a refused acquire writes", PROTOCOL,
        "if seen & MARK != 0 {\n            return Err" => "if false {\n            return Err",
        Host("interrupts"), "d12_a_refused_acquire_writes_nothing";
    "an acquire that lost against the mark is granted", PROTOCOL,
        "if old & MARK == 0 { Ok(()) } else { Err(AcquireError::RunDown) }" => "let _ = old; Ok(())",
        Loom, "acquire_and_release_against_wait";
    "a release on a marked slot does not settle", PROTOCOL,
        "if old & MARK == 0 {\n            // A single" => "if true {\n            // A single",
        Loom, "release_on_another_slot_against_wait";
    "the first of two last releases wakes", PROTOCOL,
        "if old == amount {" => "if old >= amount {",
        Unit, "a_slot_below_zero_is_marked_and_added_like_any_other";
    "too many releases of a draining object go unnoticed", PROTOCOL,
        "if old & MARK == 0 && (old as isize) < amount as isize {" => "if false {",
        Host("decisions"), "d02_one_release_too_many_never_makes_a_run_down_object_acquirable";
    "too many releases on several slots go unnoticed by the drain", PROTOCOL,
        "if (left as isize) < 0 {" => "if false {",
        Unit, "releasing_more_than_was_acquired_is_reported_with_the_counts";
    "reinitialize does not ask whether the object is run down", PROTOCOL,
        "compare_exchange(0, MARK," => "compare_exchange(self.outstanding.0.load(Ordering::Relaxed), MARK,",
        Host("decisions"), "d08_reinitialize_of_an_object_that_is_not_run_down_is_refused";
    "resurrect counts the holds that are left twice", PROTOCOL,
        "self.outstanding.0.fetch_sub(left, Ordering::Relaxed);" => "",
        Host("contract"), "resurrect_takes_the_run_down_back_while_holds_are_left";
    "resurrect forgets the holds that are left", PROTOCOL,
        "self.reset(left);" => "self.reset(0);",
        Host("contract"), "resurrect_takes_the_run_down_back_while_holds_are_left";
    "resurrect elects nobody", PROTOCOL,
        "        if left & MARK != 0 {\n            return Err(NotRunDown);\n        }\n        // Relaxed: the word" =>
        "        let left = left & !MARK;\n        // Relaxed: the word",
        Loom, "two_resurrects_at_once_against_a_release";
    "resurrect piles up more holds than the words can count", PROTOCOL,
        "> MAX_RESURRECTED * ONE {" => "== usize::MAX {",
        Unit, "resurrect_is_refused_while_more_are_left";
    "the end of a sweep wakes nobody", FAMILY,
        "if self.protocol().sweep() != Ok(false) {" => "if self.protocol().sweep().is_err() {",
        Loom, "two_run_downs_of_an_idle_object_are_both_told";
    "a re-initialisation wakes nobody", FAMILY,
        "self.protocol().reinitialize()?;\n        <Self::Park as Park>::unpark_all(self.address());" =>
        "self.protocol().reinitialize()?;",
        Loom, "a_wait_that_begins_during_a_reinitialize_is_woken";
    "an index is not taken modulo the number of slots", PROTOCOL,
        "slot % self.slots.len() };" => "0 };",
        Unit, "an_index_is_taken_modulo_the_number_of_slots";
    "an overflow is granted", PROTOCOL,
        "self.estimate() <= (MAX_HOLDERS - count) * ONE" => "self.estimate() < usize::MAX",
        Unit, "an_acquire_that_would_overflow_is_refused";
    "a guard gives one hold back instead of all", GUARD,
        "give_back(self.object, self.count)" => "give_back(self.object, self.count.min(1))",
        Host("contract"), "a_guard_splits_without_changing_the_sum";
    "a merge takes guards of other objects", GUARD,
        "if self.object.address() == other.object.address() =>" => "if true =>",
        Host("api"), "a_guard_of_another_object_is_handed_back_by_merge";
    "a held object may be dropped", FAMILY,
        "if !object.begin_run_down() {\n        let" => "if false {\n        let",
        Host("decisions"), "d08_drop_of_an_object_that_is_held_is_detected";
    "a future looks only before it registers", "src/future.rs",
        "            if !self.object.begin_run_down() {\n                return Poll::Pending;\n            }" =>
        "            return Poll::Pending;",
        Host("api"), "a_release_between_a_futures_look_and_its_registration_is_noticed";
    "a sleeping waiter is not woken", "src/blocking.rs",
        "bucket.woken.notify_all();" => "",
        Host("contract"), "wait_refuses_new_grants_and_waits_for_the_old_ones::cache_aware_that_sleeps";
    "a waiter looks before it takes the lock it sleeps on", "src/blocking.rs",
        "let mut list = bucket.lock();\n        // `ready` is" =>
        "if ready() { return true; }\n        std::thread::sleep(core::time::Duration::from_millis(20));\n        \
         let mut list = bucket.lock();\n        list = bucket.woken.wait(list).unwrap();\n        // `ready` is",
        Host("api"), "race_blocking_waits_are_woken_by_the_last_release";
    "a protected value is taken though it was replaced", "src/protected.rs",
        "self.state.compare_exchange(seen, busy," =>
        "self.state.compare_exchange(self.look() / ROUND * ROUND + seen % ROUND, busy,",
        Loom, "put_against_take";
}

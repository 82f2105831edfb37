//! The defects, each with the exact text it replaces and the test that must notice.

/// Where the killing test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// The crate's own unit tests.
    Unit,
    /// A file of `tests/`.
    Host(&'static str),
    /// A model.
    Loom,
}
use Suite::{Host, Loom, Unit};

/// In which forms of the object the test must fail.
#[derive(Clone, Copy, Debug)]
pub enum Forms {
    /// The test has no forms, or is of one.
    Itself,
    /// Plain and cache-aware, each by itself.
    Both,
    /// Cache-aware, with threads that sleep.
    Sleeping,
}
use Forms::{Both, Itself, Sleeping};

/// One defect.
pub struct Mutant {
    pub defect: &'static str,
    pub file: &'static str,
    /// Stands exactly once in the file; otherwise the list is out of date, and the run fails.
    pub from: &'static str,
    pub to: &'static str,
    pub suite: Suite,
    pub forms: Forms,
    /// The test, without its form.
    pub test: &'static str,
}

const CACHE_AWARE: &str = "src/cache_aware.rs";
const PROTOCOL: &str = "src/protocol.rs";
const FAMILY: &str = "src/family.rs";
const STEPS: &str = "src/steps.rs";
const PROTECTED: &str = "src/protected.rs";
const BLOCKING: &str = "src/blocking.rs";
const GUARD: &str = "src/guard.rs";

macro_rules! mutants {
    ($($defect:literal, $file:expr, $from:literal => $to:literal, $suite:expr, $forms:expr, $test:literal;)*) => {
        /// All of them, the peers' first.
        pub const MUTANTS: &[Mutant] = &[$(Mutant {
            defect: $defect, file: $file, from: $from, to: $to, suite: $suite, forms: $forms, test: $test,
        }),*];
    };
}

mutants! {
    // --- The peers' defects, in the order of their table
    "NT: a second wait after one that blocked does not return", STEPS,
        "while !begin(object)? {" =>
        "let again = outstanding(object)? == Some(0);\n    while again || !begin(object)? {",
        Host("contract"), Both, "wait_again_after_a_wait_that_blocked_has_no_effect";
    "NT: a release looks at the waiter's memory after the last hold is gone", STEPS,
        "address is used.\n        <R::Park as Park>::unpark_all(address);" =>
        "address is used.\n let _ = object.protocol().progress(); <R::Park as Park>::unpark_all(address);",
        Loom, Itself, "free_against_the_last_release_of_the_plain_object";
    "NT: so does a release on a slot of its own", STEPS,
        "address is used.\n        <R::Park as Park>::unpark_all(address);" =>
        "address is used.\n let _ = object.protocol().progress(); <R::Park as Park>::unpark_all(address);",
        Loom, Itself, "free_against_the_last_release_on_another_slot";
    "NT: one release too many is taken for the last one", PROTOCOL,
        "if old == amount {" => "if old <= amount {",
        Host("decisions"), Both, "d02_one_release_too_many_never_makes_a_run_down_object_acquirable";
    "NT: a count of 2^31 and more wraps", PROTOCOL,
        "let old = word.fetch_add(count * ONE, Ordering::Acquire);" =>
        "let old = word.fetch_add(count as i32 as usize * ONE, Ordering::Acquire);",
        Host("decisions"), Both,
        "d03_any_ulong_count_is_safe_and_an_acquire_that_would_overflow_is_refused";
    "NT: a buffer that is too small is overrun", CACHE_AWARE,
        "if size < layout.size() {" => "if size == 0 {",
        Host("decisions"), Itself, "d05_a_size_that_is_too_small_is_an_error";
    "NT: the size leaves out what all slots share", CACHE_AWARE,
        "(slots + 1) * CACHE_LINE, CACHE_LINE)" => "slots * CACHE_LINE, CACHE_LINE)",
        Host("contract"), Itself, "size_of_says_what_initialize_needs";
    "ReactOS: the wait tests the wrong way round", STEPS,
        "while !begin(object)? {" => "while begin(object)? {",
        Host("contract"), Both, "wait_refuses_new_grants_and_waits_for_the_old_ones";
    "ReactOS: so it hangs when all have left", STEPS,
        "while !begin(object)? {" => "while begin(object)? {",
        Host("contract"), Both, "wait_with_none_outstanding_becomes_run_down_and_returns_at_once";
    "ReactOS: a slot is truncated to 32 bits", PROTOCOL,
        "self.word(slot).fetch_or(MARK, Ordering::Acquire)" =>
        "self.word(slot).fetch_or(MARK, Ordering::Acquire) as u32 as usize",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other";
    "ReactOS: a slot at -1 is never marked", PROTOCOL,
        "self.word(slot).fetch_or(MARK, Ordering::Acquire)" =>
        "if (self.word(slot).load(Ordering::Relaxed) as isize) < 0 { 0 } else \
         { self.word(slot).fetch_or(MARK, Ordering::Acquire) }",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other";
    "run-down: a release orders with Acquire only", PROTOCOL,
        "fetch_sub(count * ONE, Ordering::Release)" => "fetch_sub(count * ONE, Ordering::Acquire)",
        Loom, Both, "acquire_and_release_against_wait";
    "run-down: so does the last release", PROTOCOL,
        "word.fetch_sub(amount, Ordering::Release)" => "word.fetch_sub(amount, Ordering::Acquire)",
        Loom, Both, "release_on_another_slot_against_wait";
    "run-down: the last release comes before the waiter's event is there", BLOCKING,
        "let mut list = bucket.lock();\n        // `ready` is" =>
        "if ready() { return true; }\n        let mut list = bucket.lock();\n        \
         list = bucket.woken.wait(list).unwrap();\n        // `ready` is",
        Host("waking"), Itself, "a_wake_up_between_the_look_and_the_sleep_is_not_lost";
    "run-down: one release too many re-opens a run-down object", PROTOCOL,
        "word.fetch_add(amount, Ordering::Relaxed); // Relaxed: as above" =>
        "word.fetch_add(amount, Ordering::Relaxed); self.word(slot).fetch_and(!MARK, Ordering::Relaxed);",
        Host("decisions"), Both, "d02_one_release_too_many_never_makes_a_run_down_object_acquirable";
    "the wake-up of the last release is lost", STEPS,
        "address is used.\n        <R::Park as Park>::unpark_all(address);" =>
        "address is used.\n let _ = address;",
        Loom, Both, "release_on_another_slot_against_wait";
    "the sweeper is decided before it is marked", PROTOCOL,
        "if first & MARK != 0 {" => "if false {",
        Loom, Both, "two_run_downs_begin_at_once";
    "the first slot stays unmarked", PROTOCOL,
        "let first = self.mark(0);" => "let first = self.word(0).load(Ordering::Acquire);",
        Host("contract"), Both, "acquire_is_false_once_run_down_has_started";
    "the second slot stays unmarked", PROTOCOL,
        "(1..self.slots.len()).fold" => "(2..self.slots.len()).fold",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other";
    "the last slot stays unmarked", PROTOCOL,
        "(1..self.slots.len()).fold" => "(1..self.slots.len() - 1).fold",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other";
    "the sum has the wrong sign", PROTOCOL,
        "let change = collected.wrapping_sub(MARK);" =>
        "let change = collected.wrapping_neg().wrapping_sub(MARK);",
        Host("contract"), Both, "acquire_ex_adds_its_count_and_only_if_true";
    "a slot is added with the wrong sign", PROTOCOL,
        "sum.wrapping_add(old)" => "sum.wrapping_sub(old)",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other";

    // --- This protocol's own
    "slot 0 is not the last to be cleared", PROTOCOL,
        "for slot in (0..self.slots.len()).rev() {" => "for slot in 0..self.slots.len() {",
        Loom, Itself, "reinitialize_against_acquire_and_wait::two_slots";
    "outstanding is even before the sweep has ended", PROTOCOL,
        "let first = self.mark(0);" =>
        "self.outstanding.0.fetch_and(!MARK, Ordering::Relaxed); let first = self.mark(0);",
        Loom, Both, "acquire_and_release_against_wait";
    "a new object's outstanding is even", PROTOCOL,
        "if run_down { 0 } else { MARK }))" => "0 * usize::from(run_down)))",
        Loom, Both, "acquire_and_release_against_wait";
    "a refused acquire writes", PROTOCOL,
        "if seen & MARK != 0 {\n            return Err" => "if false {\n            return Err",
        Host("interrupts"), Itself, "d12_a_refused_acquire_writes_nothing_even_to_memory";
    "a refused acquire of the plain object writes", PROTOCOL,
        "if seen & MARK != 0 {\n            return Err" => "if false {\n            return Err",
        Host("interrupts"), Itself, "d12_a_refused_acquire_of_the_plain_object_writes_nothing";
    "an acquire that lost against the mark is granted", PROTOCOL,
        "if old & MARK == 0 { Ok(()) } else { Err(AcquireError::RunDown) }" => "let _ = old; Ok(())",
        Loom, Both, "acquire_and_release_against_wait";
    "a release on a marked slot does not settle", PROTOCOL,
        "if old & MARK == 0 && enough { None }" => "if enough { None }",
        Loom, Both, "release_on_another_slot_against_wait";
    "the first of two last releases wakes", PROTOCOL,
        " || (old as isize) > amount as isize {\n            return Ok(Released::NotLast);\n        }\n        if old == amount {" =>
        " {\n            return Ok(Released::NotLast);\n        }\n        if old >= amount {",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other";
    "too many releases of a draining object go unnoticed", PROTOCOL,
        "        Err(over(old, count))\n    }\n\n    /// Marks" =>
        "        Ok(Released::NotLast)\n    }\n\n    /// Marks",
        Host("decisions"), Both, "d02_one_release_too_many_never_makes_a_run_down_object_acquirable";
    "too many releases on several slots go unnoticed by the drain", PROTOCOL,
        "if (left as isize) < 0 {" => "if false {",
        Unit, Itself, "releasing_more_than_was_acquired_is_reported_with_the_counts";
    "reinitialize does not ask whether the object is run down", PROTOCOL,
        "compare_exchange(0, MARK," => "compare_exchange(self.outstanding.0.load(Ordering::Relaxed), MARK,",
        Host("decisions"), Both, "d08_reinitialize_of_an_object_that_is_not_run_down_is_refused";
    "resurrect counts the holds that are left twice", PROTOCOL,
        "self.outstanding.0.fetch_sub(left, Ordering::Relaxed);" => "",
        Host("contract"), Both, "resurrect_takes_the_run_down_back_while_holds_are_left";
    "resurrect forgets the holds that are left", PROTOCOL,
        "self.reset(left);" => "self.reset(0);",
        Host("contract"), Both, "resurrect_takes_the_run_down_back_while_holds_are_left";
    "resurrect elects nobody", PROTOCOL,
        "        if left & MARK != 0 {\n            return Err(NotRunDown);\n        }\n        // Relaxed: the word" =>
        "        let left = left & !MARK;\n        // Relaxed: the word",
        Loom, Both, "two_resurrects_at_once_against_a_release";
    "resurrect piles up more holds than the words can count", PROTOCOL,
        "> MAX_RESURRECTED * ONE {" => "== usize::MAX {",
        Unit, Itself, "resurrect_is_refused_while_more_are_left";
    "the end of a sweep wakes nobody", STEPS,
        "if swept != Ok(false) {" => "if swept.is_err() {",
        Loom, Both, "two_run_downs_of_an_idle_object_are_both_told";
    "a re-initialisation wakes nobody", FAMILY,
        "self.protocol().reinitialize(|| ())?;\n        <Self::Park as Park>::unpark_all(self.address());" =>
        "self.protocol().reinitialize(|| ())?;",
        Loom, Both, "a_wait_that_begins_during_a_reinitialize_is_woken";
    "an index is not taken modulo the number of slots", PROTOCOL,
        "slot % self.slots.len() };" => "0 };",
        Unit, Itself, "an_index_is_taken_modulo_the_number_of_slots";
    "an overflow is granted", PROTOCOL,
        "self.estimate() <= (MAX_HOLDERS - count) * ONE" => "self.estimate() < usize::MAX",
        Unit, Itself, "an_acquire_that_would_overflow_is_refused";
    "a guard gives one hold back instead of all", GUARD,
        "give_back(self.object, self.count)" => "give_back(self.object, self.count.min(1))",
        Host("contract"), Both, "a_guard_splits_without_changing_the_sum";
    "a merge takes guards of other objects", GUARD,
        "if self.object.address() == other.object.address() =>" => "if true =>",
        Host("api"), Itself, "a_guard_of_another_object_is_handed_back_by_merge";
    "a held object may be dropped", FAMILY,
        "if !object.begin_run_down() {\n        let" => "if false {\n        let",
        Host("decisions"), Itself, "d08_drop_of_an_object_that_is_held_is_detected";
    "a misaligned buffer is used", CACHE_AWARE,
        "if !address.addr().get().is_multiple_of(layout.align()) {" => "if false {",
        Host("decisions"), Itself, "d05_a_misaligned_buffer_is_an_error";
    "a future looks only before it registers", "src/future.rs",
        "            if !self.object.begin_run_down() {\n                return Poll::Pending;\n            }" =>
        "            return Poll::Pending;",
        Host("futures"), Itself, "a_release_between_a_futures_look_and_its_registration_is_noticed";
    "a sleeping waiter is not woken", BLOCKING,
        "bucket.woken.notify_all();" => "",
        Host("contract"), Sleeping, "wait_refuses_new_grants_and_waits_for_the_old_ones";
    "only one of several sleeping waiters is woken", BLOCKING,
        "bucket.woken.notify_all();" => "bucket.woken.notify_one();",
        Host("waking"), Itself, "every_sleeper_is_woken";
    "a wait does not sleep", STEPS,
        "Ok(Progress::Draining(_) | Progress::Sweeping) => false," =>
        "Ok(Progress::Draining(_) | Progress::Sweeping) => true,",
        Host("waking"), Itself, "a_wait_sleeps_while_holds_are_left_and_no_longer";
    "a wait sleeps on when its run-down is taken back", STEPS,
        "Ok(Progress::RunDown | Progress::Live) | Err(_) => true," =>
        "Ok(Progress::Live) => false, Ok(Progress::RunDown) | Err(_) => true,",
        Host("waking"), Itself, "a_wait_sleeps_while_holds_are_left_and_no_longer";
    "who takes a protected value gives up though another one came", PROTECTED,
        "None => {} // moved" => "None => return Ok(None), // moved",
        Loom, Itself, "take_and_put_against_run_down";
    "a protected value is lent out before its place is full", PROTECTED,
        "self.object.protocol().reinitialize(|| self.end(seen + FULL));" =>
        "self.object.protocol().reinitialize(|| ()); self.end(seen + FULL);",
        Loom, Itself, "a_user_of_a_new_value_can_run_it_down";
    "a protected value's place is full before the object has left its run-down", PROTECTED,
        "let live = self.object.protocol().reinitialize(|| self.end(seen + FULL));" =>
        "self.end(seen + FULL); let live = self.object.protocol().reinitialize(|| ());",
        Loom, Itself, "put_against_run_down";
    "a protected value's newcomers wake nobody", PROTECTED,
        "<R::Park as Park>::unpark_all(self.object.address());" => "",
        Loom, Itself, "put_against_run_down";
    "a merge forgets who holds it", "src/holders.rs",
        "if self.entry().is_some() { (self, other) } else { (other, self) }" => "(self, other)",
        Host("holders"), Itself, "a_merge_keeps_the_entry_of_a_guard_that_another_without_one_takes_in";
    "a protected value is taken though it was replaced", PROTECTED,
        "self.state.compare_exchange(seen, seen + BUSY," =>
        "self.state.compare_exchange(self.look() / ROUND * ROUND + seen % ROUND, seen + BUSY,",
        Unit, Itself, "a_value_that_was_replaced_is_not_taken_for_the_one_that_was_seen";
}

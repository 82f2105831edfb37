//! What this protocol, and what stands on it, has to fear.
//!
//! One long file, because it is a table.

use crate::mutant::Explorer::{LeftOut, Long, Quick};
use crate::mutant::Forms::{Both, Itself, Sleeping};
use crate::mutant::Suite::{Host, Loom, Unit};
use crate::mutant::left_out::{NOT_USED, ONE_CORE, SAME, SEEN_INSIDE};
use crate::mutant::{
    BLOCKING, CACHE_AWARE, FUTURE, GUARD, HOLDERS, MAPPED, Mutant, OPERATIONS, OWNED, POOL, POOLED,
    PROTECTED, PROTECTED_OWNED, PROTOCOL, RUN_DOWN, RUNDOWN, WORDS, mutants,
};

/// The protocol's first, then those of what stands on it.
pub(crate) const OWN: &[Mutant] = mutants! {
    "slot 0 is not the last to be cleared", PROTOCOL,
        "for slot in (0..self.slots.len()).rev() {" => "for slot in 0..self.slots.len() {",
        Loom, Itself, "reinitialize_against_acquire_and_wait::two_slots", Quick;
    "outstanding is odd before the sweep has ended", PROTOCOL,
        "let first = self.mark(0);" =>
        "self.outstanding.0.fetch_or(SWEPT, Ordering::Relaxed); let first = self.mark(0);",
        Loom, Both, "acquire_and_release_against_wait", Quick;
    "a new object's outstanding is odd", WORDS,
        "if run_down { SWEPT } else { 0 }))" => "if run_down { SWEPT } else { SWEPT }))",
        Loom, Both, "acquire_and_release_against_wait", Long;
    "a refused acquire writes", OPERATIONS,
        "if words.refuses() {" => "if false {",
        Host("interrupts"), Itself, "d12_a_refused_acquire_writes_nothing_even_to_memory", LeftOut(
            "to bits that nobody reads, so every run ends well: it only costs a cache line; a test of the contract",
        );
    "a refused acquire of the plain object writes", OPERATIONS,
        "if words.refuses() {" => "if false {",
        Host("interrupts"), Itself, "d12_a_refused_acquire_of_the_plain_object_writes_nothing", SAME;
    "an acquire that lost against the mark is granted", PROTOCOL,
        "if old.wrapping_add(NEAR) & UNUSUAL == 0 { None } else { Some(old) }" => "let _ = old; None",
        Loom, Both, "acquire_and_release_against_wait", Quick;
    "an acquire that lost is judged by the count alone", PROTOCOL,
        "        if old & MARK != 0 {\n            return Err(AcquireError::RunDown);\n        }\n        // A look" =>
        "        // A look",
        Loom, Both, "acquire_and_release_against_wait", Long;
    "an acquire of nothing looks at no slot", PROTOCOL,
        "if self.word(slot).load(Ordering::Relaxed) & MARK != 0 {\n            return Err" => "if false {\n            return Err",
        Unit, Itself, "during_a_sweep_a_refused_acquire_changes_only_bits_that_nobody_reads", NOT_USED;
    "an acquire that is too much keeps what it took", OPERATIONS,
        "if judged == Err(AcquireError::TooMany) {" => "if false {",
        Unit, Itself, "an_object_that_is_full_stays_as_it_was", ONE_CORE;
    "a guard for nothing writes", GUARD,
        "if self.count > 0 {" => "if true {",
        Unit, Itself, "a_guard_for_nothing_writes_nothing", ONE_CORE;
    "an acquire is a load and a store", PROTOCOL,
        "let old = self.word(slot).fetch_add(count * ONE, Ordering::Acquire);" =>
        "let old = self.word(slot).load(Ordering::Acquire); \
         self.word(slot).store(old.wrapping_add(count * ONE), Ordering::Release);",
        Loom, Both, "acquire_and_release_against_wait", Long;
    "a release looks at the mark before it subtracts", PROTOCOL,
        "let old = self.word(slot).fetch_sub(count * ONE, Ordering::Release);" =>
        "let old = self.word(slot).load(Ordering::Relaxed); \
         self.word(slot).fetch_sub(count * ONE, Ordering::Release);",
        Loom, Both, "acquire_and_release_against_wait", Long;
    "the last release is decided by a second look", PROTOCOL,
        "let old = word.fetch_sub(amount, Ordering::Release);" =>
        "word.fetch_sub(amount, Ordering::Release); \
         let old = word.load(Ordering::Relaxed).wrapping_add(amount);",
        Loom, Itself, "free_against_two_releases_of_the_plain_object", Long;
    "the mark is set by a load and a store", PROTOCOL,
        "self.word(slot).fetch_or(MARK, Ordering::Acquire)" =>
        "{ let old = self.word(slot).load(Ordering::Acquire); \
         self.word(slot).store(old | MARK, Ordering::Release); old }",
        Loom, Both, "acquire_and_release_against_wait", Long;
    "a release on a marked slot does not settle", PROTOCOL,
        "if old & MARK == 0 && enough { None }" => "if enough { None }",
        Loom, Both, "release_on_another_slot_against_wait", Long;
    "the first of two last releases wakes", PROTOCOL,
        "if held as isize > amount as isize {" => "if held as isize > amount as isize + isize::MAX / 2 {\n            return Ok(Released::NotLast);\n        }\n        if held as isize > amount as isize {\n            return Ok(Released::Last);\n        }\n        if false {",
        Unit, Itself, "a_slot_below_zero_is_marked_and_added_like_any_other", LeftOut(
            "a wake-up too many changes no outcome: whoever is woken looks again; a unit test",
        );
    "too many releases of a draining object go unnoticed", PROTOCOL,
        "        Err(over(held, count))\n    }\n\n    /// Marks" =>
        "        Ok(Released::NotLast)\n    }\n\n    /// Marks",
        Host("decisions"), Both, "d02_one_release_too_many_never_makes_a_run_down_object_acquirable", Long;
    "too many releases on several slots go unnoticed by the drain", PROTOCOL,
        "counted(before.wrapping_add(collected))" => "counted(before.wrapping_add(collected) & isize::MAX as usize)",
        Unit, Itself, "releasing_more_than_was_acquired_is_reported_with_the_counts", LeftOut(
            "the wait after the drain notices them too, so every run ends as it must; a unit test",
        );
    "reinitialize does not ask whether the object is run down", PROTOCOL,
        "compare_exchange(SWEPT, 0," =>
        "compare_exchange(self.outstanding.0.load(Ordering::Relaxed), 0,",
        Host("decisions"), Both, "d08_reinitialize_of_an_object_that_is_not_run_down_is_refused", Long;
    "resurrect counts the holds that are left twice", PROTOCOL,
        "then_some(surplus(left).wrapping_neg())" => "then_some(left & !SWEPT)",
        Host("contract"), Both, "resurrect_takes_the_run_down_back_while_holds_are_left", Long;
    "resurrect forgets the holds that are left", PROTOCOL,
        "self.reset((left & !SWEPT) + surplus(left));" => "self.reset(surplus(left));",
        Host("contract"), Both, "resurrect_takes_the_run_down_back_while_holds_are_left", Long;
    "resurrect elects nobody", PROTOCOL,
        "let left = won.map_err(|_| NotRunDown)?;" => "let left = won.unwrap_or_else(|left| left);",
        Loom, Both, "two_resurrects_at_once_against_a_release", Quick;
    "resurrect piles up more holds than the words can count", PROTOCOL,
        "left <= MOST_CARRIED)" => "left < usize::MAX)",
        Unit, Itself, "resurrect_is_refused_while_more_are_left", ONE_CORE;
    "resurrect looks at its limit before its step", PROTOCOL,
        "let carried = |left| {\n            (left & SWEPT != 0 && left <= MOST_CARRIED)" =>
        "if self.outstanding.0.load(Ordering::Relaxed) > MOST_CARRIED { return Err(NotRunDown); } \
         let carried = |left| {\n            (left & SWEPT != 0)",
        Loom, Both, "resurrect_against_a_round_that_leaves_more_than_the_limit", LeftOut(
            "its limit needs counts that no schedule reaches; a model, whose limit is small",
        );
    "a further hold that found a mark counts on the slot only", PROTOCOL,
        "let old = self.outstanding.0.fetch_add(ONE, Ordering::Relaxed);" =>
        "let old = self.outstanding.0.load(Ordering::Relaxed);",
        Loom, Both, "a_further_hold_against_wait", NOT_USED;
    "a further hold is added to what was seen before", PROTOCOL,
        "let old = self.outstanding.0.fetch_add(ONE, Ordering::Relaxed);" =>
        "let old = self.outstanding.0.load(Ordering::Relaxed); \
         self.outstanding.0.store(old.wrapping_add(ONE), Ordering::Relaxed);",
        Loom, Both, "a_further_hold_against_wait", NOT_USED;
    "a further hold is refused once the run-down has started", OPERATIONS,
        "Err(AcquireError::RunDown) => object.get().protocol().acquire_more()," => "",
        Host("clone"), Both, "a_holder_takes_another_hold_while_the_drain_waits", NOT_USED;
    "a resurrect leaves no room for a further hold that found its mark", PROTOCOL,
        "if left > SWEPT { SURPLUS } else { 0 }" => "0 * left",
        Unit, Itself, "a_further_hold_that_found_a_mark_which_was_taken_back_is_released_like_any_other", NOT_USED;
    "a clone for nothing is a holder's", GUARD,
        "0 => operations::acquire(object, 1)?," => "0 => operations::acquire_more(object)?,",
        Host("clone"), Both, "the_clone_of_a_guard_without_holds_is_a_new_acquire", NOT_USED;
    "the end of a sweep wakes nobody", OPERATIONS,
        "if swept != Ok(None) {" => "if swept.is_err() {",
        Loom, Both, "two_run_downs_of_an_idle_object_are_both_told", Long;
    "a re-initialisation wakes nobody", RUNDOWN,
        "reinitialize(|| Record::remove_all(address))?;\n        <Self::Park as Park>::unpark_all(address);" =>
        "reinitialize(|| Record::remove_all(address))?;",
        Loom, Both, "a_wait_that_begins_during_a_reinitialize_is_woken", Long;
    "an index is not taken modulo the number of slots", PROTOCOL,
        "slot % self.slots.len() };" => "0 };",
        Unit, Itself, "an_index_is_taken_modulo_the_number_of_slots", LeftOut(
            "any slot is correct, so every run ends well; a unit test",
        );
    "an overflow is granted", PROTOCOL,
        "self.estimate() <= MAX_HOLDERS * ONE" => "self.estimate() < usize::MAX",
        Unit, Itself, "an_acquire_that_would_overflow_is_refused", ONE_CORE;
    "a guard gives one hold back instead of all", GUARD,
        "release(object, self.count)" => "release(object, self.count.min(1))",
        Host("contract"), Both, "a_guard_splits_and_merges_without_changing_the_sum", Long;
    "a merge takes guards of other objects", GUARD,
        "if self.object().address() == other.object().address() =>" => "if true =>",
        Host("api"), Itself, "a_guard_of_another_object_is_handed_back_by_merge", ONE_CORE;
    "a held object may be dropped", OPERATIONS,
        "if !begin(object).unwrap_or_else(|error| error.report(address)) {\n        let" =>
        "if false {\n        let",
        Host("decisions"), Itself, "d08_drop_of_an_object_that_is_held_is_detected", ONE_CORE;
    "a misaligned buffer is used", CACHE_AWARE,
        "if address.addr().get() % layout.align() != 0 {" => "if false {",
        Host("decisions"), Itself, "d05_a_buffer_that_is_null_too_small_or_misaligned_is_an_error", ONE_CORE;
    "a future looks only before it registers", FUTURE,
        "            if !self.has_ended() {\n                return Poll::Pending;\n            }" =>
        "            return Poll::Pending;",
        Host("futures"), Itself, "a_release_between_a_futures_look_and_its_registration_is_noticed", NOT_USED;
    "a sleeping waiter is not woken", BLOCKING,
        "bucket.woken.notify_all();" => "",
        Host("contract"), Sleeping, "wait_refuses_new_grants_and_waits_for_the_old_ones", NOT_USED;
    "only one of several sleeping waiters is woken", BLOCKING,
        "bucket.woken.notify_all();" => "bucket.woken.notify_one();",
        Host("waking"), Itself, "every_sleeper_is_woken", NOT_USED;
    "a wait does not sleep", OPERATIONS,
        "Ok(Some(left)) => left == 0," => "Ok(Some(_)) => true,",
        Host("waking"), Itself, "a_wait_sleeps_while_holds_are_left_and_no_longer", LeftOut(
            "a wait that asks again and again ends as well as one that sleeps; a host test",
        );
    "a wait sleeps on when its run-down is taken back", OPERATIONS,
        "Ok(None) => !object.protocol().is_marked()," => "Ok(None) => false,",
        Host("waking"), Itself, "a_wait_sleeps_while_holds_are_left_and_no_longer", NOT_USED;
    "who takes a protected value gives up though another one came", PROTECTED,
        "None => {} // moved" => "None => return Ok(None), // moved",
        Loom, Itself, "take_and_put_against_run_down", NOT_USED;
    "a protected value is lent out before its place is full", PROTECTED,
        "            self.end(seen + FULL); // EMPTY is 0\n        });" =>
        "        });\n        self.end(seen + FULL);",
        Loom, Itself, "a_user_of_a_new_value_can_run_it_down", NOT_USED;
    "a protected value's place is full before the object has left its run-down", PROTECTED,
        "        let live = self.object.protocol().reinitialize(|| {\n            Record::remove_all(address); // as `Rundown::reinitialize` does\n            self.end(seen + FULL); // EMPTY is 0\n        });" =>
        "        self.end(seen + FULL);\n        let live = self.object.protocol().reinitialize(|| ());",
        Loom, Itself, "put_against_run_down", NOT_USED;
    "a protected value's newcomers wake nobody", PROTECTED,
        "<R::Park as Park>::unpark_all(address);" => "",
        Loom, Itself, "put_against_run_down", NOT_USED;
    "a merge forgets who holds it", HOLDERS,
        "None => (other, self, counts[0])," => "None => (self, other, counts[1]),",
        Host("holders"), Itself, "a_split_makes_an_entry_and_a_merge_keeps_one", NOT_USED;
    "a protected value is taken though it was replaced", PROTECTED,
        "self.state.compare_exchange(seen, seen + BUSY," =>
        "self.state.compare_exchange(self.look() / ROUND * ROUND + seen % ROUND, seen + BUSY,",
        Unit, Itself, "a_value_that_was_replaced_is_not_taken_for_the_one_that_was_seen", NOT_USED;
    "a wait believes a park that returns without a deadline", OPERATIONS,
        "if !ready && deadline.is_some() {" => "if !ready {",
        Host("adversarial"), Itself, "a_wait_goes_on_after_a_no", NOT_USED;
    "a checked wait believes it too", OPERATIONS,
        "if !ready && deadline.is_some() {" => "if !ready {",
        Host("adversarial"), Itself, "a_checked_wait_goes_on_after_a_no", SAME;
    "a wait believes a park that says yes", OPERATIONS,
        "if !ready && deadline.is_some() {" => "if ready { return Ok(true); } else if deadline.is_some() {",
        Host("adversarial"), Itself, "a_wait_goes_on_after_a_yes", NOT_USED;
    "a split loses holds when its slot panics", GUARD,
        "let slot = self.object().current_slot();\n        self.count = left;" =>
        "self.count = left;\n        let slot = self.object().current_slot();",
        Host("adversarial"), Itself, "a_slot_that_panics_takes_and_loses_no_hold_by_the_way", NOT_USED;
    "a waker is called while the table is locked", BLOCKING,
        "drop(list); // a waker is foreign code: not under the lock\n        wake(woken);" =>
        "wake(woken);\n        drop(list);",
        Host("wakers"), Itself, "a_waker_is_called_without_the_lock", NOT_USED;
    "a waker that is replaced is dropped while the table is locked", BLOCKING,
        "        drop(list);\n        in_drop(|| drop(old));" => "        in_drop(|| drop(old));\n        drop(list);",
        Host("wakers"), Itself, "a_waker_is_cloned_and_the_one_it_replaces_dropped_without_the_lock", NOT_USED;
    "a waker that is withdrawn is dropped while the table is locked", BLOCKING,
        "        drop(list);\n        in_drop(|| drop(entry));" => "        in_drop(|| drop(entry));\n        drop(list);",
        Host("wakers"), Itself, "a_waker_that_is_not_wanted_any_more_is_dropped_without_the_lock", NOT_USED;
    "a waker is cloned while the table is locked", BLOCKING,
        "        let waker = waker.clone(); // foreign code, too\n        let mut list = Bucket::of(address).lock();" =>
        "        let mut list = Bucket::of(address).lock();\n        let waker = waker.clone();",
        Host("wakers"), Itself, "a_waker_is_cloned_and_the_one_it_replaces_dropped_without_the_lock", NOT_USED;
    "a look that panics takes the table away from all others", BLOCKING,
        "self.wakers.lock().unwrap_or_else(PoisonError::into_inner)" => "self.wakers.lock().unwrap()",
        Host("wakers"), Itself, "a_look_that_panics_leaves_the_table_to_the_others", NOT_USED;
    "only the first waker of an address is woken", BLOCKING,
        "let all = mem::take(&mut *list).into_iter();\n        let (woken, others) = all.partition(|entry| entry.address == address.addr());" =>
        "let all = mem::take(&mut *list).into_iter();\n        let mut first = true;\n        let (woken, others) = all.partition(|entry| entry.address == address.addr() && core::mem::take(&mut first));",
        Host("wakers"), Itself, "a_waker_is_called_without_the_lock", NOT_USED;
    "wakers of other addresses are woken, too", BLOCKING,
        "all.partition(|entry| entry.address == address.addr())" => "all.partition(|_| true)",
        Host("futures"), Itself, "a_wake_up_at_one_address_leaves_the_others_asleep", NOT_USED;
    "a panic in one waker keeps the others asleep", BLOCKING,
        "None => panicked = Some(panic)," => "None => {\n                    panicked = Some(panic);\n                    break;\n                }",
        Host("futures"), Itself, "a_waker_that_panics_does_not_keep_the_others_asleep", NOT_USED;
    "a future that is ready leaves its waker behind", FUTURE,
        "        self.unregister();\n        Poll::Ready(())" => "        Poll::Ready(())",
        Host("futures"), Itself, "a_release_between_a_futures_look_and_its_registration_is_noticed", NOT_USED;
    "a future that is dropped leaves its waker behind", FUTURE,
        "        in_drop(|| self.unregister());\n" => "",
        Host("futures"), Itself, "a_future_withdraws_what_it_has_registered", NOT_USED;
    "an object that starts disabled is marked in its first slot only", CACHE_AWARE,
        "slots = [const { SharedLine::new(Slot::new(true)) }; N];" =>
        "slots[0] = SharedLine::new(Slot::new(true));",
        Host("api"), Itself, "an_object_that_starts_disabled_is_marked_in_every_slot", NOT_USED;
    "a protected place starts with an object that is held", PROTECTED,
        "assert!(object.begin_run_down(), \"the run-down object is still held\");" =>
        "let _ = object.begin_run_down();",
        Host("protected"), Itself, "protected_does_not_start_with_an_object_that_is_held", NOT_USED;
    "a held object that dies while its thread unwinds panics as well", OPERATIONS,
        "    if panicking() {\n        return;\n    }\n" => "",
        Host("unwinding"), Itself, "a_held_object_says_nothing", NOT_USED;
    "so does a guard whose hold is gone", OPERATIONS,
        "        if !panicking() {\n            error" => "        {\n            error",
        Host("unwinding"), Itself, "a_guard_whose_hold_is_gone_says_nothing_and_the_count_stays", NOT_USED;
    "and a waker that is called meanwhile", BLOCKING,
        "Some(panic) if !panicking() => resume_unwind(panic)," => "Some(panic) => resume_unwind(panic),",
        Host("unwinding"), Itself, "a_waker_that_panics_is_not_heard_when_an_owner_acts_in_a_drop", NOT_USED;
    "an object that was released too often dies without a word", OPERATIONS,
        "if !begin(object).unwrap_or_else(|error| error.report(address)) {\n        let" =>
        "if !begin(object).unwrap_or(true) {\n        let",
        Host("decisions"), Itself, "d08_drop_of_an_object_that_was_released_too_often_is_detected", ONE_CORE;
    "resurrect clears the slots before its step", PROTOCOL,
        "        let won = self.outstanding.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, carried);\n        let left = won.map_err(|_| NotRunDown)?;\n        self.reset((left & !SWEPT) + surplus(left));" =>
        "        let left = self.outstanding.0.load(Ordering::Acquire);\n        carried(left).ok_or(NotRunDown)?;\n        self.reset((left & !SWEPT) + surplus(left));\n        \
         let _ = self.outstanding.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, carried);",
        Loom, Both, "two_resurrects_at_once_against_a_release", Long;
    "a sweep that finds too many releases wakes nobody", OPERATIONS,
        "if swept != Ok(None) {" => "if matches!(swept, Ok(Some(_))) {",
        Host("waking"), Itself, "a_sweep_that_finds_too_many_releases_wakes_who_waits_for_it", ONE_CORE;
    "a wait sleeps on when another finds too many releases", OPERATIONS,
        "            Err(_) => true," => "            Err(_) => false,",
        Host("waking"), Itself, "a_wait_ends_when_another_finds_too_many_releases", ONE_CORE;
    "the last release wakes before it is done", OPERATIONS,
        "    if object.protocol().release_slow(slot, old, count)? == Released::Last {\n        // From here on the object may be freed: only its address is used. Mostly called by a guard's drop.\n        in_drop(|| <R::Waiting as Park>::unpark_all(address));\n    }" =>
        "    if object.protocol().left() == Ok(Some(count)) {\n        <R::Waiting as Park>::unpark_all(address);\n    }\n    object.protocol().release_slow(slot, old, count)?;",
        Host("waking"), Itself, "every_wake_up_comes_after_what_it_tells_of", SEEN_INSIDE;
    "the start of a run-down wakes before its sweep", OPERATIONS,
        "    let swept = object.protocol().sweep();\n    // Also after an error: others who wait must see it, instead of sleeping on.\n    if swept != Ok(None) {\n        <R::Waiting as Park>::unpark_all(address);\n    }\n" =>
        "    if !object.protocol().is_marked() {\n        <R::Waiting as Park>::unpark_all(address);\n    }\n    let swept = object.protocol().sweep();\n",
        Host("waking"), Itself, "every_wake_up_comes_after_what_it_tells_of", SEEN_INSIDE;
    "a re-initialisation wakes before it is done", RUNDOWN,
        "        self.protocol().reinitialize(|| Record::remove_all(address))?;\n        <Self::Park as Park>::unpark_all(address);" =>
        "        <Self::Park as Park>::unpark_all(address);\n        self.protocol().reinitialize(|| Record::remove_all(address))?;",
        Host("waking"), Itself, "every_wake_up_comes_after_what_it_tells_of", SEEN_INSIDE;
    "resurrect wakes before it is done", RUNDOWN,
        "        self.protocol().resurrect()?;\n        <Self::Park as Park>::unpark_all(self.address());" =>
        "        <Self::Park as Park>::unpark_all(self.address());\n        self.protocol().resurrect()?;",
        Host("waking"), Itself, "every_wake_up_comes_after_what_it_tells_of", SEEN_INSIDE;
    "a guard leaves the list after its release", GUARD,
        "        self.record.remove(object.address(), self.count);\n        if self.count > 0 {" =>
        "        if self.count > 0 {\n            unsafe { operations::release(object, self.count) }\n        }\n        self.record.remove(object.address(), self.count);\n        if false {",
        Host("holders"), Itself, "a_hold_leaves_the_list_before_it_is_released", NOT_USED;
    "leaked holds leave the list after their release", RUNDOWN,
        "        Record::take_leaked(self.address(), count);\n        // SAFETY: the caller's promise is the same.\n        unsafe { operations::release_any(self, count) }" =>
        "        unsafe { operations::release_any(self, count) };\n        Record::take_leaked(self.address(), count);",
        Host("holders"), Itself, "a_hold_leaves_the_list_before_it_is_released", NOT_USED;
    "a forgotten guard stays on the list when its holds are released", HOLDERS,
        "&[LEAKED_ONES, EXACT_ONES, GUARDED_ONES]" => "&[LEAKED_ONES]",
        Host("holders"), Itself, "a_forgotten_guard_leaves_the_list_when_its_holds_are_released_or_adopted", NOT_USED;
    "a forgotten guard is taken for the first of all guards", HOLDERS,
        "&[LEAKED_ONES, EXACT_ONES, GUARDED_ONES]" => "&[LEAKED_ONES, GUARDED_ONES]",
        Host("holders"), Itself, "beside_a_guard_a_forgotten_one_is_told_by_its_count", NOT_USED;
    "a guard whose entry went for a forgotten one leaves that one on the list", HOLDERS,
        "take(object, count - taken, &[EXACT_ONES, GUARDED_ONES]);" => "let _ = taken;",
        Host("holders"), Itself, "beside_guards_of_any_count_as_many_holds_are_listed_as_there_are", NOT_USED;
    "a guard whose entry is gone changes that of its next owner", HOLDERS,
        "TABLE.get(self.0).filter(still)" => "{ let _ = still; TABLE.get(self.0) }",
        Host("holders"), Itself, "a_guard_whose_entry_went_for_a_forgotten_one_leaves_its_next_owner_alone", NOT_USED;
    "one object takes another's holders off the list", HOLDERS,
        "if self.object.load(Ordering::Acquire).cast_const() != object {" =>
        "if self.object.load(Ordering::Acquire).is_null() || object.is_null() {",
        Host("holders"), Itself, "what_one_object_takes_out_is_its_own", NOT_USED;
    "an object that dies leaves its holders to the next at its address", OPERATIONS,
        "    Record::remove_all(address);\n" => "",
        Host("holders"), Itself, "an_object_that_dies_leaves_no_holders_to_the_next_at_its_address", NOT_USED;
    "an object that is re-initialised keeps its holders", RUNDOWN,
        "reinitialize(|| Record::remove_all(address))?;" => "reinitialize(|| ())?;",
        Host("holders"), Itself, "an_object_that_begins_anew_has_no_holders", NOT_USED;
    "an object that is made in place inherits the holders there", CACHE_AWARE,
        "Record::remove_all((*object).address());" => "",
        Host("holders"), Itself, "an_object_that_begins_anew_has_no_holders", NOT_USED;
    "only the first holder goes when its object ends", HOLDERS,
        "TABLE.iter().filter(of).for_each(Entry::free);" => "TABLE.iter().filter(of).take(1).for_each(Entry::free);",
        Host("holders"), Itself, "an_object_that_begins_anew_has_no_holders", NOT_USED;
    "a guard for nothing is split off", GUARD,
        ".filter(|left| count > 0 && *left > 0)?;" => "?;",
        Host("contract"), Both, "a_guard_splits_and_merges_without_changing_the_sum", NOT_USED;
    "an owned guard's object goes before its release", OWNED,
        "    guard: RundownGuard<'static, R>,\n    object: Arc<R>,\n}" =>
        "    object: Arc<R>,\n    guard: RundownGuard<'static, R>,\n}",
        Host("owned"), Itself, "an_owned_guard_releases_before_its_arc_goes", NOT_USED;
    "so does that of an owned guard of a value", PROTECTED_OWNED,
        "    guard: ProtectedGuard<'static, T, R>,\n    protected: Arc<Protected<T, R>>,\n}" =>
        "    protected: Arc<Protected<T, R>>,\n    guard: ProtectedGuard<'static, T, R>,\n}",
        Host("owned"), Itself, "an_owned_guard_releases_before_its_arc_goes", NOT_USED;
    "an owned guard that is split off keeps nothing alive", OWNED,
        "Some(Self { guard, object: self.object.clone() })" =>
        "Some(Self { guard, object: unsafe { Arc::from_raw(Arc::as_ptr(&self.object)) } })",
        Host("owned"), Itself, "owned_guards_split_and_merge_without_changing_the_sum", NOT_USED;
    "a guard that is narrowed further gives the value back at once", MAPPED,
        "        let value = NonNull::from(part(&guard));\n        MappedGuard { value, guard: guard.guard }" =>
        "        let value = NonNull::from(part(&guard));\n        drop(unsafe { core::ptr::read(&raw const guard.guard) });\n        MappedGuard { value, guard: guard.guard }",
        Host("mapped"), Itself, "a_mapped_guard_holds_until_it_is_dropped", NOT_USED;
    "a future for the value takes it without looking who is inside", RUN_DOWN,
        "let drained = Pin::new(&mut self.drained).poll(context).is_ready();" =>
        "let _ = Pin::new(&mut self.drained).poll(context);\n            let drained = true;",
        Host("run_down"), Itself, "it_starts_with_the_first_poll_and_is_ready_with_the_value_when_the_users_have_left", NOT_USED;
    "a future that lost the value runs the next one down", RUN_DOWN,
        "if *self.seen.get_or_insert(state) != state {" => "if false {",
        Host("run_down"), Itself, "who_lost_the_value_leaves_the_next_one_alone", NOT_USED;
    "a future leaves a value run down that came while it looked", RUN_DOWN,
        "if !drained && now == state {" => "if !drained {",
        Host("run_down"), Itself, "a_value_that_comes_in_the_middle_of_a_poll_is_taken_or_left_live_but_never_left_run_down", NOT_USED;
    "a future gives up as soon as the value has moved", RUN_DOWN,
        "            state = now;" => "            let _ = now;\n            return Poll::Ready(None);",
        Host("run_down"), Itself, "a_value_that_comes_in_the_middle_of_a_poll_is_taken_or_left_live_but_never_left_run_down", NOT_USED;
    "a future that gets no value leaves its waker behind", RUN_DOWN,
        "            self.drained.unregister();" => "",
        Host("run_down"), Itself, "a_future_that_is_ready_without_the_value_needs_no_waker", NOT_USED;
    "a future that is dropped by an unwinding thread panics as well", FUTURE,
        "in_drop(|| self.unregister());" => "self.unregister();",
        Host("unwinding"), Itself, "a_future_withdraws_its_waker_from_a_park_that_is_not_heard", NOT_USED;
    "a future withdraws its waker twice when that panics", FUTURE,
        "self.ticket = 0; // first" => "// first",
        Host("unwinding"), Itself, "a_poll_that_panics_as_it_withdraws_its_waker_does_not_withdraw_it_again", NOT_USED;
    "a waker's drop panics while the thread unwinds", BLOCKING,
        "in_drop(|| drop(entry));" => "drop(entry);",
        Host("unwinding"), Itself, "a_waker_that_is_withdrawn_as_its_thread_unwinds_is_not_heard", NOT_USED;
    "so does that of one that is replaced", BLOCKING,
        "in_drop(|| drop(old));" => "drop(old);",
        Host("unwinding"), Itself, "a_future_takes_its_waker_along_and_the_wakers_drop_is_not_heard", NOT_USED;
    "the panic of a waker panics as well", BLOCKING,
        "lost => unheard(|| drop(lost))," => "lost => drop(lost),",
        Host("unwinding"), Itself, "a_waker_that_panics_is_not_heard_when_an_owner_acts_in_a_drop", NOT_USED;
    "an object stays taken for a park that panics", POOLED,
        "in_drop(|| _ = begin(object));" => "let _ = begin(object);",
        Host("unwinding"), Itself, "an_object_goes_back_to_its_pool_past_a_park_that_is_not_heard", NOT_USED;
    "a pool that dies leaves the holders of what was forgotten", POOL,
        "            Record::remove_within(block.as_ptr().cast(), bytes);\n" => "            let _ = bytes;\n",
        Host("holders"), Itself, "a_pool_that_dies_leaves_no_holders_of_objects_whose_handles_were_forgotten", NOT_USED;
    "a new pool inherits the holders of the one before it", POOL,
        "        Record::remove_all(object.address());\n" => "",
        Host("holders"), Itself, "an_object_of_a_new_pool_has_no_holders_of_the_pool_that_was_there_before", NOT_USED;
    "a merge of guards without entries takes another's", HOLDERS,
        "            gone.remove(object, moved);\n        }" => "        }\n        gone.remove(object, moved);",
        Host("holders"), Itself, "a_guard_whose_entry_went_for_a_forgotten_one_leaves_its_next_owner_alone", NOT_USED;
};

//! What who sleeps has to fear: cores in the kernel (`crates/parking`), threads and tasks in `Blocking`.

use crate::elsewhere::Killer::{Model, Test};
use crate::elsewhere::{Elsewhere, In, elsewhere};
use crate::mutant::BLOCKING;

const PARKING: &str = "crates/parking/src/lib.rs";

pub(crate) const SLEEP: &[Elsewhere] = elsewhere! {
    "park: no fence between saying where it sleeps and the look", PARKING,
        "store_before_load();\n                if !ready()" => "if !ready()",
        Model("loom_parking", "a_wake_up_against_one_who_goes_to_sleep");
    "park: no fence before the look at who sleeps", PARKING,
        "store_before_load();\n        for (word" => "for (word",
        Model("loom_parking", "a_wake_up_against_one_who_goes_to_sleep");
    "park: the fence stands before it says where it sleeps", PARKING,
        "set.fetch_or(bit, Ordering::Relaxed);\n                store_before_load();" =>
        "store_before_load();\n                set.fetch_or(bit, Ordering::Relaxed);",
        Model("loom_parking", "a_wake_up_against_one_who_goes_to_sleep");
    "park: no look between saying where it sleeps and the sleep", PARKING,
        "if !ready() {\n                    //" => "if true {\n                    //",
        Model("loom_parking", "a_wake_up_against_one_who_goes_to_sleep");
    "park: two cores of a word overwrite each other", PARKING,
        "set.fetch_or(bit, Ordering::Relaxed);" =>
        "set.store(set.load(Ordering::Relaxed) | bit, Ordering::Relaxed);",
        Model("loom_parking", "one_wake_up_against_two_of_the_same_word");
    "park: a wake-up looks into the first set", PARKING,
        "in self.at(address).iter()" => "in self.0[0].iter()",
        Model("loom_parking", "one_who_sleeps_at_one_address_after_another");
    "park: who has woken takes the others of its word along", PARKING,
        "set.fetch_and(!bit, Ordering::Relaxed);" => "set.fetch_and(0, Ordering::Relaxed);",
        Test("parking", In::File("parking"), "one_who_has_woken_leaves_the_others_asleep");
    "park: only the first of a word is woken", PARKING,
        "set &= set - 1;" => "set = 0;",
        Test("parking", In::File("parking"), "everyone_who_sleeps_there_is_woken_once_and_nobody_else");
    "park: whoever shares the set is woken", PARKING,
        "core.filter(sleeps)" => "core.filter(|core| sleeps(core) || core.index() > 0)",
        Test("parking", In::File("parking"), "everyone_who_sleeps_there_is_woken_once_and_nobody_else");
    "park: a handler's own wait takes the alarm away", PARKING,
        "core.masked(|| {\n                core.alarm(Some(deadline));" =>
        "core.alarm(Some(deadline));\n            core.masked(|| {",
        Test("parking", In::File("parking"), "a_handler_that_waits_does_not_take_the_alarm_away");
    "park: a deadline that has just come is waited for", PARKING,
        "core.now() >= deadline" => "core.now() > deadline",
        Model("loom_parking", "a_wait_that_nobody_ends_ends_at_its_deadline");
    "Blocking: a wake-up does not wait for who is about to sleep", BLOCKING,
        "bucket.woken.notify_all();\n        drop(list);" =>
        "drop(list);\n        bucket.woken.notify_one();",
        Model("loom_blocking", "one_wake_up_against_two_who_go_to_sleep");
    "Blocking: ready is asked before the lock", BLOCKING,
        "let mut list = bucket.lock();\n        // `ready`" =>
        "if ready() { return true; }\n        let mut list = bucket.lock(); let mut first = true;\n        \
         let mut ready = || !std::mem::take(&mut first) && ready(); // `ready`",
        Model("loom_blocking", "the_last_release_against_one_who_goes_to_sleep");
    "Blocking: the waker that was first stays", BLOCKING,
        "Some(entry) => Some(mem::replace(&mut entry.waker, waker))," => "Some(_) => Some(waker),",
        Model("loom_blocking", "a_waker_that_is_replaced_against_the_last_release");
    "Blocking: who withdraws takes another's waker along", BLOCKING,
        "let at = list.iter().position(|entry| entry.ticket == ticket);" =>
        "let at = list.iter().rposition(|entry| entry.ticket >= ticket);",
        Model("loom_blocking", "a_waker_that_is_withdrawn_against_the_last_release");
    "Blocking: wakers of the whole bucket are woken", BLOCKING,
        "all.partition(|entry| entry.address == address.addr())" => "all.partition(|entry| entry.address != 0)",
        Model("loom_blocking", "wakers_of_one_bucket_are_woken_by_their_own_address_and_once");
};

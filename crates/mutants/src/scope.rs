//! What the plugin that counts cache lines and the explorer of schedules have to fear.

use crate::elsewhere::In::Library;
use crate::elsewhere::Killer::Test;
use crate::elsewhere::{Elsewhere, elsewhere};

pub(crate) const SCOPE: &[Elsewhere] = elsewhere! {
    "an upgrade takes the line from its own core, too", "crates/cachescope/src/directory.rs",
        "invalidations: cores.count() - 1," => "invalidations: cores.count(),",
        Test("cachescope", Library, "directory::tests::readers_share_and_the_first_writer_upgrades");
    "a line is taken from its exclusive owner without an invalidation", "crates/cachescope/src/directory.rs",
        "            State::Exclusive(_) | State::Modified(_) => {\n                Traffic { transfer: true, invalidations: 1," =>
        "            State::Exclusive(_) => Traffic { transfer: true, ..Traffic::default() },\n            State::Modified(_) => {\n                Traffic { transfer: true, invalidations: 1,",
        Test("cachescope", Library, "directory::model::every_access_in_every_state_costs_what_the_caches_say");
    "a sum of counts leaves the upgrades out", "crates/cachescope/src/counts.rs",
        "self.upgrades += other.upgrades;" => "",
        Test("cachescope", Library, "counts::tests::a_sum_adds_every_count");
    "the last line of a region is not watched", "crates/cachescope/src/memory.rs",
        "range.end.checked_next_multiple_of(self.line_bytes).unwrap_or(u64::MAX)" =>
        "range.end / self.line_bytes * self.line_bytes",
        Test("cachescope", Library, "memory::tests::what_is_watched_is_what_any_region_has_touched");
    "the trace hash leaves out what kind of access it was", "crates/cachescope/src/trace.rs",
        "(step.core as u64) << 8 | step.access as u64" => "(step.core as u64) << 8",
        Test("cachescope", Library, "trace::tests::all_that_a_step_is_goes_into_the_hash");
    "a schedule in which all sleep waits for the watchdog", "crates/cachescope/src/scheduler/stuck.rs",
        "self.states.iter().all(" => "self.states.is_empty() && self.states.iter().all(",
        Test("cachescope", Library, "scheduler::tests::the_last_who_sleeps_or_ends_leaves_a_schedule_stuck");
    "a schedule with a wake-up on its way is stuck", "crates/cachescope/src/scheduler/stuck.rs",
        "State::Asleep | State::Outside" => "State::Asleep | State::Outside | State::Waking",
        Test("cachescope", Library, "scheduler::tests::a_wake_up_on_its_way_keeps_a_schedule_going");
    "a core that spins keeps its priority", "crates/cachescope/src/policy.rs",
        "priorities.give_way(core);" => "let _ = (priorities, core);",
        Test("cachescope", Library, "policy::tests::priorities_let_nobody_spin_who_is_waited_for");
    "a core falls one step before its change point", "crates/pct/src/priorities.rs",
        "if self.changes[change] == self.steps {" => "if self.changes[change] == self.steps + 1 {",
        Test("cachescope-pct", Library, "priorities::tests::a_core_falls_at_its_step_and_not_before_or_after");
    "only the first change point counts", "crates/pct/src/priorities.rs",
        "for change in 0..self.count {" => "for change in 0..self.count.min(1) {",
        Test("cachescope-pct", Library, "priorities::tests::of_two_that_fall_the_change_points_say_who_is_last");
    "any seed that fails is reported as the lowest", "crates/explore/src/hunt.rs",
        "both.min_by_key(|(_, run)| run.seed)" => "both.last()",
        Test("explore", Library, "hunt::tests::the_lowest_seed_that_fails_is_found");
    "the explorer ignores QEMU's exit status", "crates/explore/src/outcome.rs",
        "Some(status) if status == wanted => None," => "Some(_) => None,",
        Test("explore", Library, "outcome::tests::the_exit_status_must_agree");
    "the explorer ignores what comes after the last verdict", "crates/explore/src/outcome.rs",
        "Err(objection) => Some(objection.to_string())," => "Err(_) => None,",
        Test("explore", Library, "outcome::tests::what_comes_after_the_last_verdict_counts");
    "the explorer takes another seed's run for this one", "crates/explore/src/outcome.rs",
        "told.filter(|told| told.seed == seed)" => "told.filter(|told| told.seed >= seed)",
        Test("explore", Library, "outcome::tests::a_seed_that_is_left_out_or_another_fails");
    "a step is shown with the line of source after it", "crates/runner/src/symbols.rs",
        "(number as usize).wrapping_sub(1)" => "number as usize",
        Test("ktap-runner", Library, "symbols::tests::an_address_is_told_by_its_file_its_line_and_what_stands_there");
};

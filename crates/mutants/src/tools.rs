//! What the tools have to fear that start, judge and prove: a failure that passes.

use crate::elsewhere::In::{File, Library, Program};
use crate::elsewhere::Killer::Test;
use crate::elsewhere::{Elsewhere, elsewhere};

pub(crate) const TOOLS: &[Elsewhere] = elsewhere! {
    "a command that died by a signal has succeeded", "crates/runner/src/process.rs",
        "128 + status.signal().unwrap_or(0)" => "status.signal().map_or(128, |_| 0)",
        Test("ktap-runner", Library, "process::tests::a_signal_is_no_success");
    "a test killed if any test failed", "crates/prove/src/killed.rs",
        "names.any(|name| name.contains(test))" => "names.next().is_some()",
        Test("prove", Program, "killed::tests::only_the_named_test_kills");
    "a test that was planned may be left out", "crates/runner/src/ktap.rs",
        "Some(planned) if planned != self.reported" => "Some(planned) if planned < self.reported",
        Test("ktap-runner", Library, "ktap::tests::every_planned_test_reports_once_in_order");
    "a report may end with any line that begins as the last one", "crates/runner/src/ktap.rs",
        "if text == pass => None" => "if text.starts_with(pass.as_str()) => None",
        Test("ktap-runner", Library, "ktap::tests::a_long_diagnostic_passes_and_hides_nothing");
    "what was started outlives who started it", "crates/runner/src/child.rs",
        "    die_with_parent(&mut command);\n    command.spawn()" => "    command.spawn()",
        Test("ktap-runner", Library, "child::tests::a_child_dies_with_its_parent");
    "a stage that has failed ends with status 0", "crates/prove/src/main.rs",
        "status = status.max(1);" => "",
        Test("prove", File("stages"), "miri_passes_only_if_every_seed_ran_well");
    "Miri has passed though it tried fewer seeds", "crates/prove/src/miri.rs",
        "|| tried != last - first" => "|| tried == 0",
        Test("prove", File("stages"), "miri_passes_only_if_every_seed_ran_well");
    "orderings weakened have passed if any was caught", "crates/prove/src/weaken.rs",
        "caught == numbers.len()" => "caught > 0",
        Test("prove", File("stages"), "every_weakened_ordering_must_be_caught");
    "the flags for the kernel reach what is built for the host", "crates/tools/src/cargo/variables.rs",
        "command.env_remove(name);" => "let _ = (&command, name);",
        Test("tools", File("builds"), "what_is_built_is_found_and_has_its_own_flags");
    "only the last round is asked for counts that were lost", "crates/ladder/src/candidate.rs",
        "one.off_by += self.variant" => "one.off_by = self.variant",
        Test("ladder", Library, "candidate::tests::what_each_round_is_short_of_is_summed");
};

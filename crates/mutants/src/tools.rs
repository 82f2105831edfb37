//! What the tools have to fear that start, judge and prove: a failure that passes.

use crate::elsewhere::In::{Library, Program};
use crate::elsewhere::Killer::Test;
use crate::elsewhere::{Elsewhere, elsewhere};

pub(crate) const TOOLS: &[Elsewhere] = elsewhere! {
    "a command that died by a signal has succeeded", "crates/runner/src/process.rs",
        "128 + status.signal().unwrap_or(0)" => "status.signal().map_or(128, |_| 0)",
        Test("runner", Library, "process::tests::a_signal_is_no_success");
    "a test killed if any test failed", "crates/prove/src/killed.rs",
        "names.any(|name| name.contains(test))" => "names.next().is_some()",
        Test("prove", Program, "killed::tests::only_the_named_test_kills");
};

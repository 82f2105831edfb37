//! Tells whether a test has failed with a mutant, and how.

use crate::verdict::failed_tests;
use runner::process::Output;

/// The exit status of a test that has used up its processor time: it died by SIGXCPU.
const USED_UP: i32 = 128 + 24;

/// Returns how the only test that ran failed, if it did.
pub fn death(output: &Output, test: &str) -> Option<&'static str> {
    let mut names = failed_tests(output).into_iter();
    match output.status {
        Some(101) if names.any(|name| name.contains(test)) => Some(""),
        Some(USED_UP) => Some(" (it hangs)"),
        // By a write to memory that can't be written, for instance.
        Some(129..) => Some(" (by a signal)"),
        // A wait that never returns is one of the defects; some sleep.
        None if output.stdout.contains("running ") => Some(" (it hangs)"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::output;

    #[test]
    fn only_the_named_test_kills() {
        let text = "\nfailures:\n    that_one::plain\n\ntest result: FAILED.";
        let of = |status, text: &str| death(&output(status, text), "that_one::plain");
        assert_eq!(of(Some(101), text), Some(""));
        assert_eq!(of(Some(101), &text.replace("that_one", "another")), None);
        assert_eq!(of(Some(1), text), None);
        assert_eq!(of(None, "running 1 test\n"), Some(" (it hangs)"));
        assert_eq!(of(None, ""), None);
        assert_eq!(of(Some(152), "running 1 test\n"), Some(" (it hangs)"));
        assert_eq!(of(Some(139), "running 1 test\n"), Some(" (by a signal)"));
        assert_eq!(of(Some(0), "test result: ok. 1 passed"), None);
    }
}

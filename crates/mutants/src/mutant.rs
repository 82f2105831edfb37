//! What is known of one bug.

/// A bug.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// What is wrong.
    pub name: &'static str,
    /// The file, seen from the project's folder.
    pub file: &'static str,
    /// The text that stands there exactly once.
    pub from: &'static str,
    /// What takes its place.
    pub to: &'static str,
    /// Where the test stands that must fail.
    pub suite: Suite,
    /// In which forms of the object it must fail.
    pub forms: Forms,
    /// The name of the test, without its form.
    pub test: &'static str,
    /// What the explorer does with it.
    pub explorer: Explorer,
}

/// Where a test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    /// The unit tests of the crate.
    Unit,
    /// A file of `tests/`.
    Host(&'static str),
    /// The models of the protocol, on loom.
    Loom,
}

/// In which forms of the object a test must fail.
#[derive(Clone, Copy, Debug)]
pub enum Forms {
    /// The test has no forms, or is of one.
    Itself,
    /// Plain and cache-aware, each by itself.
    Both,
    /// Cache-aware, with threads that sleep.
    Sleeping,
}

/// What the explorer of schedules does with a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explorer {
    /// Finds it, also in the short run.
    Quick,
    /// Finds it in the long run.
    Long,
    /// Does not look for it, for this reason.
    LeftOut(&'static str),
}

impl Mutant {
    /// Returns the full names of the tests, each of which must fail by itself.
    pub fn tests(&self) -> Vec<String> {
        let forms: &[&str] = match (self.forms, self.suite) {
            (Forms::Itself, _) => &[""],
            (Forms::Both, Suite::Loom) => &["::plain", "::two_slots"],
            (Forms::Both, _) => &["::plain", "::cache_aware_with_constant_slots"],
            (Forms::Sleeping, _) => &["::cache_aware_that_sleeps"],
        };
        forms.iter().map(|form| format!("{}{form}", self.test)).collect()
    }
}

/// Makes a list of mutants, each written as
/// `"name", FILE, "from" => "to", suite, forms, "test", explorer;`.
macro_rules! mutants {
    ($($name:literal, $file:ident, $from:literal => $to:literal,
       $suite:expr, $forms:expr, $test:literal, $explorer:expr;)*) => {
        &[$(Mutant {
            name: $name,
            file: $file,
            from: $from,
            to: $to,
            suite: $suite,
            forms: $forms,
            test: $test,
            explorer: $explorer,
        }),*]
    };
}
pub(crate) use mutants;

pub(crate) const BLOCKING: &str = "crates/rundown/src/blocking.rs";
pub(crate) const CACHE_AWARE: &str = "crates/rundown/src/cache_aware.rs";
pub(crate) const FUTURE: &str = "crates/rundown/src/future.rs";
pub(crate) const GUARD: &str = "crates/rundown/src/guard.rs";
pub(crate) const HOLDERS: &str = "crates/rundown/src/holders.rs";
pub(crate) const LINES: &str = "crates/rundown/src/lines.rs";
pub(crate) const MAPPED: &str = "crates/rundown/src/mapped.rs";
pub(crate) const OPERATIONS: &str = "crates/rundown/src/operations.rs";
pub(crate) const OWNED: &str = "crates/rundown/src/owned.rs";
pub(crate) const POOL: &str = "crates/rundown/src/pool.rs";
pub(crate) const POOL_BLOCK: &str = "crates/rundown/src/pool_block.rs";
pub(crate) const POOL_COLUMN: &str = "crates/rundown/src/pool_column.rs";
pub(crate) const POOL_LIST: &str = "crates/rundown/src/pool_list.rs";
pub(crate) const POOLED: &str = "crates/rundown/src/pooled.rs";
pub(crate) const PROTECTED: &str = "crates/rundown/src/protected.rs";
pub(crate) const PROTECTED_OWNED: &str = "crates/rundown/src/protected_owned.rs";
pub(crate) const PROTOCOL: &str = "crates/rundown/src/protocol.rs";
pub(crate) const RESTARTABLE: &str = "crates/rundown/src/restartable.rs";
pub(crate) const SECTIONS: &str = "crates/rundown/src/sections.rs";
pub(crate) const RUN_DOWN: &str = "crates/rundown/src/run_down.rs";
pub(crate) const RUNDOWN: &str = "crates/rundown/src/rundown.rs";
pub(crate) const WORDS: &str = "crates/rundown/src/words.rs";

/// Reasons why the explorer leaves a mutant out.
pub(crate) mod left_out {
    use super::Explorer::{self, LeftOut};

    pub(crate) const ORDERING: Explorer =
        LeftOut("schedules are sequentially consistent: a weaker ordering does not show; loom");
    pub(crate) const ONE_CORE: Explorer =
        LeftOut("shows on one core already, with counts that no race needs; a unit test");
    pub(crate) const SAME: Explorer =
        LeftOut("the same change as the one before it, for another test of the proofs");
    pub(crate) const SEEN_INSIDE: Explorer =
        LeftOut("a host test looks at the object while it is woken, which shows it without a race");
    pub(crate) const NOT_USED: Explorer =
        LeftOut("code that the kernel does not use, or that no race reaches; a host test");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_named_in_each_form_that_must_fail() {
        let names = |forms, suite| {
            let any = *crate::catalogue::all().next().unwrap();
            Mutant { forms, suite, test: "t", ..any }.tests().join(" ")
        };
        assert_eq!(names(Forms::Itself, Suite::Loom), "t");
        assert_eq!(names(Forms::Both, Suite::Loom), "t::plain t::two_slots");
        let host = "t::plain t::cache_aware_with_constant_slots";
        assert_eq!(names(Forms::Both, Suite::Host("x")), host);
        assert_eq!(names(Forms::Sleeping, Suite::Host("x")), "t::cache_aware_that_sleeps");
    }
}

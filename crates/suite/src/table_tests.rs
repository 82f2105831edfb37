use super::*;

/// How the names of steps begin, how many there are at least, in the long run as well, and beside what.
const KINDS: &[(&str, usize, usize, Beside)] = &[
    ("format", 1, 1, Anything),
    ("shellcheck", 1, 1, Anything),
    ("no import runs up", 1, 1, Anything),
    ("links and their anchors", 1, 1, Anything),
    ("guide: ", 1, 1, Anything),
    ("what GitHub reads", 1, 1, Anything),
    ("the container for", 1, 1, Anything),
    ("scripts/setup is idle", 1, 1, Anything),
    ("a second QEMU", 1, 1, Waits),
    ("set-up among stand-ins: ", 20, 20, Anything),
    ("set-up leaves other toolchains", 1, 1, Anything),
    ("set-up with a real sudo", 0, 1, Anything),
    ("the tools, the images", 1, 1, CARGO),
    ("barriers stand between", 1, 1, CARGO),
    ("--help and --list set nothing up", 1, 1, CARGO),
    ("no tool crashes", 1, 1, CARGO),
    ("flags for the kernel", 1, 1, CARGO),
    ("scripts/host-cargo and the tools", 1, 1, CARGO),
    ("clippy ", 6, 6, CARGO),
    ("doc ", 3, 3, CARGO),
    ("package: ", 2, 2, CARGO),
    ("the documentation that ", 2, 2, CARGO),
    ("every public item of rundown", 1, 1, CARGO),
    ("docs.rs shows", 1, 1, CARGO),
    ("an editor shows no error", 1, 1, CARGO),
    ("an editor shows an error", 0, 1, CARGO),
    ("proof (scripts/prove ", 6, 6, NoOther("proofs")),
    ("test ", 16, 16, CARGO),
    ("no flag for rustc", 1, 1, CARGO),
    ("rundown", 3, 3, CARGO),
    ("build rundown for ", 6, 6, CARGO),
    ("embedded: ", 6, 6, CARGO),
    ("programs: ", 5, 5, CARGO),
    ("the oldest compiler ", 2, 2, CARGO),
    ("a kernel with RUSTFLAGS", 0, 1, CARGO),
    ("the session ", 8, 8, NoOther("schedules")),
    ("cachescope: ", 4, 4, NoOther("scope")),
    ("bench: ", 3, 3, CARGO),
    ("figures: ", 4, 4, CARGO),
    ("course: ", 5, 5, CARGO),
    ("instructions: ", 3, 3, CARGO),
    ("riscv: ", 6, 6, CARGO),
    ("kvm-test: ", 2, 2, Waits),
    ("with a second QEMU: the session ", 2, 2, NoOther("schedules")),
    ("with a second QEMU: schedules: ", 1, 1, NoOther("schedules")),
    ("with a second QEMU: test cachescope", 1, 1, CARGO),
    ("with a second QEMU: boot ", 2, 2, CARGO),
    ("with a second QEMU: scripts/", 0, 3, CARGO),
    ("page: ", 2, 2, NoOther("page")),
    ("replay: ", 4, 4, NoOther("page")),
    ("book: ", 3, 3, NoOther("page")),
    ("must fail: hang_other_core", 1, 1, Waits),
    ("must fail: core_missing", 1, 1, Waits),
    ("must fail: panic", 2, 2, Anything),
    ("must fail: late_wait", 2, 2, Anything),
    ("must fail: ", 32, 32, Anything),
    ("refused: QEMU=mute-qemu", 1, 1, Waits),
    ("refused: ", 37, 37, Anything),
    ("boot Interrupts ", 4, 4, Anything),
    ("boot Pool ", 4, 4, Anything),
    ("boot DemoPooled ", 6, 6, Anything),
    ("boot PooledChecks ", 2, 2, Anything),
    ("boot DemoHolders ", 1, 1, Anything),
    ("boot Riscv ", 5, 6, Anything),
    ("boot ", 87, 88, Anything),
    ("threshold: the loaded image", 1, 1, Anything),
    ("soak: ", 4, 4, Anything),
    ("tree: ", 18, 18, Anything),
    ("ladder: ", 11, 11, Anything),
    ("starting cores", 1, 1, Anything),
    ("two cores end at once", 1, 1, Anything),
    ("without semihosting: boot ", 16, 16, Anything),
    ("without semihosting: must fail: ", 7, 7, Anything),
    ("scripts/explore says", 1, 1, NoOther("schedules")),
    ("no QEMU is left after ", 6, 6, Anything),
    ("the transcript ", 7, 7, Nothing),
    ("threshold: QEMU_SMP=", 2, 2, Nothing),
    ("schedules: a lost update", 1, 1, Nothing),
    ("schedules: with the plugin, a seed is", 1, 1, Nothing),
    ("schedules: ", 16, 16, NoOther("schedules")),
];

#[test]
fn there_are_steps_of_every_kind_beside_what_they_may_run() {
    for long in [false, true] {
        let entries = entries(long);
        let mut kinds = Vec::new();
        for Entry { step, beside } in &entries {
            let these = KINDS.iter().filter(|(start, ..)| step.name.starts_with(start));
            let these: Vec<_> = these.collect();
            assert!(these.iter().any(|(.., own)| own == beside), "{:?}", step.name);
            kinds.extend(these.iter().map(|(start, ..)| *start));
        }
        for (start, quick, all, _) in KINDS {
            let count = kinds.iter().filter(|kind| *kind == start).count();
            let least = if long { all } else { quick };
            assert!(count >= *least, "{start:?}: {count} steps, not {least}");
        }
    }
}

#[test]
fn no_two_steps_share_a_name() {
    for long in [false, true] {
        let mut names: Vec<String> =
            entries(long).into_iter().map(|entry| entry.step.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}

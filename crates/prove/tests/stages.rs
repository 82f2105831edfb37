//! What the stages say and how they end, with a `cargo` that builds nothing.
//!
//! In its place stands a script that names a test program for everything that is to be built, and that program
//! is a script, too: it passes without a mutant and fails with one, unless the test says otherwise.

use mutants::catalogue;
use mutants::elsewhere::{Killer, Sign};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Names the test program for each target, lists two tests, and runs Miri's seeds; of several the last
/// `$LACKS` are left out.
const CARGO: &str = r#"#!/bin/sh
here=$(dirname "$0")
artifact() {
    echo "{\"target\":{\"name\":\"$1\"},\"profile\":{\"test\":true},\"executable\":\"$program\"}"
}
case $PWD in
    */alone-*) program=$here/failing ;;
    */of-*)
        # Whether this copy has a bug for good, beside those that it had from the start.
        program=$here/choosing copy=${PWD%/crates/*}
        first=$here/first-${copy##*/}
        for folder in boot crates examples src tests; do
            [ -e "$first/$folder" ] || { mkdir -p "$first" && cp -r "$copy/$folder" "$first/$folder"; }
            [ "${BLIND:-}" ] || diff -rq "$copy/$folder" "$first/$folder" >&2 || program=$here/failing
        done
        case $* in *"--package rundown-demo"* | *"--package rundown-capi-kernel"*)
            [ "$program" = "$here/failing" ] || program=$here/image ;;
        esac
        ;;
    *) program=$here/program ;;
esac
# How many tests run: all that are listed, or those that are named.
last= tests=2 named=
for argument in "$@"; do
    [ -z "$named" ] || tests=$((tests + 1))
    case $last:$argument in
        *:--exact) named=1 tests=0 ;;
        --package:*)
            package=$argument
            [ "$PWD/$package" != "$ROOT/ktap-runner" ] || program=$here/runner artifact ktap-runner
            ;;
        --test:* | --bin:* | --example:*) artifact "$argument" ;;
        # Of two packages, the library has a shorter name.
        *:--lib) artifact "$(echo "${package:-rundown}" | sed 's/ktap-//; s/cachescope-pct/pct/' | tr - _)" ;;
        *:--list) echo 'one: test'; echo 'wait_refuses_new_grants_and_waits_for_the_old_ones::plain: test' ;;
    esac
    last=$argument
done
case $MIRIFLAGS in
    *many-seeds*)
        range=${MIRIFLAGS##*=}
        first=${range%%..*} last=$((${range##*..} - 1))
        # Not the only one: that would be a run of nothing.
        [ "$first" = "$last" ] || last=$((last - ${LACKS:-0}))
        tests=$((tests - ${FEWER:-0}))
        seq "$first" "$last" |
            sed "s/.*/Trying seed: &\ntest result: ok. $tests passed; 0 failed; 0 ignored/"
        exit "${MIRI:-0}"
        ;;
esac
"#;

/// Passes without a mutant, and with the one in `$LIVES`.
const PROGRAM: &str = r#"#!/bin/sh
for test in "$@"; do :; done
echo 'running 1 test'
if [ "$RUNDOWN_MUTANT" = 0 ] || [ "$RUNDOWN_MUTANT" = "${LIVES:-}" ]; then
    echo 'test result: ok. 1 passed; 0 failed'
    exit "${STATUS:-0}"
fi
printf '\nfailures:\n    %s\n\ntest result: FAILED. 0 passed; 1 failed\n' "$test"
exit 101
"#;

/// Says what a boot of this image says: without a bug; with the one that is chosen, or the one it has for good.
const RUNNER: &str = r#"#!/bin/sh
here=$(dirname "$0")
case ${BLIND:+blind}$(basename "$1"):$(head -c 2 "$1") in
    blind* | 'chosen-0.elf:'[!#]*) exec cat "$here/well.says" ;;
    *) exec cat "$here/badly.says" ;;
esac
"#;

/// The word of an image, which this program is.
#[used]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".data")]
static RUNDOWN_MUTANT: [u8; 8] = *b"<mutant>";

struct Fake {
    folder: TempDir,
}

impl Fake {
    fn new() -> Fake {
        let fake = Fake { folder: tempfile::tempdir().unwrap() };
        fake.script("cargo", CARGO);
        fake.script("program", PROGRAM);
        fake.script(
            "choosing",
            &PROGRAM.replace(
                "\"$RUNDOWN_MUTANT\" = 0",
                "\"$RUNDOWN_MUTANT\" = 0 ] || [ \"${BLIND:-}\"",
            ),
        );
        fs::copy(std::env::current_exe().unwrap(), fake.folder.path().join("image")).unwrap();
        fake.script("failing", &PROGRAM.replace("\"$RUNDOWN_MUTANT\" = 0", "x = y"));
        fake.script("runner", RUNNER);
        let (mut well, mut badly) = (String::new(), String::new());
        for bug in catalogue::elsewhere() {
            match bug.killer {
                Killer::Boot(.., Sign::Says(text)) => badly += &format!("{text}\n"),
                Killer::Boot(.., Sign::Lacks(text)) => well += &format!("{text}\n"),
                Killer::Test(..) | Killer::Model(..) => {}
            }
        }
        fake.script("well.says", &well);
        fake.script("badly.says", &badly);
        fake
    }

    fn script(&self, name: &str, text: &str) {
        tools::script::write(&self.folder.path().join(name), text).unwrap();
    }

    /// Runs the tool with the script in cargo's place.
    fn prove(&self, args: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
        let place = self.folder.path().display();
        for copy in ["of-kernel", "of-models", "of-tests"] {
            let _ = fs::remove_dir_all(self.folder.path().join(format!("first-{copy}")));
        }
        let path = format!("{place}:{}", std::env::var("PATH").unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_prove"));
        command.args(args).env("PATH", path).envs(variables.iter().copied());
        let root = tools::cargo::root("scripts/prove").unwrap();
        command.env("ROOT", root).env_remove("LOOM_MAX_PREEMPTIONS");
        said(command.env("CARGO_TARGET_DIR", self.folder.path().join("target")).output().unwrap())
    }
}

fn name_of(entry: &std::io::Result<fs::DirEntry>) -> String {
    entry.as_ref().unwrap().file_name().into_string().unwrap()
}

fn said(output: Output) -> (Option<i32>, String) {
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text)
}

/// Returns the two numbers of a line like `mutants: 3, killed: 2`.
fn counts(text: &str, what: &str, good: &str) -> (usize, usize) {
    let line = text.lines().find_map(|line| line.strip_prefix(what)).expect(text);
    let (all, good) = line.split_once(good).expect(line);
    (all.parse().expect(line), good.parse().expect(line))
}

#[test]
fn an_unknown_argument_is_a_usage_error() {
    let fake = Fake::new();
    for args in [&["nonsense"][..], &["--only="], &["--only"], &["--long=1"], &["miri", "--x"]] {
        let (status, text) = fake.prove(args, &[]);
        assert_eq!(status, Some(2), "{args:?}: {text}");
        assert!(text.starts_with("prove: unknown argument; "), "{text}");
        assert!(!fake.folder.path().join("target").exists(), "{args:?} has run something");
    }
}

#[test]
fn a_stage_that_cannot_run_says_so() {
    let fake = Fake::new();
    fake.script("cargo", "#!/bin/sh\nexit 1\n");
    let (status, text) = fake.prove(&["miri"], &[]);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("prove miri: could not run: cargo +nightly-"), "{text}");
    assert!(text.ends_with("is missing; run scripts/setup --tests\n"), "{text}");
    let (status, text) = fake.prove(&["mutants", "--only=nonsense"], &[]);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("no mutant's name or file holds \"nonsense\""), "{text}");
    let (status, text) = fake.prove(&["cargo-mutants", "--only=nonsense"], &[]);
    assert_eq!(status, Some(2), "{text}");
}

#[test]
fn miri_passes_only_if_every_seed_ran_well() {
    let fake = Fake::new();
    let (status, text) = fake.prove(&["miri"], &[]);
    assert_eq!(status, Some(0), "{text}");
    // Two tests in each of the crate's, of which one is a race.
    let root = tools::cargo::root("scripts/prove").unwrap();
    let tests = fs::read_dir(Path::new(&root).join("crates/rundown/tests")).unwrap();
    let is_test = |name: String| name.ends_with(".rs");
    let programs = 1 + tests.filter(|entry| is_test(name_of(entry))).count();
    for (part, tests) in [("every test", 2 * programs), ("races in a form of each kind", programs)]
    {
        assert!(text.contains(&format!("\nmiri, {part}: {tests} tests, ")), "{programs}: {text}");
    }
    assert!(text.contains("\nprove miri: ok ("), "{text}");
    for variable in [("LACKS", "1"), ("FEWER", "1"), ("MIRI", "1")] {
        let (status, text) = fake.prove(&["miri"], &[variable]);
        assert_eq!(status, Some(1), "{text}");
        assert!(text.contains("\nprove miri: FAILED ("), "{text}");
    }
}

#[test]
fn fewer_models_than_there_are_do_not_pass() {
    let (status, text) = Fake::new().prove(&["loom"], &[]);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("prove loom: could not run: loom: 2 models; there are "), "{text}");
}

#[test]
fn every_weakened_ordering_must_be_caught() {
    let fake = Fake::new();
    let (status, text) = fake.prove(&["weaken"], &[]);
    assert_eq!(status, Some(0), "{text}");
    let (all, caught) = counts(&text, "orderings weakened: ", ", caught: ");
    assert!(all > 10 && caught == all && !text.contains("NOT"), "{text}");
    // Mutants have the first numbers.
    let lives = (catalogue::all().count() + 1).to_string();
    let (status, text) = fake.prove(&["weaken"], &[("LIVES", &lives)]);
    assert_eq!(status, Some(1), "{text}");
    assert_eq!(counts(&text, "orderings weakened: ", ", caught: "), (all, all - 1));
    assert_eq!(text.matches(": NOT caught\n").count(), 1, "{text}");
    let (status, text) = fake.prove(&["weaken"], &[("STATUS", "1")]);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("does not pass as it is"), "{text}");
}

#[test]
fn every_mutant_must_be_killed() {
    let fake = Fake::new();
    let args = ["mutants", "--only=src/protocol.rs"];
    let protocol = |number: &usize| {
        let mutant = catalogue::all().nth(number - 1).unwrap();
        Path::new(mutant.file).ends_with("src/protocol.rs")
    };
    let lives = (1..).find(protocol).unwrap().to_string();
    let (status, text) = fake.prove(&args, &[]);
    assert_eq!(status, Some(0), "{text}");
    let (all, killed) = counts(&text, "mutants: ", ", killed: ");
    assert!(all > 20 && killed == all && text.matches(": killed").count() == all, "{text}");
    let (status, text) = fake.prove(&args, &[("LIVES", &lives)]);
    assert_eq!(status, Some(1), "{text}");
    assert_eq!(counts(&text, "mutants: ", ", killed: "), (all, all - 1));
    assert_eq!(text.matches(": SURVIVED ").count(), 1, "{text}");
    let (status, text) = fake.prove(&args, &[("STATUS", "1")]);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("does not pass as it is"), "{text}");
}

#[test]
fn every_mutant_elsewhere_must_be_killed() {
    let fake = Fake::new();
    let all = catalogue::all().count() + catalogue::elsewhere().count();
    let (status, text) = fake.prove(&["mutants"], &[]);
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(counts(&text, "mutants: ", ", killed: "), (all, all));
    let names = catalogue::elsewhere().map(|bug| format!("  {}: killed", bug.name));
    names.for_each(|line| assert!(text.contains(&line), "{line}\n{text}"));
    let (status, text) = fake.prove(&["mutants"], &[("BLIND", "1")]);
    assert_eq!(status, Some(1), "{text}");
    let killed = catalogue::all().count();
    assert_eq!(counts(&text, "mutants: ", ", killed: "), (all, killed));
    assert_eq!(text.matches(": SURVIVED ").count(), all - killed, "{text}");
    let (status, text) = fake.prove(&["mutants", "--only=src/machine/board/mmu.rs"], &[]);
    assert_eq!(status, Some(0), "{text}");
    let (status, text) = fake.prove(&["mutants", "--only=crates/runner"], &[("STATUS", "1")]);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("does not pass as it is"), "{text}");
    fake.script("well.says", "");
    let (status, text) = fake.prove(&["mutants", "--only=crates/rundown-capi"], &[]);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("a boot of capi"), "{text}");
}

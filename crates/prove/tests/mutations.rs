//! The stages of many changes, with a `cargo` that builds nothing: mutations that a list names, and models.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What the mutations change.
const FILE: &str = "crates/parking/src/lib.rs";
/// Names, texts that stand there once and what takes their place: two in one function, one that the compiler
/// refuses, one outside of all functions, one that is refused where bodies must have one type.
const LIST: [[&str; 4]; 5] = [
    ["one", "core.now() >= deadline", "core.now() < deadline", ""],
    ["two", "core.alarm(None);", "", ""],
    ["three", "set &= set - 1;", "set = refused();", ""],
    ["four", "([[AtomicU64; WORDS]; SETS])", "([[AtomicU64; SETS]; WORDS])", ""],
    ["five", "Self::new()", "refused()", "-> impl X"],
];

/// Refuses what says so. Otherwise it names two test programs, and one that is no test; of a copy with one
/// mutation others. Models are listed and run: 100 of each file.
const CARGO: &str = r#"#!/bin/sh
here=$(dirname "$0") place=${PWD%/crates/*} program=program
case $* in
    *--list*)
        seq 100 | sed 's/.*/m&: test/'
        [ -z "${BOUNDED:-}" ] || echo "m$BOUNDED: test"
        exit "${LISTED:-0}"
        ;;
    *--show-output*)
        echo "$PWD $* $RUNDOWN_LOOM_LONG $LOOM_MAX_PREEMPTIONS" >>"$here/models"
        for word; do last=$word; done
        case $* in *--exact*) names=${last#m} ;; *) names=$(seq "${MODELS:-100}") ;; esac
        for name in $names; do
            printf -- '---- m%s stdout ----\nexecutions: %s\n' "$name" "${EXECUTIONS:-3}"
        done
        echo "test result: ok. $(echo $names | wc -w) passed; 0 failed"
        exit "${STATUS:-0}"
        ;;
esac
case $place in */one-of-*) program=alone ;; esac
echo "$PWD: $*" >>"$here/builds"
[ -z "${BROKEN:-}" ] || { echo broken; exit 1; }
if at=$(LC_ALL=C grep -bo 'refused()' "$place/FILE"); then
    at=$(echo "$at" | sed 's/:.*//;q')
    echo '{"reason":"x","message":{"level":"error","spans":[{"file_name":"FILE","byte_start":'"$at"'}]}}'
    exit 1
fi
for name in $program other; do
    echo '{"target":{"name":"x"},"profile":{"test":true},"executable":"'"$here/$name"'"}'
done
echo '{"target":{"name":"x"},"profile":{"test":false},"executable":"/nowhere"}'
"#;

/// Fails with every mutation but one, and says what it was asked for.
const PROGRAM: &str = r#"#!/bin/sh
echo "$RUNDOWN_MUTANT $*" >>"$(dirname "$0")/runs"
[ "$RUNDOWN_MUTANT" != 0 ] || exit "${BEFORE:-0}"
[ "$RUNDOWN_MUTANT" = "${LIVES:-0}" ]
"#;

struct Fake(TempDir);

impl Fake {
    fn new() -> Fake {
        let fake = Fake(tempfile::tempdir().unwrap());
        fake.script("cargo", &CARGO.replace("FILE", FILE));
        fake.script("program", PROGRAM);
        fake.script("other", "#!/bin/sh\n");
        fake.script("alone", "#!/bin/sh\nexit \"${ALONE:-101}\"\n");
        let list =
            "#!/bin/sh\necho \"$*\" >>\"${0%/target/*}/asked\"\ncat \"${0%/target/*}/list\"\n";
        fake.script("target/prove/tools/bin/cargo-mutants", list);
        fake.list(&LIST);
        fake
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn script(&self, name: &str, text: &str) {
        tools::script::write(&self.path(name), text).unwrap();
    }

    fn list(&self, list: &[[&str; 4]]) {
        let list: Vec<Value> = list.iter().map(|entry| entry_of(*entry)).collect();
        fs::write(self.path("list"), Value::from(list).to_string()).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn prove(&self, words: &str, variables: &[(&str, &str)]) -> (Option<i32>, String) {
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_prove"));
        command.args(words.split_whitespace()).env("PATH", path).envs(variables.iter().copied());
        command.env_remove("LOOM_MAX_PREEMPTIONS"); // as for who explores mutations of this package
        let output = command.env("CARGO_TARGET_DIR", self.path("target")).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text + &String::from_utf8_lossy(&output.stderr))
    }
}

/// Returns what cargo-mutants would say of a change.
fn entry_of([name, from, to, returns]: [&str; 4]) -> Value {
    let root = tools::cargo::root("scripts/prove").unwrap();
    let source = fs::read_to_string(Path::new(&root).join(FILE)).unwrap();
    // In a copy with mutations it may stand there more often.
    let start = source.find(from).expect(from);
    let place = |at: usize| {
        let before = &source[..at];
        let line = before.matches('\n').count() + 1;
        json!({ "line": line, "column": before.len() - before.rfind('\n').unwrap() })
    };
    json!({
        "name": name, "file": FILE, "replacement": to, "function": { "return_type": returns },
        "span": { "start": place(start), "end": place(start + from.len()) },
    })
}

#[test]
fn each_mutation_is_caught_or_missed_or_refused() {
    let fake = Fake::new();
    let run = |variables: &[(&str, &str)]| fake.prove("cargo-mutants --only=parking", variables);
    let (status, text) = run(&[]);
    let sum = "cargo-mutants, parking: 5 mutants, 3 caught (0 of them hang), 0 missed, 2 do not compile\n";
    assert!(status == Some(0) && text.starts_with(sum), "{text}");
    let config = format!("/{}", FILE.replace("src/lib.rs", "mutants.toml"));
    let asked = fake.read("asked");
    assert!(asked.starts_with("mutants --list --json --package parking --config "), "{asked}");
    assert!(asked.ends_with(&format!("{config}\n")), "{asked}");
    let builds = fake.read("builds");
    // Once with all, once for each that is refused; then those that need a build of their own, the first tests first.
    for (place, tests) in [("all-of", "--lib --tests"), ("one-of", "--lib")] {
        let built = format!(
            "test --quiet --all-features --package parking {tests} --no-run --message-format=json "
        );
        let lines = builds.lines().filter(|line| line.contains(&format!("/{place}-parking/")));
        assert!(lines.into_iter().all(|line| line.contains(&built)), "{builds}");
    }
    assert_eq!(
        [builds.matches("/all-of-parking/").count(), builds.matches("/one-of-parking/").count()],
        [3, 2]
    );
    let runs = fake.read("runs");
    for number in ["0", "1", "2"] {
        let first = "--quiet --skip fuzz:: --skip a_mutation_passes_only_with_all";
        let first = format!("{number} {first} --skip every_mutant_elsewhere\n");
        assert_eq!(runs.matches(&first).count(), 1, "{first}{runs}");
    }
    assert_eq!(runs.lines().count(), 4, "{runs}");

    let (status, text) = run(&[("LIVES", "2")]);
    let sum = "  MISSED two\ncargo-mutants, parking: 5 mutants, 2 caught (0 of them hang), 1 missed, 2 do not";
    assert!(status == Some(1) && text.starts_with(sum), "{text}");
    let (status, text) = run(&[("ALONE", "0")]);
    assert!(status == Some(1) && text.contains("  MISSED four\n"), "{text}");
    let (status, text) = run(&[("BEFORE", "1")]);
    assert!(status == Some(2) && text.contains("the tests fail as they are"), "{text}");
    let (status, text) = run(&[("BROKEN", "1")]);
    assert!(
        status == Some(2) && text.contains("does not build, and not for a mutation:\nbroken\n"),
        "{text}"
    );
    fake.list(&[]);
    let (status, text) = run(&[]);
    assert!(status == Some(1) && text.contains("parking: 0 mutants, 0 caught"), "{text}");
}

#[test]
fn a_package_may_need_a_build_for_each_mutation() {
    let fake = Fake::new();
    fake.list(&LIST[..2]);
    let (status, text) = fake.prove("cargo-mutants --only=rundown-capi-routines", &[]);
    let sum = "cargo-mutants, rundown-capi-routines: 2 mutants, 2 caught (0 of them hang), 0 missed, 0 do not";
    assert!(status == Some(0) && text.starts_with(sum), "{text}");
    let builds = fake.read("builds");
    assert!(builds.contains("--package rundown-capi --tests --no-run"), "{builds}");
    let arguments = "crates/rundown-capi/routines/mutants.toml\n";
    assert!(fake.read("asked").ends_with(arguments), "the exclusions are those of the package");
    fake.list(&[]);
    fake.prove("cargo-mutants --only=cachescope-pct", &[]);
    assert!(fake.read("asked").ends_with("--package cachescope-pct --no-config\n"));
    // The kernel's images come of a real build only.
    let (status, text) = fake.prove("cargo-mutants --only=rundown-demo", &[]);
    assert!(status == Some(2) && text.contains("cargo does not say where machine is"), "{text}");
}

#[test]
fn every_model_of_every_file_must_explore_a_race() {
    let fake = Fake::new();
    let run = |words: &str, variables: &[(&str, &str)]| fake.prove(words, variables);
    let (status, text) = run("loom", &[]);
    let sum = "loom models: 500, 1500 executions; at most 3 preemptions each\n";
    assert!(status == Some(0) && text.starts_with(sum), "{text}");
    for (variable, said) in
        [(("MODELS", "99"), "m100: 0 executions"), (("MODELS", "101"), "m101: not in the list")]
    {
        let (status, text) = run("loom", &[variable]);
        assert!(status == Some(1) && text.contains(said), "{text}");
    }
    assert_eq!(run("loom", &[("STATUS", "1")]).0, Some(1));
    assert_eq!(run("loom", &[("LISTED", "1")]).0, Some(2));
}

#[test]
fn in_the_long_run_each_model_has_a_run_of_its_own() {
    let fake = Fake::new();
    let (status, text) = fake.prove("loom --long", &[]);
    let sum = "loom models: 500, 1500 executions; 500 explored to their end, 0 within a bound\n";
    assert!(status == Some(0) && text.contains(sum), "{text}");
    let models = fake.read("models");
    assert!(
        models.lines().all(|line| line.ends_with(" 1 ") && line.contains(" --exact ")),
        "{models}"
    );
    assert_eq!(models.lines().count(), 500);
    // Of a model that is known to be large it is told.
    let (status, text) =
        fake.prove("loom --long", &[("BOUNDED", "take_against_take_and_a_user::plain")]);
    let sum = "loom models: 505, 1515 executions; 500 explored to their end, 5 within a bound\n";
    assert!(status == Some(0) && text.contains(sum), "{text}");
    assert!(!text.contains("test result"), "{text}");
    for variable in [("STATUS", "1"), ("EXECUTIONS", "1")] {
        let (status, text) = fake.prove("loom --long", &[variable]);
        assert!(status == Some(1) && text.contains("test result"), "{text}");
    }
}

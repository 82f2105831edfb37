//! What a soak says and how it ends, with a `cargo` that builds nothing and a script in place of QEMU.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use soak::machine::Machine;
use tempfile::TempDir;

/// Names an image, unless it is to take long: then nothing but a kill ends it.
const CARGO: &str = r#"#!/bin/sh
if [ "${HANGS:-}" ]; then
    trap '' TERM
    : > "$HANGS"
    exec sleep 600
fi
echo '{"target":{"name":"soak"},"executable":"/kernel"}'
"#;

/// Boots by printing what a file says for the seed; for a seed that has none it begins to, and takes long.
const QEMU: &str = r#"#!/bin/sh
if [ "$*" = --version ]; then
    echo 'QEMU emulator version 7.2.0'
    exit
fi
here=$(dirname "$0") words="$*"
seed=${words##*seed=}
says=$here/${seed%% *}.says
if [ ! -e "$says" ]; then
    echo 'KTAP version 1'
    : > "$here/started"
    exec sleep 600
fi
cat "$says"
! grep -q '^not ok' "$says"
"#;

/// Longer than any of this takes, on any machine.
const LONG: Duration = Duration::from_secs(120);
/// What a report counts beside the rounds and the acquires.
const OTHERS: [&str; 11] = [
    "by_handlers",
    "refusals",
    "migrations",
    "drains",
    "waits",
    "time_outs",
    "resurrected",
    "replaced",
    "offs",
    "ons",
    "interrupts",
];

struct Fake {
    folder: TempDir,
}

impl Fake {
    fn new() -> Fake {
        let fake = Fake { folder: tempfile::tempdir().unwrap() };
        for (name, text) in [("cargo", CARGO), ("qemu", QEMU)] {
            tools::script::write(&fake.path(name), text).unwrap();
        }
        fake
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lets the boot of a seed pass; other counts than its acquires are the same for all.
    fn passes(&self, seed: u64, acquires: u64) {
        let tests: String = (1..=50).map(|test| format!("ok {test} round\n")).collect();
        let others = OTHERS.iter().zip(1..).map(|(name, count)| format!(",\"{name}\":{count}"));
        let says = format!(
            "KTAP version 1\n1..50\n{tests}# measure {{\"name\":\"soak\",\"seed\":{seed},\
             \"rounds\":50,\"acquires\":{acquires}{}}}\n# rundown: PASS\n",
            others.collect::<String>()
        );
        self.says(seed, &says);
    }

    fn says(&self, seed: u64, text: &str) {
        fs::write(self.path(&format!("{seed}.says")), text).unwrap();
    }

    fn soak(&self, words: &str) -> Command {
        let path = format!("{}:{}", self.folder.path().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_soak"));
        command.args(words.split_whitespace()).env("PATH", path).env("QEMU", self.path("qemu"));
        command.env_remove("QEMU_ACCEL").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, words: &str) -> Output {
        self.soak(words).output().unwrap()
    }

    /// Starts it, and waits until one of the scripts has left this file.
    fn start(&self, command: &mut Command, file: &str) -> Child {
        let mut child = command.spawn().unwrap();
        let start = Instant::now();
        while !self.path(file).exists() {
            let early = child.try_wait().unwrap();
            assert!(early.is_none() && start.elapsed() < LONG, "it has ended: {early:?}");
            thread::sleep(Duration::from_millis(10));
        }
        child
    }
}

/// Sends the signal that `timeout` sends.
fn terminate(child: &Child) {
    let sent = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// Returns the lines, without how long it took.
fn lines(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    let plain = |line: &str| match line.split_once("soak: minutes ") {
        Some(("", _)) => "soak: minutes".to_owned(),
        _ => line.strip_suffix(" s").map_or(line, |line| line.rsplit_once(", ").unwrap().0).into(),
    };
    text.lines().map(plain).collect()
}

/// Returns the line of a boot that passes.
fn boot(seed: u64, acquires: u64) -> String {
    let machine = Machine::new(seed, Some(2));
    format!(
        "seed {seed}, {machine}: 50 rounds, {acquires} acquires, 4 drains, 9 offs, 11 interrupts"
    )
}

#[test]
fn boots_that_pass_are_counted_and_summed_up() {
    let fake = Fake::new();
    fake.passes(20, 7);
    fake.passes(21, 9);
    let start = Instant::now();
    let output = fake.run("--boots 2 --seed 20 --cores 2");
    let most = start.elapsed();
    let said = lines(&output.stdout);
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]), "{said:?}");
    let start = ["soak: seed 20".into(), boot(20, 7), boot(21, 9), "soak: minutes".into()];
    assert_eq!(said[..4], start);
    assert_eq!(
        said[4..8],
        ["soak: boots 2", "soak: rounds 100", "soak: acquires 16", "soak: by handlers 2"]
    );
    let end = ["soak: interrupts 22", "soak: seeds from 20", "soak: passed"];
    assert_eq!(said[said.len() - 3..], end);
    let minutes = String::from_utf8(output.stdout).unwrap();
    let minutes = minutes.split_once("soak: minutes ").unwrap().1.lines().next().unwrap();
    assert!(minutes.parse::<f64>().unwrap() <= most.as_secs_f64() / 60.0 + 0.05, "{minutes}");
}

#[test]
fn the_first_failure_ends_it_with_the_way_to_replay_it() {
    let fake = Fake::new();
    let machine = |seed| Machine::new(seed, Some(2));
    let seed = (31..).find(|seed| !machine(*seed).is_repeatable()).unwrap();
    let says = "KTAP version 1\n1..50\n# round 1: x\nok 1 round\n# round 2: y\nnot ok 2 round\n";
    fake.passes(seed - 1, 1);
    fake.says(seed, says);
    let output = fake.run(&format!("--boots 9 --seed {} --cores 2", seed - 1));
    let said = lines(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said:?}");
    let how = "the same machine and draws; the host's timing decides the rest, so try more often";
    let replay = format!("replay: scripts/soak --boots 1 --seed {seed} --cores 2 ({how})");
    let middle = [boot(seed - 1, 1), "# round 2: y".into(), "not ok 2 round".into(), replay];
    assert_eq!(said[1..5], middle);
    assert_eq!(said[6], "soak: boots 1");
    assert_eq!(said[said.len() - 1], "soak: FAILED");
    let why = String::from_utf8(output.stderr).unwrap();
    assert!(why.starts_with(&format!("rundown: seed {seed}, {}: ", machine(seed))), "{why}");

    let same = (40..).find(|seed| Machine::new(*seed, None).is_repeatable()).unwrap();
    fake.says(same, "KTAP version 1\nnot ok 1 round\n");
    let said = lines(&fake.run(&format!("--boots 9 --seed {same}")).stdout);
    assert_eq!(said[3], format!("replay: scripts/soak --boots 1 --seed {same} (the same run)"));
}

#[test]
fn a_machine_that_does_not_start_is_no_failure_of_the_kernel() {
    let fake = Fake::new();
    fake.says(50, "");
    let mut command = fake.soak("--boots 2 --seed 50");
    let output = command.env("QEMU_ACCEL", "kvm").output().unwrap();
    assert_eq!(
        (output.status.code(), lines(&output.stdout)),
        (Some(2), vec!["soak: seed 50".into()])
    );
    let said = lines(&output.stderr);
    assert!(said[0].starts_with("rundown: cores are emulated here"), "{said:?}");
    assert_eq!(said[1..], ["rundown: QEMU does not start: QEMU ends without a word"]);
    // After one that has passed there is a sum to tell.
    fake.passes(49, 1);
    let output = fake.run("--boots 3 --seed 49 --cores 2");
    let said = lines(&output.stdout);
    assert_eq!((output.status.code(), said[1].as_str()), (Some(2), &*boot(49, 1)));
    assert_eq!(
        (said[3].as_str(), said[said.len() - 1].as_str()),
        ("soak: boots 1", "soak: FAILED")
    );
}

#[test]
fn a_signal_ends_a_boot_and_says_what_was_done() {
    let fake = Fake::new();
    fake.passes(60, 1);
    let child = fake.start(&mut fake.soak("--minutes 60 --seed 60 --cores 2"), "started");
    terminate(&child);
    let output = child.wait_with_output().unwrap();
    let said = lines(&output.stdout);
    assert_eq!((output.status.code(), &*output.stderr), (Some(128 + 15), &b""[..]), "{said:?}");
    // No replay of a boot that was ended before its time.
    assert_eq!(said[..3], ["soak: seed 60".into(), boot(60, 1), "soak: minutes".into()]);
    assert_eq!(
        (said[3].as_str(), said[said.len() - 1].as_str()),
        ("soak: boots 1", "soak: stopped by signal 15")
    );
}

#[test]
fn a_second_signal_ends_what_does_not_heed_the_first() {
    let fake = Fake::new();
    let mut command = fake.soak("--boots 1");
    command.env("HANGS", fake.path("hangs"));
    let mut child = fake.start(&mut command, "hangs");
    let start = Instant::now();
    let end = loop {
        terminate(&child);
        thread::sleep(Duration::from_millis(50));
        match child.try_wait().unwrap() {
            Some(end) => break end,
            None if start.elapsed() > LONG => child.kill().unwrap(),
            None => {}
        }
    };
    assert_eq!(end.code(), Some(128 + 15));
    // One that comes at once is the first one again.
    assert!(start.elapsed() > Duration::from_secs(1));
}

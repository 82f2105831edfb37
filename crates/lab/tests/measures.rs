//! scripts/lab as a process, with shell scripts in the place of cargo and QEMU: they answer as the measurements of
//! docs/ say, so these must come out.

use lab::store;
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tools::measure::Measurement;

const CARGO: &str = r#"
case "$*" in
    *"--example ladder"*) echo '{"target":{"name":"ladder"},"executable":"IMAGE"}' ;;
    *"--package cachescope"*) echo '{"target":{"name":"cachescope"},"filenames":["/k/a,b.so"]}' ;;
esac
"#;
const QEMU: &str = r#"
case "$1" in --version) echo QEMU emulator version 7.2.22; exit ;; esac
args="$*"
folder=${0%/*}
echo "$args" >>"$folder/log"
[ ! -e "$folder/instead" ] || . "$folder/instead"
case "$args" in
    *mode=time*) cat "$folder/time" ;;
    *mode=instructions*) cat "$folder/instructions" ;;
    *mode=coherence*)
        cores=${args#*-smp }
        cores=${cores%% *}
        out=${args#*,out=}
        cat "$folder/counts-$cores" >"${out%%,*}"
        case $args in *,steps=*) cat "$folder/steps" >"${args#*,steps=}" ;; esac
        cat "$folder/nothing" ;;
esac
"#;
/// In the place of the image, whose line tables are read.
const IMAGE: &str = env!("CARGO_BIN_EXE_lab");
const PHASES: [&str; 7] =
    ["loads", "stores", "atomics", "cold", "transfers", "upgrades", "invalidations"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/figures/measurements.json")
}

/// A folder with the scripts and their answers.
struct Fakes(TempDir);

impl Fakes {
    fn new() -> Fakes {
        let fakes = Fakes(tempfile::tempdir().unwrap());
        for (name, script) in [("cargo", CARGO), ("qemu", QEMU)] {
            let text = format!("#!/bin/sh\nset -e\n{}", script.replace("IMAGE", IMAGE));
            tools::script::write(&fakes.0.path().join(name), &text).unwrap();
        }
        let objects = store::read(&docs()).unwrap();
        let of = |names: &[&str]| -> Vec<&Measurement> {
            objects
                .iter()
                .filter(|object| names.contains(&object["name"].as_str().unwrap()))
                .collect()
        };
        fakes.file("time", &report(&of(&["ladder", "drain_slots"])));
        fakes.file(
            "instructions",
            &report(&of(&["instructions", "drain_instructions", "masked_instructions"])),
        );
        fakes.file("nothing", &report(&[]));
        let names = ladder::VARIANTS.iter().map(|about| about.name);
        let steps = (1..).zip(names).map(|(number, name)| {
            format!(
                "{{\"record\":\"phase\",\"phase\":{number},\"name\":\"{name}\"}}\n\
                 {{\"record\":\"line\",\"line\":\"0x40\",\"name\":\"{name}\",\"copies\":\"II\"}}\n\
                 {{\"record\":\"step\",\"core\":1,\"access\":\"atomic\",\"instruction\":\"LDXR\",\
                 \"line\":\"0x40\",\"word\":\"{name}\",\"at\":\"0x1\"}}\n"
            )
        });
        fakes.file("steps", &steps.collect::<String>());
        for cores in [1, 2, 4, 8, 16, 32, 64] {
            let counted = of(&["coherence"]);
            let counted = counted.into_iter().filter(|object| object["cores"] == cores);
            let counted =
                counted.map(|object| (object["rung"].as_str().unwrap().to_owned(), object.clone()));
            let drains = of(&["coherence_drain"]).into_iter().map(|object| {
                let mut object = object.clone();
                // What a smaller machine counts is not what must come out.
                object["transfers"] =
                    json!(object["transfers"].as_u64().unwrap() + u64::from(cores < 64));
                (format!("drain {}", object["slots"]), object)
            });
            let run = json!({ "record": "run", "line": 64, "cores": cores });
            let phases = (1..).zip(counted.chain(drains)).map(|(number, (name, object))| {
                let mut phase = json!({ "record": "phase", "phase": number, "name": name });
                for name in PHASES {
                    phase[name] = object.get(name).cloned().unwrap_or(json!(0));
                }
                phase
            });
            let lines = std::iter::once(run).chain(phases).map(|line| line.to_string() + "\n");
            fakes.file(&format!("counts-{cores}"), &lines.collect::<String>());
        }
        fakes
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    /// Runs it, with results into the folder `out`. Returns its exit status, and both outputs.
    fn run(&self, args: &[&str], accel: &str) -> (Option<i32>, String, String) {
        let out = self.0.path().join("out");
        self.run_as_it_is(&[args, &["--out", out.to_str().unwrap()]].concat(), accel)
    }

    fn run_as_it_is(&self, args: &[&str], accel: &str) -> (Option<i32>, String, String) {
        let folder = self.0.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("QEMU")) {
            command.env_remove(name);
        }
        let path = format!("{}:{}", folder.display(), env::var("PATH").unwrap());
        command.env("PATH", path).env("QEMU", folder.join("qemu")).env("QEMU_ACCEL", accel);
        let output = command.args(args).output().unwrap();
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code(), stdout, stderr)
    }

    fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.0.path().join("log")).unwrap();
        log.lines().map(str::to_owned).collect()
    }
}

/// Returns the report of a kernel that has measured this.
fn report(measured: &[&Measurement]) -> String {
    let lines = measured.iter().map(|object| format!("# measure {}\n", json!(object)));
    format!("KTAP version 1\n1..1\n{}ok 1 a\n# rundown: PASS\n", lines.collect::<String>())
}

#[test]
fn what_is_measured_is_written() {
    let fakes = Fakes::new();
    let (status, stdout, stderr) = fakes.run(&[], "kvm");
    assert_eq!(status, Some(0), "{stderr}");
    assert!(stderr.starts_with("rundown: cores are emulated here"), "{stderr}");
    let read = |path: &Path| store::read(path).unwrap();
    let written = read(&fakes.0.path().join("out/measurements.json"));
    assert_eq!(written[1..], read(&docs())[1..]);
    let conditions = &written[0];
    for (name, value) in [
        ("name", json!("conditions")),
        ("qemu", json!("7.2.22")),
        ("accel", json!("tcg,thread=multi")),
        ("cpu", json!("max")),
        ("rounds", json!(9)),
        ("quick", json!(false)),
        ("host_processors", std::thread::available_parallelism().map_or(1, usize::from).into()),
    ] {
        assert_eq!(conditions[name], value, "{name}");
    }
    assert_ne!(conditions["host_cpu"], Value::from(""));
    let page = fakes.0.path().join("out/index.html");
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.ends_with("</html>\n") && html.contains("<a href=\"replay.html\">"));
    for (name, end) in [("replay.html", "</html>\n"), ("replay.svg", "</svg>\n")] {
        let path = fakes.0.path().join("out").join(name);
        assert!(fs::read_to_string(path).unwrap().ends_with(end), "{name}");
    }
    assert_eq!(stdout.lines().last(), Some(&*format!("figures: {}", page.display())));

    let steps: Vec<_> =
        stderr.lines().skip(1).map(|line| line.split_once(" s, ").unwrap().1).collect();
    let mut wanted = vec![
        "1 of 18: building the kernel and the plugin".to_owned(),
        "2 of 18: the ladder and the drain, timed, up to 64 cores, 9 rounds".to_owned(),
        "3 of 18: instructions, counted".to_owned(),
        "4 of 18: coherence, counted, 1 core, first time".to_owned(),
        "5 of 18: coherence, counted, 1 core, second time".to_owned(),
    ];
    for (number, cores) in (6..).step_by(2).zip([2, 4, 8, 16, 32, 64]) {
        for (number, time) in [(number, "first"), (number + 1, "second")] {
            wanted.push(format!("{number} of 18: coherence, counted, {cores} cores, {time} time"));
        }
    }
    wanted.push("18 of 18: the replay, step by step".to_owned());
    assert_eq!(steps, wanted);
}

#[test]
fn each_boot_has_its_own_machine() {
    let fakes = Fakes::new();
    let (status, _, stderr) = fakes.run(&["--quick", "--cores", "2,64,1"], "tcg");
    assert_eq!(status, Some(0), "{stderr}");
    let mut wanted = vec![
        (machine(64, "max", "tcg,thread=multi"), "mode=time rounds=3 cores=1,2,64".to_owned()),
        (
            machine(4, "max,cntfrq=62500000", "tcg"),
            "mode=instructions -icount shift=4,sleep=off".to_owned(),
        ),
    ];
    let rungs: Vec<&str> = ladder::VARIANTS.iter().map(|about| about.name).collect();
    for (cores, pairs) in [(1, 100), (2, 100), (64, 12)] {
        let counted = format!(
            "mode=coherence pairs={pairs} rungs={} -plugin /k/a,,b.so,mode=schedule,\
             policy=round-robin,line=64,out=/dev/fd/",
            rungs.join(",")
        );
        // Twice: the second run must be the first.
        wanted.extend([0; 2].map(|_| (machine(cores, "max", "tcg,thread=multi"), counted.clone())));
    }
    wanted.extend([2, 4, 8].map(replayed));
    check(&fakes, &wanted);
}

/// The machine of a boot, and what is asked of the kernel and the plugin.
type Boot = (String, String);

fn machine(cores: u32, cpu: &str, accel: &str) -> String {
    format!(
        "-nodefaults -machine virt,gic-version=3,dtb-randomness=off -cpu {cpu} -smp {cores} -m 256M \
         -accel {accel} "
    )
}

/// Returns the boot for a replay on so many cores.
fn replayed(cores: u32) -> Boot {
    let asked = "mode=coherence pairs=8 rungs=shared,packed,cache_aware -plugin /k/a,,b.so,mode=schedule,\
                 policy=round-robin,line=64,out=/dev/fd/,steps=/dev/fd/";
    (machine(cores, "max", "tcg,thread=multi"), asked.to_owned())
}

/// Compares the boots; the numbers of open files may be any.
fn check(fakes: &Fakes, wanted: &[Boot]) {
    let log = fakes.log();
    assert_eq!(log.len(), wanted.len(), "{log:?}");
    for (boot, (start, end)) in log.iter().zip(wanted) {
        let (machine, kernel) = boot.split_once("-display none ").unwrap();
        assert_eq!(machine, start);
        let (_, asked) = kernel.split_once(&format!(" -kernel {IMAGE} -append ")).unwrap();
        let mut parts = asked.split("/dev/fd/");
        let first = parts.next().unwrap_or_default().to_owned();
        let asked = parts.fold(first, |text, part| {
            text + "/dev/fd/" + part.trim_start_matches(|digit: char| digit.is_ascii_digit())
        });
        assert_eq!(asked, *end);
    }
}

#[test]
fn a_replay_alone_is_three_boots_and_two_files() {
    let fakes = Fakes::new();
    let page = fakes.0.path().join("replay.html");
    let (status, stdout, stderr) = fakes.run_as_it_is(&["--replay", page.to_str().unwrap()], "tcg");
    assert_eq!(status, Some(0), "{stderr}");
    assert_eq!(stdout, format!("replay: {}\n", page.display()));
    check(&fakes, &[2, 4, 8].map(replayed));
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.contains("\"name\":\"cache_aware\"") && html.contains("\"pairs\":64"));
    let svg = fs::read_to_string(page.with_extension("svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains(">packed</text>"));
    assert!(!fakes.0.path().join("out").exists());
}

#[test]
fn a_replay_without_its_steps_or_its_place_is_one_line() {
    let fakes = Fakes::new();
    fakes.file("steps", "{");
    let page = fakes.0.path().join("replay.html");
    let (status, _, stderr) = fakes.run_as_it_is(&["--replay", page.to_str().unwrap()], "tcg");
    let line = stderr.lines().last().unwrap();
    assert!(status == Some(1) && line.contains("the plugin's steps: step record 1: "), "{stderr}");
    let (status, _, stderr) = fakes.run_as_it_is(&["--replay", "/nowhere/x.html"], "tcg");
    assert!(
        status == Some(2) && stderr.starts_with("rundown: --replay /nowhere/x.html: "),
        "{stderr}"
    );
    assert_eq!(fakes.log().len(), 1, "nothing is booted for it");
}

#[test]
fn with_very_many_cores_what_tries_again_is_not_counted() {
    let fakes = Fakes::new();
    // The boot fails: only what it was asked for counts.
    for (cores, all) in [("128", true), ("129", false)] {
        let (status, ..) = fakes.run(&["--cores", cores], "tcg");
        assert_eq!(status, Some(2));
        let log = fakes.log();
        let rungs = log.last().unwrap().split_once(" rungs=").unwrap().1;
        let rungs = rungs.split_once(' ').unwrap().0.split(',');
        let counted = ladder::VARIANTS.iter().filter(|about| all || !about.retries);
        assert_eq!(rungs.collect::<Vec<_>>(), counted.map(|about| about.name).collect::<Vec<_>>());
    }
}

#[test]
fn a_boot_that_fails_says_why() {
    for (script, status, why) in [
        ("cat $folder/time; exit 3", 1, "a boot of the ladder fails: QEMU's exit status is 3"),
        ("exit 3", 2, "a boot of the ladder fails: the output ends before"),
        ("echo 'not ok 1 x'; exit", 1, "a boot of the ladder fails: "),
        ("echo x; echo 'a log\ncachescope: no API' >&2; exit 1", 1, "fails: cachescope: no API"),
        ("echo '# measure {'; cat $folder/time; exit", 1, "line 1: a measurement that is not JSON"),
        (
            "grep -v drain_slots $folder/time; exit",
            1,
            "the measurements are not whole: it holds no \"drain_slots\"",
        ),
    ] {
        let fakes = Fakes::new();
        fakes.file("instead", &format!("case $args in *mode=time*) {script} ;; esac"));
        let (code, _, stderr) = fakes.run(&["--cores", "1,2"], "tcg");
        let line = stderr.lines().last().unwrap();
        assert!(code == Some(status) && line.contains(why), "{script}: {code:?} {stderr}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_found_out_before_any_boot() {
    let fakes = Fakes::new();
    // It lies where the results should.
    fakes.file("out", "");
    let (code, _, stderr) = fakes.run(&[], "tcg");
    assert!(code == Some(2) && stderr.starts_with("rundown: --out "), "{stderr}");
    assert!(!fakes.0.path().join("log").exists());
}

#[test]
fn two_runs_that_count_otherwise_are_a_failure() {
    let fakes = Fakes::new();
    let second = "case $args in *'-smp 2 '*mode=coherence*)\n\
                  [ -e $folder/second ] && sed -i 's/\"loads\":[0-9]*/\"loads\":7/' $folder/counts-2\n\
                  : >$folder/second ;; esac";
    fakes.file("instead", second);
    let (code, _, stderr) = fakes.run(&["--cores", "1,2"], "tcg");
    assert_eq!(code, Some(1));
    let line = stderr.lines().last().unwrap();
    assert!(line.starts_with("rundown: two runs on 2 cores differ: {"), "{line}");
}

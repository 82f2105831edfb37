//! A folder with scripts in the place of cargo and QEMU, and what they answer.

use lab::store;
use serde_json::json;
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
pub const IMAGE: &str = env!("CARGO_BIN_EXE_lab");
const PHASES: [&str; 7] =
    ["loads", "stores", "atomics", "cold", "transfers", "upgrades", "invalidations"];

pub fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/figures/measurements.json")
}

/// A folder with the scripts and their answers.
pub struct Fakes(pub TempDir);

impl Fakes {
    pub fn new() -> Fakes {
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

    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    /// Runs it, with results into the folder `out`. Returns its exit status, and both outputs.
    pub fn run(&self, args: &[&str], accel: &str) -> (Option<i32>, String, String) {
        let out = self.0.path().join("out");
        self.run_as_it_is(&[args, &["--out", out.to_str().unwrap()]].concat(), accel)
    }

    pub fn run_as_it_is(&self, args: &[&str], accel: &str) -> (Option<i32>, String, String) {
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

    pub fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.0.path().join("log")).unwrap();
        log.lines().map(str::to_owned).collect()
    }
}

/// Returns the report of a kernel that has measured this.
fn report(measured: &[&Measurement]) -> String {
    let lines = measured.iter().map(|object| format!("# measure {}\n", json!(object)));
    format!("KTAP version 1\n1..1\n{}ok 1 a\n# rundown: PASS\n", lines.collect::<String>())
}

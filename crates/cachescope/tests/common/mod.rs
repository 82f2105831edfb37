//! What the tests share that boot a kernel with the plugin in QEMU.
//!
//! `QEMU` names the binary (`qemu-system-aarch64`). Without it, or without the bare-metal target, the
//! tests cannot run and say so; with `CACHESCOPE_REQUIRE_QEMU=1` that is a failure.

use runner::process::{self, Output};
use runner::qemu;
use runner::settings::Settings;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs};
use tools::cargo;

/// A thread a core.
pub const MANY_THREADS: &str = "tcg,thread=multi";
/// How long a boot may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The kernel `example` of the workspace, built once; nothing if QEMU or the target is missing.
fn kernel(settings: &Settings, example: &str) -> Option<PathBuf> {
    static KERNELS: Mutex<BTreeMap<String, Option<PathBuf>>> = Mutex::new(BTreeMap::new());
    let mut kernels = KERNELS.lock().unwrap_or_else(PoisonError::into_inner);
    let kernel = kernels.entry(example.to_owned()).or_insert_with(|| {
        let found = qemu::check(settings).and_then(|()| cargo::root("scripts/test"));
        let built = found.and_then(|root| cargo::image(&root, None, example));
        let required = env::var_os("CACHESCOPE_REQUIRE_QEMU").is_some();
        if let Err(error) = &built {
            assert!(!required, "{error}");
            eprintln!("not run: {error}");
        }
        built.ok()
    });
    kernel.clone()
}

/// The plugin, which cargo has built beside this test.
fn plugin() -> PathBuf {
    let test = env::current_exe().expect("a path");
    let folder = test.parent().expect("a folder");
    let library = folder.join("libcachescope.so");
    assert!(library.exists(), "{} is missing", library.display());
    library
}

/// A path for a file of a test's own.
pub fn scratch(what: &str) -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}.{what}", std::process::id()))
}

/// Boots the kernel `example` of the workspace.
pub fn boot(
    example: &str,
    accelerator: &str,
    cores: usize,
    append: &str,
    arguments: &str,
) -> Option<Output> {
    let plugin = format!("{}{arguments}", plugin().display());
    let extra = ["-append", append, "-plugin", &plugin].map(str::to_owned).to_vec();
    let settings = Settings {
        cores: u32::try_from(cores).expect("a number of cores"),
        accel: accelerator.to_owned(),
        extra,
        ..Settings::repeatable().expect("a QEMU")
    };
    let mut command = qemu::command(&settings, &kernel(&settings, example)?, false);
    Some(process::run(&mut command, Instant::now() + PATIENCE).expect("QEMU starts"))
}

/// The results of a boot that must pass, as they are and line by line.
pub fn run(
    example: &str,
    accelerator: &str,
    cores: usize,
    append: &str,
    arguments: &str,
) -> Option<Results> {
    let out = scratch("json");
    let arguments = format!("{arguments},out={}", out.display());
    let output = boot(example, accelerator, cores, append, &arguments)?;
    assert!(output.succeeded(), "{:?}\n{}", output.status, output.merged);
    assert!(output.stdout.ends_with("# rundown: PASS\n"), "{}", output.stdout);
    let text = fs::read_to_string(&out).expect("results");
    fs::remove_file(out).expect("it was there");
    let records = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    Some(Results { text, records })
}

#[derive(Debug)]
pub struct Results {
    /// As they are.
    pub text: String,
    /// Line by line.
    pub records: Vec<Value>,
}

impl Results {
    /// Of a phase: accesses, cold misses, transfers, upgrades.
    pub fn phase(&self, name: &str) -> [u64; 4] {
        let phase = |record: &&Value| record["record"] == "phase" && record["name"] == name;
        let record = self.records.iter().find(phase).unwrap_or_else(|| panic!("no phase {name}"));
        let count = |what: &str| record[what].as_u64().expect("a count");
        let accesses = count("loads") + count("stores") + count("atomics");
        [accesses, count("cold"), count("transfers"), count("upgrades")]
    }
}

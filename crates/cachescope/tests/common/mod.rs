//! What the tests share that boot a kernel with the plugin in QEMU.
//!
//! `QEMU` names the binary (`qemu-system-aarch64`). Without it, or without the bare-metal target, the
//! tests cannot run and say so; with `CACHESCOPE_REQUIRE_QEMU=1` that is a failure.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

const TARGET: &str = "aarch64-unknown-none-softfloat";
/// A thread a core.
pub const MANY_THREADS: &str = "tcg,thread=multi";

fn qemu() -> String {
    env::var("QEMU").unwrap_or_else(|_| "qemu-system-aarch64".into())
}

/// The kernel `example` of the workspace, built once; nothing if QEMU or the target is missing.
fn kernel(example: &str) -> Option<PathBuf> {
    static KERNELS: Mutex<BTreeMap<String, Option<PathBuf>>> = Mutex::new(BTreeMap::new());
    let mut kernels = KERNELS.lock().unwrap_or_else(PoisonError::into_inner);
    let kernel = kernels.entry(example.to_owned()).or_insert_with(|| {
        let found = Command::new(qemu()).arg("--version").stdout(Stdio::null()).status().is_ok();
        let built = found.then(|| build(example)).flatten();
        let required = env::var_os("CACHESCOPE_REQUIRE_QEMU").is_some();
        assert!(built.is_some() || !required, "QEMU or the target {TARGET} is missing");
        built
    });
    if kernel.is_none() {
        eprintln!("not run: QEMU or the target {TARGET} is missing");
    }
    kernel.clone()
}

fn build(example: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--example", example, "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?))).next_back()
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
    let kernel = kernel(example)?;
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "120"]).arg(qemu());
    command.args(["-M", "virt,gic-version=3", "-cpu", "max", "-m", "256M", "-nic", "none"]);
    command.args(["-display", "none", "-serial", "stdio", "-monitor", "none"]);
    command.args(["-semihosting-config", "enable=on,target=native", "-accel", accelerator]);
    command.args(["-smp", &cores.to_string(), "-append", append, "-kernel"]).arg(kernel);
    command.args(["-plugin", &format!("{}{arguments}", plugin().display())]);
    Some(command.stdin(Stdio::null()).output().expect("QEMU starts"))
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
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}\n{errors}", output.status);
    assert!(said.ends_with("# rundown: PASS\n"), "{said}");
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

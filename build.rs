//! Passes the linker script to the linker, and the target features to boot/features.S.
//!
//! For the bare-metal target only. The script stands here and not in `.cargo/config.toml`, because `RUSTFLAGS` in the environment replaces
//! the flags of a configuration file, and the kernel would link to the wrong address.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=linker.ld");
    println!("cargo::rerun-if-changed=boot");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none") {
        let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
        println!("cargo::rustc-link-arg=-T{root}/linker.ld");
        // Pages of 4 KiB: without this the linker pads segments to 64 KiB.
        println!("cargo::rustc-link-arg=-zmax-page-size=4096");
        let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
        std::fs::write(Path::new(&out).join("built_for.S"), built_for())
            .unwrap_or_else(|error| panic!("{out}: {error}"));
    }
}

/// Returns a definition for the assembler of each target feature that this build has.
///
/// From rustc itself, as `CARGO_CFG_TARGET_FEATURE` lacks those that are not stable (`mops`, `lse2`), which
/// `-C target-cpu` turns on all the same. RUSTC_BOOTSTRAP has rustc list them, too; it compiles nothing.
fn built_for() -> String {
    let [rustc, target, flags] = ["RUSTC", "TARGET", "CARGO_ENCODED_RUSTFLAGS"]
        .map(|name| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}")));
    let mut command = Command::new(rustc);
    command.env("RUSTC_BOOTSTRAP", "1").args(["--print", "cfg", "--target", &target]);
    command.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let cfg = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !cfg.is_empty(), "{command:?}: {output:?}");
    let features = cfg.lines().filter_map(|line| line.strip_prefix("target_feature="));
    let symbol =
        |feature: &str| feature.trim_matches('"').replace(|c| !char::is_alphanumeric(c), "_");
    features.map(|feature| format!(".set BUILT_FOR_{}, 1\n", symbol(feature))).collect()
}

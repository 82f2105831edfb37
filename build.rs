//! Passes the linker script to the linker, for the bare-metal target only.
//!
//! It stands here and not in `.cargo/config.toml`, because `RUSTFLAGS` in the environment replaces
//! the flags of a configuration file, and the kernel would link to the wrong address.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=linker.ld");
    println!("cargo::rerun-if-changed=boot");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none") {
        let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
        println!("cargo::rustc-link-arg=-T{root}/linker.ld");
        // Pages of 4 KiB: without this the linker pads segments to 64 KiB.
        println!("cargo::rustc-link-arg=-zmax-page-size=4096");
    }
}

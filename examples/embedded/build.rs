//! Gives the linker the memory of the machine, and the script of the crate that starts the program.

use std::{env, fs, path::PathBuf};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let memory = match env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
        Ok("arm") => "microbit.x",
        _ => "virt.x",
    };
    println!("cargo::rerun-if-changed={memory}");
    fs::copy(memory, out.join("memory.x")).expect("the file lies beside this one");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
}

//! Compiles the C code for the bare-metal target, and links it into the kernel image.

use std::env;
use std::path::Path;
use std::process::Command;

/// Compilers that make AArch64 code, the first that runs is taken. Debian and Ubuntu, Fedora and Arch
/// call theirs `aarch64-linux-gnu-gcc`; Arm's own and Homebrew's are `aarch64-none-elf-gcc` and
/// `aarch64-elf-gcc`. With `-ffreestanding` any of them makes the same code.
const COMPILERS: [&str; 4] =
    ["aarch64-linux-gnu-gcc", "aarch64-none-elf-gcc", "aarch64-elf-gcc", "clang"];

const INSTALL: &str =
    "Install gcc-aarch64-linux-gnu (or clang), or set RUNDOWN_AARCH64_CC to a compiler";

const FLAGS: [&str; 14] = [
    "-std=c11",
    "-O2",
    "-g",
    "-ffreestanding",
    "-mgeneral-regs-only", // the kernel's softfloat ABI: FP/SIMD registers are not the kernel's
    "-mno-outline-atomics", // no helper functions of libgcc
    "-fno-pic",            // linked to a fixed address, without a table of addresses
    "-fno-stack-protector", // needs a runtime
    "-fno-asynchronous-unwind-tables", // nothing unwinds
    "-Wall",
    "-Wextra",
    "-Werror",
    "-pedantic",
    "-c",
];

fn main() {
    println!("cargo::rerun-if-env-changed=RUNDOWN_AARCH64_CC");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("none") {
        return; // a look at the workspace from the host
    }
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let capi = Path::new(&here).parent().expect("the folder lies below rundown-capi");
    let compiler = compiler();
    for source in [capi.join("tests/c/contract.c"), Path::new(&here).join("c/kernel.c")] {
        let name = source.file_stem().expect("it has a name").to_string_lossy();
        let object = format!("{out}/{name}.o");
        let mut compile = Command::new(&compiler);
        if compiler.contains("clang") {
            compile.arg("--target=aarch64-none-elf");
        }
        compile.args(FLAGS).arg("-I").arg(capi.join("include")).arg("-I").arg(capi.join("tests/c"));
        match compile.arg(&source).arg("-o").arg(&object).status() {
            Ok(status) if status.success() => {}
            Ok(_) => stop(&format!("{compiler} could not compile {}", source.display())),
            Err(error) => stop(&format!("{compiler} does not run ({error}). {INSTALL}")),
        }
        println!("cargo::rustc-link-arg={object}");
        println!("cargo::rerun-if-changed={}", source.display());
    }
    println!("cargo::rerun-if-changed={}", capi.join("include/rundown.h").display());
    println!("cargo::rerun-if-changed={}", capi.join("tests/c/contract.h").display());

    let root = capi.parent().and_then(Path::parent).expect("crates/ lies in the root");
    let script = root.join("linker.ld");
    println!("cargo::rerun-if-changed={}", script.display());
    println!("cargo::rustc-link-arg=-T{}", script.display());
    println!("cargo::rustc-link-arg=-zmax-page-size=4096"); // as in the root's build.rs
}

fn compiler() -> String {
    if let Ok(chosen) = env::var("RUNDOWN_AARCH64_CC") {
        return chosen;
    }
    let runs = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let found = COMPILERS.into_iter().find(runs);
    found.unwrap_or_else(|| stop(&format!("no C compiler for AArch64. {INSTALL}"))).into()
}

fn stop(message: &str) -> ! {
    println!("cargo::error={message}"); // this fails the build; a status would repeat it at length
    std::process::exit(0)
}

//! Links the kernel to where the firmware jumps to.

fn main() {
    // Here and not in .cargo/config.toml: RUSTFLAGS in the environment would replace `rustflags` there.
    let folder = env!("CARGO_MANIFEST_DIR");
    println!("cargo:rustc-link-arg-bins=-T{folder}/memory.x");
    println!("cargo:rustc-link-arg-bins=-Tlink.x"); // of riscv-rt
    println!("cargo:rerun-if-changed=memory.x");
}

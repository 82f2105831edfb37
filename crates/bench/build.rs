//! Compiles what measures liburcu, where that is installed (Debian: liburcu-dev).
//!
//! Installed later, it is found after `cargo clean --package rundown-bench`.

fn main() {
    let source = "src/everybody/others/urcu.c";
    println!("cargo::rustc-check-cfg=cfg(liburcu)");
    println!("cargo::rerun-if-changed={source}");
    let mut find = pkg_config::Config::new();
    // The libraries come after the object that needs them.
    let Ok(library) = find.cargo_metadata(false).probe("liburcu-memb") else { return };
    let compiled =
        cc::Build::new().file(source).includes(&library.include_paths).try_compile("urcu");
    if compiled.is_ok() {
        println!("cargo::rustc-cfg=liburcu");
        for path in &library.link_paths {
            println!("cargo::rustc-link-search=native={}", path.display());
        }
        for name in &library.libs {
            println!("cargo::rustc-link-lib={name}");
        }
    }
}

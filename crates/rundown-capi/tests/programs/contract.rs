//! The program of the contract.
//!
//! Three times: with the library for programs, and with the one for kernels, which gets its platform
//! from C, once in full and once as small as it may be. It calls every routine of the contract, so that
//! each is declared and defined.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use crate::make::{c_compiler, compiler, cpp_compiler, library, passes, root, run};

/// The program, but for clients.c. scripts/wine has the same list, with windows.c in the place of unix.c.
const FILES: [&str; 8] =
    ["host.c", "unix.c", "contract.c", "threads.c", "pool.c", "misuse.c", "hooks.c", "program.c"];

/// Compiles the program with a platform, under a name of its own. `clients`: clients.c compiled otherwise.
fn program(name: &str, hooks: u32, library: &Path, clients: Option<&Path>) -> Command {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut compile = compiler(&c_compiler(), "c11", hooks);
    for file in FILES {
        compile.arg(root().join("tests/c").join(file));
    }
    compile.arg(clients.map_or_else(|| root().join("tests/c/clients.c"), Path::to_owned));
    run(compile.arg(library).arg("-o").arg(&program));
    Command::new(program)
}

#[test]
fn the_c_program_passes_with_the_library_for_programs() {
    let mut program = program("c_program", 0, &library("capi-std", &[]), None);
    passes(&mut program, 75);
    // glibc then tells no processor, and no slot is known without a call.
    passes(program.env("GLIBC_TUNABLES", "glibc.pthread.rseq=0"), 75);
}

/// The list of holders changes nothing of the contract.
#[test]
fn the_c_program_passes_with_the_library_that_lists_holders() {
    let library = library("capi-holders", &["--features", "holders"]);
    passes(&mut program("c_holders", 0, &library, None), 75);
}

#[test]
fn the_c_program_passes_with_the_library_for_kernels() {
    let library = library("capi-kernel", &["--no-default-features"]);
    passes(&mut program("c_kernel", 1, &library, None), 81);
    passes(&mut program("c_small_kernel", 2, &library, None), 71);
}

#[test]
fn what_clients_do_is_the_same_in_cpp() {
    let Some(cpp) = cpp_compiler() else { return };
    let object = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients.o");
    let mut compile = compiler(&cpp, "c++17", 0);
    compile.args(["-x", "c++", "-c"]).arg(root().join("tests/c/clients.c"));
    run(compile.arg("-o").arg(&object));
    passes(&mut program("c_program_cpp", 0, &library("capi-std", &[]), Some(&object)), 82);
}

/// A wait in another copy of the library than the release's would never end: its sleepers stand in another table.
#[test]
fn an_object_of_another_copy_of_the_library_is_reported() {
    let library = library("capi-std", &[]);
    let build = |name: &str, more: &[&str]| {
        let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut compile = compiler(&c_compiler(), "c11", 0);
        compile.args(more).arg(root().join("tests/c/copies.c")).arg(&library);
        run(compile.args(["-ldl", "-o"]).arg(&made));
        made
    };
    let program = build("copies", &[]);
    let plugin = build("copies.so", &["-DPLUGIN", "-shared", "-fPIC", "-Wl,-Bsymbolic"]);
    for (object, routine) in [
        ("plain", "ExWaitForRundownProtectionRelease"),
        ("cache-aware", "ExWaitForRundownProtectionReleaseCacheAware"),
        ("pool", "RundownTakeFromPool"),
        ("process", "ExReleaseRundownProtection"),
    ] {
        let output = Command::new(&program).arg(object).arg(&plugin).output().expect("just made");
        let [address, said] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("text"));
        let begin = format!("rundown: {routine}({}): not an initialised", address.trim_end());
        let end = "or it belongs to another copy of this library\n";
        assert_eq!(output.status.signal(), Some(6), "{object}: {}, {said}", output.status);
        assert!(said.starts_with(&begin) && said.ends_with(end), "{object}: {said}, not {begin}");
    }
}

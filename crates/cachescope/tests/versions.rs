//! The plugin in a program that takes the place of QEMU.
//!
//! `fake_qemu.c` is built once for each version of the API.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(name: &str, defines: &[&str]) -> Output {
    let fake: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fake_qemu.c");
    let mut compiler = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compiler.args(["-Wall", "-Wextra", "-rdynamic", "-o"]).arg(&fake).arg(source).arg("-ldl");
    let built = compiler.args(defines).status().expect("a C compiler, as linking needs one anyway");
    assert!(built.success());
    let test = env::current_exe().expect("a path");
    let plugin = test.with_file_name("libcachescope.so");
    let mut fake = Command::new(fake);
    fake.arg(plugin).arg("region=1000-1080").env_remove("CACHESCOPE_API");
    if defines.contains(&"-DVERSION=6") {
        fake.env("CACHESCOPE_API", "6"); // has the same functions as version 7
    }
    fake.output().expect("it was built")
}

#[test]
fn speaks_every_version() {
    for version in 1..=7 {
        let output = run(&format!("fake_qemu_{version}"), &[&format!("-DVERSION={version}")]);
        let results = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "version {version}: {results}");
        assert!(results.contains(&format!("\"api\":{version}}}")), "{results}");
        let line = |name: &str| {
            let name = format!("\"name\":\"{name}\"");
            results.lines().find(|line| line.contains(&name)).unwrap_or_else(|| panic!("{results}"))
        };
        let counts = r#""loads":0,"stores":0,"atomics":6,"cold":1,"transfers":5,"#;
        assert!(line("0x1000").contains(counts), "version {version}: {results}");
        let counts = r#""loads":6,"stores":0,"atomics":0,"cold":1,"transfers":1,"#;
        assert!(line("0x1040").contains(counts), "version {version}: {results}");
    }
}

#[test]
fn names_a_function_that_is_missing() {
    let output = run("fake_qemu_without", &["-DVERSION=1", "-DWITHOUT_EXIT"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "cachescope: this QEMU has no qemu_plugin_register_atexit_cb\n"
    );
}

/// A core that the machine does not have makes the plugin panic.
#[test]
fn a_panic_is_one_line_and_an_abort() {
    let output = run("fake_qemu_cores", &["-DVERSION=1", "-DCORES=3"]);
    assert_eq!(output.status.signal(), Some(6), "SIGABRT");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.starts_with("cachescope: this is a bug in the plugin: index out of"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

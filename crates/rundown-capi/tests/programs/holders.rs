//! Who holds it: the list of file and line, with the library that has feature `holders`.

use std::path::Path;
use std::process::Command;

use crate::make::{c_compiler, compiler, cpp_compiler, library, outcome, root, run};

/// Compiles tests/c/holders.c, without linking where there is no library.
fn compile(name: &str, compiler_of: &str, standard: &str, options: &[&str]) -> Command {
    let mut compile = compiler(compiler_of, standard, 0);
    // An acquire and its line share one.
    compile.arg("-Wno-misleading-indentation").args(options);
    compile.args(["-x", if standard.starts_with("c++") { "c++" } else { "c" }]);
    compile.arg(root().join("tests/c/holders.c")).args(["-x", "none", "-o"]);
    compile.arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    compile
}

#[test]
fn a_late_wait_and_whoever_asks_are_told_file_and_line() {
    let library = library("capi-holders", &["--features", "holders"]);
    let mut ways = vec![
        ("holders", c_compiler(), "c11", &[][..]),
        ("holders_tsan", c_compiler(), "c11", &["-fsanitize=thread"][..]),
    ];
    ways.extend(cpp_compiler().map(|cpp| ("holders_cpp", cpp, "c++17", &[][..])));
    for (name, compiler_of, standard, options) in ways {
        run(compile(name, &compiler_of, standard, options).arg(&library));
        let mut program = Command::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        let (code, text) = outcome(program.env("RUNDOWN_LATE_MS", "1"));
        assert!(code == Some(0) && text == "holders: done\n", "{name}: {code:?}\n{text}");
    }
}

/// A list that stays empty would tell nothing.
#[test]
fn the_library_without_the_feature_does_not_link() {
    let mut link = compile("no_holders", &c_compiler(), "c11", &[]);
    let output =
        link.arg(library("capi-std", &[])).output().expect("the compiler of the other tests");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("RundownAcquireAt"), "{text}");
}

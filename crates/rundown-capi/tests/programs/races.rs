//! Race detectors: a correct program gives no report, and one that is wrong gives the one that it deserves.
//!
//! The library is not instrumented; what the detectors have to know stands in `include/rundown_annotate.h`.

use std::path::{Path, PathBuf};
use std::process::Command;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use crate::make::valgrind_is_there;
use crate::make::{
    c_compiler, compiler, cpp_compiler, library, outcome, root, run, sanitized, sanitizer_option,
};

const FAMILIES: [&str; 3] = ["plain", "cache-aware", "pooled"];
/// The wrong modes of the program, and the function with the later half of the race: drd names no other.
const WRONG: [(&str, &str); 3] =
    [("after", "a_wrong_owner"), ("holders", "writes_second"), ("owner", "a_wrong_owner")];
/// What the detectors exit with when they have reported something.
const REPORTED: i32 = 66;

/// Compiles tests/c/races.c, as C++ if the standard is one of C++.
fn program(name: &str, standard: &str, options: &[&str]) -> Option<PathBuf> {
    let cpp = standard.starts_with("c++");
    let name_of_compiler = if cpp { cpp_compiler()? } else { c_compiler() };
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut compile = compiler(&name_of_compiler, standard, 0);
    compile.args(options).args(["-x", if cpp { "c++" } else { "c" }]);
    compile.arg(root().join("tests/c/races.c")).args(["-x", "none"]);
    run(compile.arg(library("capi-std", &[])).arg("-o").arg(&made));
    Some(made)
}

/// Compiles it with a sanitizer.
fn with_sanitizer(kind: &str, standard: &str, options: &[&str]) -> Option<PathBuf> {
    let option = sanitizer_option(kind);
    let words = [&[option.as_str()], options].concat();
    program(&format!("races_{kind}_{standard}_{}", options.len()), standard, &words)
}

/// Runs a sanitized program.
fn sanitizer(program: &Path, words: &str) -> (Option<i32>, String) {
    let mut command = sanitized(program);
    command.args(words.split(' ')).env("TSAN_OPTIONS", "exitcode=66");
    outcome(command.env("ASAN_OPTIONS", "exitcode=66"))
}

/// Runs the program in valgrind. Its detectors exist where valgrind does.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn valgrind(tool: &str, program: &Path, words: &str) -> (Option<i32>, String) {
    let mut command = Command::new("valgrind");
    command.args(["-q", "--error-exitcode=66"]).arg(format!("--tool={tool}"));
    outcome(command.arg(program).args(words.split(' ')))
}

/// A run of the program by a detector: with these words, it exits so and says this.
type Run<'a> = &'a dyn Fn(&str) -> (Option<i32>, String);

fn is_silent(run: Run, words: &str) {
    let (code, said) = run(words);
    assert!(code == Some(0) && said == "races: done\n", "{words}: {code:?}\n{said}");
}

/// The correct modes give no report, and the wrong ones one at the right place.
fn tells_right_from_wrong(run: Run, lives_and_rounds: &str) {
    is_silent(run, "pool pooled 1 30");
    for family in FAMILIES {
        is_silent(run, &format!("rounds {family} {lives_and_rounds}"));
        for (mode, place) in WRONG {
            let (code, said) = run(&format!("{mode} {family} 1 1"));
            assert!(
                code == Some(REPORTED) && said.contains(place),
                "{mode} {family}: {code:?}, no race in {place}:\n{said}"
            );
        }
    }
}

#[test]
fn thread_sanitizer_tells_right_from_wrong() {
    for standard in ["c11", "c++17"] {
        if let Some(program) = with_sanitizer("thread", standard, &[]) {
            tells_right_from_wrong(&|words| sanitizer(&program, words), "6 20");
        }
    }
}

/// The stress of eight threads: 20,000 rounds of each family.
#[test]
fn the_stress_is_clean_under_both_sanitizers() {
    for kind in ["thread", "address"] {
        let program = with_sanitizer(kind, "c11", &[]).expect("there is a C compiler");
        for family in FAMILIES {
            is_silent(&|words| sanitizer(&program, words), &format!("rounds {family} 20 1000"));
        }
    }
}

/// Without what the header tells it, ThreadSanitizer reports what is correct: so it is this that keeps it silent.
#[test]
fn without_annotations_a_correct_program_is_reported() {
    let program = with_sanitizer("thread", "c11", &["-DRUNDOWN_NO_ANNOTATIONS"]);
    let program = program.expect("there is a C compiler");
    for words in
        ["rounds plain 1 3", "rounds cache-aware 1 3", "rounds pooled 1 3", "pool pooled 1 30"]
    {
        let (code, said) = sanitizer(&program, words);
        assert!(code == Some(REPORTED) && said.contains("data race"), "{words}: {code:?}\n{said}");
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn helgrind_and_drd_tell_right_from_wrong() {
    valgrind_is_there();
    let program = program("races_valgrind", "c11", &["-DRUNDOWN_VALGRIND"]);
    let program = program.expect("there is a C compiler");
    for tool in ["helgrind", "drd"] {
        tells_right_from_wrong(&|words| valgrind(tool, &program, words), "3 3");
    }
}

//! The header in each standard, and with types of a client's own.

use std::process::Command;

use crate::make::{WARNINGS, c_compiler, cpp_compiler, root, run};

/// Includes the header, and nothing else, in an empty file of each standard of a language: as it is, and with what
/// race detectors and the list of holders need.
fn header_is_valid(compiler: &str, language: &str, standards: [&str; 5]) {
    for standard in standards {
        for options in
            ["", "-DRUNDOWN_HOLDERS", "-fsanitize=thread", "-fsanitize=thread -DRUNDOWN_HOLDERS"]
        {
            let mut check = Command::new(compiler);
            check.args(["-x", language, "-fsyntax-only"]).arg(format!("-std={standard}"));
            check.args(options.split_whitespace());
            check.args(WARNINGS).arg("-include").arg(root().join("include/rundown.h"));
            run(check.arg("/dev/null"));
        }
    }
}

/// A client's own types are those of the library, or it does not compile.
#[test]
fn a_type_of_another_size_does_not_compile() {
    let types = "-DRUNDOWN_HAVE_WDK_TYPES -DTRUE=1 -DFALSE=0 -DSIZE_T=size_t -DPOOL_TYPE=int";
    for (ulong, boolean, fits) in [
        ("uint32_t", "uint8_t", true),
        ("uint64_t", "uint8_t", false),
        ("uint32_t", "uint32_t", false),
    ] {
        let mut check = Command::new(c_compiler());
        check.args(["-x", "c", "-std=c99", "-fsyntax-only"]).args(types.split(' '));
        check.arg(format!("-DULONG={ulong}")).arg(format!("-DBOOLEAN={boolean}"));
        check.arg("-include").arg(root().join("include/rundown.h")).arg("/dev/null");
        let output = check.output().expect("the compiler of the other tests");
        assert_eq!(output.status.success(), fits, "{check:?}");
    }
}

#[test]
fn the_header_is_valid_in_every_standard() {
    header_is_valid(&c_compiler(), "c", ["gnu89", "c99", "c11", "c17", "c2x"]);
    let Some(cpp) = cpp_compiler() else { return };
    header_is_valid(&cpp, "c++", ["c++98", "c++11", "c++17", "c++20", "c++23"]);
}

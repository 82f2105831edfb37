//! The C test program, compiled with all warnings as errors and linked against the static library.
//!
//! Three times: with the library for programs, and with the one for kernels, which gets its platform
//! from C, once in full and once as small as it may be. It calls every routine of the contract, so that
//! each is declared and defined.

use std::env;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Far longer than the program takes; a wait that is not woken would last for ever.
const DEADLINE: Duration = Duration::from_secs(120);
const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The C compiler: `CC`, or `cc`.
fn c_compiler() -> String {
    env::var("CC").unwrap_or_else(|_| "cc".into())
}

fn run(command: &mut Command) {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().unwrap_or_else(|error| {
        panic!(
            "{name} does not run ({error}): install gcc and libc6-dev, or set CC to a C compiler"
        )
    });
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Builds the library by the documented command, in a folder of its own.
fn library(folder: &str, arguments: &[&str]) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    run(Command::new(env!("CARGO"))
        .args(["build", "-p", "rundown-capi", "--release", "--target", "host-tuple"])
        .args(arguments)
        .arg("--target-dir")
        .arg(&target)
        .current_dir(root()));
    let mut built = target.read_dir().expect("cargo has built").filter_map(|entry| {
        let file = entry.ok()?.path().join("release/librundown_capi.a");
        file.exists().then_some(file)
    });
    built.next().expect("cargo has built librundown_capi.a")
}

/// Compiles the program with a platform (see tests/c/hooks.c).
fn program(hooks: u32, library: &Path) -> Command {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("c_program_{hooks}"));
    let mut compile = Command::new(c_compiler());
    compile.args(["-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-pthread"]).args(WARNINGS);
    compile.arg(format!("-DHOOKS={hooks}")).arg("-I").arg(root().join("include"));
    if hooks == 2 {
        compile.arg("-DWITHOUT_ALLOCATOR");
    }
    for file in ["host.c", "contract.c", "threads.c", "pool.c", "misuse.c", "hooks.c", "program.c"]
    {
        compile.arg(root().join("tests/c").join(file));
    }
    run(compile.arg(library).arg("-o").arg(&program));
    Command::new(program)
}

/// Runs the program, and checks its report, which has so many tests at least.
fn passes(program: &mut Command, least: usize) {
    let mut child = program.stdout(Stdio::piped()).spawn().expect("the program was just made");
    let mut output = child.stdout.take().expect("it is piped");
    let reader = thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).map(|_| text)
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            break Some(status);
        }
        if start.elapsed() > DEADLINE {
            child.kill().expect("it is our child");
            break None;
        }
        thread::sleep(Duration::from_millis(20));
    };
    let report = reader.join().expect("reading does not panic").expect("it prints text");
    print!("{report}");
    let status = status.unwrap_or_else(|| panic!("no end within {DEADLINE:?}:\n{report}"));
    let planned: usize = report
        .lines()
        .find_map(|line| line.strip_prefix("1..")?.parse().ok())
        .unwrap_or_else(|| panic!("no plan, {status}:\n{report}"));
    let passed = report.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(
        status.success()
            && passed == planned
            && planned >= least
            && report.lines().last() == Some("# rundown: PASS"),
        "{passed} of {planned} passed, of {least} or more, {status}:\n{report}"
    );
}

#[test]
fn the_c_program_passes_with_the_library_for_programs() {
    let mut program = program(0, &library("capi-std", &[]));
    passes(&mut program, 75);
    // glibc then tells no processor, and no slot is known without a call.
    passes(program.env("GLIBC_TUNABLES", "glibc.pthread.rseq=0"), 75);
}

#[test]
fn the_c_program_passes_with_the_library_for_kernels() {
    let library = library("capi-kernel", &["--no-default-features"]);
    passes(&mut program(1, &library), 81);
    passes(&mut program(2, &library), 71);
}

/// Includes the header, and nothing else, in an empty file of each standard of a language.
fn header_is_valid(compiler: &str, language: &str, standards: [&str; 3]) {
    for standard in standards {
        let mut check = Command::new(compiler);
        check.args(["-x", language, "-fsyntax-only"]).arg(format!("-std={standard}"));
        check.args(WARNINGS).arg("-include").arg(root().join("include/rundown.h"));
        run(check.arg("/dev/null"));
    }
}

#[test]
fn the_header_is_valid_c99_c11_and_cpp() {
    header_is_valid(&c_compiler(), "c", ["c99", "c11", "c17"]);
    let cpp = env::var("CXX").unwrap_or_else(|_| "c++".into());
    if Command::new(&cpp).arg("--version").output().is_err() {
        println!("no {cpp} here: the header is not checked as C++");
        return;
    }
    header_is_valid(&cpp, "c++", ["c++98", "c++11", "c++20"]);
}

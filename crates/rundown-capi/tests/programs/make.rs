//! Builds the library and C programs, and runs them.

use std::env;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Far longer than the program takes; a wait that is not woken would last for ever.
const DEADLINE: Duration = Duration::from_secs(120);
/// For what builds: cargo may have to compile everything, beside others that do.
const BUILD_DEADLINE: Duration = Duration::from_secs(900);
/// As of a client that takes no warning.
pub const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The C compiler: `CC`, or `cc`.
pub fn c_compiler() -> String {
    env::var("CC").unwrap_or_else(|_| "cc".into())
}

/// Runs it to a good end, and returns what it printed.
pub fn run(command: &mut Command) -> String {
    let (status, output, errors) = ended(command, BUILD_DEADLINE);
    assert!(
        status.is_some_and(|status| status.success()),
        "{command:?}: {status:?} (None: too late)\n{output}{errors}"
    );
    output
}

/// Builds the library by the documented command, in a folder of its own.
pub fn library(folder: &str, arguments: &[&str]) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    run(Command::new(env!("CARGO"))
        .args(["build", "-p", "rundown-capi", "--release", "--target", "host-tuple"])
        .args(arguments)
        .arg("--target-dir")
        .arg(&target)
        // As the profile of the workspace has it; unpacked from its package, the library has no such profile.
        .env("CARGO_PROFILE_RELEASE_PANIC", "abort")
        .current_dir(root()));
    let mut built = target.read_dir().expect("cargo has built").filter_map(|entry| {
        let file = entry.ok()?.path().join("release/librundown_capi.a");
        file.exists().then_some(file)
    });
    built.next().expect("cargo has built librundown_capi.a")
}

/// Returns a compiler with what every file of the program is compiled with. `hooks`: which platform it has (see
/// tests/c/hooks.c).
pub fn compiler(name: &str, standard: &str, hooks: u32) -> Command {
    let mut compile = Command::new(name);
    compile.arg(format!("-std={standard}")).args(["-D_GNU_SOURCE", "-O1", "-g", "-pthread"]);
    compile.args(WARNINGS).arg(format!("-DHOOKS={hooks}")).arg("-I").arg(root().join("include"));
    if hooks == 2 {
        compile.arg("-DWITHOUT_ALLOCATOR");
    }
    compile
}

/// Runs a program, but not for ever. Returns its status, none if it took too long, and what it printed: output and
/// errors.
fn ended(program: &mut Command, deadline: Duration) -> (Option<ExitStatus>, String, String) {
    let name = program.get_program().to_string_lossy().into_owned();
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap_or_else(|error| {
        let remedy = match name.as_str() {
            "cmake" | "pkg-config" => "scripts/setup --tests installs it",
            _ => "install gcc and libc6-dev, or set CC to a C compiler",
        };
        panic!("{name} does not run ({error}): {remedy}")
    });
    let output = reader_of(child.stdout.take().expect("it is piped"));
    let errors = reader_of(child.stderr.take().expect("it is piped"));
    let start = Instant::now();
    let mut status = child.try_wait().expect("it is our child");
    while status.is_none() && start.elapsed() <= deadline {
        thread::sleep(Duration::from_millis(5));
        status = child.try_wait().expect("it is our child");
    }
    if status.is_none() {
        child.kill().expect("it is our child");
    }
    let [output, errors] = [output, errors]
        .map(|reader| reader.join().expect("reading does not panic").expect("it prints text"));
    (status, output, errors)
}

/// Reads to the end, so that the program is not kept from writing.
fn reader_of(mut output: impl Read + Send + 'static) -> JoinHandle<io::Result<String>> {
    thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).map(|_| text)
    })
}

/// Runs a program, and returns its exit code and all that it printed. No code: a signal or the deadline ended it.
pub fn outcome(program: &mut Command) -> (Option<i32>, String) {
    let (status, output, errors) = ended(program, DEADLINE);
    (status.and_then(|status| status.code()), output + &errors)
}

/// Runs the program, and checks its report, which has so many tests at least.
pub fn passes(program: &mut Command, least: usize) {
    let (status, report, errors) = ended(program, DEADLINE);
    print!("{report}{errors}");
    let status = status.unwrap_or_else(|| panic!("no end within {DEADLINE:?}"));
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

/// Returns the option for a sanitizer, or for several. Where there is none, that is one line.
pub fn sanitizer_option(kind: &str) -> String {
    let option = format!("-fsanitize={kind}");
    let mut link = Command::new(c_compiler());
    // No file: several tests look at a time.
    link.arg(&option).args(["-x", "c", "-", "-o", "/dev/null"]);
    let started = link.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let links = started.is_ok_and(|mut link| {
        let written = link
            .stdin
            .take()
            .is_some_and(|mut input| input.write_all(b"int main(void) { return 0; }\n").is_ok());
        link.wait().is_ok_and(|status| status.success()) && written
    });
    assert!(
        links,
        "{} links nothing with {option}: run scripts/setup --tests, or set CC to gcc or clang with its sanitizers",
        c_compiler()
    );
    option
}

/// Returns a command for a sanitized program. The kernel may spread addresses too far for ThreadSanitizer, so
/// without that where one may turn it off.
pub fn sanitized(program: &Path) -> Command {
    let mut plain = Command::new("setarch");
    let may = plain.args(["-R", "true"]).output().is_ok_and(|output| output.status.success());
    if !may {
        return Command::new(program);
    }
    let mut command = Command::new("setarch");
    command.arg("-R").arg(program);
    command
}

/// Ends with one line where there is no valgrind. Its headers may be in a package of their own.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub fn valgrind_is_there() {
    let mut look = Command::new(c_compiler());
    look.args(["-x", "c", "-fsyntax-only", "-include", "valgrind/helgrind.h", "/dev/null"]);
    assert!(
        look.output().is_ok_and(|output| output.status.success())
            && Command::new("valgrind").arg("--version").output().is_ok(),
        "no valgrind, or none of its headers: run scripts/setup --tests"
    );
}

/// The C++ compiler: `CXX`, or `c++`; `None` where there is none.
pub fn cpp_compiler() -> Option<String> {
    let cpp = env::var("CXX").unwrap_or_else(|_| "c++".into());
    let there = Command::new(&cpp).arg("--version").output().is_ok();
    if !there {
        println!("no {cpp} here: nothing is checked as C++");
    }
    there.then_some(cpp)
}

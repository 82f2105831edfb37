//! The filter of `examples/filter`: by itself, under tools that see what is wrong, and with faults that they must see.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use crate::make::valgrind_is_there;
use crate::make::{
    WARNINGS, c_compiler, library, outcome, passes, root, run, sanitized, sanitizer_option,
};

/// What the program plans.
const TESTS: usize = 7;
/// How often it does each thing where it runs slowly, or is wrong.
const FEW: &str = "5";

/// Asking cargo takes as long as compiling the filter does.
static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| library("capi-std", &[]));

/// Compiles the filter. `wrong`: what stands in a copy of filter.c, once, and what to put there instead.
fn filter(name: &str, options: &[&str], wrong: Option<[&str; 2]>) -> PathBuf {
    filter_with(&LIBRARY, name, options, wrong)
}

fn filter_with(library: &Path, name: &str, options: &[&str], wrong: Option<[&str; 2]>) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("filter");
    fs::create_dir_all(&folder).expect("the folder is ours");
    let sources = root().join("examples/filter");
    let mut driver = sources.join("filter.c");
    if let Some([right, wrong]) = wrong {
        let text = fs::read_to_string(&driver).expect("it is part of the project");
        assert_eq!(text.matches(right).count(), 1, "in filter.c, of: {right}");
        driver = folder.join(format!("{name}.c"));
        fs::write(&driver, text.replace(right, wrong)).expect("the folder is ours");
    }
    let program = folder.join(name);
    let mut compile = Command::new(c_compiler());
    compile.args(["-std=c11", "-O2", "-g", "-pthread"]).args(WARNINGS).args(options).arg("-I");
    compile.arg(root().join("include")).arg("-I").arg(&sources).arg(driver);
    compile.args(["machine.c", "main.c"].map(|file| sources.join(file)));
    run(compile.arg(library).arg("-o").arg(&program));
    program
}

/// Compiles it with sanitizers, and returns how it runs.
fn under(name: &str, kind: &str, wrong: Option<[&str; 2]>) -> Command {
    let options = [sanitizer_option(kind), "-fno-sanitize-recover=all".to_owned()];
    let program = filter(name, &[&options[0], &options[1]], wrong);
    let mut command = sanitized(&program);
    command.env("ASAN_OPTIONS", "detect_leaks=1").env("TSAN_OPTIONS", "halt_on_error=1");
    command.arg(FEW);
    command
}

/// Returns how a program runs under a tool of valgrind.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn valgrind(tool: &str, options: &[&str], program: &Path) -> Command {
    valgrind_is_there();
    let mut command = Command::new("valgrind");
    command.arg(format!("--tool={tool}")).args(["-q", "--error-exitcode=66", "--fair-sched=try"]);
    command.args(options).arg(program).arg(FEW);
    command
}

/// Runs a wrong filter, which must not pass, and whose output must hold the words.
fn sees(command: &mut Command, words: &str) {
    let (code, said) = outcome(command);
    assert!(
        code != Some(0) && said.contains(words),
        "{command:?}, {code:?}, not {words:?}:\n{said}"
    );
}

/// The context is looked at after the release, when its owner may have freed it.
const LATE_LOOK: [&str; 2] = [
    "    device->context->answered++;
    ExReleaseRundownProtectionCacheAware(device->io);",
    "    struct context *context = device->context;
    ExReleaseRundownProtectionCacheAware(device->io);
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    context->answered++;",
];
/// The same at once: by chance it comes before the owner, and a race it is all the same.
const LOOK_BY_CHANCE: [&str; 2] = [
    LATE_LOOK[0],
    "    struct context *context = device->context;
    ExReleaseRundownProtectionCacheAware(device->io);
    context->answered++;",
];
/// Requests are let in before the device has a context.
const LIVE_TOO_EARLY: [&str; 2] = ["ExRundownCompletedCacheAware(filter->devices[i].io);", ";"];
/// A step of attach that fails leaves the context behind.
const CONTEXT_LEAKS: [&str; 2] = ["free_context:\n    free(context);", "free_context:"];
/// A step of load that fails leaves the run-down objects behind.
const OBJECTS_LEAK: [&str; 2] =
    ["ExFreeCacheAwareRundownProtection(filter->devices[--devices].io);", "devices--;"];
/// A request that the device refuses keeps its hold.
const LOST_HOLD: [&str; 2] = [
    "        ExReleaseRundownProtectionCacheAware(device->io);
        return ENODEV;",
    "        return ENODEV;",
];
/// The image goes before the clients that have the filter open, and nobody else looks at it.
const IMAGE_GOES_EARLY: [&str; 2] = [
    "ExWaitForRundownProtectionRelease(&filter_users);",
    "munmap(filter, sizeof *filter); ExWaitForRundownProtectionRelease(&filter_users); _Exit(0);",
];

#[test]
fn the_filter_passes() {
    passes(&mut Command::new(filter("native", &[], None)), TESTS);
}

#[test]
fn a_hold_that_is_lost_is_a_wait_without_end() {
    let program = filter("lost_hold", &[], Some(LOST_HOLD));
    sees(Command::new(program).args([FEW, "2"]), "# too late: ");
}

#[test]
fn a_hold_that_is_lost_has_a_file_and_a_line() {
    let library = library("capi-holders", &["--features", "holders"]);
    let program = filter_with(&library, "lost_place", &["-DRUNDOWN_HOLDERS"], Some(LOST_HOLD));
    let (code, said) = outcome(Command::new(program).args([FEW, "2"]).env("RUNDOWN_LATE_MS", "1"));
    let source = fs::read_to_string(root().join("examples/filter/filter.c")).expect("it is there");
    let acquire = |line: &str| line.contains("ExAcquireRundownProtectionCacheAware(device->io)");
    let line = 1 + source.lines().position(acquire).expect("dispatch acquires");
    // Other waits may be late before, but not after.
    let place = format!("lost_place.c:{line}");
    assert!(code == Some(1) && said.trim_end().ends_with(&place), "{code:?}, not {place}:\n{said}");

    let readme = fs::read_to_string(root().join("README.md")).expect("it is there");
    let shown = between(&readme, "<!-- excerpt: a hold that is lost -->\n```text\n", "```\n");
    // By chance several requests have lost theirs; the README shows one.
    let mut last = said.trim_end().lines().rev();
    let hold = last.next().expect("the place is in it");
    let title = last.find(|line| line.starts_with("rundown: ")).expect("a list has a title");
    let wanted = format!("{title}\n{hold}\n");
    assert!(
        everywhere_the_same(&shown) == everywhere_the_same(&wanted),
        "README.md shows\n{shown}\nbut a run printed\n{wanted}"
    );
}

/// Returns a text without what differs from run to run: addresses, slots, and the folder of a file.
fn everywhere_the_same(text: &str) -> String {
    let word = |word: &str| match word {
        _ if word.contains("(0x") => word.split("(0x").next().unwrap_or_default().to_owned(),
        _ if word.ends_with(',') && word.starts_with(|first: char| first.is_ascii_digit()) => {
            "slot".into()
        }
        _ if word.contains(".c:") => {
            let name = word.rsplit('/').next().unwrap_or_default();
            name.replace("lost_place.c", "filter.c")
        }
        _ => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Returns what stands between two marks.
fn between(text: &str, begin: &str, end: &str) -> String {
    let from = text.split_once(begin).unwrap_or_else(|| panic!("no {begin:?}")).1;
    from.split_once(end).unwrap_or_else(|| panic!("no {end:?} after {begin:?}")).0.to_owned()
}

#[test]
fn a_client_of_a_filter_that_is_gone_meets_a_fault() {
    let program = filter("image_goes_early", &[], Some(IMAGE_GOES_EARLY));
    // Rarely all clients are just about to close it.
    let faults = (0..5).any(|_| {
        let output = Command::new(&program).arg(FEW).output().expect("it was just made");
        output.status.signal() == Some(11)
    });
    assert!(faults, "in 5 runs nobody came too late");
}

#[test]
fn the_filter_passes_under_address_sanitizer() {
    const KIND: &str = "address,undefined";
    passes(&mut under("asan", KIND, None), TESTS);
    for (name, wrong, words) in [
        ("asan_late_look", LATE_LOOK, "heap-use-after-free"),
        ("asan_live_too_early", LIVE_TOO_EARLY, "member access within null pointer"),
        ("asan_context_leaks", CONTEXT_LEAKS, "detected memory leaks"),
        ("asan_objects_leak", OBJECTS_LEAK, "detected memory leaks"),
    ] {
        sees(&mut under(name, KIND, Some(wrong)), words);
    }
}

#[test]
fn the_filter_passes_under_thread_sanitizer() {
    passes(&mut under("tsan", "thread", None), TESTS);
    let mut wrong = under("tsan_look_by_chance", "thread", Some(LOOK_BY_CHANCE));
    sees(&mut wrong, "WARNING: ThreadSanitizer: ");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn the_filter_passes_under_valgrind() {
    let memcheck =
        |name, wrong| valgrind("memcheck", &["--leak-check=full"], &filter(name, &[], wrong));
    passes(&mut memcheck("memcheck", None), TESTS);
    for (name, wrong, words) in [
        ("memcheck_late_look", LATE_LOOK, "Invalid read of size 8"),
        ("memcheck_context_leaks", CONTEXT_LEAKS, "are definitely lost"),
        ("memcheck_objects_leak", OBJECTS_LEAK, "are definitely lost"),
    ] {
        sees(&mut memcheck(name, Some(wrong)), words);
    }
}

/// Not under helgrind, which takes the destruction of a mutex for a race with its last unlock.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn the_filter_passes_under_drd() {
    let drd = |name, wrong| valgrind("drd", &[], &filter(name, &["-DRUNDOWN_VALGRIND"], wrong));
    passes(&mut drd("drd", None), TESTS);
    sees(&mut drd("drd_look_by_chance", Some(LOOK_BY_CHANCE)), "Conflicting ");
}

/// What the README shows of filter.c is what stands there.
#[test]
fn the_readme_shows_the_filter() {
    let read =
        |file: &str| fs::read_to_string(root().join(file)).expect("it is part of the project");
    let (readme, source) = (read("README.md"), read("examples/filter/filter.c"));
    let wanted = between(&source, "/* README: from here */\n", "/* README: to here */\n");
    let shown = between(&readme, "<!-- excerpt: examples/filter/filter.c -->\n```c\n", "```\n");
    assert!(shown == wanted, "README.md shows\n{shown}\nbut filter.c has\n{wanted}");
}

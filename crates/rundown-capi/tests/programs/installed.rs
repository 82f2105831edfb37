//! What CMake and cargo-c install: the shared library, and how programs find it and the archive.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::make::{WARNINGS, c_compiler, cpp_compiler, root, run};

/// What tests/c/project/client.c prints.
const CLIENT_SAYS: &str = "3 objects were run down\n";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("installed").join(name)
}

/// Returns where nothing is left of an earlier run.
fn fresh(name: &str) -> PathBuf {
    let folder = folder(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("it is this test's own");
    }
    folder
}

/// Configures a project, and builds it.
fn cmake(project: &Path, build: &Path, options: &[(&str, &Path)]) {
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(project).arg("-B").arg(build);
    for (name, value) in options {
        configure.arg(format!("-D{name}={}", value.display()));
    }
    run(&mut configure);
    run(Command::new("cmake").arg("--build").arg(build));
}

/// Returns a prefix into which CMake has installed everything, and which was moved then.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let [build, before, prefix] = ["build", "before", "prefix"].map(fresh);
        let options = [
            ("CMAKE_INSTALL_PREFIX", before.as_path()),
            ("CMAKE_INSTALL_LIBDIR", Path::new("lib")),
            ("RUNDOWN_CARGO_FOLDER", &folder("cargo")),
        ];
        cmake(root(), &build, &options);
        run(Command::new("cmake").arg("--install").arg(&build));
        fs::rename(before, &prefix).expect("both are in one folder");
        prefix
    })
}

/// Returns the functions that the header declares to who defines nothing.
fn declared() -> BTreeSet<String> {
    let header = fs::read_to_string(root().join("include/rundown.h")).expect("it is in the tree");
    let mut left_out = false;
    let declarations = header.lines().filter(|line| {
        left_out = *line == "#if defined(RUNDOWN_HOLDERS)" || left_out && *line != "#endif";
        let begins = line.starts_with(|first: char| first.is_ascii_alphabetic());
        begins && !left_out && !line.starts_with("typedef")
    });
    let names = declarations.filter_map(|line| line.split_once('(')?.0.split_whitespace().last());
    names.map(|name| name.trim_start_matches('*').to_owned()).collect()
}

/// Returns the dynamic section of a file.
fn dynamic(file: &Path) -> String {
    run(Command::new("readelf").env("LC_ALL", "C").args(["-W", "-d"]).arg(file))
}

fn soname() -> String {
    format!("librundown.so.{}", env!("CARGO_PKG_VERSION_MAJOR"))
}

/// Checks the headers, and the names of the shared library, outside and inside.
fn is_installed(prefix: &Path) {
    for name in ["rundown.h", "rundown_annotate.h"] {
        let name = Path::new("include").join(name);
        let header = fs::read(prefix.join(&name)).expect("it is installed");
        assert!(header == fs::read(root().join(&name)).expect("it is in the tree"), "{name:?}");
    }
    let real = format!("librundown.so.{}", env!("CARGO_PKG_VERSION"));
    for link in [soname(), "librundown.so".into()] {
        let link = prefix.join("lib").join(link);
        let to = fs::canonicalize(&link).unwrap_or_else(|error| panic!("{link:?}: {error}"));
        assert!(
            link.is_symlink() && to.ends_with(&real),
            "{link:?} leads to {to:?}, not to {real}"
        );
    }
    let file = prefix.join("lib").join(real);
    let dynamic = dynamic(&file);
    assert!(dynamic.contains(&format!("soname: [{}]", soname())), "{dynamic}");
    let listed = run(Command::new("nm").args(["-D", "--defined-only", "-P"]).arg(&file));
    let exported: BTreeSet<String> =
        listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert_eq!(exported, declared());
}

/// Runs a client, which loads the shared library or does not.
fn client_runs(program: &Path, shared: bool) {
    assert_eq!(run(&mut Command::new(program)), CLIENT_SAYS, "{program:?}");
    let loads = dynamic(program).contains(&format!("[{}]", soname()));
    assert_eq!(loads, shared, "{program:?}: the shared library");
}

/// Copies the project of tests/c/project, and builds it by CMake.
fn project_builds(name: &str, option: (&str, &Path)) {
    let copy = fresh(name);
    fs::create_dir_all(&copy).expect("a folder can be made");
    for file in ["CMakeLists.txt", "client.c", "client.cpp"] {
        fs::copy(root().join("tests/c/project").join(file), copy.join(file)).expect("it is copied");
    }
    let build = copy.join("build");
    let (version, cargo) = (Path::new(env!("CARGO_PKG_VERSION")), folder("cargo"));
    let mut options = vec![option, ("RUNDOWN_VERSION", version), ("RUNDOWN_CARGO_FOLDER", &cargo)];
    let cpp = cpp_compiler();
    options.extend(cpp.as_ref().map(|cpp| ("CMAKE_CXX_COMPILER", Path::new(cpp))));
    cmake(&copy, &build, &options);
    client_runs(&build.join("shared"), true);
    client_runs(&build.join("static"), false);
    if cpp.is_some() {
        client_runs(&build.join("cpp"), true);
    }
}

fn pkg_config(prefix: &Path, arguments: &[&str]) -> Vec<String> {
    let mut ask = Command::new("pkg-config");
    ask.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    run(ask.args(arguments).arg("rundown")).split_whitespace().map(str::to_owned).collect()
}

/// Returns a compiler of a C program.
fn compile(files: &[&str]) -> Command {
    let mut compile = Command::new(c_compiler());
    compile.args(["-std=c11", "-D_GNU_SOURCE"]).args(WARNINGS);
    compile.args(files.iter().map(|file| root().join("tests/c").join(file)));
    compile
}

/// Adds how programs find the shared library, when they are linked and when they run.
fn shared(compile: &mut Command, prefix: &Path) {
    let folder = prefix.join("lib");
    compile.args(pkg_config(prefix, &["--cflags", "--libs"]));
    compile.arg(format!("-Wl,-rpath,{}", folder.display()));
}

/// Builds the client by pkg-config alone.
fn pkg_config_suffices(prefix: &Path) {
    assert_eq!(pkg_config(prefix, &["--modversion"]), [env!("CARGO_PKG_VERSION")]);
    let mut with_shared = compile(&["project/client.c"]);
    shared(&mut with_shared, prefix);
    let program = prefix.join("shared");
    run(with_shared.arg("-o").arg(&program));
    client_runs(&program, true);

    // Where both are installed, a linker takes the shared one.
    let words = pkg_config(prefix, &["--cflags", "--static", "--libs"]);
    let words = words.iter().map(|word| word.replace("-lrundown", "-l:librundown.a"));
    let program = prefix.join("static");
    run(compile(&["project/client.c"]).args(words).arg("-o").arg(&program));
    client_runs(&program, false);
}

#[test]
fn the_shared_library_exports_what_the_header_declares_and_nothing_else() {
    is_installed(prefix());
}

#[test]
fn a_project_finds_the_library_by_cmake() {
    project_builds("find_package", ("CMAKE_PREFIX_PATH", prefix()));
}

#[test]
fn a_project_builds_the_library_as_a_part_of_itself() {
    prefix(); // one cargo after the other
    project_builds("add_subdirectory", ("RUNDOWN_SOURCE", root()));
}

#[test]
fn a_program_finds_the_library_by_pkg_config() {
    pkg_config_suffices(prefix());
}

/// CMake has asked for an empty library, before ours was built.
#[test]
fn the_static_link_line_is_what_rustc_says() {
    let target = folder("asked");
    let list = target.join("native-static-libs");
    run(Command::new(env!("CARGO"))
        .args(["rustc", "-p", "rundown-capi", "--release", "--target", "host-tuple"])
        .args(["--crate-type", "staticlib", "--target-dir"])
        .arg(&target)
        .args(["--", "--print", &format!("native-static-libs={}", list.display())])
        .current_dir(root()));
    let wanted = fs::read_to_string(&list).expect("rustc has written it");
    let said = pkg_config(prefix(), &["--static", "--libs-only-l"]);
    let wanted: Vec<&str> = ["-lrundown"].into_iter().chain(wanted.split_whitespace()).collect();
    assert_eq!(said, wanted);
}

/// Both bring Rust's standard library, which two archives cannot.
#[test]
fn a_second_rust_library_links_beside_the_shared_one_alone() {
    let [source, archive] = ["second.rs", "libsecond.a"].map(|name| prefix().join(name));
    let text = "#[unsafe(no_mangle)] pub extern \"C\" fn second() -> u32 { \
                std::thread::spawn(|| 42).join().unwrap_or(0) }";
    fs::write(&source, text).expect("the prefix is a folder");
    // As many build: the optimiser puts the standard library and the crate into one object.
    run(Command::new("rustc")
        .args(["--edition=2024", "--crate-type=staticlib", "-Clto=fat", "-o"])
        .arg(&archive)
        .arg(&source)
        .current_dir(root()));
    let program = prefix().join("second");
    let mut link = compile(&["second.c"]);
    shared(&mut link, prefix());
    run(link.arg(&archive).arg("-o").arg(&program));
    run(&mut Command::new(&program));

    let mut link = compile(&["second.c"]);
    link.args(pkg_config(prefix(), &["--cflags"])).arg(prefix().join("lib/librundown.a"));
    let output = link.arg(&archive).arg("-o").arg(&program).output().expect("it has just run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("rust_eh_personality"),
        "two archives link, and README.md says that they do not:\n{said}"
    );
}

/// With an archive in each it is reported: see contract.rs.
#[test]
fn a_program_and_its_plugin_share_objects_through_the_shared_library() {
    let build = |name: &str, more: &[&str]| {
        let made = prefix().join(name);
        let mut compile = compile(&["copies.c"]);
        compile.args(more).args(["-pthread", "-ldl"]);
        shared(&mut compile, prefix());
        run(compile.arg("-o").arg(&made));
        made
    };
    let program = build("copies", &[]);
    let plugin = build("copies.so", &["-DPLUGIN", "-shared", "-fPIC"]);
    run(Command::new(program).arg("one").arg(plugin));
}

#[test]
fn cargo_c_installs_the_same() {
    let there = Command::new(env!("CARGO")).args(["cbuild", "--version"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!("no cargo-c here: nothing is tried with it");
        return;
    }
    let prefix = fresh("cargo-c");
    run(Command::new(env!("CARGO"))
        .args(["cinstall", "--release", "--locked", "--libdir=lib", "--target-dir"])
        .arg(folder("cargo-c-target"))
        .arg("--prefix")
        .arg(&prefix)
        .current_dir(root()));
    is_installed(&prefix);
    pkg_config_suffices(&prefix);
}

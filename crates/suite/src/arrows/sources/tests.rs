//! Small crates, and the arrows in them.

use super::*;
use std::time::Duration;

/// Writes a crate's files, reads it, and returns its arrows as text.
fn of(name: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for (file, text) in files {
        let path = root.join("src").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n");
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    let found = arrows(&root, &[], Instant::now() + Duration::from_secs(60)).unwrap();
    let mut texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    texts.sort();
    texts
}

#[test]
fn every_way_to_import_is_an_arrow() {
    let said = of(
        "ways",
        &[
            ("lib.rs", "mod a;\nmod room { pub mod b; pub mod c; }\npub use a::A;\n"),
            ("a.rs", "mod inner;\npub struct A;\nuse crate::room::{\n  b::{B as X},\n};\n"),
            ("a/inner.rs", "fn f() { super::super::room::c::g() }\n"),
            ("room/b.rs", "pub struct B; // crate::a::A\nfn f() { let _ = \"crate::a::A\"; }\n"),
            ("room/c.rs", "pub fn g() { crate::a::h!(); }\nuse super::b;\n"),
        ],
    );
    assert_eq!(
        said,
        [
            "src/a.rs:3 -> src/room/b.rs (crate::room::b::B)",
            "src/a/inner.rs:1 -> src/room/c.rs (super::super::room::c::g)",
            "src/lib.rs:3 -> src/a.rs (a::A)",
            "src/room/c.rs:1 -> src/a.rs (crate::a::h)",
            "src/room/c.rs:2 -> src/room/b.rs (super::b)",
        ]
    );
}

#[test]
fn what_is_built_for_tests_only_does_not_count() {
    let said = of(
        "tests",
        &[
            ("lib.rs", "mod a;\nmod b;\n"),
            ("a.rs", "#[cfg(test)]\nmod tests { use crate::b::B; }\nfn f() { crate::b::g() }\n"),
            (
                "b.rs",
                "#[cfg(test)]\n#[path = \"far.rs\"]\nmod far;\npub fn g() {}\n\
                      macro_rules! m { () => { crate::a::f() } }\n",
            ),
            ("far.rs", "use crate::a::A;\n"),
        ],
    );
    assert_eq!(said, ["src/a.rs:3 -> src/b.rs (crate::b::g)"]);
}

#[test]
fn what_stands_behind_something_else_is_found_once() {
    let said = of(
        "behind",
        &[
            ("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;\n"),
            (
                "a.rs",
                "mod inner;\nuse self::inner::X;\nuse crate::b::g;\nuse crate::a::Own;\n\
                 macro_rules! m { () => {} }\nuse crate::c::h;\n\
                 fn f() { crate::b::g(crate::d::i()) }\n",
            ),
            (
                "a/inner.rs",
                "static Y: [u8; 1] = [crate::b::Y];\nfn f() { let _ = (crate::c::h); }\n",
            ),
            ("b.rs", "#[cfg(test)]\npub(crate) mod tests { use crate::c::C; }\n"),
            ("c.rs", "fn f(_: super::d::D) {}\n"),
            ("d.rs", "use crate::{a, b};\n"),
        ],
    );
    assert_eq!(
        said,
        [
            "src/a.rs:2 -> src/a/inner.rs (self::inner::X)",
            "src/a.rs:3 -> src/b.rs (crate::b::g)",
            "src/a.rs:6 -> src/c.rs (crate::c::h)",
            "src/a.rs:7 -> src/d.rs (crate::d::i)",
            "src/a/inner.rs:1 -> src/b.rs (crate::b::Y)",
            "src/a/inner.rs:2 -> src/c.rs (crate::c::h)",
            "src/c.rs:1 -> src/d.rs (super::d::D)",
            "src/d.rs:1 -> src/a.rs (crate::a)",
            "src/d.rs:1 -> src/b.rs (crate::b)",
        ]
    );
}

#[test]
fn a_workspace_below_another_is_read_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let write = |file: &str, text: &str| {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let manifest = |name: &str| format!("[package]\nname = \"{name}\"\n[workspace]\n");
    write("Cargo.toml", &manifest("outer"));
    write("src/lib.rs", "pub mod a;\n");
    write("src/a.rs", "");
    write("below/Cargo.toml", &manifest("inner"));
    write("below/src/main.rs", "fn main() { outer::a::f() }\n");
    let count = |others: &[&str]| {
        let found = arrows(&root, others, Instant::now() + Duration::from_secs(60)).unwrap();
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(count(&[]).is_empty());
    assert_eq!(count(&["below"]), ["below/src/main.rs:1 -> src/a.rs (outer::a::f)"]);
}

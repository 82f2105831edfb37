//! `include/rundown.h` is what cbindgen makes of the routines.

use std::{env, fs, path::Path};

#[test]
fn the_header_in_the_tree_is_the_generated_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = root.join("routines/src");
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let generated = cbindgen::Builder::new()
        .with_config(config)
        .with_src(sources.join("types.rs"))
        .with_src(sources.join("plain.rs"))
        .with_src(sources.join("cache_aware.rs"))
        .with_src(sources.join("pool.rs"))
        .with_src(sources.join("pooled.rs"))
        .with_src(sources.join("holders.rs"))
        .generate()
        .expect("cbindgen reads the routines");
    let mut text = Vec::new();
    generated.write(&mut text);
    let text = String::from_utf8(text).expect("cbindgen writes UTF-8");
    // Rust's headings read oddly in C, and `//` is no comment before C99.
    let text = text.replace("# Errors\n\n ", "Errors: ").replace("# Safety\n\n ", "Requires: ");
    let text = comments(&text.replace("// __cplusplus", "/* __cplusplus */"));
    let text = text.replace("// extern \"C\"", "/* extern \"C\" */");
    let file = root.join("include/rundown.h");
    if env::var_os("RUNDOWN_WRITE_HEADER").is_some() {
        fs::write(&file, &text).expect("the header can be written");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    if let Some((line, (kept, new))) =
        kept.lines().zip(text.lines()).enumerate().find(|(_, (kept, new))| kept != new)
    {
        panic!(
            "include/rundown.h, line {}, is\n    {kept}\nbut the routines make it\n    {new}\n{HELP}",
            line + 1
        );
    }
    assert_eq!(kept.len(), text.len(), "include/rundown.h has another length. {HELP}");
}

/// Gives every line of a comment its mark, and the last one its end, as in the rest of the header.
fn comments(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let (mut mark, mut before) = ("", String::new()); // of the next line in a comment
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        match line.trim() {
            "/*" => (mark, before) = ("/* ", " ".repeat(indent)),
            "*/" if !mark.is_empty() => {
                lines.last_mut().expect("a comment has a line").push_str(" */");
                mark = "";
            }
            _ if mark.is_empty() => lines.push(line.to_owned()),
            word => {
                lines.push(format!("{before}{mark}{word}").trim_end().to_owned());
                mark = " * ";
            }
        }
    }
    lines.join("\n") + "\n"
}

const HELP: &str = "Write it anew: RUNDOWN_WRITE_HEADER=1 cargo test -p rundown-capi --target host-tuple --test header";

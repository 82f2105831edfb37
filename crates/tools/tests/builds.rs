//! Cargo builds for the kernel and for the host, each with the variables that are meant for it.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use tools::cargo;

/// What scripts/host-cargo leaves behind when somebody has set `RUSTFLAGS`; and one that nobody put aside.
const SET: [(&str, &str); 2] =
    [("KERNEL_RUSTFLAGS", "--cfg of_the_kernel"), ("RUSTFLAGS", "--cfg of_nobody")];
/// Set in the process that has these variables.
const INSIDE: &str = "RUNDOWN_TEST_HAS_VARIABLES";
/// Says which of the flags it was built with.
const SAYS: &str = "#![allow(unexpected_cfgs)]\n\
                    fn main() { println!(\"{} {}\", cfg!(of_the_kernel), cfg!(of_nobody)); }\n";

#[test]
fn what_is_built_is_found_and_has_its_own_flags() {
    if env::var_os(INSIDE).is_none() {
        let mut again = Command::new(env::current_exe().unwrap());
        again.args(["--exact", "what_is_built_is_found_and_has_its_own_flags"]);
        let output = again.env(INSIDE, "1").envs(SET).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("project");
    let write = |file: &str, text: &str| {
        fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        fs::write(root.join(file), text).unwrap();
    };
    write(
        "Cargo.toml",
        "[package]\nname = \"rundown-demo\"\n[workspace]\nmembers = [\"cachescope\"]\n",
    );
    write("src/main.rs", SAYS);
    write("examples/image.rs", SAYS);
    write("examples/wrong.rs", "no Rust");
    write("cachescope/src/lib.rs", "");
    write(
        "cachescope/Cargo.toml",
        "[package]\nname = \"cachescope\"\n[lib]\ncrate-type = [\"cdylib\"]\n",
    );
    let target = folder.path().join("built");
    let says = |program: &Path| {
        assert!(program.starts_with(&target), "{}", program.display());
        String::from_utf8(Command::new(program).output().unwrap().stdout).unwrap()
    };

    let image = cargo::image(&root, Some(&target), "image").unwrap();
    assert_eq!(says(&image), "true false\n");
    // Its version is that of any other such package: nothing of it lies where others build.
    assert!(image.ancestors().nth(2).unwrap().join(".fingerprint").exists());
    let args = [&["--package", "rundown-demo"], cargo::FOR_THE_HOST].concat();
    let tool = cargo::executable(&root, Some(&target), "rundown-demo", &args).unwrap();
    assert_eq!(says(&tool), "false false\n");
    let library = cargo::plugin(&root, Some(&target)).unwrap();
    assert!(library.starts_with(&target) && library.exists(), "{}", library.display());

    let error = cargo::executable(&root, Some(&target), "another", &args).unwrap_err();
    assert_eq!(error.line, "cargo does not say where another is");
    let error = cargo::image(&root, Some(&target), "wrong").unwrap_err();
    assert!(error.line.ends_with("--example wrong fails"), "{}", error.line);
}

#[test]
fn the_root_is_the_folder_of_the_workspace() {
    let root = cargo::root("scripts/x").unwrap();
    assert!(fs::read_to_string(root.join("Cargo.toml")).unwrap().contains("[workspace]"));
}

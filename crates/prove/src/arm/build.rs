//! Compiles the threads of the tests, with the crate as it is or with one ordering weakened.

use super::image::Image;
use crate::orderings::Weakened;
use crate::project::{Project, crate_in, must};
use std::path::Path;
use std::process::Command;
use std::{fs, io};

/// The kernel's target.
const TARGET: &str = "aarch64-unknown-none-softfloat";

/// Which atomic instructions there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Load and store exclusive: all that Armv8.0 has.
    Exclusives,
    /// Single instructions, from Armv8.1 on.
    Lse,
}

impl Isa {
    /// Returns its name in the tests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exclusives => "llsc",
            Self::Lse => "lse",
        }
    }
}

/// Compiles the crate, with a change if there is one, and the threads, into a folder under `target/prove`.
pub fn build(
    project: &Project,
    name: &str,
    isa: Isa,
    weakened: Option<&Weakened>,
) -> Result<Image, String> {
    let folder = project.keep.join("arm").join(format!("{name}-{}", isa.name()));
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(failed)?;
    let mut sources = crate_in(&project.root).join("src");
    if let Some(weakened) = weakened {
        sources = folder.join("src");
        copy(project, &sources, weakened)?;
    }
    let (library, program) = (folder.join("librundown.rlib"), folder.join("threads"));
    let mut crate_itself = compiler(project, isa, "rundown", "rlib", &library);
    must(crate_itself.arg(sources.join("lib.rs")), "compiling the crate")?;
    let mut threads = compiler(project, isa, "threads", "bin", &program);
    threads.arg("--extern").arg(format!("rundown={}", library.display()));
    // Nothing calls the threads, and the program is never started.
    threads.args(["-C", "link-arg=--no-gc-sections", "-C", "link-arg=--entry=0"]);
    must(threads.arg(project.root.join("crates/prove/arm/threads.rs")), "compiling the threads")?;
    Image::read(&fs::read(&program).map_err(failed)?)
}

/// Prepares the compiler as the kernel's release is built.
fn compiler(project: &Project, isa: Isa, name: &str, kind: &str, output: &Path) -> Command {
    let mut command = Command::new("rustc");
    command.current_dir(&project.root).args(["--edition=2024", "--target", TARGET]);
    command.args(["--crate-name", name, "--crate-type", kind, "-C", "opt-level=3"]);
    command.args(["-C", "panic=abort", "-A", "warnings"]);
    if isa == Isa::Lse {
        command.args(["-C", "target-feature=+lse"]);
    }
    command.arg("-o").arg(output);
    command
}

/// Copies the crate's sources, and what they include, with a change.
fn copy(project: &Project, folder: &Path, weakened: &Weakened) -> Result<(), String> {
    let failed = |error: io::Error| format!("{}: {error}", folder.display());
    copy_folder(&crate_in(&project.root).join("src"), folder).map_err(failed)?;
    let name = weakened.change.file.file_name().ok_or("a change of no file")?;
    let path = folder.join(name);
    let text = fs::read_to_string(&path).map_err(failed)?;
    fs::write(&path, weakened.change.edit.applied_to(&text)).map_err(failed)
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orderings;

    #[test]
    fn only_one_of_the_two_has_single_instructions() {
        let project = Project::find(String::new()).unwrap();
        let words = |isa| format!("{:?}", compiler(&project, isa, "n", "rlib", Path::new("/o")));
        assert!(words(Isa::Lse).contains("target-feature=+lse"));
        assert!(!words(Isa::Exclusives).contains("target-feature"));
        assert_eq!([Isa::Exclusives, Isa::Lse].map(Isa::name), ["llsc", "lse"]);
    }

    #[test]
    fn a_copy_differs_in_one_file() {
        let project = Project::find(String::new()).unwrap();
        let weakened = orderings::weakened(&project).unwrap().remove(0);
        let folder = tempfile::tempdir().unwrap();
        copy(&project, &folder.path().join("src"), &weakened).unwrap();
        let files = project.sources("src").unwrap();
        let differs = |file: &&String| {
            fs::read_to_string(folder.path().join(file)).unwrap() != project.source(file).unwrap()
        };
        let changed: Vec<_> = files.iter().filter(differs).collect();
        assert!(files.len() > 5 && changed.len() == 1, "{changed:?}");
        assert!(weakened.change.file.ends_with(changed[0]));
        let included = ["src/manual.md", "src/manual/without_std.md"];
        assert!(
            included.iter().all(|file| folder.path().join(file).is_file()),
            "the manual is a part"
        );
    }
}

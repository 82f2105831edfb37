//! The first file system of the nested Linux: QEMU with its libraries, busybox, the images and the script.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use runner::exit_error::ExitError;
use tools::cargo;

use crate::cpio::Archive;
use crate::debian::{self, Debian};

/// The folder of the images in there.
pub const IMAGES: &str = "/images";

/// The kernel images by name.
pub type Images = Vec<(&'static str, PathBuf)>;

/// Builds the images.
pub fn build(root: &Path) -> Result<Images, ExitError> {
    let image = |name, args: &[&str]| cargo::executable(root, None, name, args);
    Ok(vec![
        ("demo", image("rundown-demo", &["--release", "--package", "rundown-demo", "--bins"])?),
        ("machine", image("machine", &["--package", "rundown-demo", "--test", "machine"])?),
        ("ladder", cargo::image(root, None, "ladder")?),
        ("must_fail", cargo::image(root, None, "must_fail")?),
    ])
}

/// Returns the archive that Linux unpacks. `script`: its first program.
pub fn archive(debian: &Debian, images: &Images, script: &str) -> Result<Vec<u8>, ExitError> {
    let mut archive = Archive::default();
    for folder in ["dev", "proc", "sys", "tmp"] {
        archive.folder(folder);
    }
    // As Debian has it; the packages rely on it.
    for name in ["bin", "lib"] {
        archive.link(name, &format!("usr/{name}"));
    }
    for program in ["busybox", "qemu-system-aarch64"] {
        add(&mut archive, &debian.inside, &Path::new("usr/bin").join(program))?;
    }
    libraries(&mut archive, &debian.inside, Path::new("usr/lib"))?;
    for (name, path) in images {
        let read = fs::read(path).map_err(|_| debian::incomplete(path))?;
        archive.file(&format!("{}/{name}", IMAGES.trim_start_matches('/')), &read);
    }
    archive.file("init", script.as_bytes());
    Ok(archive.end())
}

/// Adds every shared library in a folder and those below it. Which of them QEMU needs is not asked.
fn libraries(archive: &mut Archive, root: &Path, folder: &Path) -> Result<(), ExitError> {
    let path = root.join(folder);
    for entry in fs::read_dir(&path).map_err(|_| debian::incomplete(&path))?.flatten() {
        let name = folder.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            libraries(archive, root, &name)?;
        } else if name.to_string_lossy().contains(".so") {
            add(archive, root, &name)?;
        }
    }
    Ok(())
}

/// Adds a file or a link of Debian's under its own name.
fn add(archive: &mut Archive, root: &Path, name: &Path) -> Result<(), ExitError> {
    let path = root.join(name);
    let read = || -> io::Result<Result<PathBuf, Vec<u8>>> {
        let is_link = fs::symlink_metadata(&path)?.file_type().is_symlink();
        if is_link { fs::read_link(&path).map(Ok) } else { fs::read(&path).map(Err) }
    };
    let name = name.to_string_lossy();
    match read().map_err(|_| debian::incomplete(&path))? {
        Ok(target) => archive.link(&name, &target.to_string_lossy()),
        Err(contents) => archive.file(&name, &contents),
    }
    Ok(())
}

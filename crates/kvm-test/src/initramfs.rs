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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpio::tests::read;
    use std::os::unix::fs::symlink;

    /// Returns Debian as it is unpacked, without what does not matter.
    fn debian(root: &Path) -> Debian {
        let inside = root.join("arm64");
        fs::create_dir_all(inside.join("usr/bin")).unwrap();
        fs::create_dir_all(inside.join("usr/lib/arm/deep")).unwrap();
        for name in
            ["bin/busybox", "bin/qemu-system-aarch64", "bin/qemu-img", "lib/arm/liba.so.1.2"]
        {
            fs::write(inside.join("usr").join(name), format!("the file {name}")).unwrap();
        }
        for name in ["deep/plugin.so", "note.txt"] {
            fs::write(inside.join("usr/lib/arm").join(name), "x").unwrap();
        }
        symlink("liba.so.1.2", inside.join("usr/lib/arm/liba.so.1")).unwrap();
        Debian { inside, outside: root.to_owned() }
    }

    #[test]
    fn programs_libraries_images_and_the_script_are_in_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("ladder-123");
        fs::write(&image, "an image").unwrap();
        let archive =
            archive(&debian(folder.path()), &vec![("ladder", image)], "#!/bin/sh").unwrap();
        let mut files: Vec<_> = read(&archive)
            .into_iter()
            .filter(|(_, mode, _)| mode & 0o170_000 != 0o040_000)
            .map(|(name, _, contents)| (name, String::from_utf8(contents).unwrap()))
            .collect();
        files.sort();
        let wanted = [
            ("TRAILER!!!", ""),
            ("bin", "usr/bin"),
            ("images/ladder", "an image"),
            ("init", "#!/bin/sh"),
            ("lib", "usr/lib"),
            ("usr/bin/busybox", "the file bin/busybox"),
            ("usr/bin/qemu-system-aarch64", "the file bin/qemu-system-aarch64"),
            ("usr/lib/arm/deep/plugin.so", "x"),
            ("usr/lib/arm/liba.so.1", "liba.so.1.2"),
            ("usr/lib/arm/liba.so.1.2", "the file lib/arm/liba.so.1.2"),
        ];
        assert_eq!(files, wanted.map(|(name, text)| (name.to_owned(), text.to_owned())));
        let mount_points = ["dev", "proc", "sys", "tmp"].map(|name| (name.to_owned(), 0o040_755));
        let entries: Vec<_> =
            read(&archive).into_iter().map(|(name, mode, _)| (name, mode)).collect();
        assert!(mount_points.iter().all(|folder| entries.contains(folder)), "{entries:?}");
        let link = ("usr/lib/arm/liba.so.1".to_owned(), 0o120_777);
        assert!(entries.contains(&link), "a link stays one: {entries:?}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let debian = debian(folder.path());
        let missing = || archive(&debian, &Images::new(), "").map_err(|error| error.line);
        assert!(missing().is_ok());
        for name in ["lib", "bin/busybox"] {
            let path = debian.inside.join("usr").join(name);
            fs::rename(&path, folder.path().join("away")).unwrap();
            let line = missing().unwrap_err();
            assert!(line.contains(&format!("missing in {}; ", path.display())), "{line}");
            fs::rename(folder.path().join("away"), path).unwrap();
        }
    }
}

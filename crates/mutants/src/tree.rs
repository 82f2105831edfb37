//! A copy of the workspace, some files of which differ.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// How often a lock is tried, and how long it takes from one time to the next, 2 s in all: one that was given
/// back may still be held. A process that another thread is just starting has all files of this one open until
/// it has become its own program.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// What cargo needs to build everything and its tests; it finds `.cargo` above the copy.
const PARTS: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "build.rs",
    "linker.ld",
    "boot",
    "src",
    "tests",
    "examples",
    "course",
    "crates",
    "scripts",
    "docs",
];

/// Files of the copy with another text, by their path in the project.
pub type Changed = BTreeMap<PathBuf, String>;

/// The copy. Nobody else uses its folder while this lives.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    /// The packages' version has the folder's name in it.
    versioned: bool,
    _alone: File,
}

impl Tree {
    /// Makes the folder `place` a copy of the workspace in `project`, except for `changed`.
    ///
    /// The packages of the copy get the folder's name into their version. Cargo takes packages of one name,
    /// version and place in their workspace for the same, though the workspaces differ; in a target folder
    /// that both use it would take what was built from the one for what is built from the other.
    ///
    /// Files that are right already are not touched, so that cargo builds only what differs from the
    /// last copy in that folder.
    ///
    /// # Errors
    ///
    /// A message when a file can't be read or written, and when somebody else uses the folder.
    pub fn copy(project: &Path, place: &Path, changed: &Changed) -> Result<Tree, String> {
        Tree::make(project, place, changed, true)
    }

    /// As [`copy`](Self::copy), but with the version as it is: what is built is the same to the last
    /// address. Needs a target folder of its own.
    ///
    /// # Errors
    ///
    /// As [`copy`](Self::copy).
    pub fn exact_copy(project: &Path, place: &Path, changed: &Changed) -> Result<Tree, String> {
        Tree::make(project, place, changed, false)
    }

    fn make(
        project: &Path,
        place: &Path,
        changed: &Changed,
        versioned: bool,
    ) -> Result<Tree, String> {
        let tree = Tree { _alone: alone(place)?, versioned, root: place.to_owned() };
        tree.change(project, changed)?;
        Ok(tree)
    }

    /// Makes this tree a copy with other changes. Nobody else gets its folder in between: to let go of it and
    /// take it again may fail while another thread starts a process, which has all that is open here until it
    /// has become another program.
    ///
    /// # Errors
    ///
    /// As [`copy`](Self::copy).
    pub fn change(&self, project: &Path, changed: &Changed) -> Result<(), String> {
        let place = &self.root;
        let wrong = |error: io::Error| format!("cannot copy to {}: {error}", place.display());
        let mut files = BTreeMap::new();
        for part in PARTS {
            collect(project, Path::new(part), &mut files).map_err(wrong)?;
        }
        if let Some(bytes) = files.get_mut(Path::new("Cargo.toml"))
            && self.versioned
        {
            *bytes = versioned(bytes, place).ok_or("Cargo.toml does not say the version")?;
        }
        for (file, text) in changed {
            let known = files.insert(file.clone(), text.clone().into_bytes());
            known.ok_or(format!("{} is no file of the project", file.display()))?;
        }
        remove_others(place, Path::new(""), &files).map_err(wrong)?;
        for (file, bytes) in &files {
            write(&place.join(file), bytes, &project.join(file)).map_err(wrong)?;
        }
        Ok(())
    }

    /// Returns the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// Returns the workspace's manifest with the folder's name in the version that all packages have.
fn versioned(manifest: &[u8], place: &Path) -> Option<Vec<u8>> {
    let name = place.file_name()?.to_str()?;
    let text = str::from_utf8(manifest).ok()?;
    let start = text.find("[workspace.package]\nversion = \"")?;
    let end = text[start..].find("\"\n")?;
    let (before, after) = text.split_at(start + end);
    // The project may be a copy itself, with a name of its own.
    let own = before[start..].find('+').map_or(before.len(), |plus| start + plus);
    Some(format!("{}+{name}{after}", &before[..own]).into_bytes())
}

/// Takes the lock beside the folder, until it is closed.
fn alone(place: &Path) -> Result<File, String> {
    let path = place.with_extension("lock");
    let wrong = |error: io::Error| format!("cannot write {}: {error}", path.display());
    fs::create_dir_all(place).map_err(wrong)?;
    let lock = File::create(&path).map_err(wrong)?;
    for _ in 0..TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(error)) => return Err(wrong(error)),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
        }
    }
    Err(format!("{} is used already; wait until that has ended", place.display()))
}

/// Collects the files of the project below `part`, without what was built.
fn collect(project: &Path, part: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> io::Result<()> {
    let path = project.join(part);
    if !path.is_dir() {
        files.insert(part.to_owned(), fs::read(&path)?);
        return Ok(());
    }
    for entry in fs::read_dir(&path)? {
        let name = entry?.file_name();
        if name != "target" {
            collect(project, &part.join(name), files)?;
        }
    }
    Ok(())
}

/// Removes from the copy what is not in `files`.
fn remove_others(place: &Path, part: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(place.join(part))? {
        let entry = entry?;
        let file = part.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            remove_others(place, &file, files)?;
        } else if !files.contains_key(&file) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes a file of the copy, which can be executed if the project's `original` can be.
fn write(path: &Path, bytes: &[u8], original: &Path) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, bytes)?;
    fs::set_permissions(path, fs::metadata(original)?.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const FILE: &str = "crates/rundown/src/protocol.rs";

    fn project() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// Returns a folder, which is removed with all that is in it, and a place there.
    fn place() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("copy");
        (folder, place)
    }

    #[test]
    fn a_copy_is_the_project_but_for_what_is_changed() {
        let (project, (_folder, place)) = (project(), place());
        fs::create_dir_all(place.join("src")).unwrap();
        fs::write(place.join("src/left_over.rs"), "").unwrap();
        let changed = Changed::from([(FILE.into(), "changed".to_owned())]);
        let tree = Tree::copy(&project, &place, &changed).unwrap();
        assert_eq!(fs::read_to_string(tree.root().join(FILE)).unwrap(), "changed");
        assert!(!place.join("src/left_over.rs").exists());
        let mode = |root: &Path| fs::metadata(root.join("scripts/check")).unwrap().permissions();
        assert_eq!(mode(tree.root()), mode(&project));
        let changed = Changed::from([("src/main.rs".into(), "changed, too".to_owned())]);
        tree.change(&project, &changed).unwrap();
        let read = |file: &str| fs::read_to_string(tree.root().join(file)).unwrap();
        assert_eq!(read("src/main.rs"), "changed, too");
        assert_eq!(read(FILE), fs::read_to_string(project.join(FILE)).unwrap());
        drop(tree);

        let written = fs::metadata(place.join("Cargo.toml")).unwrap().modified().unwrap();
        let tree = Tree::copy(&project, &place, &Changed::new()).unwrap();
        let manifest = fs::read_to_string(place.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("\nversion = \"0.1.0+copy\""), "{manifest}");
        let read = |root: &Path| fs::read_to_string(root.join(FILE)).unwrap();
        assert_eq!(read(tree.root()), read(&project));
        let again = fs::metadata(place.join("Cargo.toml")).unwrap().modified().unwrap();
        assert_eq!(written, again, "what is right is not written again");
    }

    #[test]
    fn the_copy_of_a_copy_has_one_name() {
        let manifest = |version| format!("# 1+1\n[workspace.package]\nversion = \"{version}\"\n+");
        for version in ["1.2.3", "1.2.3+other"] {
            let versioned = versioned(manifest(version).as_bytes(), Path::new("/a+b/copy"));
            assert_eq!(versioned, Some(manifest("1.2.3+copy").into_bytes()));
        }
        assert_eq!(versioned(b"version = \"1.2.3\"\n", Path::new("copy")), None);
    }

    #[test]
    fn only_one_at_a_time_uses_a_copy() {
        let (_folder, place) = place();
        let first = alone(&place).unwrap();
        assert!(alone(&place).unwrap_err().contains("already"));
        drop(first);
        assert!(alone(&place).is_ok());
    }

    #[test]
    fn a_copy_that_is_just_given_back_is_waited_for() {
        let (_folder, place) = place();
        let first = alone(&place).unwrap();
        let later = thread::spawn(move || {
            thread::sleep(5 * PAUSE);
            drop(first);
        });
        assert!(alone(&place).is_ok());
        later.join().unwrap();
    }

    #[test]
    fn a_changed_file_must_be_one_of_the_project() {
        let changed = Changed::from([("src/nothing.rs".into(), String::new())]);
        let (_folder, place) = place();
        assert!(Tree::copy(&project(), &place, &changed).unwrap_err().contains("no file"));
    }
}

//! Debian's packages for the nested machine, fetched by apt and unpacked, without root.
//!
//! One release everywhere, whatever this machine runs: the QEMU that emulates is Debian's as well, because not
//! every host has one that can (QEMU 7.2 hangs as soon as a guest of the emulated KVM sets its timer to never).
//! It brings its own libraries and their loader, so it runs on any Linux with apt.

mod apt;
mod folder;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use runner::exit_error::ExitError;

use crate::place::Place;
use apt::{Apt, Source};
use folder::entries;

/// What runs inside: QEMU, a shell with the usual commands, and a kernel without drivers for hardware.
const INSIDE: (&str, &[&str]) =
    ("arm64", &["qemu-system-arm", "busybox-static", "linux-image-cloud-arm64"]);
/// What runs on this machine.
const OUTSIDE: &[&str] = &["qemu-system-arm"];
/// Debian's keys, where its own package puts them. Ubuntu has that package, too.
const KEYS: &str = "usr/share/keyrings/debian-archive-keyring.gpg";
const PACKAGE_OF_KEYS: &str = "debian-archive-keyring";
/// Pauses before another try.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(5)];

/// The unpacked packages.
pub struct Debian {
    /// For arm64.
    pub inside: PathBuf,
    /// For this machine.
    pub outside: PathBuf,
}

/// Returns the packages of a release in the place's folder, and fetches those that are not there. `archive`: from
/// there, and not from where this machine has its own packages.
pub fn fetch(
    place: &Place<'_>,
    archive: Option<&str>,
    release: &str,
    deadline: Instant,
) -> Result<Debian, ExitError> {
    let host = apt::architecture(deadline).map_err(|why| {
        ExitError::setup(
            why,
            "scripts/kvm-test needs apt-get and dpkg, as Debian and Ubuntu have them",
        )
    })?;
    let archive = archive.map_or_else(|| apt::mirror(deadline), str::to_owned);
    let release_folder = place.folder.join(release);
    let fetched = |architecture: &str, packages: &[&str]| {
        let root = release_folder.join(architecture);
        if root.exists() {
            return Ok(root); // it got its name when it was whole
        }
        let unpacked = repeat(&PAUSES, deadline, || {
            let keys = keys(place, deadline)?;
            let source = Source::Debian { archive: &archive, release, architecture, keys: &keys };
            unpack(&place.folder.join("apt"), source, packages, &root, deadline)
        });
        unpacked.map_err(|why| {
            let what = format!("cannot fetch Debian {release} for {architecture}: {why}");
            ExitError::setup(what, "check the network, or name a mirror with --archive")
        })?;
        println!("# fetched from Debian {release} for {architecture}: {}", packages.join(", "));
        Ok(root)
    };
    let inside = fetched(INSIDE.0, INSIDE.1)?;
    // On an arm64 machine they are the same.
    let outside = if host == INSIDE.0 { inside.clone() } else { fetched(&host, OUTSIDE)? };
    Ok(Debian { inside, outside })
}

impl Debian {
    /// Returns the command that starts Debian's QEMU on this machine.
    pub fn qemu(&self) -> Result<Command, ExitError> {
        let libraries = self.outside.join("usr/lib");
        // The libraries and their loader lie in the one folder that is called after machine and system.
        let loader = entries(&libraries).into_iter().find_map(|folder| {
            let is_loader = |path: &PathBuf| {
                path.file_name()
                    .is_some_and(|name| name.as_encoded_bytes().starts_with(b"ld-linux"))
            };
            Some((entries(&folder).into_iter().find(is_loader)?, folder))
        });
        let (loader, folder) = loader.ok_or_else(|| incomplete(&libraries))?;
        let mut paths = folder.clone().into_os_string();
        paths.push(":");
        paths.push(folder.join("pulseaudio"));
        let mut command = Command::new(loader);
        command.arg("--library-path").arg(paths);
        command.arg(self.outside.join("usr/bin/qemu-system-aarch64"));
        command.arg("-L").arg(self.outside.join("usr/share/qemu"));
        Ok(command)
    }

    /// Returns the kernel for the nested machine.
    pub fn linux(&self) -> Result<PathBuf, ExitError> {
        let boot = self.inside.join("boot");
        let is_kernel = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"vmlinuz-"))
        };
        entries(&boot).into_iter().find(is_kernel).ok_or_else(|| incomplete(&boot))
    }
}

/// Returns the error for packages that do not hold what they must.
pub fn incomplete(path: &Path) -> ExitError {
    let what = format!("something is missing in {}", path.display());
    ExitError::setup(what, "remove target/kvm-test, and use --release trixie or a newer one")
}

/// Returns the file with Debian's keys: that of this machine, or else one from its own distribution.
fn keys(place: &Place<'_>, deadline: Instant) -> Result<PathBuf, String> {
    let here = place.system.join(KEYS);
    if here.exists() {
        return Ok(here);
    }
    let root = place.folder.join("keys");
    if !root.exists() {
        unpack(
            &place.folder.join("apt"),
            Source::ThisMachine,
            &[PACKAGE_OF_KEYS],
            &root,
            deadline,
        )?;
    }
    let file = root.join(KEYS);
    if file.exists() { Ok(file) } else { Err(format!("{PACKAGE_OF_KEYS} has no {KEYS}")) }
}

/// Fetches packages with all that they need and unpacks them as `root`, which appears when it is whole.
/// `work`: a folder for apt, which is gone afterwards.
fn unpack(
    work: &Path,
    source: Source<'_>,
    packages: &[&str],
    root: &Path,
    deadline: Instant,
) -> Result<(), String> {
    let broken = |error: io::Error| format!("{}: {error}", work.display());
    if work.exists() {
        fs::remove_dir_all(work).map_err(broken)?; // of a run that was stopped
    }
    let apt = Apt::new(work, &source).map_err(broken)?;
    let unpacked = work.join("root");
    fs::create_dir_all(&unpacked).map_err(broken)?;
    let all = apt.fetch(packages, deadline)?;
    all.iter().try_for_each(|package| apt::unpack(package, &unpacked, deadline))?;
    fs::create_dir_all(root.parent().unwrap_or(root)).map_err(broken)?;
    fs::rename(&unpacked, root).map_err(broken)?;
    fs::remove_dir_all(work).map_err(broken)
}

/// Tries something again after each pause, because the network may fail for a moment. Returns why the last
/// try failed.
fn repeat(
    pauses: &[Duration],
    deadline: Instant,
    work: impl Fn() -> Result<(), String>,
) -> Result<(), String> {
    let mut result = work();
    for &pause in pauses {
        if result.is_ok() || Instant::now() + pause >= deadline {
            break;
        }
        thread::sleep(pause);
        result = work();
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Tries something that succeeds at such a try. Returns what came of it, and how many tries it took.
    fn tried(good: u32, deadline: Instant) -> (Result<(), String>, u32) {
        let tries = Cell::new(0);
        let result = repeat(&[Duration::ZERO; 2], deadline, || {
            tries.set(tries.get() + 1);
            if tries.get() == good { Ok(()) } else { Err(tries.get().to_string()) }
        });
        (result, tries.get())
    }

    #[test]
    fn what_fails_is_tried_again_and_the_last_reason_counts() {
        let far = Instant::now() + Duration::from_secs(600);
        assert_eq!(tried(1, far), (Ok(()), 1));
        assert_eq!(tried(3, far), (Ok(()), 3));
        assert_eq!(tried(4, far), (Err("3".to_owned()), 3));
    }

    #[test]
    fn no_try_begins_after_the_deadline() {
        assert_eq!(tried(2, Instant::now()), (Err("1".to_owned()), 1));
        // The pause would end after it.
        let soon = Instant::now() + Duration::from_secs(600);
        let result = repeat(&[Duration::from_secs(1200)], soon, || Err("no".to_owned()));
        assert_eq!(result, Err("no".to_owned()));
    }

    #[test]
    fn packages_without_keys_qemu_or_linux_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir(path.join("keys")).unwrap();
        let place = Place { root: path, folder: path, system: path };
        let why = keys(&place, Instant::now()).unwrap_err();
        assert_eq!(why, format!("{PACKAGE_OF_KEYS} has no {KEYS}"));
        let debian = Debian { inside: path.to_owned(), outside: path.to_owned() };
        let [linux, qemu] = [debian.linux().map(|_| ()), debian.qemu().map(|_| ())];
        for (result, name) in [(linux, "boot"), (qemu, "usr/lib")] {
            let line = result.unwrap_err().line;
            assert!(line.contains(&format!("{}; ", path.join(name).display())), "{line}");
        }
    }
}

//! apt with folders of its own: it asks the network and this machine's settings, and changes nothing.
//!
//! apt checks the archive's signature with the keys that it is given, and each package by its hash.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use runner::process;

use super::folder::entries;

/// Where everybody finds Debian.
const DEBIAN: &str = "http://deb.debian.org/debian";
/// How long one command may take: a package is small, and the network may be slow.
const PATIENCE: Duration = Duration::from_secs(900);

/// Where packages come from.
pub enum Source<'a> {
    /// What this machine's own packages come from.
    ThisMachine,
    /// An archive of Debian.
    Debian {
        /// Its URL.
        archive: &'a str,
        /// The release.
        release: &'a str,
        /// The architecture, as Debian calls it.
        architecture: &'a str,
        /// The file with Debian's keys.
        keys: &'a Path,
    },
}

/// apt with its folders.
pub struct Apt {
    folder: PathBuf,
    configuration: PathBuf,
}

impl Apt {
    /// Makes the folders for one source, in which nothing is installed.
    pub fn new(folder: &Path, source: &Source<'_>) -> io::Result<Apt> {
        for name in ["state/lists/partial", "cache/archives/partial", "keys"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::write(folder.join("state/status"), "")?;
        if let Source::Debian { archive, release, keys, .. } = source {
            fs::copy(keys, folder.join("keys/debian.gpg"))?;
            // Of all the lists of an archive, only that of its packages.
            let line = format!("deb [target=Packages] {archive} {release} main\n");
            fs::write(folder.join("sources.list"), line)?;
        }
        let configuration = folder.join("apt.conf");
        fs::write(&configuration, settings(folder, source))?;
        Ok(Apt { folder: folder.to_owned(), configuration })
    }

    /// Fetches packages with all that they need. Returns their files.
    pub fn fetch(&self, packages: &[&str], deadline: Instant) -> Result<Vec<PathBuf>, String> {
        self.get(&["update"], deadline)?;
        self.get(&[&["--download-only", "--yes", "install"], packages].concat(), deadline)?;
        let archives = self.folder.join("cache/archives");
        let mut files = entries(&archives);
        files.retain(|path| path.extension().is_some_and(|extension| extension == "deb"));
        Ok(files)
    }

    fn get(&self, args: &[&str], deadline: Instant) -> Result<(), String> {
        let mut command = Command::new("apt-get");
        command.arg("--config-file").arg(&self.configuration).arg("--quiet").args(args);
        run(&mut command, deadline).map(|_| ())
    }
}

/// Returns the settings that come on top of this machine's own, such as its proxy.
fn settings(folder: &Path, source: &Source<'_>) -> String {
    let folder = folder.display();
    let mut text = format!(
        "// What runs after an update is meant for this machine's own lists.\n\
         #clear APT::Update;\n\
         APT::Install-Recommends \"false\";\n\
         // root needs no other user here, who could not write into these folders.\n\
         APT::Sandbox::User \"root\";\n\
         Acquire::Languages \"none\";\n\
         // Who calls tries again.\n\
         Acquire::Retries \"0\";\n\
         Acquire::http::Timeout \"30\";\n\
         Acquire::https::Timeout \"30\";\n\
         Dir::State \"{folder}/state\";\n\
         Dir::State::status \"{folder}/state/status\";\n\
         Dir::Cache \"{folder}/cache\";\n\
         Dir::Etc::preferences \"/dev/null\";\n\
         Dir::Etc::preferencesparts \"/dev/null\";\n"
    );
    if let Source::Debian { architecture, .. } = source {
        text.push_str(&format!(
            "#clear APT::Architectures;\n\
             APT::Architecture \"{architecture}\";\n\
             APT::Architectures {{ \"{architecture}\"; }};\n\
             // A list that is missing is an error, not a warning.\n\
             APT::Update::Error-Mode \"any\";\n\
             Dir::Etc::sourcelist \"{folder}/sources.list\";\n\
             Dir::Etc::sourceparts \"/dev/null\";\n\
             Dir::Etc::trusted \"/dev/null\";\n\
             Dir::Etc::trustedparts \"{folder}/keys\";\n"
        ));
    }
    text
}

/// Returns this machine's architecture, as Debian calls it.
pub fn architecture(deadline: Instant) -> Result<String, String> {
    run(Command::new("apt-get").arg("--version"), deadline)?;
    let text = run(Command::new("dpkg").arg("--print-architecture"), deadline)?;
    Ok(text.trim().to_owned())
}

/// Returns the archive that this machine's own packages come from, if it is one of Debian, and else Debian's.
pub fn mirror(deadline: Instant) -> String {
    let ask = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"];
    let targets = run(Command::new("apt-get").args(ask), deadline).unwrap_or_default();
    targets.lines().next().unwrap_or(DEBIAN).to_owned()
}

/// Unpacks a package into a folder.
pub fn unpack(package: &Path, into: &Path, deadline: Instant) -> Result<(), String> {
    run(Command::new("dpkg-deb").arg("--extract").arg(package).arg(into), deadline).map(|_| ())
}

/// Runs a command of apt or dpkg. Returns what it printed, or why it failed in one line.
fn run(command: &mut Command, deadline: Instant) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    // Messages are read below.
    command.env("LC_ALL", "C");
    let deadline = deadline.min(Instant::now() + PATIENCE);
    let output = process::run(command, deadline)
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    match output.status {
        Some(0) => Ok(output.stdout),
        Some(status) => {
            Err(complaint(&output.stderr).unwrap_or(format!("{program} ends with status {status}")))
        }
        None => Err(format!("{program} did not end in time")),
    }
}

/// Returns the first error of a command's messages, without what marks it as one.
fn complaint(messages: &str) -> Option<String> {
    let mark = |line: &str| {
        let rest = line.strip_prefix("E: ").or_else(|| line.strip_prefix("dpkg-deb: error: "))?;
        Some(rest.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    messages.lines().find_map(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_the_reason() {
        let messages =
            "W: old keys\nE: Failed to fetch http://x/InRelease  Could not connect\nE: more\n";
        let reason = complaint(messages).unwrap();
        assert_eq!(reason, "Failed to fetch http://x/InRelease Could not connect");
        assert_eq!(complaint("dpkg-deb: error: no archive\n").unwrap(), "no archive");
        assert_eq!(complaint("W: nothing else\n"), None);
    }

    #[test]
    fn only_what_is_meant_for_debian_stands_in_its_settings() {
        let keys = Path::new("/k");
        let debian = Source::Debian { archive: "a", release: "r", architecture: "arm64", keys };
        let debian = settings(Path::new("/f"), &debian);
        assert!(debian.contains("APT::Architecture \"arm64\";"));
        // Only the keys that are named, and only this archive: a list that is missing is an error.
        for line in [
            "Dir::Etc::trusted \"/dev/null\";",
            "Dir::Etc::trustedparts \"/f/keys\";",
            "Dir::Etc::sourcelist \"/f/sources.list\";",
            "Dir::Etc::sourceparts \"/dev/null\";",
            "APT::Update::Error-Mode \"any\";",
        ] {
            assert!(debian.lines().any(|each| each == line), "{line}");
        }
        let own = settings(Path::new("/f"), &Source::ThisMachine);
        assert!(
            own.contains("Dir::State \"/f/state\";") && own.contains("Dir::Cache \"/f/cache\";")
        );
        assert!(!own.contains("Dir::Etc::source") && !own.contains("Architecture"));
    }

    #[test]
    fn a_command_that_fails_says_why() {
        let far = Instant::now() + Duration::from_secs(60);
        let sh = |script: &str, deadline| run(Command::new("sh").args(["-c", script]), deadline);
        assert_eq!(sh("echo $LC_ALL", far), Ok("C\n".to_owned()));
        let wrong = |script, deadline| sh(script, deadline).unwrap_err();
        assert_eq!(wrong("echo 'E: no  room' >&2; exit 100", far), "no room");
        assert_eq!(wrong("exit 3", far), "sh ends with status 3");
        assert_eq!(wrong("sleep 60", Instant::now()), "sh did not end in time");
        let nobody = run(&mut Command::new("/nonexistent/apt-get"), far).unwrap_err();
        assert!(nobody.starts_with("cannot start /nonexistent/apt-get: "), "{nobody}");
    }
}

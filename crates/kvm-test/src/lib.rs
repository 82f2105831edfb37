//! Boots the kernel under KVM on any machine: in Linux, which runs emulated.
//!
//! QEMU emulates an Arm machine that can run virtual machines. In there boots Debian's kernel for arm64, with
//! a small first file system that holds Debian's QEMU for arm64 and the project's images; and that QEMU boots
//! the images under KVM. It's slow, and has no real caches; but it is the hypervisor that an Arm computer has.
//!
//! - [`arguments`] reads the command line.
//! - [`debian`] fetches packages by apt and unpacks them, without root; [`place`] says where to.
//! - [`case`] is the table of what boots; [`initramfs`] puts it into an archive ([`cpio`]), with the script
//!   that boots one after the other ([`script`]).
//! - [`nested`] boots Linux and reads its console; [`frames`] finds in there what each image has printed.
//!
//! The reports are judged out here, by the judge of every other run.

pub mod arguments;
pub mod case;
pub mod cpio;
pub mod debian;
pub mod frames;
pub mod initramfs;
pub mod nested;
pub mod place;
pub mod script;

use std::fs;
use std::path::Path;
use std::time::Instant;

use runner::exit_error::{ExitError, FAILED};
use runner::process;
use tools::{cargo, lock};

use arguments::Arguments;
use case::{Case, HOSTS, Host};
use debian::Debian;
use initramfs::Images;
use place::Place;

/// Does what the command line asks for; the last line says how many cases passed and failed.
pub fn run(args: &[String]) -> Result<(), ExitError> {
    let Some(arguments) = Arguments::parse(args)? else { return Ok(()) };
    process::end_with_us()?;
    let deadline = arguments.deadline();
    let root = cargo::root("scripts/kvm-test")?;
    let _lock = lock::take(&root, "scripts/kvm-test")?; // until the end
    let folder = root.join("target/kvm-test");
    let place = Place { root: &root, folder: &folder, system: Path::new("/") };
    boot_all(&arguments, &place, deadline)
}

/// Fetches and builds what is needed, and boots everything.
pub fn boot_all(
    arguments: &Arguments,
    place: &Place<'_>,
    deadline: Instant,
) -> Result<(), ExitError> {
    let debian = debian::fetch(place, arguments.archive.as_deref(), &arguments.release, deadline)?;
    let images = initramfs::build(place.root)?;
    let mut judged = Vec::new();
    for host in &HOSTS {
        judged.extend(on(host, &debian, &images, place.folder, deadline)?);
    }
    verdict(&judged)
}

/// Prints how many cases passed and failed. All must have passed, and nothing is not all.
fn verdict(judged: &[bool]) -> Result<(), ExitError> {
    let passed = judged.iter().filter(|good| **good).count();
    let failed = judged.len() - passed;
    println!("kvm-test: {passed} passed, {failed} failed");
    // The line above says it all; nothing may come after it.
    if failed == 0 && passed > 0 { Ok(()) } else { Err(ExitError::new(FAILED, "")) }
}

/// Boots everything on one kind of machine, and prints a line a case. Returns which of them passed.
fn on(
    host: &Host,
    debian: &Debian,
    images: &Images,
    folder: &Path,
    deadline: Instant,
) -> Result<Vec<bool>, ExitError> {
    let cases = case::cases(host);
    let broken = |error: std::io::Error| {
        let what = format!("cannot write to {}: {error}", folder.display());
        ExitError::setup(what, "make room, or remove that folder")
    };
    let archive = folder.join("initramfs");
    let script = script::init(&cases)?;
    fs::write(&archive, initramfs::archive(debian, images, &script)?).map_err(broken)?;
    let log = folder.join(format!("console-{}.txt", host.gic.to_lowercase()));
    println!("# {}; its console: {}", host.what, log.display());

    let mut judged = vec![None; cases.len()];
    let mut last = Instant::now();
    let ending = nested::boot(debian, host, &archive, &log, deadline, |frame| {
        let Some(case) = cases.get(frame.number) else { return };
        // The first one has waited for Linux, too.
        let took = std::mem::replace(&mut last, Instant::now()).elapsed().as_secs();
        let what = case.judge(host, &frame).map(|what| format!("{what} ({took} s)"));
        judged[frame.number] = Some(show(host, case, what));
    })?;
    let missing = |(case, good): (&Case, Option<bool>)| {
        good.unwrap_or_else(|| show(host, case, Err(format!("did not end: {ending}"))))
    };
    Ok(cases.iter().zip(judged).map(missing).collect())
}

/// Prints the line of a case, and returns whether it passed.
fn show(host: &Host, case: &Case, judged: Result<String, String>) -> bool {
    let name = format!("{}, {} cores, {}", host.gic, case.cores, case.name);
    match &judged {
        Ok(what) => println!("passed: {name}: {what}"),
        Err(why) => println!("FAILED: {name}: {why}"),
    }
    judged.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use runner::exit_error::SETUP;

    #[test]
    fn every_case_must_have_passed() {
        assert_eq!(verdict(&[true, true]), Ok(()));
        for judged in [&[][..], &[false], &[true, false], &[false, true, true]] {
            assert_eq!(verdict(judged).map_err(|error| error.status), Err(FAILED), "{judged:?}");
        }
    }

    #[test]
    fn a_case_has_passed_only_if_it_was_judged_so() {
        let host = &HOSTS[0];
        let case = &case::cases(host)[0];
        assert!(show(host, case, Ok("12 tests".to_owned())));
        assert!(!show(host, case, Err("did not end".to_owned())));
    }

    #[test]
    fn wrong_usage_has_status_2_and_help_is_not_wrong() {
        let status = |arg: &str| run(&[arg.to_owned()]).map_err(|error| error.status);
        assert_eq!([status("--nonsense"), status("--help")], [Err(SETUP), Ok(())]);
    }
}

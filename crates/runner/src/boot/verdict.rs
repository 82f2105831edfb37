//! Turns the end of a run and its report into an exit status and one line.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use nix::errno::Errno;

use super::pump::{Ending, is_the_guests};
use crate::architecture::Architecture;
use crate::exit_error::{ExitError, FAILED, TIMED_OUT};
use crate::ktap::{Place, Report, printable};
use crate::settings::{Accelerator, Settings};
use crate::symbols::Symbols;

/// Judges a run. `complaint`: QEMU's error messages from before the guest's first output. `kernel`: the image, whose
/// line tables are read if it has died.
pub fn judge(
    ending: &Ending,
    report: &mut Report,
    complaint: &str,
    settings: &Settings,
    kernel: &Path,
) -> Result<u64, ExitError> {
    let status = match ending {
        Ending::TimedOut => {
            let last = report.last_line();
            let last = if last.is_empty() {
                "there was no output".to_owned()
            } else {
                format!("the last line was: {last}")
            };
            let line = format!("no verdict after {} s (QEMU_TIMEOUT); {last}", settings.timeout.0);
            return Err(ExitError::new(TIMED_OUT, line));
        }
        Ending::Signal(signal) => {
            // 128 + n, as a shell reports it.
            let status = u8::try_from(128 + signal).unwrap_or(FAILED);
            return Err(ExitError::new(
                status,
                format!("stopped by signal {signal} before a verdict"),
            ));
        }
        Ending::Stalled => {
            let line =
                format!("the output was not read within {} s (QEMU_TIMEOUT)", settings.timeout.0);
            return Err(ExitError::new(TIMED_OUT, line));
        }
        Ending::Unread(error) => {
            let why = match error {
                Errno::EPIPE => "nobody reads the output".to_owned(),
                error => format!("the output cannot be written: {}", error.desc()),
            };
            let line = format!("{why}; QEMU was stopped before a verdict");
            return Err(ExitError::new(FAILED, line));
        }
        Ending::Exited(status) => status,
    };
    let silent = report.last_line().is_empty();
    let died_early = silent.then(|| complaint.lines().find(|line| is_the_guests(line))).flatten();
    if silent
        && died_early.is_none()
        && let Some(reason) = complaints(complaint)
    {
        let what = if status.success() { "boots nothing" } else { "does not start" };
        let remedy = remedy(&reason, settings);
        return Err(ExitError::setup(format!("QEMU {what}: {reason}"), remedy));
    }
    let how = match (status.code(), status.signal()) {
        (Some(0), _) => String::new(),
        (Some(code), _) => format!("QEMU's exit status is {code}"),
        (None, signal) => format!("QEMU was killed by signal {}", signal.unwrap_or(0)),
    };
    if let Some(line) = died_early {
        let text = printable(line.trim_start_matches(['#', ' ']));
        let how = if how.is_empty() { "there is no report".to_owned() } else { how };
        return Err(ExitError::new(FAILED, format!("{text} ({how})")));
    }
    match (report.verdict(), how.is_empty()) {
        (Ok(passed), true) => Ok(passed),
        (Ok(_), false) => Err(ExitError::new(FAILED, format!("every test passed, but {how}"))),
        (Err(objection), how_is_empty) => {
            let place = report.place().and_then(|place| shown(place, kernel));
            let at = place.map(|place| format!(", {place}")).unwrap_or_default();
            let how = if how_is_empty { String::new() } else { format!(" ({how})") };
            Err(ExitError::new(FAILED, format!("{objection}{at}{how}")))
        }
    }
}

/// Returns the line of the sources in which a kernel has died, or from which what died was called.
fn shown(place: &Place, kernel: &Path) -> Option<String> {
    if let Some(line) = &place.line {
        return Some(format!("at {line}"));
    }
    let kernel = kernel.canonicalize().ok()?;
    let root = kernel.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    let mut symbols = Symbols::read(&kernel, root?).ok()?;
    let mut find = |address: Option<u64>, how: &str| {
        let place = symbols.place(address?)?;
        Some(format!("{how} {} ({})", place.line, place.function))
    };
    // The link register points behind the call.
    let caller = place.caller.and_then(|address| address.checked_sub(4));
    find(place.address, "at").or_else(|| find(caller, "called at"))
}

/// Returns what to do about a QEMU that does not start.
fn remedy(reason: &str, settings: &Settings) -> String {
    let accel = Accelerator::of(&settings.accel);
    let is_riscv = settings.architecture == Architecture::Riscv64;
    let needed = match accel {
        Accelerator::Kvm if is_riscv => "a RISC-V computer with Linux and access to /dev/kvm",
        Accelerator::Kvm => "an Arm computer with Linux and access to /dev/kvm",
        Accelerator::Hvf => "a Mac with Apple Silicon and a QEMU that was built for hvf",
        Accelerator::Tcg | Accelerator::Other => "",
    };
    let about =
        [accel.name(), "accelerator"].iter().any(|word| reason.to_lowercase().contains(word));
    if needed.is_empty() || !about {
        return "check QEMU_EXTRA and the other QEMU_ variables".to_owned();
    }
    format!("QEMU_ACCEL={} needs {needed}, unset it to have the cores emulated", settings.accel)
}

/// Returns the first complaint that is not just a warning, without the name of the program before it.
fn complaints(text: &str) -> Option<String> {
    let line = text.lines().find(|line| !line.trim().is_empty() && !line.contains(": warning:"))?;
    let line = match line.split_once(": ") {
        Some((program, rest)) if program.contains("qemu") && !program.contains(' ') => rest,
        _ => line,
    };
    Some(printable(line))
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;

    use super::*;
    use crate::options::Options;
    use crate::symbols::address_of;

    const GOOD: &str = "KTAP version 1\n1..1\nok 1 a\n# rundown: PASS\n";

    fn judged(ending: Ending, output: &str, complaint: &str) -> Result<u64, ExitError> {
        let mut report = Report::default();
        report.feed(output.as_bytes());
        judge(
            &ending,
            &mut report,
            complaint,
            &Settings::read(&Options::default(), |_| None).unwrap(),
            Path::new("no kernel"),
        )
    }

    #[inline(never)]
    fn marked_for_the_verdict() -> u32 {
        std::hint::black_box(line!())
    }

    /// The kernel is this test itself.
    #[test]
    fn a_death_names_the_line_it_happened_at_or_was_called_from() {
        let number = marked_for_the_verdict() - 1;
        let own = std::env::current_exe().unwrap();
        let address = address_of(&own, "marked_for_the_verdict");
        let line = |report: &str| {
            let place = report_of(&format!("{GOOD}# exception on core 0: x\n{report}"));
            shown(place.place().unwrap(), &own)
        };
        let there = format!("{}:{number} (marked_for_the_verdict)", file!());
        let [elr, x30] = [address, address + 4].map(|address| format!("{address:#x}"));
        assert_eq!(line(&format!("# ELR {elr}\n# x30 1\n")), Some(format!("at {there}")));
        assert_eq!(line(&format!("# ELR 0x0\n# x30 {x30}\n")), Some(format!("called at {there}")));
        assert_eq!(line("# ELR 0x0\n# x30 0\n"), None);
        assert_eq!(line("# at x.rs:3\n"), Some("at x.rs:3".to_owned()));
        assert_eq!(report_of(GOOD).place(), None);
        let failed = "KTAP version 1\n1..1\nnot ok 1 a\n# panic on core 0: x\n# at x.rs:3\n";
        assert_eq!(report_of(failed).place(), None, "the test is what counts");
    }

    fn report_of(output: &str) -> Report {
        let mut report = Report::default();
        report.feed(output.as_bytes());
        report
    }

    #[test]
    fn the_place_stands_before_qemus_status() {
        let report =
            "KTAP version 1\n1..1\n# panic on core 1: x\n# at src/a.rs:3\n# rundown: FAIL\n";
        let line = judged(exit(1), report, "").unwrap_err().line;
        let wanted =
            "the kernel has died: # panic on core 1: x, at src/a.rs:3 (QEMU's exit status is 1)";
        assert_eq!(line, wanted);
    }

    #[test]
    fn only_the_name_of_qemu_is_left_out_of_what_it_complains_of() {
        let of = |text| complaints(text).unwrap_or_default();
        assert_eq!(of("\nx: warning: y\nqemu-system-aarch64: -smp 9: wrong\nz"), "-smp 9: wrong");
        assert_eq!(of("Unable to start: wrong"), "Unable to start: wrong");
        assert_eq!(of("the qemu here: wrong"), "the qemu here: wrong");
        assert_eq!(complaints("\nqemu: warning: x\n"), None);
    }

    fn exit(code: i32) -> Ending {
        Ending::Exited(ExitStatus::from_raw(code << 8))
    }

    fn stopped(ending: Ending, output: &str, complaint: &str, status: u8, line: &str) {
        let error = judged(ending, output, complaint).expect_err("this must not pass");
        assert_eq!(error.status, status, "{}", error.line);
        assert!(error.line.contains(line), "{}", error.line);
    }

    #[test]
    fn only_a_whole_report_and_status_0_pass() {
        assert_eq!(judged(exit(0), GOOD, "qemu: warning: x"), Ok(1));
        stopped(exit(1), GOOD, "", 1, "every test passed, but QEMU's exit status is 1");
        stopped(exit(2), GOOD, "", 1, "QEMU's exit status is 2");
        stopped(exit(124), "", "", 1, "QEMU's exit status is 124");
        stopped(Ending::Exited(ExitStatus::from_raw(9)), GOOD, "", 1, "killed by signal 9");
    }

    #[test]
    fn an_end_without_the_last_line_fails_whatever_the_status() {
        stopped(exit(0), "KTAP version 1\n1..1\nok 1\nQEMU: Terminated\n\r", "", 1, "ends before");
        stopped(exit(0), "", "", 1, "ends before \"# rundown: PASS\": there is none");
        stopped(
            exit(1),
            "# panic on core 1: x\n",
            "",
            1,
            "panic on core 1: x (QEMU's exit status is 1)",
        );
    }

    #[test]
    fn the_first_error_of_a_qemu_that_does_not_start_is_a_set_up_error() {
        let complaint = "qemu-system-aarch64: warning: old\nqemu-system-aarch64: -accel x: invalid accelerator x\nmore\n";
        stopped(
            exit(1),
            "",
            complaint,
            2,
            "QEMU does not start: -accel x: invalid accelerator x; check QEMU_EXTRA",
        );
        stopped(exit(1), "", "qemu: warning: only this", 1, "ends before");
        stopped(exit(1), "# booting\n", complaint, 1, "ends before");
    }

    #[test]
    fn a_qemu_that_ends_well_without_a_boot_is_a_set_up_error() {
        let complaint = "qemu-system-aarch64: info: dtb dumped to x. Exiting.\n";
        stopped(exit(0), "", complaint, 2, "QEMU boots nothing: info: dtb dumped to x. Exiting.; ");
    }

    #[test]
    fn a_death_before_the_console_is_known_is_a_failure_with_its_text() {
        let complaint = "qemu: warning: x\n\n# panic on core 0: no console\n# at x.rs:1\n";
        let line = "panic on core 0: no console (QEMU's exit status is 1)";
        stopped(exit(1), "", complaint, 1, line);
        stopped(exit(0), "", "# started at EL3\n", 1, "started at EL3 (there is no report)");
    }

    #[test]
    fn what_hardware_acceleration_needs_is_said() {
        let kvm = |name: &str| (name == "QEMU_ACCEL").then(|| "kvm".to_owned());
        let settings = Settings::read(&Options::default(), kvm).unwrap();
        let judged = |complaint| {
            let kernel = Path::new("no kernel");
            judge(&exit(1), &mut Report::default(), complaint, &settings, kernel).unwrap_err().line
        };
        assert!(
            judged("q: -accel kvm: invalid accelerator kvm\n").contains("; QEMU_ACCEL=kvm needs")
        );
        assert!(judged("q: Could not access KVM kernel module: x\n").contains("/dev/kvm"));
        assert!(
            judged("q: no such file\n")
                .ends_with("; check QEMU_EXTRA and the other QEMU_ variables")
        );
    }

    #[test]
    fn a_timeout_names_the_last_line() {
        stopped(
            Ending::TimedOut,
            GOOD,
            "",
            124,
            "no verdict after 60 s (QEMU_TIMEOUT); the last line was: # rundown: PASS",
        );
        stopped(Ending::TimedOut, "", "", 124, "there was no output");
    }

    #[test]
    fn a_signal_and_a_closed_output_are_no_pass() {
        stopped(Ending::Signal(15), GOOD, "", 143, "stopped by signal 15");
        stopped(Ending::Unread(Errno::EPIPE), GOOD, "", 1, "nobody reads");
        stopped(Ending::Unread(Errno::ENOSPC), GOOD, "", 1, "cannot be written: No space left");
        stopped(Ending::Stalled, GOOD, "", 124, "was not read within 60 s (QEMU_TIMEOUT)");
    }
}

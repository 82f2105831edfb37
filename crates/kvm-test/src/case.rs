//! The table of what boots under KVM, on which machines, and what its report must be.

use runner::exit_error::ExitError;
use runner::ktap::Report;
use runner::options::Options;
use runner::qemu;
use runner::settings::Settings;
use std::path::Path;

use crate::frames::Frame;

/// A kind of Arm machine, which QEMU emulates.
pub struct Host {
    /// Its interrupt controller, as the kernel's report calls it.
    pub gic: &'static str,
    /// `-machine`, with what KVM needs.
    pub machine: &'static str,
    /// `-cpu`
    pub cpu: &'static str,
    /// What it stands for.
    pub what: &'static str,
    /// The numbers of cores that the images boot on.
    cores: &'static [u32],
}

/// The machines. With the virtualization host extensions Linux itself runs at EL2; without, only a part of KVM
/// does. `pauth-impdef`: the emulation signs pointers in a quicker way than Arm's.
pub const HOSTS: [Host; 2] = [
    Host {
        gic: "GICv3",
        machine: "virt,virtualization=on,gic-version=3",
        cpu: "max,pauth-impdef=on",
        what: "like a server: GICv3, virtualization host extensions",
        cores: &[1, 2, 4, 8],
    },
    Host {
        gic: "GICv2",
        machine: "virt,virtualization=on,gic-version=2",
        cpu: "cortex-a72",
        what: "like a Raspberry Pi 4: GICv2, no virtualization host extensions",
        cores: &[2, 4],
    },
];

/// What must come of a boot.
#[derive(Clone, Copy)]
enum Wanted {
    /// The report is whole.
    Pass,
    /// The judge refuses the report, which holds these words, and not because QEMU had to be killed.
    Refusal(&'static str),
}

/// What boots on every number of cores: a name, the image, `-append`, and what must come of it. The judge alone
/// decides here: under KVM QEMU's status is 0 whatever happened.
const BOOTS: [(&str, &str, &str, Wanted); 6] = [
    ("demo", "demo", "", Wanted::Pass),
    ("tests of the machine", "machine", "", Wanted::Pass),
    ("ladder", "ladder", "rounds=2 pairs=2000", Wanted::Pass),
    (
        "must fail: null_dereference",
        "must_fail",
        "must_fail=null_dereference",
        Wanted::Refusal("exception on core 0: data abort on read, translation fault"),
    ),
    (
        "must fail: test_failed",
        "must_fail",
        "must_fail=test_failed",
        Wanted::Refusal("# rundown: FAIL"),
    ),
    (
        "must fail: output_cut",
        "must_fail",
        "must_fail=output_cut",
        Wanted::Refusal("ok 1 this ran"),
    ),
];

/// What the kernel says of itself under KVM, where nobody answers semihosting.
const UNDER_KVM: &str = "# ends by PSCI SYSTEM_OFF, accelerated by kvm";

/// One boot of an image.
pub struct Case {
    /// What it is called.
    pub name: &'static str,
    /// How many cores.
    pub cores: u32,
    image: &'static str,
    append: &'static str,
    wanted: Wanted,
}

/// Returns what boots on a machine, in order.
pub fn cases(host: &Host) -> Vec<Case> {
    let all = host.cores.iter().flat_map(|&cores| BOOTS.map(|boot| (cores, boot)));
    all.map(|(cores, (name, image, append, wanted))| Case { name, cores, image, append, wanted })
        .collect()
}

impl Case {
    /// Returns the command that boots it: what the runner would start for `QEMU_ACCEL=kvm`. `images`: the
    /// folder of the images in there.
    pub fn command(&self, images: &str) -> Result<Vec<String>, ExitError> {
        let variable = |name: &str| match name {
            "QEMU_ACCEL" => Some("kvm".to_owned()),
            "QEMU_SMP" => Some(self.cores.to_string()),
            "QEMU_EXTRA" if !self.append.is_empty() => Some(format!("-append '{}'", self.append)),
            _ => None,
        };
        let settings = Settings::read(&Options::default(), variable)?;
        let command = qemu::command(&settings, &Path::new(images).join(self.image), false);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        Ok(words.map(|word| word.to_string_lossy().into_owned()).collect())
    }

    /// Judges what it has printed. Returns what is good about it, or why it failed.
    pub fn judge(&self, host: &Host, frame: &Frame) -> Result<String, String> {
        let mut report = Report::default();
        report.feed(frame.output.as_bytes());
        let verdict = report.verdict();
        if frame.status != 0 {
            let why = match verdict {
                Ok(_) => "although its report is whole".to_owned(),
                Err(objection) => objection.to_string(),
            };
            return Err(format!("QEMU ends with status {}: {why}", frame.status));
        }
        match (self.wanted, verdict) {
            (Wanted::Pass, Ok(passed)) => {
                holds(frame, &format!("# machine: {} cores, {},", self.cores, host.gic))?;
                holds(frame, UNDER_KVM)?;
                Ok(format!("{passed} tests"))
            }
            (Wanted::Pass, Err(objection)) => Err(objection.to_string()),
            (Wanted::Refusal(words), Err(objection)) => {
                holds(frame, words)?;
                Ok(format!("refused: {objection}"))
            }
            (Wanted::Refusal(_), Ok(_)) => Err("its report was taken for a pass".to_owned()),
        }
    }
}

/// Wants these words in what was printed.
fn holds(frame: &Frame, words: &str) -> Result<(), String> {
    if frame.output.contains(words) {
        return Ok(());
    }
    Err(format!("the output does not hold: {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "KTAP version 1\n1..1\n# machine: 2 cores, GICv2, 256 MiB\n\
                        # ends by PSCI SYSTEM_OFF, accelerated by kvm\nok 1 a\n# rundown: PASS\n";

    /// Judges such an end of a case on two cores with a GICv2.
    fn judged(name: &str, status: i32, output: &str) -> Result<String, String> {
        let host = &HOSTS[1];
        let named = |case: &Case| case.name == name && case.cores == 2;
        let case = cases(host).into_iter().find(named).unwrap();
        case.judge(host, &Frame { number: 0, status, output: output.to_owned() })
    }

    #[test]
    fn a_pass_is_a_whole_report_from_that_machine_under_kvm() {
        assert_eq!(judged("demo", 0, GOOD), Ok("1 tests".to_owned()));
        for (status, output, why) in [
            (0, GOOD.replace("ok 1", "not ok 1"), "test 1 failed"),
            (0, GOOD.replace("2 cores", "4 cores"), "does not hold: # machine: 2 cores, GICv2"),
            (0, GOOD.replace("GICv2", "GICv3"), "does not hold: # machine: 2 cores, GICv2"),
            (0, GOOD.replace("by kvm", "by tcg"), "does not hold: # ends by"),
            (137, GOOD.to_owned(), "QEMU ends with status 137: although its report is whole"),
            (1, "qemu: no KVM\n".to_owned(), "QEMU ends with status 1: "),
        ] {
            let said = judged("demo", status, &output).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn a_refusal_must_be_the_judges_and_for_what_was_provoked() {
        let name = "must fail: output_cut";
        let cut = "KTAP version 1\n1..1\nok 1 this ran\n";
        assert!(judged(name, 0, cut).unwrap().starts_with("refused: the output ends before"));
        assert!(judged(name, 137, cut).is_err(), "it hung");
        assert!(judged(name, 0, "").is_err(), "it did nothing");
        assert!(judged(name, 0, GOOD).unwrap_err().contains("taken for a pass"));
    }

    #[test]
    fn kvm_takes_its_cpu_and_its_interrupt_controller_from_the_machine() {
        let command = cases(&HOSTS[0])[2].command("/images").unwrap().join(" ");
        for part in ["-accel kvm", "-cpu host", "gic-version=host", "-smp 1", "/images/ladder"] {
            assert!(command.contains(part), "{part}: {command}");
        }
        assert!(command.ends_with("-append rounds=2 pairs=2000"), "{command}");
        let demo = cases(&HOSTS[0])[0].command("/images").unwrap();
        assert_eq!(demo[demo.len() - 2..], ["-kernel", "/images/demo"], "it has no arguments");
    }
}

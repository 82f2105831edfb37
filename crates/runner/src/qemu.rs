//! QEMU from outside: the binary's version and CPU models, and the command that starts it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::architecture::Architecture;
use crate::exit_error::ExitError;
use crate::process;
use crate::settings::{Accelerator, Settings};

/// The oldest version the demo is tested with.
const OLDEST: (u32, u32) = (7, 2);
/// The first version with a GICv3 under HVF ("hvf: arm: Add support for GICv3").
const GICV3_UNDER_HVF: (u32, u32) = (8, 0);
/// With [`ICOUNT`], a CPU whose counter goes on by one tick an instruction; from QEMU 10 on that of `max`
/// has 1 GHz by itself.
pub const COUNTING_CPU: &str = "max,cntfrq=62500000";
/// 16 ns for each instruction, and time jumps when all cores sleep.
pub const ICOUNT: &str = "shift=4,sleep=off";

/// How long QEMU may take to print its version; it takes about 20 ms, but hosts can stall.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks QEMU for its version and its CPU models, and refuses what cannot work.
pub fn check(settings: &Settings) -> Result<(), ExitError> {
    let version = version(settings)?;
    let Settings { qemu, cpu, machine, architecture, .. } = settings;
    let accelerator = Accelerator::of(&settings.accel);
    if accelerator == Accelerator::Hvf {
        check_gic_of_hvf(machine, &version)?;
    }
    if accelerator.is_hardware() {
        return Ok(()); // the list is of models for the emulation
    }
    let model = cpu.split(',').next().unwrap_or_default();
    let remedy = match architecture {
        Architecture::Aarch64 if model == "max" => return Ok(()), // every version has it
        Architecture::Aarch64 => "set it to max, cortex-a53, cortex-a72 or neoverse-n1",
        Architecture::Riscv64 => "set it to rv64 or sifive-u54, or QEMU to a qemu-system-riscv64",
        Architecture::Other(_) => return Ok(()),
    };
    let models = parse_models(&ask(settings, &["-machine", "none", "-cpu", "help"])?);
    if !models.is_empty() && !models.iter().any(|known| known == model) {
        return Err(ExitError::setup(format!("QEMU_CPU={cpu} is unknown to {qemu}"), remedy));
    }
    Ok(())
}

/// Refuses an interrupt controller that this QEMU does not have under HVF.
fn check_gic_of_hvf(machine: &str, version: &str) -> Result<(), ExitError> {
    let too_old = parse_number(version).is_some_and(|version| version < GICV3_UNDER_HVF);
    if too_old && machine.split(',').any(|part| part == "gic-version=3") {
        return Err(ExitError::setup(
            format!(
                "QEMU {version} has only a GICv2 for QEMU_ACCEL=hvf, not QEMU_MACHINE={machine}"
            ),
            "set QEMU_MACHINE=virt and QEMU_SMP to 8 at most, or install QEMU 8.0 or newer",
        ));
    }
    Ok(())
}

/// Returns QEMU's whole version: `7.2.22`.
pub fn version(settings: &Settings) -> Result<String, ExitError> {
    let text = ask(settings, &["--version"])?;
    check_version(&text, &settings.qemu)?;
    let rest = text.strip_prefix("QEMU emulator version ").unwrap_or_default();
    Ok(rest.split_whitespace().next().unwrap_or_default().to_owned())
}

fn check_version(text: &str, qemu: &str) -> Result<(), ExitError> {
    let wrong = match parse_version(text) {
        None => format!("{qemu} is not a QEMU"),
        Some((major, minor)) if (major, minor) < OLDEST => {
            format!("{qemu} is version {major}.{minor}, older than 7.2")
        }
        Some(_) => return Ok(()),
    };
    Err(ExitError::setup(wrong, "install QEMU 7.2 or newer, or set QEMU to one"))
}

/// Returns what QEMU prints when it is started like this.
fn ask(settings: &Settings, args: &[&str]) -> Result<String, ExitError> {
    let deadline = Instant::now() + PATIENCE;
    let output = process::run(Command::new(&settings.qemu).args(args), deadline)
        .map_err(|error| missing(settings, &error))?;
    if output.status.is_none() {
        let remedy = format!("set QEMU to a {}", settings.architecture.qemu());
        return Err(ExitError::setup(format!("{} does not answer", settings.qemu), remedy));
    }
    Ok(output.stdout)
}

/// Returns the error for a QEMU that does not start at all.
pub fn missing(settings: &Settings, error: &std::io::Error) -> ExitError {
    let Settings { qemu, architecture, .. } = settings;
    let remedy =
        format!("{}, or set QEMU to a {}", architecture.how_to_install(), architecture.qemu());
    ExitError::setup(format!("cannot start {qemu}: {error}"), remedy)
}

/// Returns the version in what `--version` prints: `QEMU emulator version 7.2.22 (Debian ...)`.
pub fn parse_version(text: &str) -> Option<(u32, u32)> {
    parse_number(text.strip_prefix("QEMU emulator version ")?)
}

fn parse_number(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Returns the models in what `-cpu help` prints: a heading, without which QEMU 7.2 does for RISC-V, then a name
/// a line.
pub fn parse_models(text: &str) -> Vec<String> {
    let names = text
        .lines()
        .filter(|line| !line.trim_end().ends_with(':'))
        .filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// Returns the command that boots the kernel. `terminal`: somebody can type.
pub fn command(settings: &Settings, kernel: &Path, terminal: bool) -> Command {
    let mut command = Command::new(&settings.qemu);
    // Nothing but what is asked for: no network card (whose boot ROM may not be installed), no disk.
    command.arg("-nodefaults");
    // The machine: PCI, interrupt controller, UART and memory map are those of `virt`.
    command.args(["-machine", &settings.machine]);
    // The model decides the instructions (LSE atomics or not) and the size of a cache line.
    command.args(["-cpu", &settings.cpu]);
    // The kernel finds the cores in the device tree.
    let cores = settings.cores.to_string();
    command.args(["-smp", settings.topology.as_ref().unwrap_or(&cores)]);
    command.args(["-m", &settings.memory]);
    // With tcg, thread=multi runs each core in a thread of its own, so that they really race.
    command.args(["-accel", &settings.accel]);
    // No window: the UART is all there is to see.
    command.args(["-display", "none"]);
    // The console is this process's stdin and stdout. mux=on makes Ctrl-A a key for QEMU (Ctrl-A X
    // leaves, Ctrl-A C switches to the monitor); signal=on lets Ctrl-C stop QEMU, not the guest.
    command.args(["-chardev", "stdio,id=console,mux=on,signal=on"]);
    command.args(["-serial", "chardev:console"]);
    if terminal {
        // The monitor shares the console, as with -nographic; without a terminal nobody needs it.
        command.args(["-mon", "chardev=console,mode=readline"]);
    }
    if !Accelerator::of(&settings.accel).is_hardware() {
        // Lets the kernel end QEMU with an exit status (Arm semihosting, SYS_EXIT_EXTENDED, which RISC-V has
        // taken over), here and not in a debugger that may be attached. To the host's own cores that call is
        // undefined. RISC-V's virt also ends by a store to its test device.
        command.args(["-semihosting-config", "enable=on,target=native"]);
    }
    // A reset is an end, never a second run.
    command.arg("-no-reboot");
    // An ELF above the device tree's MiB: QEMU then leaves the tree at the start of RAM.
    command.arg("-kernel").arg(kernel);
    // What QEMU_EXTRA asks for comes last: -append, -s -S for gdb, -icount, -plugin, -d.
    command.args(&settings.extra);
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    #[test]
    fn versions_are_found_and_nonsense_is_not() {
        let text = "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright (c) 2003-2022";
        assert_eq!(parse_version(text), Some((7, 2)));
        assert_eq!(parse_version("QEMU emulator version 10.0.2"), Some((10, 0)));
        assert_eq!(parse_version("QEMU emulator version 8.2-rc1"), Some((8, 2)));
        for nonsense in [
            "",
            "7.2",
            "QEMU emulator version",
            "QEMU emulator version x.y",
            "qemu-img version 7.2.0",
        ] {
            assert_eq!(parse_version(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn a_qemu_that_is_not_there_is_told_of_what_installs_it() {
        let line = |name: &str| {
            let architecture = Some(Architecture::named(name));
            let known = name != "arm";
            let variable = |name: &str| match name {
                "QEMU_MACHINE" | "QEMU_CPU" if !known => Some("x".to_owned()),
                _ => None,
            };
            let options = Options { architecture, ..Options::default() };
            let settings = Settings::read(&options, variable).unwrap();
            missing(&settings, &std::io::ErrorKind::NotFound.into()).line
        };
        let how = "; run scripts/setup, or set QEMU to a qemu-system-aarch64";
        assert!(line("aarch64").ends_with(how), "{}", line("aarch64"));
        let how = "; run scripts/setup --tests, or set QEMU to a qemu-system-riscv64";
        assert!(line("riscv64").ends_with(how), "{}", line("riscv64"));
        assert!(line("arm").ends_with("; install it, or set QEMU to a qemu-system-arm"));
    }

    #[test]
    fn an_old_version_and_a_stranger_are_refused() {
        let check = |version: &str| {
            check_version(&format!("QEMU emulator version {version}"), "q")
                .map_err(|error| error.line)
        };
        assert!(check("6.9").unwrap_err().starts_with("q is version 6.9, older than 7.2; install"));
        assert!(check("7.1.99").is_err());
        assert!(check("").unwrap_err().starts_with("q is not a QEMU; install"));
        for good in ["7.2", "7.2.22", "8.0", "10.0.2"] {
            assert_eq!(check(good), Ok(()));
        }
    }

    #[test]
    fn an_old_qemu_has_no_gicv3_under_hvf() {
        let check =
            |machine, version| check_gic_of_hvf(machine, version).map_err(|error| error.line);
        assert!(check("virt,gic-version=3", "7.2.22").unwrap_err().contains("only a GICv2"));
        assert_eq!(check("virt", "7.2.22"), Ok(()));
        assert_eq!(check("virt,gic-version=3", "8.0.0"), Ok(()));
        assert_eq!(check("virt,gic-version=3", "10.0.2"), Ok(()));
    }

    #[test]
    fn models_are_the_indented_names() {
        let text = "Available CPUs:\n  a64fx\n  cortex-a53\n  max   (all features)\n";
        assert_eq!(parse_models(text), ["a64fx", "cortex-a53", "max"]);
        assert_eq!(parse_models("any\nrv64\n"), ["any", "rv64"]);
        assert!(parse_models("Available CPUs:\n").is_empty());
    }

    #[test]
    fn the_command_says_how_the_cores_are_grouped_and_what_runs_them() {
        let args = |set: &'static [(&str, &str)]| -> String {
            let get = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            let settings = Settings::read(&Options::default(), get).unwrap();
            process::shown(&command(&settings, Path::new("k"), false))
        };
        let plain = "qemu-system-aarch64 -nodefaults -machine virt,gic-version=3 -cpu max -smp 4 -m 256M \
                     -accel tcg,thread=multi -display none -chardev stdio,id=console,mux=on,signal=on \
                     -serial chardev:console -semihosting-config enable=on,target=native -no-reboot \
                     -kernel k";
        assert_eq!(args(&[]), plain);
        assert!(args(&[("QEMU_SMP", "2,maxcpus=4")]).contains(" -smp 2,maxcpus=4 "));
        let kvm = args(&[("QEMU_ACCEL", "kvm")]);
        assert!(kvm.contains(" -machine virt,gic-version=host -cpu host "), "{kvm}");
        assert!(kvm.contains(" -accel kvm ") && !kvm.contains("semihosting"), "{kvm}");
    }

    #[test]
    fn the_extra_arguments_come_last_and_the_monitor_only_with_a_terminal() {
        let extra = |name: &str| (name == "QEMU_EXTRA").then(|| "-append 'a b'".to_owned());
        let settings = Settings::read(&Options::default(), extra).unwrap();
        let args = |terminal| -> Vec<String> {
            let command = command(&settings, Path::new("/a b/kernel"), terminal);
            command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect()
        };
        assert_eq!(
            args(true)[args(true).len() - 4..],
            ["-kernel", "/a b/kernel", "-append", "a b"]
        );
        assert!(
            args(true).contains(&"-mon".to_owned()) && !args(false).contains(&"-mon".to_owned())
        );
    }
}

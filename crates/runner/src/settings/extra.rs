//! QEMU_EXTRA: more arguments, but none that change what was checked, and none that boot nothing.

use crate::exit_error::ExitError;

/// Options that have a variable of their own: checked there, they must not change behind the check.
const OWN: [(&str, &str); 7] = [
    ("smp", "SMP"),
    ("machine", "MACHINE"),
    ("M", "MACHINE"),
    ("cpu", "CPU"),
    ("m", "MEM"),
    ("accel", "ACCEL"),
    ("enable-kvm", "ACCEL"),
];
/// Options that print something in place of a boot.
const PRINTING: [&str; 3] = ["h", "help", "version"];
/// Options whose value is any text or file: `help` asks for nothing there.
const ANY_TEXT: [&str; 9] =
    ["append", "name", "kernel", "initrd", "dtb", "bios", "D", "pidfile", "fw_cfg"];

/// Splits the arguments as a shell does, and refuses those that cannot be.
pub fn read(text: &str, qemu: &str) -> Result<Vec<String>, ExitError> {
    let Some(args) = shlex::split(text) else {
        return Err(ExitError::setup(
            format!("QEMU_EXTRA={text} has an open quote"),
            "close it, as in a shell",
        ));
    };
    let mut takes_text = false;
    let mut before = "";
    for arg in &args {
        let name = option(arg);
        if let Some((_, variable)) = OWN.iter().find(|(own, _)| Some(*own) == name && !takes_text) {
            let remedy = format!("set QEMU_{variable} instead");
            return Err(ExitError::setup(format!("QEMU_EXTRA holds {arg}"), remedy));
        }
        if !takes_text && name.is_some_and(|name| PRINTING.contains(&name)) {
            return Err(boots_nothing(&format!("QEMU_EXTRA holds {arg}"), qemu, arg));
        }
        if !takes_text && asks_for_help(arg) {
            let shown = format!("{before} {arg}");
            return Err(boots_nothing(&format!("QEMU_EXTRA holds {shown}"), qemu, shown.trim()));
        }
        takes_text = !takes_text && name.is_some_and(|name| ANY_TEXT.contains(&name));
        before = arg;
    }
    Ok(args)
}

/// Refuses a value that has QEMU list what there is: `help`, `?`, `virt,help`.
pub fn check_help(variable: &str, value: &str, qemu: &str, option: &str) -> Result<(), ExitError> {
    match asks_for_help(value) {
        true => {
            Err(boots_nothing(&format!("{variable}={value}"), qemu, &format!("{option} {value}")))
        }
        false => Ok(()),
    }
}

/// Returns whether QEMU takes this for the wish to see a list (its `is_help_option`).
fn asks_for_help(value: &str) -> bool {
    value.split(',').any(|part| part == "help" || part == "?")
}

fn boots_nothing(what: &str, qemu: &str, args: &str) -> ExitError {
    ExitError::setup(
        format!("{what}, with which QEMU only prints something"),
        format!("run {qemu} {args}"),
    )
}

/// Returns the name of an option, which QEMU takes with one dash or two.
pub fn option(arg: &str) -> Option<&str> {
    arg.strip_prefix("--").or_else(|| arg.strip_prefix('-'))
}

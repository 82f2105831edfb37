//! The first program of the nested Linux: a shell script that boots each image and prints what it said.

use runner::exit_error::{ExitError, SETUP};

use crate::case::Case;
use crate::initramfs::IMAGES;

/// How long a boot may take in there, in seconds. On two busy processors the longest took 19.
const PATIENCE: u32 = 180;
/// The most that a boot may print, in blocks of 512 bytes.
const MOST_OUTPUT: u32 = 1024;

/// Returns the script for these cases.
pub fn init(cases: &[Case]) -> Result<String, ExitError> {
    let mut script = format!(
        "#!/bin/busybox sh\n\
         /bin/busybox --install -s /bin\n\
         export PATH=/bin\n\
         mount -t proc none /proc\n\
         mount -t sysfs none /sys\n\
         mount -t devtmpfs none /dev\n\
         dmesg | grep kvm\n\
         # Each line of a boot gets a mark, so that no image can print what only this script may.\n\
         # KILL, because QEMU takes other signals for an end as good as any.\n\
         boot() {{\n\
         \x20   number=$1\n\
         \x20   shift\n\
         \x20   (ulimit -f {MOST_OUTPUT}; exec timeout -s KILL {PATIENCE} \"$@\") </dev/null >/tmp/out 2>&1\n\
         \x20   status=$?\n\
         \x20   sed 's/^/| /' /tmp/out\n\
         \x20   echo\n\
         \x20   echo \"= $number $status\"\n\
         }}\n"
    );
    for (number, case) in cases.iter().enumerate() {
        let command = case.command(IMAGES)?;
        let quoted = shlex::try_join(command.iter().map(String::as_str));
        let quoted = quoted.map_err(|error| ExitError::new(SETUP, error.to_string()))?;
        script.push_str(&format!("boot {number} {quoted}\n"));
    }
    script.push_str("poweroff -f\n");
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{HOSTS, cases};

    #[test]
    fn every_case_is_booted_under_its_number_and_then_the_machine_ends() {
        let cases = cases(&HOSTS[0]);
        let script = init(&cases).unwrap();
        for number in 0..cases.len() {
            assert!(script.contains(&format!("\nboot {number} qemu-system-aarch64 -nodefaults ")));
        }
        assert!(script.contains(" -append 'rounds=2 pairs=2000'\n"), "one argument, with a blank");
        assert!(script.ends_with("\npoweroff -f\n"));
    }
}

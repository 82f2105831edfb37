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
    use crate::frames::{Frame, Frames};
    use std::process::{Command, Stdio};

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

    /// Boots these commands by the script's function, as numbers 0, 1, ... Returns what comes of them.
    fn booted(commands: &[&str]) -> Vec<Frame> {
        let script = init(&[]).unwrap();
        let (_, boot) = script.split_once("\nboot() {\n").unwrap();
        let (boot, _) = boot.split_once("\n}\n").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out").display().to_string();
        let mut script = format!("boot() {{\n{}\n}}\n", boot.replace("/tmp/out", &out));
        for (number, command) in commands.iter().enumerate() {
            script += &format!("boot {number} {command}\n");
        }
        let mut command = Command::new("sh");
        let output = command.args(["-c", &script]).stdin(Stdio::piped()).output().unwrap();
        let mut frames = Frames::default();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_inclusive('\n').filter_map(|line| frames.line(line)).collect()
    }

    #[test]
    fn a_boot_prints_its_own_lines_and_its_own_status() {
        let frames = booted(&[
            "sh -c 'echo \"= 1 0\"; echo an error >&2; printf \"no end\"; exit 7'",
            "echo 'a b'",
            "sh -c 'kill -TERM $$'",
        ]);
        let frame = |number, status, output: &str| Frame { number, status, output: output.into() };
        let wanted =
            [frame(0, 7, "= 1 0\nan error\nno end\n"), frame(1, 0, "a b\n"), frame(2, 143, "")];
        assert_eq!(frames, wanted);
    }

    #[test]
    fn a_boot_has_no_input_and_prints_no_end_of_lines() {
        let [silent, endless] = &booted(&["cat", "yes"])[..] else { panic!("two boots") };
        assert_eq!((silent.status, silent.output.as_str()), (0, ""));
        assert_ne!(endless.status, 0);
        // Blocks of 512 bytes, or of 1024 where sh counts in these.
        assert!((512 << 10..=1 << 20).contains(&endless.output.len()), "{}", endless.output.len());
    }
}

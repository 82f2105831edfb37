//! What QEMU is started with.

use crate::fakes::{Fakes, IMAGE};

/// The machine of a boot, and what is asked of the kernel and the plugin.
pub type Boot = (String, String);

/// Returns the machine of a boot.
pub fn machine(cores: u32, cpu: &str, accel: &str) -> String {
    format!(
        "-nodefaults -machine virt,gic-version=3,dtb-randomness=off -cpu {cpu} -smp {cores} -m 256M \
         -accel {accel} "
    )
}

/// Returns the boot for a replay on so many cores.
pub fn replayed(cores: u32) -> Boot {
    let asked = "mode=coherence pairs=8 rungs=shared,packed,cache_aware -plugin /k/a,,b.so,mode=schedule,\
                 policy=round-robin,line=64,out=/dev/fd/,steps=/dev/fd/";
    (machine(cores, "max", "tcg,thread=multi"), asked.to_owned())
}

/// Compares the boots; the numbers of open files may be any.
pub fn check(fakes: &Fakes, wanted: &[Boot]) {
    let log = fakes.log();
    assert_eq!(log.len(), wanted.len(), "{log:?}");
    for (boot, (start, end)) in log.iter().zip(wanted) {
        let (machine, kernel) = boot.split_once("-display none ").unwrap();
        assert_eq!(machine, start);
        let (_, asked) = kernel.split_once(&format!(" -kernel {IMAGE} -append ")).unwrap();
        let mut parts = asked.split("/dev/fd/");
        let first = parts.next().unwrap_or_default().to_owned();
        let asked = parts.fold(first, |text, part| {
            text + "/dev/fd/" + part.trim_start_matches(|digit: char| digit.is_ascii_digit())
        });
        assert_eq!(asked, *end);
    }
}

//! The device tree is law: a boot by a tree of its own for each of its rules.
//!
//! Each tree is QEMU's, changed as text ([`rules`]) by the device tree compiler, dtc. The memory that the
//! kernel boots in is a file, full of a pattern before the boot: afterwards it shows what was written.

mod edits;
mod flat;
mod rules;

use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use object::{Object, ObjectSymbol};

use crate::context::Context;
use crate::image::Image;
use crate::step::{Outcome, Step};
use edits::SIZE;
use rules::{From, INITRD, MIB, RAM, Rule};
use runner::process;

/// Seconds: the image may have to be built.
const PATIENCE: u64 = 300;
/// How far behind the image the tree lies whose address is in x0: where another core's stack would be.
const X0: usize = 80 << 10;

/// Returns a step for each rule.
pub fn steps() -> impl Iterator<Item = Step> {
    rules::RULES.iter().enumerate().map(|(index, rule)| {
        let name = format!("tree: {}", rule.name);
        Step::new(name, PATIENCE, move |context, deadline| check(index, rule, context, deadline))
    })
}

/// What the boots of a rule share.
struct Boot<'a> {
    rule: &'a Rule,
    folder: PathBuf,
    /// The first page behind the image.
    behind: usize,
    /// MiB of memory.
    mib: usize,
    deadline: Instant,
}

fn check(
    index: usize,
    rule: &Rule,
    context: &Context,
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for (number, image) in [Image::DemoRelease, Image::MachineTests].into_iter().enumerate() {
        let elf = context.image(image)?;
        let folder = context.scratch(&format!("trees/{index}-{number}"))?;
        let behind = image_end(&fs::read(&elf)?)?;
        let boot = Boot { rule, folder, behind, mib: MIB, deadline };
        sum.add(boot.judge(context, &elf, &boot.tree()?)?);
        fs::remove_dir_all(&boot.folder)?;
    }
    Ok(sum)
}

/// Returns where the image ends, as linker.ld says.
fn image_end(elf: &[u8]) -> anyhow::Result<usize> {
    let elf = object::File::parse(elf)?;
    let end = elf.symbols().find(|symbol| symbol.name() == Ok("__image_end"));
    Ok(end.context("the image has no __image_end")?.address() as usize)
}

impl Boot<'_> {
    /// Boots one image by the rule's tree, and looks at its report and at its memory.
    fn judge(&self, context: &Context, elf: &Path, tree: &Path) -> anyhow::Result<Outcome> {
        let dtb = fs::read(tree)?;
        // What must be afterwards as it was before.
        let mut kept = vec![(self.behind..self.behind + SIZE, pattern(self.behind, SIZE))];
        let mut extra = format!("-dtb '{}'", tree.display());
        match self.rule.from {
            From::Elf => (),
            From::Nowhere => extra += &self.kernel(elf, Some(self.behind + X0))?,
            From::X0 => {
                let at = self.behind + X0;
                extra += &self.kernel(elf, Some(at))?;
                kept = vec![(at..at + dtb.len(), dtb)];
            }
            From::Initrd => {
                extra += &self.kernel(elf, None)?;
                let initrd = vec![0xbb; SIZE];
                extra += &format!(" -initrd '{}'", self.file("initrd", &initrd)?.display());
                kept = vec![(INITRD..INITRD + SIZE, initrd)];
            }
        }
        let ram = self.memory(&kept)?;
        let backend = format!(
            "memory-backend-file,id=ram,size={}M,share=on,mem-path={}",
            self.mib,
            ram.display()
        );
        let mut command = context.tool("runner")?;
        command.arg(elf).envs(self.rule.variables.iter().copied());
        command.env("QEMU_MACHINE", format!("{},memory-backend=ram", self.rule.machine));
        command.env("QEMU_MEM", format!("{}M", self.mib));
        command.env("QEMU_EXTRA", format!("{extra} -object '{backend}'"));
        let output = process::run(&mut command, self.deadline)?;
        let mut report = output.report(&command);
        let passes = self.rule.fails_with.is_none();
        let mut good = output.status == Some(if passes { 0 } else { 1 });
        for line in self.rule.says.iter().chain(self.rule.fails_with.iter()) {
            if !output.merged.contains(line) {
                good = false;
                report += &format!("wanted in the output: {line}\n");
            }
        }
        for (range, bytes) in kept.iter().filter(|_| self.rule.keeps) {
            let mut now = vec![0; range.len()];
            File::open(&ram)?.read_exact_at(&mut now, (range.start - RAM) as u64)?;
            let changed = now.iter().zip(bytes).filter(|(now, before)| now != before).count();
            if changed > 0 {
                good = false;
                let all = range.len();
                report += &format!("{range:#x?}: {changed} of {all} bytes have changed\n");
            }
        }
        Ok(Outcome::check(good, || report))
    }

    /// Returns the option for the kernel as a flat image; the runner's own is an ELF file, and comes before.
    fn kernel(&self, elf: &Path, x0: Option<usize>) -> anyhow::Result<String> {
        let flat = self.file("kernel", &flat::image(&fs::read(elf)?, x0)?)?;
        Ok(format!(" -kernel '{}'", flat.display()))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, bytes)?;
        Ok(path)
    }

    /// Returns the rule's tree.
    fn tree(&self) -> anyhow::Result<PathBuf> {
        let [dumped, source, tree] =
            ["qemu.dtb", "tree.dts", "tree.dtb"].map(|name| self.folder.join(name));
        let qemu = std::env::var("QEMU").unwrap_or_else(|_| "qemu-system-aarch64".to_owned());
        let machine = format!("{},dumpdtb={}", self.rule.machine, dumped.display());
        let memory = format!("{}M", self.mib);
        let mut command = Command::new(qemu);
        command.args(["-nodefaults", "-display", "none", "-cpu", "max", "-machine", &machine]);
        command.args(["-m", &memory, "-smp", cores(self.rule)]);
        self.run(&mut command)?;
        let mut command = Command::new("dtc");
        self.run(command.args(["-q", "-I", "dtb", "-O", "dts", "-o"]).args([&source, &dumped]))?;
        let text = fs::read_to_string(&source)?;
        fs::write(&source, (self.rule.change)(&text, self.behind)?)?;
        let mut command = Command::new("dtc");
        self.run(command.args(["-q", "-I", "dts", "-O", "dtb", "-o"]).args([&tree, &source]))?;
        Ok(tree)
    }

    fn run(&self, command: &mut Command) -> anyhow::Result<()> {
        let output = process::run(command, self.deadline)?;
        ensure!(output.succeeded(), "{}", output.report(command));
        Ok(())
    }

    /// Makes the file that is the kernel's memory. Nothing in it is zero, as in a computer.
    fn memory(&self, kept: &[(Range<usize>, Vec<u8>)]) -> anyhow::Result<PathBuf> {
        let mut bytes = pattern(RAM, self.mib << 20);
        for (range, before) in kept {
            bytes[range.start - RAM..range.end - RAM].copy_from_slice(before);
        }
        self.file("ram", &bytes)
    }
}

/// Returns how many cores the rule's boot has.
fn cores(rule: &Rule) -> &'static str {
    let cores = rule.variables.iter().find(|(name, _)| *name == "QEMU_SMP");
    cores.map_or("4", |(_, cores)| cores)
}

/// Returns bytes that tell their address.
fn pattern(address: usize, size: usize) -> Vec<u8> {
    let words = (address..address + size).step_by(8);
    words.flat_map(|address| (address as u64 | 0xa5a5_a5a5 << 32).to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, elf};

    const START: u64 = 0x4020_0000;
    const BEHIND: usize = 0x4020_1000;

    /// Judges a boot that says this, writes a byte of its memory at an offset, and ends with a status.
    fn judge(rule: &Rule, says: &str, writes: Option<usize>, status: i32) -> (bool, String) {
        let fake = Fake::new();
        fake.file("says", says);
        let elf = elf(START, &[1], &[("__image_end", BEHIND as u64)]);
        fs::write(fake.path("kernel.elf"), &elf).unwrap();
        fake.file("tree.dtb", "a tree");
        fake.file("x/x", "");
        let write = writes.map_or(String::new(), |at| {
            format!("printf x | dd of=\"$here/x/ram\" bs=1 seek={at} conv=notrunc status=none")
        });
        let mib = if matches!(rule.from, From::Initrd) { MIB } else { 3 };
        // What was set is told, and the memory must be there before.
        let lines = "here=${0%/built/*}; cat \"$here/says\"\n\
                     echo \"$QEMU_MACHINE,$QEMU_MEM,$QEMU_EXTRA\" >\"$here/set\"";
        let size = format!("test $(wc -c <\"$here/x/ram\") = {} || exit 9", mib << 20);
        fake.script("built/runner", &format!("{lines}\n{size}\n{write}\nexit {status}"));
        let deadline = Instant::now() + std::time::Duration::from_secs(60);
        let boot = Boot { rule, folder: fake.path("x"), behind: BEHIND, mib, deadline };
        let outcome = boot.judge(&fake.context, &fake.path("kernel.elf"), &fake.path("tree.dtb"));
        if matches!(rule.from, From::Nowhere | From::X0) {
            let told = flat::image(&elf, Some(BEHIND + X0)).unwrap();
            assert!(fs::read(fake.path("x/kernel")).unwrap() == told, "x0 is another");
        }
        (outcome.unwrap().failed == 0, fs::read_to_string(fake.path("set")).unwrap())
    }

    fn rule(name: &str) -> &'static Rule {
        rules::RULES.iter().find(|rule| rule.name == name).expect(name)
    }

    #[test]
    fn what_must_stay_is_compared_to_the_last_byte() {
        let pass = "# rundown: PASS\n";
        let from = BEHIND - RAM;
        let kept = rule("memory that is not to be mapped stays as it is");
        let (good, set) = judge(kept, pass, Some(from - 1), 0);
        assert!(
            good && set.starts_with("virt,gic-version=3,memory-backend=ram,3M,-dtb '"),
            "{set}"
        );
        assert!(set.contains("memory-backend-file,id=ram,size=3M,share=on,mem-path="), "{set}");
        assert!(
            !judge(kept, pass, Some(from), 0).0 && !judge(kept, pass, Some(from + SIZE - 1), 0).0
        );
        assert!(!judge(kept, "", None, 0).0 && !judge(kept, pass, None, 1).0);
        let named = rule("an alias names the console");
        assert!(judge(named, pass, Some(from), 0).0, "it need not stay");
    }

    #[test]
    fn a_tree_has_the_cores_of_its_boot() {
        let of = |name| cores(rule(name));
        assert_eq!(
            [of("reserved memory stays as it is"), of("an alias names the console")],
            ["8", "4"]
        );
    }

    #[test]
    fn a_tree_and_a_disk_stay_where_they_are() {
        let pass = "# rundown: PASS\n";
        let at = BEHIND + X0 - RAM;
        let tree = rule("the tree in x0 stays as it is");
        let (good, set) = judge(tree, pass, Some(at + 6), 0);
        assert!(good && set.contains("/x/kernel'") && !set.contains("-initrd"), "{set}");
        assert!(!judge(tree, pass, Some(at + 5), 0).0);
        let disk = rule("the initial RAM disk stays as it is");
        let (good, set) = judge(disk, pass, Some(INITRD - RAM), 0);
        assert!(!good && set.contains("/x/kernel'") && set.contains(" -initrd '"), "{set}");
    }

    #[test]
    fn a_boot_that_must_fail_says_why() {
        let refused = rule("an x0 that leads to no tree is refused");
        let says =
            "# panic on core 0: the device tree does not lie where the loader says: 0x40215000\n";
        assert!(judge(refused, says, None, 1).0);
        assert!(!judge(refused, says, None, 0).0 && !judge(refused, "# panic\n", None, 1).0);
    }

    #[test]
    fn memory_tells_its_address_and_the_image_its_end() {
        assert_eq!(pattern(0x4000_0000, 16)[..8], [0, 0, 0, 0x40, 0xa5, 0xa5, 0xa5, 0xa5]);
        assert_eq!(pattern(0x4000_0000, 16)[8..], [8, 0, 0, 0x40, 0xa5, 0xa5, 0xa5, 0xa5]);
        let file = elf(START, &[1], &[("other", 1), ("__image_end", BEHIND as u64)]);
        assert_eq!(image_end(&file).unwrap(), BEHIND);
        assert!(image_end(&elf(START, &[1], &[("other", 1)])).is_err());
    }
}

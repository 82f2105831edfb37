//! scripts/kvm-test from apt to its verdict, with shell scripts in the place of apt, dpkg, cargo and QEMU.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kvm_test::arguments::Arguments;
use kvm_test::boot_all;
use kvm_test::case::{Case, HOSTS, Host, cases};
use kvm_test::place::Place;
use tempfile::TempDir;

/// The folder of the scripts; set in the process that finds them in its PATH.
const FAKES: &str = "RUNDOWN_TEST_FAKES";
/// What that process is asked for.
const ARGUMENTS: &str = "RUNDOWN_TEST_ARGUMENTS";
/// What dpkg calls the machine.
const ARCHITECTURE: &str = "RUNDOWN_TEST_ARCHITECTURE";
const KEYS: &str = "usr/share/keyrings/debian-archive-keyring.gpg";

const APT_GET: &str = r#"
case "$*" in
    --version) exit ;;
    indextargets*) echo http://mirror/debian; echo http://another/debian; exit ;;
esac
architecture=$(sed -n 's/^APT::Architecture "\(.*\)";/\1/p' "$2")
[ ! -e "${2%/*}/sources.list" ] || cat "${2%/*}/sources.list" >>"$RUNDOWN_TEST_FAKES/log"
case "$*" in *update) exit ;; esac
archives="${2%/*}/cache/archives"
shift 6
: >"$archives/lock"
for name; do echo "$name $architecture" >"$archives/$name.deb"; done
"#;
const DPKG: &str = "echo $RUNDOWN_TEST_ARCHITECTURE";
const DPKG_DEB: &str = r#"
read -r name architecture <"$2"
echo "$name for $architecture" >>"$RUNDOWN_TEST_FAKES/log"
cp -R "$RUNDOWN_TEST_FAKES/packages/$name/." "$3/"
"#;
const CARGO: &str = r#"
case "$*" in
    *"--package rundown-demo --bins"*) name=rundown-demo ;;
    *"--package rundown-demo --test machine"*) name=machine ;;
    *"--example ladder"*) name=ladder ;;
    *"--example must_fail"*) name=must_fail ;;
esac
echo "{\"target\":{\"name\":\"$name\"},\"executable\":\"$RUNDOWN_TEST_FAKES/images/$name\"}"
"#;
const LOADER: &str = r#"
echo "$0 $*" >>"$RUNDOWN_TEST_FAKES/log"
case "$*" in
    *gic-version=3*) cat "$RUNDOWN_TEST_FAKES/GICv3" ;;
    *) cat "$RUNDOWN_TEST_FAKES/GICv2" ;;
esac
"#;

/// A folder with the scripts, and all that they need.
struct Fakes(TempDir);

impl Fakes {
    /// Makes them; every case will pass.
    fn new() -> Fakes {
        let fakes = Fakes(tempfile::tempdir().unwrap());
        for (name, text) in
            [("apt-get", APT_GET), ("dpkg", DPKG), ("dpkg-deb", DPKG_DEB), ("cargo", CARGO)]
        {
            fakes.script(&format!("bin/{name}"), text);
        }
        let qemu = "packages/qemu-system-arm/usr";
        fakes.script(&format!("{qemu}/lib/any/ld-linux-any.so.1"), LOADER);
        fakes.file(&format!("{qemu}/bin/qemu-system-aarch64"), "QEMU");
        fakes.file("packages/busybox-static/usr/bin/busybox", "busybox");
        let boot = "packages/linux-image-cloud-arm64/boot";
        fakes.file(&format!("{boot}/config-1"), "");
        fakes.file(&format!("{boot}/vmlinuz-1"), "Linux");
        fakes.file(&format!("packages/debian-archive-keyring/{KEYS}"), "keys");
        for name in ["rundown-demo", "machine", "ladder", "must_fail"] {
            fakes.file(&format!("images/{name}"), &format!("the image {name}"));
        }
        for host in &HOSTS {
            let count = cases(host).len();
            fakes.file(host.gic, &console(host, 0..count));
        }
        fakes
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn script(&self, name: &str, text: &str) {
        tools::script::write(&self.path(name), &format!("#!/bin/sh\nset -e\n{text}")).unwrap();
    }

    /// Boots all with these arguments on such a machine. Returns what is printed, without the seconds, and what
    /// the scripts have noted.
    fn run(&self, arguments: &str, architecture: &str) -> (Vec<String>, String) {
        let _ = fs::remove_file(self.path("log"));
        let path = format!("{}:{}", self.path("bin").display(), env::var("PATH").unwrap());
        let mut again = Command::new(env::current_exe().unwrap());
        again.args(["--exact", "--nocapture", "everything_is_fetched_booted_and_judged"]);
        again.env("PATH", path).env(FAKES, self.0.path());
        again.env(ARGUMENTS, arguments).env(ARCHITECTURE, architecture);
        let output = again.output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let starts = ["# ", "passed: ", "FAILED: ", "kvm-test: ", "result: "];
        let ours = said.lines().filter(|line| starts.iter().any(|start| line.starts_with(start)));
        let folder = self.0.path().to_str().unwrap();
        let plain = |line: &str| {
            let line = line.replace(folder, "");
            match line.rsplit_once(" (") {
                Some((line, seconds)) if seconds.ends_with(" s)") => line.to_owned(),
                _ => line,
            }
        };
        let log = fs::read_to_string(self.path("log")).unwrap_or_default().replace(folder, "");
        (ours.map(plain).collect(), log)
    }
}

/// Boots all in this process, which finds the scripts in its PATH.
fn inside(folder: &Path) {
    let words = env::var(ARGUMENTS).unwrap();
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    let arguments = Arguments::parse(&words).unwrap().unwrap();
    let [root, target, system] = ["", "target", "system"].map(|name| folder.join(name));
    let place = Place { root: &root, folder: &target, system: &system };
    let result = boot_all(&arguments, &place, arguments.deadline());
    println!("\nresult: {:?}", result.map_err(|error| (error.status, error.line)));
}

/// Returns what the machine prints if these cases end, each as it must.
fn console(host: &Host, numbers: impl Iterator<Item = usize>) -> String {
    let all = cases(host);
    numbers.fold("[ 0.1] kvm\r\n".to_owned(), |mut text, number| {
        for line in report(host, &all[number]).lines() {
            writeln!(text, "| {line}\r").unwrap();
        }
        text + &format!("\r\n= {number} 0\r\n")
    })
}

fn report(host: &Host, case: &Case) -> String {
    let (middle, end) = match case.name.starts_with("must fail") {
        true => (
            "ok 1 this ran\n# exception on core 0: data abort on read, translation fault\n",
            "FAIL",
        ),
        false => ("ok 1 a\nok 2 b\n# ends by PSCI SYSTEM_OFF, accelerated by kvm\n", "PASS"),
    };
    let machine = format!("# machine: {} cores, {}, 256 MiB", case.cores, host.gic);
    format!("KTAP version 1\n1..2\n{machine}\n{middle}# rundown: {end}\n")
}

/// Returns the lines of cases that end as they must.
fn passed(host: &Host, cases: &[Case]) -> Vec<String> {
    let head =
        format!("# {}; its console: /target/console-{}.txt", host.what, host.gic.to_lowercase());
    let lines = cases.iter().map(|case| {
        let name = format!("passed: {}, {} cores, {}", host.gic, case.cores, case.name);
        match case.name.starts_with("must fail") {
            true => format!("{name}: refused: the kernel has died: # exception on core 0: data abort on read, translation fault"),
            false => format!("{name}: 2 tests"),
        }
    });
    std::iter::once(head).chain(lines).collect()
}

#[test]
fn everything_is_fetched_booted_and_judged() {
    if let Some(folder) = env::var_os(FAKES) {
        return inside(Path::new(&folder));
    }
    let fakes = Fakes::new();
    let (said, log) = fakes.run("", "riscv64");
    let fetched = |what: &str| format!("# fetched from Debian trixie for {what}");
    let mut wanted = vec![
        fetched("arm64: qemu-system-arm, busybox-static, linux-image-cloud-arm64"),
        fetched("riscv64: qemu-system-arm"),
    ];
    wanted.extend(HOSTS.iter().flat_map(|host| passed(host, &cases(host))));
    let count: usize = HOSTS.iter().map(|host| cases(host).len()).sum();
    wanted.extend([format!("kvm-test: {count} passed, 0 failed"), "result: Ok(())".to_owned()]);
    assert_eq!(said, wanted);

    // Keys first, then a list for each architecture and what comes from it; QEMU for this machine boots.
    let lines: Vec<&str> = log.lines().collect();
    let list = "deb [target=Packages] http://mirror/debian trixie main";
    let fetched = [
        "debian-archive-keyring for ",
        list,
        list,
        "busybox-static for arm64",
        "linux-image-cloud-arm64 for arm64",
        "qemu-system-arm for arm64",
        list,
        list,
        "qemu-system-arm for riscv64",
    ];
    assert_eq!(lines[..fetched.len()], fetched, "{log}");
    let boots = &lines[fetched.len()..];
    assert_eq!(boots.len(), HOSTS.len(), "{log}");
    for (boot, host) in boots.iter().zip(&HOSTS) {
        let there = "/target/trixie/riscv64/usr";
        let wanted = format!(
            "{there}/lib/any/ld-linux-any.so.1 --library-path {there}/lib/any:{there}/lib/any/pulseaudio \
             {there}/bin/qemu-system-aarch64 -L {there}/share/qemu -nodefaults -display none -serial stdio \
             -no-reboot -machine {} -cpu {} -smp 4 -m 2G -accel tcg,thread=multi -append \
             console=ttyAMA0 quiet loglevel=1 nowatchdog panic=-1 \
             -kernel /target/trixie/arm64/boot/vmlinuz-1 -initrd /target/initramfs",
            host.machine, host.cpu
        );
        assert_eq!(*boot, wanted);
    }
    let archive =
        String::from_utf8_lossy(&fs::read(fakes.path("target/initramfs")).unwrap()).into_owned();
    for (name, image) in [
        ("demo", "rundown-demo"),
        ("machine", "machine"),
        ("ladder", "ladder"),
        ("must_fail", "must_fail"),
    ] {
        let (_, rest) = archive.split_once(&format!("images/{name}\0")).unwrap();
        assert!(rest.trim_start_matches('\0').starts_with(&format!("the image {image}")), "{name}");
    }
    let last = cases(&HOSTS[1]).len() - 1;
    assert!(archive.contains(&format!("\nboot {last} qemu-system-aarch64 ")), "the script");
    let kept = fs::read_to_string(fakes.path("target/console-gicv2.txt")).unwrap();
    assert_eq!(kept, fs::read_to_string(fakes.path("GICv2")).unwrap());
    assert!(!fakes.path("target/apt").exists(), "it has been of use");

    // Nothing is fetched twice.
    let (said, log) = fakes.run("", "riscv64");
    assert_eq!(said, wanted[2..]);
    assert_eq!(log.lines().count(), HOSTS.len(), "{log}");
}

#[test]
fn the_keys_of_this_machine_and_a_mirror_of_choice_are_used() {
    let fakes = Fakes::new();
    fakes.file(&format!("system/{KEYS}"), "keys");
    // Of a run that was stopped.
    fakes.file("target/apt/root/left", "");
    let (said, log) = fakes.run("--archive http://x/debian --release forky", "arm64");
    assert_eq!(said.last().map(String::as_str), Some("result: Ok(())"), "{said:?}");
    assert_eq!(said.iter().filter(|line| line.starts_with("# fetched")).count(), 1);
    let list = "deb [target=Packages] http://x/debian forky main\n";
    assert!(log.starts_with(&format!("{list}{list}busybox-static for arm64\n")), "{log}");
    // On an arm64 machine one QEMU is both.
    let boots =
        log.lines().filter(|line| line.starts_with("/target/forky/arm64/usr/lib/any/ld-linux"));
    assert_eq!(boots.count(), HOSTS.len(), "{log}");
    assert!(!log.contains("keyring") && !fakes.path("target/forky/arm64/left").exists());
}

#[test]
fn a_case_that_fails_or_does_not_end_is_a_failure() {
    let fakes = Fakes::new();
    let host = &HOSTS[1];
    let all = cases(host);
    // The first fails, the second never ends, a number that there is not says nothing, and then Linux ends.
    let failed = console(host, 0..1).replace("ok 2 b", "not ok 2 b");
    let rest = console(host, 2..all.len() - 1);
    fakes.file(host.gic, &(failed + &rest + &format!("= {} 0\r\n", all.len())));
    let (said, _) = fakes.run("", "arm64");
    let mut wanted = passed(host, &all);
    let name = |case: &Case| format!("FAILED: {}, {} cores, {}", host.gic, case.cores, case.name);
    wanted[1] = name(&all[0]) + ": test 2 failed: b";
    let end = ": did not end: Linux ended before it";
    let last = wanted.len() - 1;
    wanted[last] = name(&all[1]) + end;
    let second = wanted.remove(last);
    wanted.remove(2);
    wanted.extend([second, name(&all[all.len() - 1]) + end]);
    let passed = HOSTS.iter().map(|host| cases(host).len()).sum::<usize>() - 3;
    wanted.push(format!("kvm-test: {passed} passed, 3 failed"));
    wanted.push("result: Err((1, \"\"))".to_owned());
    let start = said.iter().position(|line| *line == wanted[0]).unwrap();
    assert_eq!(said[start..], wanted);
}

#[test]
fn wrong_usage_is_one_line_and_status_2() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvm-test"));
    let output = command.args(["--limit", "0"]).output().unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len(), line.lines().count()), (Some(2), 0, 1));
    assert!(line.ends_with("; scripts/kvm-test --help says more\n"), "{line}");
}

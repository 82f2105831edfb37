//! Each wrong setting has its one line, and the right ones pass.

use super::*;

fn read(set: &[(&str, &str)]) -> Result<Settings, ExitError> {
    Settings::read(&Options::default(), |name| {
        set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

/// Reads what is set for a kernel of another architecture.
fn read_for(architecture: &str, set: &[(&str, &str)]) -> Result<Settings, ExitError> {
    let architecture = Some(Architecture::named(architecture));
    Settings::read(&Options { architecture, ..Options::default() }, |name| {
        set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

fn refused(name: &str, values: &[&str], reason: &str) {
    for value in values {
        let error = read(&[(name, value)]).expect_err(&format!("{name}={value} must be refused"));
        assert_eq!(error.status, 2);
        assert!(error.line.contains(reason), "{name}={value}: {}", error.line);
        assert!(
            error.line.contains("; ") && !error.line.contains('\n'),
            "no remedy in: {}",
            error.line
        );
    }
}

#[test]
fn nothing_set_gives_the_defaults() {
    let settings = read(&[]).unwrap();
    assert_eq!((settings.qemu.as_str(), settings.cores), ("qemu-system-aarch64", 4));
    assert_eq!((settings.machine.as_str(), settings.cpu.as_str()), ("virt,gic-version=3", "max"));
    assert_eq!(settings.memory, "256M");
    assert_eq!(settings.accel, "tcg,thread=multi");
    assert_eq!(settings.timeout.1, Duration::from_secs(60));
    assert!(settings.extra.is_empty());
}

#[test]
fn an_empty_variable_is_refused_but_for_the_extra_arguments() {
    for name in
        ["QEMU", "QEMU_SMP", "QEMU_MACHINE", "QEMU_CPU", "QEMU_MEM", "QEMU_ACCEL", "QEMU_TIMEOUT"]
    {
        refused(name, &["", "  "], &format!("{name} is empty"));
    }
    assert!(read(&[("QEMU_EXTRA", "")]).is_ok());
}

#[test]
fn the_number_of_cores_is_a_number_that_the_machine_takes() {
    refused(
        "QEMU_SMP",
        &["abc", "-1", "+4", "4.0", "4 ", "0x4", "cpus=x", "4,maxcpus=", "99999999999", ",cpus=4"],
        "not a number of cores",
    );
    refused("QEMU_SMP", &["0", "00", "cpus=0", "4,cores=0", "4,maxcpus=0"], "leaves no core");
    refused("QEMU_SMP", &["513"], "more than the 512 cores");
    for (machine, most) in [
        ("virt", 8),
        ("virt-7.2", 8),
        ("virt,gic-version=2", 8),
        ("virt,gic-version=3,gic-version=2", 8),
        ("virt,virtualization=on", 8),
        ("virt,gic-version=3", 512),
        ("virt,gic-version=max", 512),
        ("virt,virtualization=on,gic-version=3", 512),
    ] {
        assert_eq!(
            read(&[("QEMU_MACHINE", machine), ("QEMU_SMP", &most.to_string())]).unwrap().cores,
            most
        );
        let error =
            read(&[("QEMU_MACHINE", machine), ("QEMU_SMP", &(most + 1).to_string())]).unwrap_err();
        assert!(error.line.contains(&format!("more than the {most} cores")), "{}", error.line);
    }
}

#[test]
fn cores_are_counted_through_all_of_their_groups() {
    for (smp, cores) in [
        ("4,maxcpus=8", 4),
        ("cpus=4", 4),
        ("maxcpus=8,cpus=4", 4),
        ("cpus=4,sockets=2,clusters=1,cores=2,threads=1", 4),
        ("sockets=2,cores=3", 6),
        ("maxcpus=6", 6),
        ("8,sockets=2", 8),
        ("8,cores=2,threads=2", 8),
        ("2,maxcpus=8,clusters=2,threads=2", 2),
        ("threads=2", 2),
        ("4,dies=1", 4),
        ("8,drawers=2,books=2,modules=2", 8),
    ] {
        let settings = read(&[("QEMU_SMP", smp)]).unwrap();
        assert_eq!((settings.cores, settings.topology.as_deref()), (cores, Some(smp)));
    }
    assert_eq!(read(&[("QEMU_SMP", "4")]).unwrap().topology, None);
    refused("QEMU_SMP", &["4,4", "4,"], "where KEY=NUMBER is due");
    refused("QEMU_SMP", &["4,foo=2", "smp=4", "4,Cores=4"], "has no key");
    refused("QEMU_SMP", &["4,cpus=4", "4,cores=2,cores=2"], "twice");
    refused("QEMU_SMP", &["4,sockets=3"], "does not add up: sockets=3, cores=1 are 3 cores, not 4");
    refused("QEMU_SMP", &["4,sockets=1,cores=2,threads=1", "4,cores=3"], "does not add up");
    refused("QEMU_SMP", &["8,maxcpus=4"], "has 8 cores, more than maxcpus=4");
    refused("QEMU_SMP", &["4,maxcpus=513", "sockets=512,cores=2"], "more than the 512 cores");
    refused("QEMU_SMP", &["sockets=4294967295,cores=4294967295,threads=4294967295"], "too many");
    let error = read(&[("QEMU_SMP", "4,maxcpus=9"), ("QEMU_MACHINE", "virt")]).unwrap_err();
    assert!(error.line.contains("more than the 8 cores"), "{}", error.line);
}

#[test]
fn the_timeout_grows_with_the_cores_unless_it_is_set() {
    let seconds = |set: &[(&str, &str)]| read(set).unwrap().timeout.1.as_secs();
    for (smp, wanted) in [("1", 60), ("60", 60), ("64", 64), ("512", 512), ("4,maxcpus=512", 60)] {
        assert_eq!(seconds(&[("QEMU_SMP", smp)]), wanted, "{smp}");
    }
    assert_eq!(seconds(&[("QEMU_SMP", "512"), ("QEMU_TIMEOUT", "7")]), 7);
}

#[test]
fn the_hosts_own_cores_need_no_further_setting() {
    let with = |accel, smp| read(&[("QEMU_ACCEL", accel), ("QEMU_SMP", smp)]).unwrap();
    for (accel, smp, machine) in [
        ("kvm", "4", "virt,gic-version=host"),
        ("kvm,kernel-irqchip=on", "64", "virt,gic-version=host"),
        ("accel=kvm", "4", "virt,gic-version=host"),
        ("hvf", "8", "virt"),
        ("hvf", "9", "virt,gic-version=3"),
    ] {
        let settings = with(accel, smp);
        assert_eq!((settings.cpu.as_str(), settings.machine.as_str()), ("host", machine));
    }
    let host = ["host", "max", "host,pmu=off"];
    assert!(host.iter().all(|cpu| read(&[("QEMU_ACCEL", "kvm"), ("QEMU_CPU", cpu)]).is_ok()));
    for machine in ["virt,gic-version=2", "virt,gic-version=max", "virt,virtualization=off"] {
        assert!(read(&[("QEMU_ACCEL", "kvm"), ("QEMU_MACHINE", machine)]).is_ok(), "{machine}");
    }
}

#[test]
fn what_only_emulated_cores_have_is_refused_with_the_hosts_own() {
    for accel in ["kvm", "hvf", "kvm,dirty-ring-size=0"] {
        for (variable, value, reason) in [
            ("QEMU_CPU", "cortex-a72", "host's own cores run; unset QEMU_CPU"),
            ("QEMU_CPU", "neoverse-n1,pmu=off", "host's own cores run"),
            ("QEMU_MACHINE", "virt,virtualization=on", "starts at EL2"),
            ("QEMU_MACHINE", "virt,gic-version=3,virtualization", "remove virtualization, or"),
            ("QEMU_MACHINE", "virt,secure=on", "EL3 firmware is not provided"),
            ("QEMU_EXTRA", "-icount shift=4", "QEMU_EXTRA holds -icount, which only emulated"),
            ("QEMU_EXTRA", "-s --plugin x.so", "QEMU_EXTRA holds --plugin"),
        ] {
            let error = read(&[("QEMU_ACCEL", accel), (variable, value)]).unwrap_err();
            assert!(error.line.contains(reason), "{accel}, {value}: {}", error.line);
            assert_eq!(error.status, 2);
        }
    }
    refused(
        "QEMU_ACCEL",
        &["kvm,thread=multi", "hvf,thread=single"],
        "is an option of tcg; set it to",
    );
    refused("QEMU_MACHINE", &["virt,accel=kvm", "virt,gic-version=3,accel=tcg"], "set QEMU_ACCEL");
    refused("QEMU_MACHINE", &["virt,gic-version=host"], "is for QEMU_ACCEL=kvm, not for tcg");
    refused("QEMU_CPU", &["host", "host,pmu=off"], "is for QEMU_ACCEL=kvm or hvf");
    let hvf = read(&[("QEMU_ACCEL", "hvf"), ("QEMU_MACHINE", "virt,gic-version=host")]);
    assert!(hvf.unwrap_err().line.contains("is for QEMU_ACCEL=kvm, not for hvf"));
}

#[test]
fn what_prints_something_and_boots_nothing_is_refused() {
    for variable in ["QEMU_CPU", "QEMU_MACHINE", "QEMU_ACCEL"] {
        refused(variable, &["help", "?"], "QEMU only prints something; run qemu-system-aarch64 -");
    }
    refused("QEMU_MACHINE", &["virt,help"], "run qemu-system-aarch64 -machine virt,help");
    refused("QEMU_SMP", &["help", "4,help"], "set it to 1 to 512");
    refused("QEMU_MEM", &["help"], "is not a size");
    let prints = ["-h", "-help", "--help", "-version", "--version", "-s -version"];
    refused("QEMU_EXTRA", &prints, "QEMU only prints something; run qemu-system-aarch64 -");
    let lists = ["-device help", "-device pl011,help", "-d help", "-d ?", "-L help", "-trace help"];
    refused("QEMU_EXTRA", &lists, "QEMU only prints something; run qemu-system-aarch64 -");
    for text in ["-append help", "-append '-help --version'", "-name help", "-append -M"] {
        assert!(read(&[("QEMU_EXTRA", text)]).is_ok(), "{text}");
    }
    for option in ["kernel", "initrd", "dtb", "bios", "D", "pidfile", "fw_cfg"] {
        assert!(read(&[("QEMU_EXTRA", &format!("-{option} help"))]).is_ok(), "{option}");
        let after = format!("-{option} x help");
        refused("QEMU_EXTRA", &[&after], "QEMU only prints something");
    }
}

#[test]
fn the_machine_is_a_virt_without_el3() {
    refused(
        "QEMU_MACHINE",
        &["raspi3b", "virtx", "virt-x", "sbsa-ref", ",gic-version=3"],
        "is not a virt machine",
    );
    refused(
        "QEMU_MACHINE",
        &[
            "virt,secure=on",
            "virt,gic-version=3,secure",
            "virt,secure=yes",
            "virt,secure=true",
            "virt,secure=y",
        ],
        "EL3 firmware is not provided",
    );
    assert!(read(&[("QEMU_MACHINE", "virt,secure=off")]).is_ok());
}

#[test]
fn a_32_bit_cpu_is_refused() {
    let narrow = [
        "cortex-a7",
        "cortex-a8",
        "cortex-a9",
        "cortex-a15",
        "arm926",
        "arm11mpcore",
        "cortex-m3",
        "cortex-r5f",
        "pxa270-c5",
        "sa1100",
        "sa1110",
        "ti925t",
    ];
    refused("QEMU_CPU", &narrow, "is a 32-bit CPU");
    refused("QEMU_CPU", &["cortex-a15,pmu=off", "cortex-a15-arm-cpu"], "is a 32-bit CPU");
    for wide in [
        "max",
        "cortex-a53",
        "cortex-a57",
        "cortex-a72",
        "cortex-a76",
        "cortex-a710",
        "neoverse-n1",
        "a64fx",
    ] {
        assert!(read(&[("QEMU_CPU", wide)]).is_ok(), "{wide}");
    }
}

#[test]
fn the_memory_is_a_size() {
    refused(
        "QEMU_MEM",
        &["abc", "M", "-1", "12X", "1e3", "256MB", ".5G", "1.2.3", "256M,slots=2", "inf", "€"],
        "is not a size",
    );
    for (text, bytes) in [
        ("64", 64 << 20),
        ("64m", 64 << 20),
        ("1.5G", 3 << 29),
        ("65536K", 64 << 20),
        ("1048576b", 1 << 20),
        ("0.5T", 1 << 39),
    ] {
        assert_eq!(memory::parse(text).unwrap(), bytes, "{text}");
    }
}

#[test]
fn the_memory_is_enough_for_a_kernel() {
    assert!(read(&[("QEMU_MEM", "16M")]).is_ok());
    refused("QEMU_MEM", &["15M", "15.9", "0"], "too little for this kernel; set it to 16M or more");
}

#[test]
fn the_timeout_is_a_positive_number_of_seconds() {
    refused(
        "QEMU_TIMEOUT",
        &["0", "-1", "abc", "inf", "NaN", "1e3", "0.0", "5s", "."],
        "is not a positive number",
    );
    assert_eq!(read(&[("QEMU_TIMEOUT", "0.5")]).unwrap().timeout.1, Duration::from_millis(500));
    let long = read(&[("QEMU_TIMEOUT", "99999999999999999999999")]).unwrap().timeout.1;
    assert_eq!(long, Duration::from_secs(1_000_000_000));
}

#[test]
fn the_extra_arguments_are_words_of_a_shell() {
    let settings = read(&[("QEMU_EXTRA", "-append 'a b' -d \"int\"")]).unwrap();
    assert_eq!(settings.extra, ["-append", "a b", "-d", "int"]);
    refused("QEMU_EXTRA", &["-append 'a"], "open quote");
}

#[test]
fn the_extra_arguments_do_not_go_behind_the_checks() {
    refused("QEMU_EXTRA", &["-smp 9", "--smp 9"], "QEMU_EXTRA holds -");
    refused("QEMU_EXTRA", &["-machine secure=on", "-M virt"], "set QEMU_MACHINE instead");
    refused("QEMU_EXTRA", &["-cpu cortex-a15"], "set QEMU_CPU instead");
    refused("QEMU_EXTRA", &["-m 1M"], "set QEMU_MEM instead");
    refused("QEMU_EXTRA", &["-accel kvm", "--accel tcg", "-enable-kvm"], "set QEMU_ACCEL instead");
}

#[test]
fn for_another_architecture_the_machine_and_the_cpu_are_the_users_choice() {
    let read = |set| read_for("arm", set);
    let missing = |set| read(set).unwrap_err().line;
    assert!(missing(&[]).starts_with("QEMU_MACHINE is not set; set it to one of what"));
    assert!(missing(&[("QEMU_MACHINE", "mps2-an386")]).starts_with("QEMU_CPU is not set; set"));
    let all: &[_] =
        &[("QEMU_MACHINE", "mps2-an386"), ("QEMU_CPU", "cortex-m4"), ("QEMU_MEM", "4M")];
    let settings = read(all).unwrap();
    assert_eq!((settings.cpu.as_str(), settings.memory.as_str()), ("cortex-m4", "4M"));
}

#[test]
fn a_riscv_kernel_has_its_own_defaults_and_the_same_variables() {
    let settings = read_for("riscv64", &[]).unwrap();
    assert_eq!((settings.qemu.as_str(), settings.cores), ("qemu-system-riscv64", 4));
    assert_eq!((settings.machine.as_str(), settings.cpu.as_str()), ("virt", "rv64"));
    assert_eq!((settings.memory.as_str(), settings.timeout.1.as_secs()), ("256M", 60));
    assert_eq!(read_for("riscv64", &[("QEMU_ACCEL", "kvm")]).unwrap().cpu, "host");
    let all: &[_] = &[
        ("QEMU", "/q"),
        ("QEMU_SMP", "512"),
        ("QEMU_MACHINE", "sifive_u"),
        ("QEMU_CPU", "sifive-u54"),
        ("QEMU_EXTRA", "-bios none"),
    ];
    let set = read_for("riscv64", all).unwrap();
    assert_eq!(
        (set.qemu.as_str(), set.cores, set.extra),
        ("/q", 512, vec!["-bios".into(), "none".into()])
    );
    assert_eq!((set.machine.as_str(), set.cpu.as_str()), ("sifive_u", "sifive-u54"));
    for (name, value, reason) in [
        ("QEMU_SMP", "513", "more than the 512 cores of QEMU_MACHINE=virt; set it to 1 to 512"),
        ("QEMU_MEM", "15M", "too little for this kernel"),
        ("QEMU_ACCEL", "hvf", "runs no RISC-V"),
        ("QEMU_MACHINE", "virt,accel=kvm", "remove accel=kvm and set QEMU_ACCEL"),
        ("QEMU_MACHINE", "help", "run qemu-system-riscv64 -machine help"),
        ("QEMU_CPU", "", "QEMU_CPU is empty; unset it, or set it to something like rv64"),
    ] {
        let error = read_for("riscv64", &[(name, value)]).unwrap_err();
        assert!(error.status == 2 && error.line.contains(reason), "{}", error.line);
    }
}

#[test]
fn what_must_repeat_does_not_look_at_the_environment() {
    let settings = Settings::repeatable().unwrap();
    assert_eq!((settings.cores, settings.machine.as_str()), (4, REPEATABLE_MACHINE));
}

/// Set in a process that has the variables below.
const INSIDE: &str = "RUNDOWN_TEST_HAS_VARIABLES";

#[test]
fn a_repeatable_boot_takes_only_the_binary_from_the_environment() {
    if std::env::var_os(INSIDE).is_some() {
        let settings = Settings::repeatable().unwrap();
        let plain = read(&[("QEMU", "my-qemu"), ("QEMU_MACHINE", REPEATABLE_MACHINE)]).unwrap();
        assert_eq!(settings, plain);
        note_that_cores_are_emulated();
        return;
    }
    for (accel, noted) in [("kvm", true), ("tcg", false)] {
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let test = "a_repeatable_boot_takes_only_the_binary_from_the_environment";
        again.args(["--exact", "--nocapture", &format!("settings::tests::{test}")]);
        again.env(INSIDE, "1").env("QEMU", "my-qemu").env("QEMU_SMP", "9");
        let output = again.env("QEMU_ACCEL", accel).env("QEMU_MACHINE", "virt").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        let note =
            "rundown: cores are emulated here, which QEMU_ACCEL cannot change; cargo run heeds";
        assert_eq!(said.contains(note), noted, "{said}");
    }
}

//! Each wrong setting has its one line, and the right ones pass.

use super::*;

fn read(set: &[(&str, &str)]) -> Result<Settings, ExitError> {
    Settings::read(&Options::default(), |name| {
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
        &["abc", "-1", "+4", "4.0", "4 ", "0x4", "cpus=4", "99999999999"],
        "is not a number of cores",
    );
    refused("QEMU_SMP", &["0", "00"], "leaves no core");
    refused("QEMU_SMP", &["513"], "more than the 512 cores");
    for (machine, most) in [
        ("virt", 8),
        ("virt-7.2", 8),
        ("virt,gic-version=2", 8),
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
fn the_machine_is_a_virt_without_el3() {
    refused(
        "QEMU_MACHINE",
        &["raspi3b", "virtx", "virt-x", "sbsa-ref", ",gic-version=3"],
        "is not a virt machine",
    );
    refused(
        "QEMU_MACHINE",
        &["virt,secure=on", "virt,gic-version=3,secure", "virt,secure=yes"],
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
    assert!(read(&[("QEMU_TIMEOUT", "99999999999999999999999")]).is_ok());
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
}

#[test]
fn for_another_architecture_the_machine_and_the_cpu_are_the_users_choice() {
    let options = Options { architecture: "arm".to_owned(), ..Options::default() };
    let read = |set: &'static [(&str, &str)]| {
        Settings::read(&options, |name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    };
    let missing = |set| read(set).unwrap_err().line;
    assert!(missing(&[]).starts_with("QEMU_MACHINE is not set; set it to one of what"));
    assert!(missing(&[("QEMU_MACHINE", "mps2-an386")]).starts_with("QEMU_CPU is not set; set"));
    let all: &[_] =
        &[("QEMU_MACHINE", "mps2-an386"), ("QEMU_CPU", "cortex-m4"), ("QEMU_MEM", "4M")];
    let settings = read(all).unwrap();
    assert_eq!((settings.cpu.as_str(), settings.memory.as_str()), ("cortex-m4", "4M"));
}

#[test]
fn what_must_repeat_does_not_look_at_the_environment() {
    let settings = Settings::repeatable().unwrap();
    assert_eq!((settings.cores, settings.machine.as_str()), (4, REPEATABLE_MACHINE));
}

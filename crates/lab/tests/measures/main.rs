//! scripts/lab as a process, with shell scripts in the place of cargo and QEMU: they answer as the measurements of
//! docs/ say, so these must come out.

mod boots;
mod fakes;
mod replay;

use boots::{check, machine, replayed};
use fakes::{Fakes, docs};
use lab::store;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

#[test]
fn what_is_measured_is_written() {
    let fakes = Fakes::new();
    let (status, stdout, stderr) = fakes.run(&[], "kvm");
    assert_eq!(status, Some(0), "{stderr}");
    assert!(stderr.starts_with("rundown: cores are emulated here"), "{stderr}");
    let read = |path: &Path| store::read(path).unwrap();
    let written = read(&fakes.0.path().join("out/measurements.json"));
    assert_eq!(written[1..], read(&docs())[1..]);
    let conditions = &written[0];
    for (name, value) in [
        ("name", json!("conditions")),
        ("qemu", json!("7.2.22")),
        ("accel", json!("tcg,thread=multi")),
        ("cpu", json!("max")),
        ("rounds", json!(9)),
        ("quick", json!(false)),
        ("host_processors", std::thread::available_parallelism().map_or(1, usize::from).into()),
    ] {
        assert_eq!(conditions[name], value, "{name}");
    }
    assert_ne!(conditions["host_cpu"], Value::from(""));
    let page = fakes.0.path().join("out/index.html");
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.ends_with("</html>\n") && html.contains("<a href=\"replay.html\">"));
    for (name, end) in [("replay.html", "</html>\n"), ("replay.svg", "</svg>\n")] {
        let path = fakes.0.path().join("out").join(name);
        assert!(fs::read_to_string(path).unwrap().ends_with(end), "{name}");
    }
    assert_eq!(stdout.lines().last(), Some(&*format!("figures: {}", page.display())));

    let steps: Vec<_> =
        stderr.lines().skip(1).map(|line| line.split_once(" s, ").unwrap().1).collect();
    let mut wanted = vec![
        "1 of 18: building the kernel and the plugin".to_owned(),
        "2 of 18: the ladder and the drain, timed, up to 64 cores, 9 rounds".to_owned(),
        "3 of 18: instructions, counted".to_owned(),
        "4 of 18: coherence, counted, 1 core, first time".to_owned(),
        "5 of 18: coherence, counted, 1 core, second time".to_owned(),
    ];
    for (number, cores) in (6..).step_by(2).zip([2, 4, 8, 16, 32, 64]) {
        for (number, time) in [(number, "first"), (number + 1, "second")] {
            wanted.push(format!("{number} of 18: coherence, counted, {cores} cores, {time} time"));
        }
    }
    wanted.push("18 of 18: the replay, step by step".to_owned());
    assert_eq!(steps, wanted);
}

#[test]
fn each_boot_has_its_own_machine() {
    let fakes = Fakes::new();
    let (status, _, stderr) = fakes.run(&["--quick", "--cores", "2,64,1"], "tcg");
    assert_eq!(status, Some(0), "{stderr}");
    let mut wanted = vec![
        (machine(64, "max", "tcg,thread=multi"), "mode=time rounds=3 cores=1,2,64".to_owned()),
        (
            machine(4, "max,cntfrq=62500000", "tcg"),
            "mode=instructions -icount shift=4,sleep=off".to_owned(),
        ),
    ];
    let rungs: Vec<&str> = ladder::VARIANTS.iter().map(|about| about.name).collect();
    for (cores, pairs) in [(1, 100), (2, 100), (64, 12)] {
        let counted = format!(
            "mode=coherence pairs={pairs} rungs={} -plugin /k/a,,b.so,mode=schedule,\
             policy=round-robin,line=64,out=/dev/fd/",
            rungs.join(",")
        );
        // Twice: the second run must be the first.
        wanted.extend([0; 2].map(|_| (machine(cores, "max", "tcg,thread=multi"), counted.clone())));
    }
    wanted.extend([2, 4, 8].map(replayed));
    check(&fakes, &wanted);
}

#[test]
fn with_very_many_cores_what_tries_again_is_not_counted() {
    let fakes = Fakes::new();
    // The boot fails: only what it was asked for counts.
    for (cores, all) in [("128", true), ("129", false)] {
        let (status, ..) = fakes.run(&["--cores", cores], "tcg");
        assert_eq!(status, Some(2));
        let log = fakes.log();
        let rungs = log.last().unwrap().split_once(" rungs=").unwrap().1;
        let rungs = rungs.split_once(' ').unwrap().0.split(',');
        let counted = ladder::VARIANTS.iter().filter(|about| all || !about.retries);
        assert_eq!(rungs.collect::<Vec<_>>(), counted.map(|about| about.name).collect::<Vec<_>>());
    }
}

#[test]
fn a_boot_that_fails_says_why() {
    for (script, status, why) in [
        ("cat $folder/time; exit 3", 1, "a boot of the ladder fails: QEMU's exit status is 3"),
        ("exit 3", 2, "a boot of the ladder fails: the output ends before"),
        ("echo 'not ok 1 x'; exit", 1, "a boot of the ladder fails: "),
        ("echo x; echo 'a log\ncachescope: no API' >&2; exit 1", 1, "fails: cachescope: no API"),
        ("echo '# measure {'; cat $folder/time; exit", 1, "line 1: a measurement that is not JSON"),
        (
            "grep -v drain_slots $folder/time; exit",
            1,
            "the measurements are not whole: it holds no \"drain_slots\"",
        ),
    ] {
        let fakes = Fakes::new();
        fakes.file("instead", &format!("case $args in *mode=time*) {script} ;; esac"));
        let (code, _, stderr) = fakes.run(&["--cores", "1,2"], "tcg");
        let line = stderr.lines().last().unwrap();
        assert!(code == Some(status) && line.contains(why), "{script}: {code:?} {stderr}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_found_out_before_any_boot() {
    let fakes = Fakes::new();
    // It lies where the results should.
    fakes.file("out", "");
    let (code, _, stderr) = fakes.run(&[], "tcg");
    assert!(code == Some(2) && stderr.starts_with("rundown: --out "), "{stderr}");
    assert!(!fakes.0.path().join("log").exists());
}

#[test]
fn two_runs_that_count_otherwise_are_a_failure() {
    let fakes = Fakes::new();
    let second = "case $args in *'-smp 2 '*mode=coherence*)\n\
                  [ -e $folder/second ] && sed -i 's/\"loads\":[0-9]*/\"loads\":7/' $folder/counts-2\n\
                  : >$folder/second ;; esac";
    fakes.file("instead", second);
    let (code, _, stderr) = fakes.run(&["--cores", "1,2"], "tcg");
    assert_eq!(code, Some(1));
    let line = stderr.lines().last().unwrap();
    assert!(line.starts_with("rundown: two runs on 2 cores differ: {"), "{line}");
}

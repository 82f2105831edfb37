//! The program goes every path that it names, and says in one line what it does not know.

use std::process::{Command, Output};

fn paths(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_paths")).args(arguments).output().unwrap()
}

#[test]
fn every_path_can_be_gone_again_and_again() {
    let list = String::from_utf8(paths(&["--list"]).stdout).unwrap();
    let names: Vec<&str> = list.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() > 20, "{names:?}");
    for (at, name) in names.iter().enumerate() {
        assert!(!names[..at].contains(name), "two paths are called {name}");
        // A hold too many, or one too few, shows at the second or third of a begin or a single counter.
        let output = paths(&[name, "3"]);
        assert!(output.status.success(), "{name}: {output:?}");
    }
}

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn every_path_is_counted_by_the_processor() {
    let lines = |output: Output| String::from_utf8(output.stdout).unwrap();
    let stepped = paths(&["--step"]);
    assert!(stepped.status.success(), "{stepped:?}");
    let (stepped, list) = (lines(stepped), lines(paths(&["--list"])));
    let counted = stepped.lines().map(|line| line.split_once(' ').unwrap());
    let counted: Vec<(&str, u64)> =
        counted.map(|(name, count)| (name, count.parse().unwrap())).collect();
    let names = list.lines().map(|line| line.split_once(' ').unwrap().0);
    assert!(counted.iter().map(|(name, _)| *name).eq(names), "{stepped}{list}");
    assert!(counted.iter().all(|(_, count)| *count > 1), "not all go their way: {stepped}");
}

#[test]
fn wrong_usage_is_one_line_and_status_2() {
    let wrong: [&[&str]; 4] = [&[], &["static_acquire"], &["none", "1"], &["static_acquire", "x"]];
    for arguments in wrong {
        let output = paths(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let line = String::from_utf8(output.stderr).unwrap();
        assert!(line.starts_with("rundown: usage: ") && line.lines().count() == 1, "{line}");
    }
}

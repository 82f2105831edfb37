//! Boots with a script in place of QEMU, which prints what a kernel with these seeds prints.

use super::*;
use crate::arguments::Arguments;
use crate::outcome::{self, Run};
use crate::scenario::{Plan, named};
use crate::schedule::Choice;
use crate::{compare, hunt, replay};
use clap::Parser;
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

/// Answers as a kernel in which seeds that end with 5 fail, but not by priority.
const KERNEL: &str = r##"
bad=5
for word in $*; do
    case $word in
        seed=* | seeds=* | apart=* | trace=*) eval "$word" ;;
        schedule=pct) bad=none ;;
    esac
done
echo "KTAP version 1"
echo "1..$seeds"
number=0
while [ $number -lt $seeds ]; do
    number=$((number + 1))
    echo "# seed $seed"
    if [ $trace = 1 ]; then echo "# step 1 core 0 was granted a hold"; fi
    name="$number seed $seed trace $(printf %016d "$seed") steps 1"
    if [ "${seed%$bad}" != "$seed" ]; then
        echo "# a slot is open"
        echo "not ok $name"
        echo "# rundown: FAIL"
        exit 1
    fi
    echo "ok $name"
    seed=$((seed + apart))
done
echo "# rundown: PASS"
"##;

/// A kernel that such a script takes the place of.
struct Fake {
    _folder: TempDir,
    kernel: Kernel,
}

fn fake(script: &str) -> Fake {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("qemu");
    // The program is never written: a file that another thread's child has open cannot be started.
    symlink(concat!(env!("CARGO_MANIFEST_DIR"), "/src/kernel/fake_qemu.sh"), &path).unwrap();
    fs::write(folder.path().join("script"), script).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let kernel = Kernel {
        root,
        image: std::env::current_exe().unwrap(), // line tables are all that is asked of it
        settings: Settings::repeatable().unwrap(),
        plugin: None,
        schedule: Schedule { choice: Choice::Uniform, depth: None },
    };
    Fake { kernel: kernel.with_qemu(path.to_str().unwrap()), _folder: folder }
}

fn seeds(first: u64, count: u64, apart: u64) -> Seeds {
    Seeds { scenario: named("drain").unwrap(), first, count, apart }
}

fn words(kernel: &Kernel, seeds: &Seeds, trace: bool, plugin: Option<&Plugin<'_>>) -> Vec<String> {
    let command = kernel.command(seeds, 3, trace, plugin);
    command.get_args().map(|word| word.to_str().unwrap().to_owned()).collect()
}

#[test]
fn the_kernel_is_told_its_seeds_and_qemu_who_makes_the_schedule() {
    let Fake { kernel, .. } = fake("");
    let list = seeds(7, 2, 8);
    let own = words(&kernel, &list, false, None);
    let append = "scenario=drain tier=icount seed=7 seeds=2 apart=8 trace=0";
    assert_eq!(own[own.len() - 4..], ["-icount", qemu::ICOUNT, "-append", append]);
    let pairs = [("-smp", "3"), ("-cpu", qemu::COUNTING_CPU), ("-m", "64M"), ("-accel", "tcg")];
    for (option, value) in pairs {
        let at = own.iter().position(|word| word == option).expect("it is there");
        assert_eq!(own[at + 1], value);
    }
    let pct = kernel.with_schedule(Schedule { choice: Choice::Pct, depth: Some(2) });
    assert_eq!(pct.schedule(), Schedule { choice: Choice::Pct, depth: Some(2) });
    let traced = words(&pct, &list, true, None);
    let length = 3 * list.scenario.instructions;
    let append = "scenario=drain tier=icount seed=7 seeds=2 apart=8 trace=1";
    let append = format!("{append} schedule=pct depth=2 length={length}");
    assert_eq!(traced.last(), Some(&append));
    let plugin = Plugin::new(Path::new("/l.so")).unwrap();
    let words = words(&pct, &seeds(7, 1, 1), false, Some(&plugin));
    assert!(words.contains(&"tcg,thread=multi".to_owned()), "{words:?}");
    let length = 3 * list.scenario.accesses;
    let option = format!("/l.so,mode=schedule,policy=pct,seed=7,length={length},depth=2,");
    assert!(words[words.len() - 3].starts_with(&option), "{words:?}");
    assert!(words[words.len() - 1].starts_with("scenario=drain tier=plugin seed=7 "), "{words:?}");
}

#[test]
fn each_seed_has_half_a_second_more() {
    assert_eq!([1, 100].map(|seeds| patience(seeds).as_millis()), [20_500, 70_000]);
}

#[test]
fn a_boot_is_what_was_printed_and_how_it_ended() {
    let Fake { kernel, _folder } = fake("echo '# seed 1'; echo else >&2; exit 3");
    let boot = kernel.boot(&seeds(1, 1, 1), 2, false).unwrap();
    assert_eq!((boot.console.as_str(), boot.status), ("# seed 1\n", Some(3)));
    assert_eq!(boot.text, "# seed 1\nelse\n");
}

#[test]
fn what_does_not_come_to_its_first_seed_is_an_error() {
    let line = |script| {
        let Fake { kernel, _folder } = fake(script);
        let error = kernel.boot(&seeds(1, 1, 1), 2, false).unwrap_err();
        (error.status, error.line)
    };
    let (status, why) = line("echo first >&2; echo no such machine >&2");
    assert_eq!((status, why.as_str()), (SETUP, "QEMU does not start: no such machine"));
    assert_eq!(line("").1, "QEMU does not start: QEMU ends without a word");
    let (status, why) = line("echo 'KTAP version 1'");
    assert_eq!((status, why.as_str()), (FAILED, "the kernel has not come to its first seed"));
    let Fake { kernel, _folder } = fake("");
    let error = kernel.with_qemu("/nowhere").boot(&seeds(1, 1, 1), 2, false).unwrap_err();
    assert!(error.line.starts_with("cannot start /nowhere: "), "{}", error.line);
}

#[test]
fn who_makes_the_schedule_is_known_by_the_plugin() {
    let Fake { kernel, _folder } = fake(KERNEL);
    assert_eq!(kernel.tier(), Tier::Icount);
    let other = kernel.with_image(PathBuf::from("/other"));
    assert_eq!((other.image.as_path(), other.root), (Path::new("/other"), kernel.root.clone()));
    let with = Kernel { plugin: Some(PathBuf::from("/l.so")), ..kernel };
    assert_eq!(with.tier(), Tier::Plugin);
    let error = with.boot(&seeds(1, 1, 1), 2, false).unwrap_err();
    assert_eq!(error.line, "the plugin has written no trace hash");
}

#[test]
fn qemus_version_is_asked_of_the_one_that_boots() {
    let Fake { kernel, _folder } = fake("echo 'QEMU emulator version 9.8.7 (nobody)'");
    assert_eq!(kernel.qemu_version().unwrap(), "9.8.7");
}

/// Four seeds of one scenario in a boot; in the second part the first seed fails.
#[test]
fn a_hunt_ends_with_the_seed_that_fails() {
    let Fake { kernel, _folder } = fake(KERNEL);
    let plan = Plan::new(named("drain"), 4);
    let found = hunt::through(&kernel, &plan, 1..=4, false).unwrap();
    assert!(found.failure.is_none() && found.seeds == 4);
    let line = found.to_string();
    let wanted = "4 seeds on 4 cores: none fails, 4 different schedules, ";
    assert!(line.starts_with(wanted) && line.ends_with(" seeds a minute)"), "{line}");
    let found = hunt::through(&kernel, &plan, 1..=100, true).unwrap();
    assert!(found.to_string().starts_with("5 seeds on 4 cores: a seed fails, "), "{found}");
    let failure = found.failure.unwrap();
    assert_eq!((failure.run.seed, failure.why.as_str()), (5, "a slot is open"));
    assert_eq!(failure.options, "--seed 5 --cores 4 --scenario drain");
    let report = replay::failure(&kernel, &failure).unwrap();
    let text = "seed 5 fails, scenario drain: a slot is open\nits last steps:\n     1 core 0 was \
                granted a hold\n  a slot is open\ntrace 0000000000000005\n\
                replay: scripts/explore --seed 5 --cores 4 --scenario drain\n";
    assert_eq!(report.text, text);
    assert_eq!(report.end.unwrap_err().line, "seed 5 fails: a slot is open");
    let other = hunt::Failure { run: Run { steps: Some(2), ..failure.run.clone() }, ..failure };
    let error = replay::failure(&kernel, &other).unwrap().end.unwrap_err();
    assert_eq!(error.line, "seed 5 runs otherwise when it is replayed");
}

#[test]
fn a_replay_shows_the_steps_and_fails_with_its_seed() {
    let Fake { kernel, _folder } = fake(KERNEL);
    let plan = Plan::new(named("drain"), 4);
    let report = replay::one(&kernel, &plan, 3, None).unwrap();
    let text = "scenario drain, 4 cores, seed 3\n     1 core 0 was granted a hold\n\
                trace 0000000000000003\nseed 3 passes: every check of drain holds\n";
    assert_eq!(report.text, text);
    assert!(report.end.is_ok());
    let report = replay::one(&kernel, &plan, 5, None).unwrap();
    assert!(!report.text.contains("passes"));
    assert_eq!(report.end.unwrap_err().line, "seed 5 fails: a slot is open");
    // It has one step more when it is traced.
    let other = KERNEL.replace("steps 1", "steps $trace");
    let Fake { kernel, _folder } = fake(&other);
    let report = replay::one(&kernel, &plan, 3, None).unwrap();
    assert_eq!(report.end.unwrap_err().line, "seed 3 runs otherwise when it is not traced");
}

#[test]
fn a_row_compares_both_ways_to_choose() {
    let Fake { kernel, _folder } = fake(KERNEL);
    let words = ["explore", "--mutants", "--compare", "--scenario", "drain", "--seeds"];
    let row = |most| {
        let arguments = Arguments::try_parse_from(words.into_iter().chain([most])).unwrap();
        compare::row("a bug", &kernel, &arguments).unwrap()
    };
    assert_eq!(row("8"), "| a bug | 5 | more than 8 |");
    assert_eq!(row("5"), "| a bug | 5 | more than 5 |");
    assert_eq!(row("4"), "| a bug | more than 4 | more than 4 |");
}

/// None survives such a boot.
#[test]
fn seeds_that_end_in_a_panic_are_booted_one_by_one() {
    let script = r##"
        for word in $*; do case $word in seed=* | seeds=*) eval "$word" ;; esac; done
        echo "# seed $seed"
        echo "# panic released more than was acquired"
        echo "# trace 000000000000000$seed steps 1"
        echo "# rundown: FAIL"
        exit $seeds"##;
    let Fake { kernel, _folder } = fake(script);
    let plan = Plan::new(named("extra"), 2);
    let found = hunt::through(&kernel, &plan, 1..=6, false).unwrap();
    assert!(found.seeds == 6 && found.failure.is_none(), "{found}");
    let list = Seeds { scenario: named("extra").unwrap(), first: 1, count: 2, apart: 1 };
    let boot = kernel.boot(&list, 2, false).unwrap();
    assert!(outcome::runs(&boot, &list).iter().any(|run| run.why.is_some()), "two cannot die");
}

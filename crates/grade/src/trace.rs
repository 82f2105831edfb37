//! The steps of a seed under the plugin, and the story that is told of them.

use crate::missing::not_done;
use runner::exit_error::ExitError;

/// The instructions that only read; all others write.
const READS: [&str; 5] = ["LDR", "LDAR", "LDAPR", "LDUR", "LDP"];

/// One access of a watched word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number in the trace.
    pub number: u64,
    /// The core that makes it.
    pub core: u64,
    /// The instruction.
    pub instruction: String,
    /// The word: `object[1]`.
    pub word: String,
    /// Where in the sources it stands: `crates/rundown/src/protocol.rs:98`.
    pub place: String,
}

/// Three steps: what one core does in two, and what another one does in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story {
    /// The first of two accesses that were one before.
    pub first: u64,
    /// The other core's.
    pub between: u64,
    /// The second of the two.
    pub last: u64,
}

/// Reads the steps in what a kernel has printed. `place` tells where an address of it lies.
pub fn read(output: &str, mut place: impl FnMut(u64) -> Option<String>) -> Vec<Step> {
    let mut step = |line: &str| {
        // # step 12 core 2 LDXR object[1] 0x402029f4
        let mut words = line.strip_prefix("# step ")?.split(' ');
        let number = words.next()?.parse().ok()?;
        let core = words.nth(1)?.parse().ok()?;
        let [instruction, word, address] = [words.next()?, words.next()?, words.next()?];
        let address = u64::from_str_radix(address.strip_prefix("0x")?, 16).ok()?;
        let place = place(address).unwrap_or_default();
        let [instruction, word] = [instruction, word].map(str::to_owned);
        Some(Step { number, core, instruction, word, place })
    };
    output.lines().filter_map(|line| step(line.trim_end())).collect()
}

impl Story {
    /// Finds the three steps, which must be there and in their order.
    fn find<'a>(&self, steps: &'a [Step]) -> Result<[&'a Step; 3], ExitError> {
        let Story { first, between, last } = *self;
        let find = |name: &str, number: u64| {
            let found = steps.iter().find(|step| step.number == number);
            found.ok_or_else(|| {
                not_done(format!("{name} = {number}: the trace has no access with this number"))
            })
        };
        let found = [find("first", first)?, find("between", between)?, find("last", last)?];
        if !(first < between && between < last) {
            return Err(not_done("the three steps are not in their order: first, between, last"));
        }
        Ok(found)
    }

    /// Checks that it is one of two cores. What the steps do to each other is for a person to judge.
    pub fn check_cores(&self, steps: &[Step]) -> Result<(), ExitError> {
        let [one, other, two] = self.find(steps)?;
        match one.core == other.core && other.core == two.core {
            true => Err(not_done("the three steps are one core's, and a race is of two")),
            false => Ok(()),
        }
    }

    /// Checks that it is what the steps show. `changed`: the place of the line that the bug has changed, from one
    /// access to two.
    pub fn check(&self, steps: &[Step], changed: &str) -> Result<(), ExitError> {
        let Story { first, between, last } = *self;
        let [one, other, two] = self.find(steps)?;
        for (name, step) in [("first", one), ("last", two)] {
            if step.place != changed {
                let Step { number, .. } = step;
                return Err(not_done(format!(
                    "{name} = {number}: that step is not of the line that you have changed, {changed}"
                )));
            }
        }
        if one.core != two.core {
            return Err(not_done(
                "first and last are steps of two cores, and are to be one core's",
            ));
        }
        let more = |step: &&Step| {
            step.core == one.core
                && step.place == changed
                && (first + 1..last).contains(&step.number)
        };
        if steps.iter().any(|step| more(&step)) {
            return Err(not_done("between first and last the same core makes another such step"));
        }
        if one.word != two.word {
            return Err(not_done("first and last are steps of two words"));
        }
        if other.core == one.core {
            return Err(not_done(format!("between = {between}: that is the same core's step")));
        }
        if other.word != one.word {
            let Step { word, .. } = one;
            return Err(not_done(format!("between = {between}: that step is not one of {word}")));
        }
        if READS.contains(&other.instruction.as_str()) {
            return Err(not_done(format!("between = {between}: that step changes nothing")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "# seed 7\n\
        # step 1 core 0 LDXR object[1] 0x10\n\
        # step 2 core 1 LDR object[2] 0x20\n\
        # step 3 core 0 LDR object[2] 0x10\n\
        # step 4 core 0 LDXR object[2] 0x10\n\
        # step 5 core 0 LDXR object[0] 0x10\n\
        # step 6 core 1 LDXR object[2] 0x20\n\
        # step 7 core 1 LDR object[2] 0x20\n\
        # step 8 core 1 LDXR object[0] 0x20\n\
        # step 9 core 0 is done\n\
        # step 10 core 0 LDR object[2] 0x20\n";

    fn steps() -> Vec<Step> {
        read(OUTPUT, |address| Some(format!("x.rs:{address}")))
    }

    fn check(first: u64, between: u64, last: u64) -> Result<(), String> {
        let story = Story { first, between, last };
        story.check(&steps(), "x.rs:32").map_err(|error| error.line)
    }

    #[test]
    fn accesses_are_read_and_the_rest_is_left_out() {
        let steps = steps();
        assert_eq!(steps.len(), 9);
        let wanted = Step {
            number: 2,
            core: 1,
            instruction: "LDR".to_owned(),
            word: "object[2]".to_owned(),
            place: "x.rs:32".to_owned(),
        };
        assert_eq!(steps[1], wanted);
        assert_eq!(read("# step 1 core 0 LDR a 0x1\n", |_| None)[0].place, "");
    }

    #[test]
    fn a_story_is_two_steps_of_the_changed_line_and_a_write_in_between() {
        assert_eq!(check(2, 4, 6), Ok(()));
        for ((first, between, last), part) in [
            ((2, 4, 9), "last = 9: the trace has no access"),
            ((2, 11, 6), "between = 11: the trace has no access"),
            ((6, 4, 2), "not in their order"),
            ((2, 6, 6), "not in their order"),
            ((1, 4, 6), "first = 1: that step is not of the line that you have changed, x.rs:32"),
            ((2, 4, 5), "last = 5: that step is not of the line"),
            ((2, 4, 10), "steps of two cores"),
            ((2, 4, 7), "another such step"),
            ((2, 1, 6), "not in their order"),
            ((7, 8, 8), "not in their order"),
            ((2, 3, 6), "between = 3: that step changes nothing"),
            ((2, 5, 6), "between = 5: that step is not one of object[2]"),
        ] {
            let line = check(first, between, last).unwrap_err();
            assert!(line.contains(part), "{first}, {between}, {last}: {line}");
        }
    }

    #[test]
    fn a_race_of_another_kind_is_any_three_steps_of_two_cores() {
        let check = |first, between, last| {
            let story = Story { first, between, last };
            story.check_cores(&steps()).map_err(|error| error.line)
        };
        assert_eq!([check(1, 2, 3), check(1, 3, 6), check(2, 3, 4)], [Ok(()), Ok(()), Ok(())]);
        assert!(check(1, 3, 4).unwrap_err().contains("one core's, and a race is of two"));
        assert!(check(2, 1, 3).unwrap_err().contains("not in their order"));
        assert!(check(1, 2, 9).unwrap_err().contains("last = 9: the trace has no access"));
    }

    #[test]
    fn the_step_in_between_may_be_of_the_changed_line_as_well() {
        let own = "# step 4 core 0 LDXR object[2] 0x";
        let output = OUTPUT.replace(&format!("{own}10"), &format!("{own}20"));
        let steps = read(&output, |address| Some(format!("x.rs:{address}")));
        assert_eq!(Story { first: 2, between: 4, last: 6 }.check(&steps, "x.rs:32"), Ok(()));
    }

    #[test]
    fn the_two_steps_are_of_one_word_and_the_third_is_anothers() {
        let output =
            OUTPUT.replace("# step 6 core 1 LDXR object[2]", "# step 6 core 1 LDXR object[0]");
        let steps = read(&output, |address| Some(format!("x.rs:{address}")));
        let story = Story { first: 2, between: 4, last: 6 };
        assert!(story.check(&steps, "x.rs:32").unwrap_err().line.contains("two words"));
        let output = OUTPUT
            .replace("# step 4 core 0 LDXR object[2] 0x10", "# step 4 core 1 LDXR object[2] 0x10");
        let steps = read(&output, |address| Some(format!("x.rs:{address}")));
        let error = story.check(&steps, "x.rs:32").unwrap_err();
        assert!(error.line.contains("the same core's step"), "{}", error.line);
    }
}

//! Writes the lines of a litmus thread: its registers, its places, its labels.

use super::image::Image;
use super::instruction::Condition;
use super::values::{State, Value};

/// Registers of the test that hold values. X0 is the result; those above hold where the places are.
const VALUES: std::ops::Range<u8> = 1..20;
const LAST_PLACE: usize = 29;

const CONDITIONS: [&str; 14] =
    ["EQ", "NE", "CS", "CC", "MI", "PL", "VS", "VC", "HI", "LS", "GE", "LT", "GT", "LE"];

/// A thread of a litmus test.
#[derive(Debug, Default)]
pub struct Thread {
    /// Its instructions and labels.
    pub lines: Vec<String>,
    /// The addresses of the places that it accesses. The first is in X29, the next in X28.
    pub places: Vec<u64>,
}

/// Returns the register that holds the address of a place.
pub fn place_register(number: usize) -> String {
    format!("X{}", LAST_PLACE - number)
}

/// What is written of a thread, so far.
pub struct Writer<'a> {
    pub image: &'a Image,
    thread: Thread,
    letter: char,
    labels: usize,
    /// Registers of the test that the instruction at hand has taken already.
    taken: Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Starts with nothing. `letter`: what the labels begin with.
    pub fn new(image: &'a Image, letter: char) -> Self {
        Self { image, thread: Thread::default(), letter, labels: 0, taken: Vec::new() }
    }

    /// Starts the next instruction.
    pub fn next(&mut self) {
        self.taken.clear();
    }

    /// Returns the thread, with its end.
    pub fn finish(mut self) -> Thread {
        let end = self.end();
        self.line(format!("{end}:"));
        self.thread.lines = without_detours(self.thread.lines, &format!("B {end}"));
        self.thread
    }

    /// Writes a line.
    pub fn line(&mut self, line: String) {
        self.thread.lines.push(line);
    }

    /// Returns the label of the thread's end.
    pub fn end(&self) -> String {
        format!("{}0", self.letter)
    }

    /// Returns a new label.
    pub fn label(&mut self) -> String {
        self.labels += 1;
        format!("{}{}", self.letter, self.labels)
    }

    /// Returns a shared place as an operand.
    pub fn place(&mut self, state: &State, bytes: u64, address: u64) -> Result<String, String> {
        if bytes != 8 || self.image.shared(address).is_none() {
            return Err(format!("an access of {bytes} bytes to {address:#x}, at {:#x}", state.at));
        }
        let places = &mut self.thread.places;
        let number = places.iter().position(|place| *place == address).unwrap_or_else(|| {
            places.push(address);
            places.len() - 1
        });
        if LAST_PLACE - number < VALUES.end.into() {
            return Err("too many places".to_owned());
        }
        Ok(format!("[{}]", place_register(number)))
    }

    /// Returns a register of the test that has this value.
    pub fn name(&mut self, state: &State, wide: bool, value: Value) -> Result<String, String> {
        match value {
            Value::Known(0) => Ok(if wide { "XZR" } else { "WZR" }.to_owned()),
            Value::Known(value) => {
                let register = self.fresh(state)?;
                self.line(format!("MOV X{register},{}", immediate(true, value)));
                Ok(named(wide, register))
            }
            Value::In(register) => Ok(named(wide, register)),
        }
    }

    /// Takes a register of the test that nothing on this way uses.
    pub fn fresh(&mut self, state: &State) -> Result<u8, String> {
        let free = |register: &u8| !state.uses(*register) && !self.taken.contains(register);
        let register = VALUES.clone().find(free).ok_or("too many values at a time")?;
        self.taken.push(register);
        Ok(register)
    }
}

/// Leaves out labels where a way ends at once: who goes there goes to the end itself.
fn without_detours(mut lines: Vec<String>, end: &str) -> Vec<String> {
    let detour = |pair: &[String]| pair[0].ends_with(':') && pair[1] == end;
    while let Some(at) = lines.windows(2).position(detour) {
        let label = lines.remove(at);
        let label = label.trim_end_matches(':');
        // The line before ends a way, so nothing runs into what is left out.
        lines.remove(at);
        for line in &mut lines {
            if let Some((start, to)) = line.rsplit_once([' ', ','])
                && to == label
            {
                let separator = &line[start.len()..=start.len()];
                *line = format!("{start}{separator}{}", &end[2..]);
            }
        }
    }
    lines
}

/// Writes a constant.
pub fn immediate(wide: bool, value: u64) -> String {
    if wide { format!("#{}", value as i64) } else { format!("#{}", value as u32 as i32) }
}

/// Writes a register of the test.
pub fn named(wide: bool, register: u8) -> String {
    format!("{}{register}", if wide { "X" } else { "W" })
}

/// Writes a condition.
pub fn condition_name(condition: Condition) -> Result<&'static str, String> {
    CONDITIONS.get(condition).copied().ok_or("a condition that always holds".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detours(lines: &[&str]) -> String {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        without_detours(lines, "B L0").join("; ")
    }

    #[test]
    fn a_label_where_a_way_ends_at_once_is_left_out() {
        let found = detours(&[
            "CBZ X1,L1",
            "B.EQ L1",
            "TBZ X1,#0,L10",
            "B L0",
            "L1:",
            "B L0",
            "L10:",
            "MOV X0,#1",
            "B L0",
        ]);
        assert_eq!(found, "CBZ X1,L0; B.EQ L0; TBZ X1,#0,L10; B L0; L10:; MOV X0,#1; B L0");
        assert_eq!(detours(&["B L0", "B L0"]), "B L0; B L0");
        assert_eq!(detours(&["L1:", "B L2"]), "L1:; B L2");
    }

    #[test]
    fn registers_and_places_are_few() {
        let image = Image::of(&[], &[]);
        let state = State::of_a_call(0, &[], 0);
        let mut writer = Writer::new(&image, 'L');
        assert_eq!(
            (1..20).map(|_| writer.fresh(&state).unwrap()).collect::<Vec<_>>(),
            (1..20).collect::<Vec<_>>()
        );
        assert!(writer.fresh(&state).unwrap_err().contains("too many values"));
        writer.next();
        assert_eq!(writer.fresh(&state), Ok(1));
        let place = |writer: &mut Writer, bytes, at| writer.place(&state, bytes, at);
        assert_eq!(place(&mut writer, 8, 0x8008).unwrap(), "[X29]");
        assert_eq!(place(&mut writer, 8, 0x8000).unwrap(), "[X28]");
        assert_eq!(place(&mut writer, 8, 0x8008).unwrap(), "[X29]");
        assert!(place(&mut writer, 4, 0x8008).is_err() && place(&mut writer, 8, 0x9000).is_err());
        writer.thread.places = (0..9).collect();
        assert_eq!(place(&mut writer, 8, 0x8000).unwrap(), "[X20]");
        assert!(place(&mut writer, 8, 0x8008).unwrap_err().contains("too many places"));
        assert_eq!([writer.label(), writer.label(), writer.end()], ["L1", "L2", "L0"]);
    }

    #[test]
    fn numbers_and_conditions_are_written_as_herd_reads_them() {
        assert_eq!([immediate(true, u64::MAX), immediate(false, 0xffff_ffff)], ["#-1", "#-1"]);
        assert_eq!(
            [immediate(true, 0xffff_ffff), immediate(false, 1 << 32)],
            ["#4294967295", "#0"]
        );
        assert_eq!([condition_name(0), condition_name(13)], [Ok("EQ"), Ok("LE")]);
        assert!(condition_name(14).is_err());
    }
}

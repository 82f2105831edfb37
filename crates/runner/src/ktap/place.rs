//! Where a kernel has died: in the lines after the one that says so.

use super::line::printable;

/// What these lines tell: the first of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `# at FILE:LINE`, as a panic says.
    pub line: Option<String>,
    /// ELR, the exception link register: the address of the instruction.
    pub address: Option<u64>,
    /// x30, the link register: where the function that ran was to return to.
    pub caller: Option<u64>,
}

impl Place {
    /// Reads one of these lines.
    pub fn search(&mut self, text: &str) {
        let Some(text) = text.trim().strip_prefix('#') else { return };
        if let Some(line) = text.strip_prefix(" at ").filter(|line| line.contains(':')) {
            self.line.get_or_insert_with(|| printable(line));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        for pair in words.windows(2) {
            let number = || u64::from_str_radix(pair[1].trim_start_matches("0x"), 16).ok();
            match pair[0] {
                "ELR" => self.address = self.address.or_else(number),
                "x30" => self.caller = self.caller.or_else(number),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Place {
        let mut place = Place::default();
        lines.iter().for_each(|line| place.search(line));
        place
    }

    #[test]
    fn registers_and_the_line_of_a_panic_are_found() {
        let lines = ["# ELR 0x0000000040202f90  SP  0x000000004024cf20", "# x30 0000000040203230 "];
        let both = Place { address: Some(0x4020_2f90), caller: Some(0x4020_3230), line: None };
        assert_eq!(of(&lines), both);
        assert_eq!(of(&[&lines[..], &["# ELR 0x1", "# x30 2"]].concat()), both, "the first counts");
        let panic = of(&["# at src/main.rs:7", "# at x:8"]);
        assert_eq!(panic.line.as_deref(), Some("src/main.rs:7"));
    }

    #[test]
    fn other_lines_say_nothing() {
        let lines = ["ELR 0x1", "# ELR", "# ELR nonsense", "# at once", "at a:1", "# x30", "", "#"];
        assert_eq!(of(&lines), Place::default());
    }
}

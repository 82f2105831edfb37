//! Finds in the console of the nested Linux what each image has printed.
//!
//! A line of an image begins with `| `; one with `= NUMBER STATUS` ends a boot. Anything else is Linux's own.

/// What a boot has printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The number of the case.
    pub number: usize,
    /// QEMU's exit status, as a shell reports it.
    pub status: i32,
    /// Its output.
    pub output: String,
}

/// The lines of the boot that is under way.
#[derive(Default)]
pub struct Frames {
    output: String,
}

impl Frames {
    /// Takes a line of the console, and returns the boot that it ends.
    pub fn line(&mut self, line: &str) -> Option<Frame> {
        let line = line.trim_end_matches(['\r', '\n']);
        if let Some(text) = line.strip_prefix("| ") {
            self.output.push_str(text);
            self.output.push('\n');
            return None;
        }
        let (number, status) = line.strip_prefix("= ")?.split_once(' ')?;
        let (number, status) = (number.parse().ok()?, status.parse().ok()?);
        Some(Frame { number, status, output: std::mem::take(&mut self.output) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(console: &str) -> Vec<Frame> {
        let mut frames = Frames::default();
        console.split_inclusive('\n').filter_map(|line| frames.line(line)).collect()
    }

    #[test]
    fn each_boot_has_its_own_lines() {
        let console = "[ 0.1] kvm\r\n| a\r\n| \r\n\r\n= 0 0\r\n| b\r\n= 1 137\r\n| c";
        let frame = |number, status, output: &str| Frame { number, status, output: output.into() };
        assert_eq!(frames(console), [frame(0, 0, "a\n\n"), frame(1, 137, "b\n")]);
    }

    #[test]
    fn an_image_cannot_end_its_boot_itself() {
        assert!(frames("| = 0 0\n|= 0 0\n").is_empty());
        assert!(frames("= x 0\n= 0\n= 0 \n").is_empty());
    }
}

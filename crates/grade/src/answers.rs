//! A file of answers, as a student fills it in.
//!
//! Each question is a key, in a section or in none. What is wrong with an answer is one line that names it.

use crate::handin::Handin;
use crate::missing::not_done;
use runner::exit_error::ExitError;
use toml::{Table, Value};

/// What stands where an answer is still missing.
const OPEN: &str = "?";

/// The answers.
#[derive(Debug)]
pub struct Answers<'a> {
    /// What the file is called.
    file: &'a str,
    table: Table,
}

impl Answers<'_> {
    /// Reads what was handed in.
    pub fn read(handin: &Handin) -> Result<Answers<'_>, ExitError> {
        handin.must_not_be_empty()?;
        let file = handin.name.as_str();
        let table = handin.text.parse::<Table>().map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let at = handin.text[..start].matches('\n').count();
            let text = handin.text.lines().nth(at).unwrap_or_default().trim();
            not_done(format!("{file}, line {}, {text:?}: {}", at + 1, error.message()))
        })?;
        Ok(Answers { file, table })
    }

    /// Returns the answer that is called so, `name` or `section.name`.
    fn answer(&self, name: &str) -> Result<&Value, ExitError> {
        let found = match name.split_once('.') {
            Some((section, name)) => self.table.get(section).and_then(|section| section.get(name)),
            None => self.table.get(name),
        };
        let missing = || not_done(format!("{} has no {name}", self.file));
        match found.ok_or_else(missing)? {
            Value::String(text) if text.trim() == OPEN || text.trim().is_empty() => {
                Err(not_done(format!("{name} in {} is not filled in", self.file)))
            }
            value => Ok(value),
        }
    }

    /// Returns an answer in words.
    pub fn text(&self, name: &str) -> Result<&str, ExitError> {
        let answer = self.answer(name)?.as_str().map(str::trim);
        answer.ok_or_else(|| not_done(format!("{name} is to be a text in quotes")))
    }

    /// Returns an answer that is a number, perhaps with decimal places.
    pub fn number(&self, name: &str) -> Result<f64, ExitError> {
        let answer = self.answer(name)?;
        let number = answer.as_float().or_else(|| answer.as_integer().map(|whole| whole as f64));
        let number = number.filter(|number| number.is_finite() && *number >= 0.0);
        number.ok_or_else(|| not_done(format!("{name} is to be a number, without quotes")))
    }

    /// Returns an answer that is a whole number.
    pub fn count(&self, name: &str) -> Result<u64, ExitError> {
        let number = self.answer(name)?.as_integer().and_then(|number| number.try_into().ok());
        number.ok_or_else(|| not_done(format!("{name} is to be a whole number, without quotes")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handin(text: &str) -> Handin {
        let text = text.to_owned();
        Handin { root: "/".into(), lab: 1, file: "f.toml", name: "f.toml".to_owned(), text }
    }

    #[test]
    fn answers_are_found_by_their_names() {
        let handin = handin("a = \" b \"\nc = 3\n[s]\na = 2.75\nb = 0\n");
        let answers = Answers::read(&handin).unwrap();
        assert_eq!(answers.text("a").unwrap(), "b");
        assert_eq!(answers.count("c").unwrap(), 3);
        assert_eq!((answers.number("s.a").unwrap(), answers.number("s.b").unwrap()), (2.75, 0.0));
    }

    #[test]
    fn what_is_wrong_with_an_answer_names_it() {
        let handin =
            handin("a = \"?\"\nb = \"\"\nc = \"3\"\nd = -1\ne = nan\nf = 2.5\ng = inf\n[s]\n");
        let answers = Answers::read(&handin).unwrap();
        let wrong = |name: &str| answers.number(name).unwrap_err().line;
        assert_eq!(wrong("a"), "a in f.toml is not filled in");
        assert_eq!(wrong("b"), "b in f.toml is not filled in");
        for name in ["c", "d", "e", "g"] {
            assert_eq!(wrong(name), format!("{name} is to be a number, without quotes"));
        }
        assert_eq!(wrong("x"), "f.toml has no x");
        assert_eq!(wrong("s.x"), "f.toml has no s.x");
        assert_eq!(wrong("y.x"), "f.toml has no y.x");
        let whole = "is to be a whole number, without quotes";
        for name in ["c", "d", "f"] {
            assert_eq!(answers.count(name).unwrap_err().line, format!("{name} {whole}"));
        }
        assert_eq!(answers.text("d").unwrap_err().line, "d is to be a text in quotes");
    }

    #[test]
    fn a_file_that_is_no_toml_is_told_with_its_line() {
        for (text, start) in [
            ("a = 1\nb = \n", "f.toml, line 2, \"b =\": "),
            ("a b", "f.toml, line 1, \"a b\": "),
            ("\na = 1,5\nb = 2", "f.toml, line 2, \"a = 1,5\": "),
        ] {
            let error = Answers::read(&handin(text)).unwrap_err();
            assert!(error.status == 1 && error.line.starts_with(start), "{}", error.line);
        }
        assert!(Answers::read(&handin(" ")).unwrap_err().line.starts_with("f.toml is empty"));
    }
}

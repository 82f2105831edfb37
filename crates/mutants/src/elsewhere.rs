//! What is known of a bug outside of the primitive: in the kernel, in C, in a tool.

/// A bug, and who must notice.
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere {
    /// What is wrong.
    pub name: &'static str,
    /// The file, seen from the project's folder.
    pub file: &'static str,
    /// The text that stands there exactly once.
    pub from: &'static str,
    /// What takes its place.
    pub to: &'static str,
    /// What must end otherwise with the bug than without.
    pub killer: Killer,
}

/// What notices a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Killer {
    /// A test on the host: the package, where in it the test stands, and the test's full name.
    Test(&'static str, In, &'static str),
    /// A model on loom: the file of models, and the model's full name.
    Model(&'static str, &'static str),
    /// A boot by the runner: the image, environment variables of the runner, and what its output shows.
    Boot(Image, &'static [(&'static str, &'static str)], Sign),
}

/// Where in a package a test stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum In {
    /// In its library.
    Library,
    /// In the program that has the package's name.
    Program,
    /// In a file of `tests/`.
    File(&'static str),
}

/// A kernel image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Image {
    /// The demo.
    Demo,
    /// A file of `examples/`.
    Example(&'static str),
    /// The tests of the machine, `tests/machine.rs`.
    Machine,
    /// The tests of cores that go off and come again, `tests/cores.rs`.
    Cores,
    /// C on every core, `crates/rundown-capi/kernel-test`.
    C,
}

/// How a boot with the bug differs from one without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// The output holds this text only with the bug.
    Says(&'static str),
    /// The output holds this text only without the bug.
    Lacks(&'static str),
}

impl In {
    /// Returns what has cargo build these tests only, and the name that cargo gives their program.
    pub fn target(self, package: &str) -> (Vec<String>, String) {
        match self {
            In::Library => (vec!["--lib".to_owned()], library(package)),
            In::Program => (vec!["--bin".to_owned(), package.to_owned()], package.to_owned()),
            In::File(name) => (vec!["--test".to_owned(), name.to_owned()], name.to_owned()),
        }
    }
}

/// Returns the name of a package's library: its own, or the shorter one that its code has here.
fn library(package: &str) -> String {
    match package {
        "ktap-runner" => "runner".to_owned(),
        "cachescope-pct" => "pct".to_owned(),
        _ => package.replace('-', "_"),
    }
}

impl Image {
    /// Returns what has cargo build it, and the name that cargo gives its file.
    pub fn target(self) -> (Vec<&'static str>, &'static str) {
        let demo = "rundown-demo";
        match self {
            Image::Demo => (vec!["--package", demo, "--bin", demo], demo),
            Image::Example(name) => (vec!["--package", demo, "--example", name], name),
            Image::Machine => (vec!["--package", demo, "--test", "machine"], "machine"),
            Image::Cores => (vec!["--package", demo, "--test", "cores"], "cores"),
            Image::C => (vec!["--package", "rundown-capi-kernel", "--test", "capi"], "capi"),
        }
    }
}

impl Sign {
    /// Returns whether the output of a boot shows the bug.
    pub fn is_in(self, output: &str) -> bool {
        match self {
            Sign::Says(text) => output.contains(text),
            Sign::Lacks(text) => !output.contains(text),
        }
    }
}

/// Makes a list of bugs, each written as `"name", "file", "from" => "to", killer;`.
macro_rules! elsewhere {
    ($($name:literal, $file:expr, $from:literal => $to:literal, $killer:expr;)*) => {
        &[$(Elsewhere { name: $name, file: $file, from: $from, to: $to, killer: $killer }),*]
    };
}
pub(crate) use elsewhere;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_there_or_missing() {
        assert!(Sign::Says("not ok 2").is_in("x\nnot ok 2 y") && !Sign::Says("not ok").is_in("ok"));
        assert!(Sign::Lacks("PASS").is_in("x") && !Sign::Lacks("PASS").is_in("# PASS\n"));
    }

    #[test]
    fn cargo_is_asked_for_one_program_by_its_name() {
        let target = |place: In| {
            let (args, name) = place.target("board-tree");
            format!("{} {name}", args.join(" "))
        };
        assert_eq!(target(In::Library), "--lib board_tree");
        assert_eq!(target(In::Program), "--bin board-tree board-tree");
        assert_eq!(target(In::File("trees")), "--test trees trees");
        let image = |image: Image| {
            let (args, name) = image.target();
            format!("{} {name}", args.join(" "))
        };
        let demo = "--package rundown-demo";
        assert_eq!(image(Image::Demo), format!("{demo} --bin rundown-demo rundown-demo"));
        assert_eq!(image(Image::Example("x")), format!("{demo} --example x x"));
        assert_eq!(image(Image::Machine), format!("{demo} --test machine machine"));
        assert_eq!(image(Image::C), "--package rundown-capi-kernel --test capi capi");
    }
}

//! The mutants: bugs that a sequentially consistent interleaving of a few cores can show.
//!
//! Those of other implementations first (their names say whose), then what this protocol has to fear,
//! under the names that they have in crates/prove/src/mutants/list.rs. Those of that list that are not
//! here stand in [`LEFT_OUT`] with the reason; a test sees to it that each is in one of the two.

/// A bug.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// What is wrong.
    pub name: &'static str,
    /// The file, seen from the project's folder.
    pub file: &'static str,
    /// The text that stands there once.
    pub from: &'static str,
    /// What takes its place.
    pub to: &'static str,
    /// Whether `lab test` takes it.
    pub quick: bool,
}

const PROTOCOL: &str = "crates/rundown/src/protocol.rs";
const FAMILY: &str = "crates/rundown/src/family.rs";
const STEPS: &str = "crates/rundown/src/steps.rs";
const GUARD: &str = "crates/rundown/src/guard.rs";
const QUICK: bool = true;
const LONG: bool = false;

macro_rules! mutants {
    ($($quick:ident $name:literal, $file:ident, $from:literal => $to:literal;)*) => {
        /// All of them.
        pub const MUTANTS: &[Mutant] = &[$(Mutant {
            name: $name, file: $file, from: $from, to: $to, quick: $quick,
        }),*];
    };
}

mutants! {
    LONG "ReactOS: the wait tests the wrong way round", STEPS,
        "while !begin(object)? {" => "while begin(object)? {";
    QUICK "ReactOS: a slot is truncated to 32 bits", PROTOCOL,
        "self.word(slot).fetch_or(MARK, Ordering::Acquire)" =>
        "self.word(slot).fetch_or(MARK, Ordering::Acquire) as u32 as usize";
    LONG "ReactOS: a slot at -1 is never marked", PROTOCOL,
        "self.word(slot).fetch_or(MARK, Ordering::Acquire)" =>
        "if (self.word(slot).load(Ordering::Relaxed) as isize) < 0 { 0 } else \
         { self.word(slot).fetch_or(MARK, Ordering::Acquire) }";
    QUICK "NT: a release looks at the waiter's memory after the last hold is gone", STEPS,
        "address is used.\n        <R::Park as Park>::unpark_all(address);" =>
        "address is used.\n        let _ = object.protocol().progress(); <R::Park as Park>::unpark_all(address);";
    LONG "NT: one release too many is taken for the last one", PROTOCOL,
        "if old == amount {" => "if old <= amount {";
    LONG "NT: a second wait after one that blocked does not return", STEPS,
        "while !begin(object)? {" =>
        "let again = outstanding(object)? == Some(0);\n    while again || !begin(object)? {";
    LONG "run-down: one release too many re-opens a run-down object", PROTOCOL,
        "word.fetch_add(amount, Ordering::Relaxed); // Relaxed: as above" =>
        "word.fetch_add(amount, Ordering::Relaxed); \
         self.word(slot).fetch_and(!MARK, Ordering::Relaxed);";
    LONG "the wake-up of the last release is lost", STEPS,
        "address is used.\n        <R::Park as Park>::unpark_all(address);" =>
        "address is used.\n        let _ = address;";
    LONG "the end of a sweep wakes nobody", STEPS,
        "if swept != Ok(false) {" => "if swept.is_err() {";
    LONG "a re-initialisation wakes nobody", FAMILY,
        "self.protocol().reinitialize(|| ())?;\n        <Self::Park as Park>::unpark_all(self.address());" =>
        "self.protocol().reinitialize(|| ())?;";
    QUICK "the sweeper is decided before it is marked", PROTOCOL,
        "if first & MARK != 0 {" => "if false {";
    LONG "the first slot stays unmarked", PROTOCOL,
        "let first = self.mark(0);" => "let first = self.word(0).load(Ordering::Acquire);";
    LONG "the second slot stays unmarked", PROTOCOL,
        "(1..self.slots.len()).fold" => "(2..self.slots.len()).fold";
    LONG "the last slot stays unmarked", PROTOCOL,
        "(1..self.slots.len()).fold" => "(1..self.slots.len() - 1).fold";
    LONG "the sum has the wrong sign", PROTOCOL,
        "let change = collected.wrapping_sub(MARK);" =>
        "let change = collected.wrapping_neg().wrapping_sub(MARK);";
    LONG "a slot is added with the wrong sign", PROTOCOL,
        "sum.wrapping_add(old)" => "sum.wrapping_sub(old)";
    QUICK "slot 0 is not the last to be cleared", PROTOCOL,
        "for slot in (0..self.slots.len()).rev() {" => "for slot in 0..self.slots.len() {";
    QUICK "outstanding is even before the sweep has ended", PROTOCOL,
        "let first = self.mark(0);" =>
        "self.outstanding.0.fetch_and(!MARK, Ordering::Relaxed); let first = self.mark(0);";
    LONG "a new object's outstanding is even", PROTOCOL,
        "if run_down { 0 } else { MARK }))" => "if run_down { 0 } else { MARK - MARK }))";
    QUICK "an acquire that lost against the mark is granted", PROTOCOL,
        "if old & MARK == 0 { Ok(()) } else { Err(AcquireError::RunDown) }" =>
        "let _ = old; Ok(())";
    LONG "an acquire is a load and a store", PROTOCOL,
        "let old = word.fetch_add(count * ONE, Ordering::Acquire);" =>
        "let old = word.load(Ordering::Acquire); \
         word.store(old.wrapping_add(count * ONE), Ordering::Release);";
    LONG "a release on a marked slot does not settle", PROTOCOL,
        "if old & MARK == 0 && enough { None }" => "if enough { None }";
    LONG "a release looks at the mark before it subtracts", PROTOCOL,
        "let old = self.word(slot).fetch_sub(count * ONE, Ordering::Release);" =>
        "let old = self.word(slot).load(Ordering::Relaxed); \
         self.word(slot).fetch_sub(count * ONE, Ordering::Release);";
    LONG "the last release is decided by a second look", PROTOCOL,
        "let old = word.fetch_sub(amount, Ordering::Release);" =>
        "word.fetch_sub(amount, Ordering::Release); \
         let old = word.load(Ordering::Relaxed).wrapping_add(amount);";
    LONG "the mark is set by a load and a store", PROTOCOL,
        "self.word(slot).fetch_or(MARK, Ordering::Acquire)" =>
        "{ let old = self.word(slot).load(Ordering::Acquire); \
         self.word(slot).store(old | MARK, Ordering::Release); old }";
    LONG "too many releases of a draining object go unnoticed", PROTOCOL,
        "        Err(over(old, count))\n    }\n\n    /// Marks" =>
        "        Ok(Released::NotLast)\n    }\n\n    /// Marks";
    LONG "reinitialize does not ask whether the object is run down", PROTOCOL,
        "compare_exchange(0, MARK," =>
        "compare_exchange(self.outstanding.0.load(Ordering::Relaxed), MARK,";
    LONG "resurrect counts the holds that are left twice", PROTOCOL,
        "self.outstanding.0.fetch_sub(left, Ordering::Relaxed);" => "";
    LONG "resurrect forgets the holds that are left", PROTOCOL,
        "self.reset(left);" => "self.reset(0);";
    QUICK "resurrect elects nobody", PROTOCOL,
        "        if left & MARK != 0 {\n            return Err(NotRunDown);\n        }\n        // Relaxed: the word" =>
        "        let left = left & !MARK;\n        // Relaxed: the word";
    LONG "a guard gives one hold back instead of all", GUARD,
        "give_back(self.object, self.count)" => "give_back(self.object, self.count.min(1))";
}

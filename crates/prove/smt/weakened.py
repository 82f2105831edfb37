"""Protocols that are wrong, each a change of the source that somebody could make.

One long file, because it is a table: a name, the file, what stands there, what stands there instead.
"""

PROTOCOL, OPERATIONS, RUNDOWN, FUTURE, WORDS = "protocol", "operations", "rundown", "future", "words"

# Wrong about who is counted, and when all is over.
COUNTS = [
    ("odd start", WORDS, "if run_down { SWEPT } else { 0 }", "if run_down { SWEPT } else { SWEPT }"),
    ("slot 0 first", PROTOCOL, "(0..self.slots.len()).rev()", "0..self.slots.len()"),
    ("no parity", PROTOCOL, "        if old & SWEPT == 0 {\n            return Ok(Released::NotLast);\n        }\n", ""),
    ("counted before marked", PROTOCOL, "self.word(slot).fetch_or(MARK, Ordering::Acquire)",
     "let old = self.word(slot).load(Ordering::Acquire); "
     "self.word(slot).fetch_or(MARK, Ordering::Acquire); old"),
    ("wrong sign", PROTOCOL, "collected.wrapping_add(SWEPT)", "collected.wrapping_neg().wrapping_add(SWEPT)"),
    ("no second look", PROTOCOL, "if old.wrapping_add(NEAR) & UNUSUAL == 0 { None } else { Some(old) }", "None"),
    ("the mark is not looked at after the window", PROTOCOL,
     "        if old & MARK != 0 {\n            return Err(AcquireError::RunDown);\n        }\n        // A look",
     "        // A look"),
    ("no settling", PROTOCOL, "if old & MARK == 0 && enough", "if enough"),
    ("last slot skipped", PROTOCOL, "(1..self.slots.len())", "(1..self.slots.len() - 1)"),
    ("left counted twice", PROTOCOL, "surplus(left).wrapping_neg())", "left & !SWEPT)"),
    ("elected by a look", PROTOCOL,
     "        if first & MARK != 0 {\n            return Ok(None);\n        }\n", ""),
    ("no look at zero", PROTOCOL,
     "word.compare_exchange(SWEPT, 0, Ordering::Acquire, Ordering::Relaxed)",
     "word.fetch_update(Ordering::Acquire, Ordering::Relaxed, |_| Some(0))"),
    ("a further hold counts on a marked slot only", PROTOCOL,
     "let old = self.outstanding.0.fetch_add(ONE, Ordering::Relaxed);",
     "let old = self.outstanding.0.load(Ordering::Relaxed);"),
    ("no room for a further hold", PROTOCOL, "if left > SWEPT { SURPLUS } else { 0 }", "0"),
    ("the clearing before the deciding step", PROTOCOL, "let carried = |left|", "self.reset(0); let carried = |left|"),
]

# Wrong about who sleeps and who wakes.
WAKES = [
    ("no wake-up after the sweep", OPERATIONS, "if swept != Ok(None) {", "if false {"),
    ("a wake-up before the sweep", OPERATIONS,
     "    let swept = object.protocol().sweep();\n"
     "    // Also after an error: others who wait must see it, instead of sleeping on.\n"
     "    if swept != Ok(None) {\n        <R::Waiting as Park>::unpark_all(address);\n    }\n",
     "    if !object.protocol().is_marked() {\n"
     "        <R::Waiting as Park>::unpark_all(address);\n    }\n"
     "    let swept = object.protocol().sweep();\n"),
    ("the last release wakes nobody", OPERATIONS, "== Released::Last {", "== Released::Last && false {"),
    ("every release but the last wakes", OPERATIONS, "== Released::Last {", "!= Released::Last {"),
    ("only who finds nothing wakes", PROTOCOL, "if held == amount {", "if held == 0 {"),
    ("a wake-up before the last release", OPERATIONS,
     "if object.protocol().release_slow(slot, old, count)? == Released::Last {",
     "<R::Waiting as Park>::unpark_all(address);\n"
     "    if object.protocol().release_slow(slot, old, count)? == Released::Last && false {"),
    ("reinitialize wakes nobody", RUNDOWN,
     "?;\n        <Self::Park as Park>::unpark_all(address);", "?;"),
    ("resurrect wakes nobody", RUNDOWN,
     "self.protocol().resurrect()?;\n        <Self::Park as Park>::unpark_all(self.address());",
     "self.protocol().resurrect()?;"),
    ("resurrect wakes before it", RUNDOWN,
     "self.protocol().resurrect()?;\n        <Self::Park as Park>::unpark_all(self.address());",
     "<Self::Park as Park>::unpark_all(self.address());\n        self.protocol().resurrect()?;"),
    ("no look after the registration", FUTURE,
     "            if !self.has_ended() {\n                return Poll::Pending;\n            }",
     "            return Poll::Pending;"),
    ("the registration after the looks", FUTURE,
     "            R::Waiting::register(address, context.waker(), &mut self.ticket);\n", ""),
    ("asleep although it is live", OPERATIONS, "Ok(None) => !object.protocol().is_marked(),", "Ok(None) => false,"),
    ("asleep although it is run down", OPERATIONS, "Ok(Some(left)) => left == 0,", "Ok(Some(_)) => false,"),
]

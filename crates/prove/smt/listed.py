"""Changes of the source by hand: those that must be refused, and rewrites that must be accepted.

One long file, because it is a table: the file, what stands there, what stands there instead.
"""

REFUSED = [
    # Operands.
    ("protocol", "word.fetch_add(count * ONE, Ordering::Acquire)", "word.fetch_add(count, Ordering::Acquire)"),
    ("protocol", "self.word(slot).fetch_sub(count * ONE, Ordering::Release)",
     "self.word(slot).fetch_sub(count, Ordering::Release)"),
    ("protocol", "(count * ONE, &self.outstanding.0)", "(count, &self.outstanding.0)"),
    ("protocol", "(count * ONE, &self.outstanding.0)", "(count * ONE, self.word(slot))"),
    ("protocol", "fold(first,", "fold(0,"),
    ("protocol", "(1..self.slots.len())", "(0..self.slots.len())"),
    ("protocol", "(1..self.slots.len())", "(2..self.slots.len())"),
    ("protocol", "(0..self.slots.len()).rev()", "(1..self.slots.len()).rev()"),
    ("protocol", "let first = self.mark(0);", "let first = self.mark(self.slots.len() - 1);"),
    ("protocol", "let old = self.mark(slot);", "let old = self.mark(0);"),
    ("protocol", "if slot == 0 { left } else { 0 }", "if slot == 1 { left } else { 0 }"),
    ("protocol", "if slot == 0 { left } else { 0 }", "0"),
    ("protocol", "if slot == 0 { left } else { 0 }", "left"),
    ("protocol", "if slot == 0 { left } else { 0 }", "if slot == 0 { left } else { MARK }"),
    ("protocol", "compare_exchange(0, MARK,", "compare_exchange(MARK, 0,"),
    ("protocol", "compare_exchange(0, MARK,", "compare_exchange(ONE, MARK,"),
    ("protocol", "compare_exchange(0, MARK,", "compare_exchange(0, 0,"),
    ("protocol", "collected.wrapping_sub(MARK)", "collected"),
    ("protocol", "if run_down { MARK } else { 0 }", "if run_down { 0 } else { MARK }"),
    ("protocol", "self.reset(0);", "self.reset(MARK);"),
    ("protocol", "Ok(Progress::Draining(now / ONE))", "Ok(Progress::Draining(now))"),
    ("protocol", "self.outstanding.0.load(Ordering::Relaxed) & !MARK;", "self.outstanding.0.load(Ordering::Relaxed);"),
    ("protocol", "<= (MAX_HOLDERS - count) * ONE", "<= (MAX_HOLDERS + count) * ONE"),
    ("protocol", "seen.wrapping_add(NEAR) >= 2 * NEAR", "seen.wrapping_add(NEAR) >= NEAR"),
    ("limits", "MAX_HOLDERS: usize = 1 << (usize::BITS - 3)", "MAX_HOLDERS: usize = 1 << (usize::BITS - 2)"),
    ("limits", "1 << (usize::BITS - usize::BITS / 4 - 4)", "1 << (usize::BITS - usize::BITS / 4 - 2)"),
    # Signs.
    ("protocol", "word.fetch_add(count * ONE, Ordering::Acquire)", "word.fetch_sub(count * ONE, Ordering::Acquire)"),
    ("protocol", "self.word(slot).fetch_sub(count * ONE,", "self.word(slot).fetch_add(count * ONE,"),
    ("protocol", "word.fetch_sub(amount, Ordering::Release)", "word.fetch_add(amount, Ordering::Release)"),
    ("protocol", "sum.wrapping_add(old)", "sum.wrapping_sub(old)"),
    ("protocol", "self.word(slot).fetch_add(count * ONE, Ordering::Relaxed);",
     "self.word(slot).fetch_sub(count * ONE, Ordering::Relaxed);"),
    ("protocol", "left.wrapping_neg() / ONE", "left / ONE"),
    # Comparisons.
    ("protocol", "if old == amount {", "if old >= 0 {"),
    ("protocol", "(old as isize) > amount as isize", "(old as isize) >= amount as isize"),
    ("protocol", "old as isize >= (count * ONE) as isize", "old as isize > (count * ONE) as isize"),
    ("protocol", "if (left as isize) < 0", "if (left as isize) <= 0"),
    ("protocol", "if count.wrapping_sub(1) >= MAX_EVER", "if count.wrapping_sub(1) < MAX_EVER"),
    ("protocol", "left <= MAX_RESURRECTED * ONE", "left <= MAX_RESURRECTED * ONE * 4"),
    ("protocol", "if seen & MARK == 0 { seen } else { 0 }", "if seen & MARK == 0 { 0 } else { seen }"),
    ("operations", "? == Some(0))", "? != Some(0))"),
    # Order, and what is left out.
    ("protocol", "        if first & MARK != 0 {", "        if first & MARK == 0 {"),
    ("protocol", "        if count == 0 {\n            return Ok(());\n        }\n", ""),
    ("protocol", "        if seen & MARK != 0 {\n            return Err(AcquireError::RunDown);\n        }\n", ""),
    ("protocol", "        prepare();\n        self.reset(0);", "        self.reset(0);\n        prepare();"),
    ("protocol", "        won.map_err(|_| NotRunDown)?;\n", ""),
    ("protocol", "        let won = self.outstanding.0.try_update(Ordering::Acquire, Ordering::Relaxed, carried);\n"
     "        self.reset(won.map_err(|_| NotRunDown)?);",
     "        self.reset(self.outstanding.0.load(Ordering::Acquire));\n"
     "        let won = self.outstanding.0.try_update(Ordering::Acquire, Ordering::Relaxed, carried);\n"
     "        won.map_err(|_| NotRunDown)?;"),
    ("protocol", "self.word(slot).fetch_or(MARK, Ordering::Acquire)", "self.word(slot).load(Ordering::Acquire)"),
    ("protocol", "self.word(slot).fetch_or(MARK, Ordering::Acquire)",
     "self.word(slot).fetch_or(MARK, Ordering::Relaxed)"),
    ("operations", "    while !begin(object)? {", "    while begin(object)? {"),
]

# A name, and the changes, which are made together: each proof again takes as long as that of the source.
ACCEPTED = [
    ("other names, comments, functions, and the same conditions", [
        ("protocol", "let collected = (1..", "let gathered = (1.."),
        ("protocol", "collected.wrapping_sub(MARK)", "gathered.wrapping_sub(MARK)"),
        ("protocol", "        // Slot 0 elects: `reset` clears it last, so whoever marks it finds the rest clear.\n", ""),
        # A function is written out where it is called; a part of another becomes one.
        ("protocol", "let first = self.mark(0);", "let first = self.word(0).fetch_or(MARK, Ordering::Acquire);"),
        ("protocol", "let old = word.fetch_sub(amount, Ordering::Release);", "let old = self.leave(amount);"),
        ("protocol", "    fn mark(&self", "    fn leave(&self, amount: usize) -> usize {\n"
         "        self.outstanding.0.fetch_sub(amount, Ordering::Release)\n    }\n\n    fn mark(&self"),
        # An ordering is stronger, factors change places, a condition is turned round.
        ("protocol", "word.fetch_add(count * ONE, Ordering::Acquire)", "word.fetch_add(ONE * count, Ordering::AcqRel)"),
        ("protocol", "if old & MARK == 0 { Ok(()) } else { Err(AcquireError::RunDown) }",
         "if old & MARK != 0 { Err(AcquireError::RunDown) } else { Ok(()) }"),
    ]),
    ("other loops", [
        ("protocol", "let collected = (1..self.slots.len()).fold(first, |sum, slot| {",
         "let mut collected = first;\n        for slot in 1..self.slots.len() {"),
        ("protocol", "            sum.wrapping_add(old)\n        });",
         "            collected = collected.wrapping_add(old);\n        }"),
        # Slot 0 is cleared by a statement of its own.
        ("protocol", "for slot in (0..self.slots.len()).rev() {", "for slot in (1..self.slots.len()).rev() {"),
        ("protocol", "self.word(slot).swap(if slot == 0 { left } else { 0 }, Ordering::Release);\n        }",
         "self.word(slot).swap(0, Ordering::Release);\n        }\n        self.word(0).swap(left, Ordering::Release);"),
        ("operations", "    let swept = object.protocol().sweep();\n",
         "    let words = object.protocol();\n    let swept = words.sweep();\n"),
    ]),
]

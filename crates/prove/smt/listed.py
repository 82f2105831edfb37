"""Changes of the source by hand: those that must be refused, and rewrites that must be accepted.

One long file, because it is a table: the file, what stands there, what stands there instead.
"""

REFUSED = [
    # Operands.
    ("protocol", "self.word(slot).fetch_add(count * ONE, Ordering::Acquire)", "self.word(slot).fetch_add(count, Ordering::Acquire)"),
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
    ("protocol", "compare_exchange(SWEPT, 0,", "compare_exchange(0, SWEPT,"),
    ("protocol", "compare_exchange(SWEPT, 0,", "compare_exchange(ONE, 0,"),
    ("protocol", "compare_exchange(SWEPT, 0,", "compare_exchange(SWEPT, SWEPT,"),
    ("protocol", "collected.wrapping_add(SWEPT)", "collected"),
    ("words", "if run_down { MARK } else { 0 }", "if run_down { 0 } else { MARK }"),
    ("protocol", "self.reset(0);", "self.reset(MARK);"),
    ("protocol", "Ok(Some(sum / ONE))", "Ok(Some(sum))"),
    ("protocol", "self.outstanding.0.load(Ordering::Relaxed) & !SWEPT;", "self.outstanding.0.load(Ordering::Relaxed);"),
    ("protocol", "self.estimate() <= MAX_HOLDERS * ONE", "self.estimate() <= MAX_HOLDERS * ONE * 2"),
    ("protocol", "MARK | !(2 * NEAR - 1)", "MARK | !(NEAR - 1)"),
    ("protocol", "MARK | !(2 * NEAR - 1)", "!(2 * NEAR - 1)"),
    ("protocol", "old.wrapping_add(NEAR) & UNUSUAL", "old & UNUSUAL"),
    ("protocol", "let old = self.word(slot).fetch_add(count * ONE, Ordering::Acquire);\n        // One",
     "let old = self.word(slot).fetch_add(count * ONE, Ordering::Relaxed);\n        // One"),
    ("limits", "MAX_HOLDERS: usize = 1 << (usize::BITS - 3)", "MAX_HOLDERS: usize = 1 << (usize::BITS - 2)"),
    ("limits", "1 << (usize::BITS - usize::BITS / 4 - 4)", "1 << (usize::BITS - usize::BITS / 4 - 2)"),
    # Signs.
    ("protocol", "self.word(slot).fetch_add(count * ONE, Ordering::Acquire)",
     "self.word(slot).fetch_sub(count * ONE, Ordering::Acquire)"),
    ("protocol", "self.word(slot).fetch_sub(count * ONE,", "self.word(slot).fetch_add(count * ONE,"),
    ("protocol", "word.fetch_sub(amount, Ordering::Release)", "word.fetch_add(amount, Ordering::Release)"),
    ("protocol", "sum.wrapping_add(old)", "sum.wrapping_sub(old)"),
    ("protocol", "self.word(slot).fetch_add(count * ONE, Ordering::Relaxed);",
     "self.word(slot).fetch_sub(count * ONE, Ordering::Relaxed);"),
    ("protocol", "sum.wrapping_neg() / ONE", "sum / ONE"),
    # Comparisons.
    ("protocol", "if held == amount {", "if held >= 0 {"),
    ("protocol", "held as isize > amount as isize", "held as isize >= amount as isize"),
    ("protocol", "old as isize >= (count * ONE) as isize", "old as isize > (count * ONE) as isize"),
    ("protocol", "if (sum as isize) < 0", "if (sum as isize) <= 0"),
    ("protocol", "if count.wrapping_sub(1) >= MAX_EVER", "if count.wrapping_sub(1) < MAX_EVER"),
    ("protocol", "left <= MOST_CARRIED", "left <= MOST_CARRIED * 4"),
    ("protocol", "if seen & MARK == 0 { seen } else { 0 }", "if seen & MARK == 0 { 0 } else { seen }"),
    ("operations", "? == Some(0))", "? != Some(0))"),
    # Order, and what is left out.
    ("protocol", "        if first & MARK != 0 {", "        if first & MARK == 0 {"),
    ("operations", "if count.wrapping_sub(1) >= MAX_COUNT {\n        words.take_nothing(slot, count)?;\n    } else if",
     "if"),
    ("operations", "if words.refuses() {", "if false {"),
    ("operations", "if judged == Err(AcquireError::TooMany) {", "if false {"),
    ("operations", "if judged == Err(AcquireError::TooMany) {", "if true {"),
    ("operations", "acquire_slow(Thin::new(object), slot, old, count)?;",
     "let _ = acquire_slow(Thin::new(object), slot, old, count);"),
    ("protocol", "        // Relaxed: hands out nothing. After `refuses`, because while a sweep is under way only the slot tells.\n"
     "        if self.word(slot).load(Ordering::Relaxed) & MARK != 0 {\n            return Err(AcquireError::RunDown);\n"
     "        }\n", ""),
    ("protocol", "if count > MAX_COUNT { Err(AcquireError::TooMany) } else { Ok(()) }", "Ok(())"),
    ("guard", "if self.count > 0 {", "if self.count > 1 {"),
    ("protocol", "counted(before.wrapping_add(collected))", "counted(before)"),
    ("protocol", "counted(now & !SWEPT)", "counted(now)"),
    ("protocol", "fetch_add(collected.wrapping_add(SWEPT), Ordering::AcqRel)",
     "fetch_add(collected.wrapping_add(SWEPT), Ordering::Release)"),
    ("protocol", "fetch_add(collected.wrapping_add(SWEPT), Ordering::AcqRel)",
     "fetch_add(collected.wrapping_add(SWEPT), Ordering::Acquire)"),
    ("operations", "Some(left) => Ok(left == 0)", "Some(_) => Ok(true)"),
    ("protocol", "        prepare();\n        self.reset(0);", "        self.reset(0);\n        prepare();"),
    ("protocol", "        won.map_err(|_| NotRunDown)?;\n", ""),
    ("protocol", "        let won = self.outstanding.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, carried);\n"
     "        let left = won.map_err(|_| NotRunDown)?;\n        self.reset((left & !SWEPT) + surplus(left));",
     "        self.reset(self.outstanding.0.load(Ordering::Acquire) & !SWEPT);\n"
     "        let won = self.outstanding.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, carried);\n"
     "        won.map_err(|_| NotRunDown)?;"),
    ("protocol", "self.word(slot).fetch_or(MARK, Ordering::Acquire)", "self.word(slot).load(Ordering::Acquire)"),
    ("protocol", "self.word(slot).fetch_or(MARK, Ordering::Acquire)",
     "self.word(slot).fetch_or(MARK, Ordering::Relaxed)"),
    ("operations", "    while !begin(object)? {", "    while begin(object)? {"),
    # A further hold.
    ("protocol", "let old = self.outstanding.0.fetch_add(ONE, Ordering::Relaxed);",
     "let old = self.outstanding.0.fetch_add(SWEPT, Ordering::Relaxed);"),
    ("protocol", "self.outstanding.0.fetch_sub(ONE, Ordering::Relaxed);\n        Err", "Err"),
    ("protocol", "const SURPLUS: usize = NEAR / 2;", "const SURPLUS: usize = NEAR / 4 + 1;"),
    ("operations", "Err(AcquireError::RunDown) => object.get().protocol().acquire_more(),", "Err(AcquireError::RunDown) => Ok(()),"),
    ("guard", "0 => operations::acquire(object, 1)?,", "0 => operations::acquire_more(object)?,"),
    ("guard", "Ok(Self::new(object, 1, Record", "Ok(Self::new(object, 2, Record"),
]

# A name, and the changes, which are made together: each proof again takes as long as that of the source.
ACCEPTED = [
    ("other names, comments, functions, and the same conditions", [
        ("protocol", "let collected = (1..", "let gathered = (1.."),
        ("protocol", "let collected = collected.wrapping_add(self", "let gathered = gathered.wrapping_add(self"),
        ("protocol", "collected.wrapping_add(SWEPT)", "SWEPT.wrapping_add(gathered)"),
        ("protocol", "before.wrapping_add(collected)", "gathered.wrapping_add(before)"),
        ("protocol", "        // Slot 0 elects: `reset` clears it last, so whoever marks it finds the rest clear.\n", ""),
        # A function is written out where it is called; a part of another becomes one.
        ("protocol", "let first = self.mark(0);", "let first = self.word(0).fetch_or(MARK, Ordering::Acquire);"),
        ("protocol", "let old = word.fetch_sub(amount, Ordering::Release);", "let old = self.leave(amount);"),
        ("protocol", "    pub(crate) fn mark(self", "    fn leave(self, amount: usize) -> usize {\n"
         "        self.outstanding.0.fetch_sub(amount, Ordering::Release)\n    }\n\n    pub(crate) fn mark(self"),
        # An ordering is stronger, factors change places, a condition is turned round.
        ("protocol", "self.word(slot).fetch_add(count * ONE, Ordering::Acquire)",
         "self.word(slot).fetch_add(ONE * count, Ordering::AcqRel)"),
        ("protocol", "if old.wrapping_add(NEAR) & UNUSUAL == 0 { None } else { Some(old) }",
         "if old.wrapping_add(NEAR) & UNUSUAL != 0 { Some(old) } else { None }"),
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

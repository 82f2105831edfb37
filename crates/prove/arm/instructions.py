"""What the instructions of a litmus test do, along each way through a thread.

Known are the instructions that `crates/prove/src/arm` prints, and those of the controls; any other one is an error
that names it. What an instruction does is in the Arm ARM, C6.2. One long file: it is a table.
"""

import re
from dataclasses import dataclass, field, replace

from z3 import (And, BitVec, BitVecVal, BoolVal, Concat, Extract, LShR, Not, ULT, is_false, is_true,
                simplify)

NONE = frozenset()


class Unknown(Exception):
    """The test has something that is not understood."""


@dataclass(eq=False)
class Event:
    """One access to memory, or one barrier, with what it depends on: the reads of its own thread."""
    kind: str  # R, W, or the name of a barrier
    thread: int
    location: str = ""
    value: object = None
    acquire: bool = False
    acquire_pc: bool = False  # LDAPR
    ignored: bool = False  # the R of an atomic operation whose old value goes to no register
    release: bool = False
    address: frozenset = NONE
    data: frozenset = NONE
    control: frozenset = NONE
    pick: frozenset = NONE  # through the condition of a CSEL
    amo: object = None  # of a W: the R that is the same instruction
    exclusive: object = None  # of a W: the R that is paired with it


@dataclass(frozen=True)
class Value:
    """A value and the reads that it depends on; `pick`: only by the choice of a CSEL."""
    term: object
    on: frozenset = NONE
    pick: frozenset = NONE


@dataclass
class Way:
    """One way through a thread, so far."""
    registers: dict
    events: list = field(default_factory=list)
    facts: list = field(default_factory=list)
    flags: tuple = ()  # N, Z, C, V
    flags_on: Value = Value(None)
    control: frozenset = NONE
    pick_control: frozenset = NONE
    monitor: object = None  # the load exclusive that a store exclusive can be paired with
    code: list = field(default_factory=list)  # the instructions, with every branch turned to where it was not taken

    def fork(self):
        return replace(self, registers=dict(self.registers), events=list(self.events), facts=list(self.facts),
                       code=list(self.code))


    def shape(self):
        """Returns what the model sees of it: all but the facts, and dependencies of reads that order nothing."""
        at = {event: number for number, event in enumerate(self.events)}
        numbers = lambda events: frozenset(at[event] for event in events)
        return tuple((
            e.kind, e.location, e.value is not None and e.value.get_id(), e.acquire, e.acquire_pc, e.release, e.ignored,
            numbers(e.address), numbers(e.data), e.kind != "R" and numbers(e.control),
            e.kind != "R" and numbers(e.pick), at.get(e.amo), at.get(e.exclusive)) for e in self.events)


def number(value):
    return Value(BitVecVal(value, 64))


def low(term):
    """Returns the low 32 bits, as writing a W register leaves them."""
    return Concat(BitVecVal(0, 32), Extract(31, 0, term))


CONDITIONS = {
    "EQ": lambda n, z, c, v: z, "CS": lambda n, z, c, v: c, "MI": lambda n, z, c, v: n,
    "VS": lambda n, z, c, v: v, "HI": lambda n, z, c, v: And(c, Not(z)), "GE": lambda n, z, c, v: n == v,
    "GT": lambda n, z, c, v: And(Not(z), n == v),
}
for inverse, name in (("NE", "EQ"), ("CC", "CS"), ("PL", "MI"), ("VC", "VS"), ("LS", "HI"), ("LT", "GE"),
                      ("LE", "GT")):
    CONDITIONS[inverse] = lambda n, z, c, v, of=CONDITIONS[name]: Not(of(n, z, c, v))

OPPOSITES = dict(pair for one in ("EQ NE", "CS CC", "MI PL", "VS VC", "HI LS", "GE LT", "GT LE", "Z NZ")
                 for pair in (one.split(), one.split()[::-1]))
OUT = "OUT{thread}"


def is_branch(line):
    return re.match(r"(B|B\.\w\w|CBN?Z|TBN?Z) ", line)


def turned(line):
    """Returns a branch with the opposite condition."""
    start, condition, rest = re.match(r"(B\.|[CT]B)(\w+)(.*)", line).groups()
    return start + OPPOSITES[condition] + rest


ALU = {
    "ADD": lambda a, b: a + b, "SUB": lambda a, b: a - b, "AND": lambda a, b: a & b, "ORR": lambda a, b: a | b,
    "EOR": lambda a, b: a ^ b, "BIC": lambda a, b: a & ~b, "ORN": lambda a, b: a | ~b,
    "LSL": lambda a, b: a << b, "LSR": LShR, "ASR": lambda a, b: a >> b,
}
ATOMIC = {"LDADD": ALU["ADD"], "LDSET": ALU["ORR"], "LDCLR": ALU["BIC"], "LDEOR": ALU["EOR"],
          "SWP": lambda a, b: b}
BARRIERS = {"DMB SY": "full", "DMB ISH": "full", "DMB LD": "ld", "DMB ISHLD": "ld", "DMB ST": "st",
            "DMB ISHST": "st", "ISB": "isb"}


class Program:
    """A thread's code."""

    def __init__(self, lines, thread, memory):
        self.labels, self.code, self.thread, self.memory = {}, [], thread, memory
        for line in lines:
            while label := re.match(r"(\w+):\s*", line):
                self.labels[label[1]] = len(self.code)
                line = line[label.end():]
            if line:
                self.code.append(line)

    def follow(self, way, at):
        """Yields each way from an instruction to the end."""
        while at < len(self.code):
            line = self.code[at]
            at += 1
            if not is_branch(line):
                way.code.append(line)
            choices = list(self.step(way, line))
            if len(choices) == 1:
                way, target = choices[0]
                at = self.target(target, at)
                continue
            for other, target in choices:
                yield from self.follow(other, self.target(target, at))
            return
        yield way

    def target(self, label, following):
        if label is None:
            return following
        to = self.labels[label]
        if to < following:
            raise Unknown(f"a jump back to {label}")
        return to

    # Operands.

    def get(self, way, text):
        if text.startswith("#"):
            return number(int(text[1:], 0))
        if text in ("XZR", "WZR"):
            return number(0)
        value = way.registers.get("X" + text[1:], number(0))
        if not isinstance(value, Value):
            raise Unknown(f"an address as a value in {text}")
        return Value(low(value.term), value.on, value.pick) if text[0] == "W" else value

    def put(self, way, text, value):
        if text not in ("XZR", "WZR"):
            term = simplify(low(value.term) if text[0] == "W" else value.term)
            way.registers["X" + text[1:]] = Value(term, value.on, value.pick)

    def place(self, way, text):
        """Returns a location, and the reads that its address depends on."""
        found = re.fullmatch(r"\[(X\d+)(?:,(X\d+))?\]", text)
        base = way.registers.get(found[1]) if found else None
        if base not in self.memory:
            raise Unknown(f"the address {text}")
        if found[2] is None:
            return base, NONE
        index = self.get(way, found[2])
        if not simplify(index.term == 0).eq(BoolVal(True)) or index.pick:
            raise Unknown(f"the address {text}")
        return base, index.on

    # Events.

    def event(self, way, kind, place, value, **more):
        location, address = place
        new = Event(kind, self.thread, location, value.term, address=address, data=value.on, pick=value.pick
                    | way.pick_control, control=way.control, **more)
        way.events.append(new)
        return new

    def load(self, way, place, **more):
        """Returns the read, and the value that it finds."""
        # Named by their number, so that ways with the same events have the same values.
        number_of = sum(event.kind == "R" for event in way.events)
        seen = BitVec(f"seen{self.thread}-{number_of}", 64)
        read = self.event(way, "R", place, Value(seen), **more)
        return read, Value(seen, frozenset([read]))

    def barrier(self, way, kind):
        way.events.append(Event(kind, self.thread, control=way.control | way.pick_control))

    # Instructions.

    def step(self, way, line):
        """Yields what can come of an instruction: a way, and where it goes on if that is not the next."""
        name, _, rest = line.partition(" ")
        args = re.findall(r"\[[^]]*\]|[^,\s]+", rest)
        if line in BARRIERS:
            self.barrier(way, BARRIERS[line])
        elif name == "NOP":
            pass
        elif name == "MOV":
            self.put(way, args[0], self.get(way, args[1]))
        elif name in ALU and len(args) == 3:
            self.put(way, args[0], self.compute(way, ALU[name], *args[1:]))
        elif name in ("ADDS", "SUBS", "ANDS", "BICS") and len(args) == 3:
            self.put(way, args[0], self.with_flags(way, name[:-1], *args[1:]))
        elif name in ("CMP", "TST"):
            self.with_flags(way, {"CMP": "SUB", "TST": "AND"}[name], *args)
        elif name in ("CSEL", "CSINC", "CSET"):
            yield from self.select(way, name, args)
            return
        elif name in ("CBZ", "CBNZ", "TBZ", "TBNZ") or name.startswith("B.") or name == "B":
            yield from self.branch(way, name, args)
            return
        elif name in ("LDR", "LDAR", "LDAPR", "LDXR", "LDAXR"):
            read, value = self.load(way, self.place(way, args[1]), acquire=name in ("LDAR", "LDAXR"),
                                    acquire_pc=name == "LDAPR")
            self.put(way, args[0], value)
            way.monitor = read if "X" in name else way.monitor
        elif name in ("STR", "STLR"):
            self.event(way, "W", self.place(way, args[1]), self.get(way, args[0]), release=name == "STLR")
        elif name in ("STXR", "STLXR"):
            yield from self.store_exclusive(way, name == "STLXR", args)
            return
        elif (found := re.fullmatch(r"(LDADD|LDSET|LDCLR|LDEOR|SWP|CAS)(A?)(L?)", name)) and len(args) == 3:
            if found[1] == "CAS":
                yield from self.compare_and_swap(way, args, found)
                return
            self.atomic(way, args, found)
        else:
            raise Unknown(f"the instruction {line}")
        yield way, None

    def compute(self, way, operation, a, b):
        a, b = self.get(way, a), self.get(way, b)
        return Value(operation(a.term, b.term), a.on | b.on, a.pick | b.pick)

    def with_flags(self, way, name, a, b):
        wide = a[0] == "X"
        result = self.compute(way, ALU[name], a, b)
        top = 63 if wide else 31
        sign = lambda term: Extract(top, top, term) == 1
        x, y = self.get(way, a).term, self.get(way, b).term
        r = result.term if wide else low(result.term)
        if not wide:
            x, y = low(x), low(y)
        if name == "ADD":
            carry, overflow = ULT(r, x), And(sign(x) == sign(y), sign(r) != sign(x))
        elif name == "SUB":
            carry, overflow = Not(ULT(x, y)), And(sign(x) != sign(y), sign(r) != sign(x))
        else:
            carry, overflow = BoolVal(False), BoolVal(False)
        way.flags, way.flags_on = (sign(r), r == 0, carry, overflow), result
        return Value(r, result.on, result.pick)

    def condition(self, way, name):
        if name not in CONDITIONS or not way.flags:
            raise Unknown(f"the condition {name}")
        return CONDITIONS[name](*way.flags)

    def split(self, way, condition):
        """Yields the ways where it holds and where it does not, if that is possible."""
        condition = simplify(condition)
        if is_true(condition) or is_false(condition):
            yield way, is_true(condition)
            return
        for holds in (True, False):
            other = way.fork()
            other.facts.append(condition if holds else Not(condition))
            yield other, holds

    def select(self, way, name, args):
        condition, tested = self.condition(way, args[-1]), way.flags_on
        for other, holds in self.split(way, condition):
            if name == "CSET":
                value = number(int(holds))
            elif holds or name == "CSEL":
                value = self.get(other, args[1] if holds else args[2])
            else:
                value = self.compute(other, ALU["ADD"], args[2], "#1")
            self.put(other, args[0], Value(value.term, value.on, value.pick | tested.on | tested.pick))
            yield other, None

    def branch(self, way, name, args):
        if name == "B":
            yield way, args[0]
            return
        if name.startswith("B."):
            condition, tested = self.condition(way, name[2:]), way.flags_on
        else:
            tested = self.get(way, args[0])
            term = tested.term
            if name.startswith("T"):
                bit = int(args[1][1:])
                term = Extract(bit, bit, term)
            condition = term != 0 if "NZ" in name else term == 0
        for other, taken in self.split(way, condition):
            other.control |= tested.on
            other.pick_control |= tested.pick
            line = f"{name} {','.join(args[:-1])}{',' if args[:-1] else ''}"
            other.code.append(f"{turned(line) if taken else line}{OUT}")
            yield other, args[-1] if taken else None

    def store_exclusive(self, way, release, args):
        status, value, place = args[0], self.get(way, args[1]), self.place(way, args[2])
        failed = way.fork()
        failed.monitor = None
        self.put(failed, status, number(1))
        yield failed, None
        if way.monitor is not None and way.monitor.location == place[0]:
            self.event(way, "W", place, value, release=release, exclusive=way.monitor)
            way.monitor = None
            self.put(way, status, number(0))
            yield way, None

    def atomic(self, way, args, found):
        place, operand, ignored = self.place(way, args[2]), self.get(way, args[0]), args[1] in ("XZR", "WZR")
        if found[1] == "SWP" and found[2] and ignored:
            raise Unknown(f"{found[0]} to no register, where herd7 and the manual differ")
        # With no register to load into there is no acquire: Arm ARM, C6.2 "LDADD".
        read, old = self.load(way, place, acquire=bool(found[2]) and not ignored, ignored=ignored)
        value = Value(ATOMIC[found[1]](old.term, operand.term), operand.on, operand.pick)
        self.event(way, "W", place, value, release=bool(found[3]), amo=read)
        self.put(way, args[1], old)

    def compare_and_swap(self, way, args, found):
        place, expected, new = self.place(way, args[2]), self.get(way, args[0]), self.get(way, args[1])
        for swaps in (False, True):
            other = way.fork()
            read, old = self.load(other, place, acquire=bool(found[2]))
            other.facts.append((old.term == expected.term) == BoolVal(swaps))
            if swaps:
                value = Value(new.term, new.on, new.pick | expected.on | expected.pick)
                self.event(other, "W", place, value, release=bool(found[3]), amo=read)
            self.put(other, args[0], old)
            yield other, None

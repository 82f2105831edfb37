"""Reads litmus tests for AArch64, in the format of herd7, and writes the ways through one down as a test each."""

import re

from instructions import OUT, Program, Unknown, Way, number


class Test:
    """A litmus test: what memory and registers hold at first, the threads, and what is asked."""

    def __init__(self, text):
        found = re.match(r'AArch64 (\S+)\n(.*?)\{(.*?)\}(.*?)\nexists\s*\((.*)\)\s*$', text, re.S)
        if not found:
            raise Unknown("no litmus test for AArch64 with an `exists`")
        self.name, header, first, code, asked = found.groups()
        self.info = dict(line.split("=", 1) for line in header.splitlines() if "=" in line)
        self.memory, self.registers = {}, {}
        for item in filter(None, (item.strip() for item in first.split(";"))):
            target, value = re.fullmatch(r"(?:int64_t )?(\S+?)\s*=\s*(\S+)", item).groups()
            (self.registers if ":" in target else self.memory)[target] = value
        rows = [row.strip().removesuffix(";").split("|") for row in code.strip().splitlines()]
        self.threads = [[row[at].strip() for row in rows[1:] if row[at].strip()] for at in range(len(rows[0]))]
        self.asked = conditions(asked)
        self.happens = conditions(self.info["Happens"]) if "Happens" in self.info else []

    def ways(self, thread):
        """Returns every way through a thread."""
        first = {}
        for target, value in self.registers.items():
            owner, register = target.split(":")
            if int(owner) == thread:
                known = re.fullmatch(r"-?\d+", value)
                first[register] = number(int(value)) if known else value
        program = Program(self.threads[thread], thread, self.memory)
        return program.follow(Way(first), 0)


    def straight(self, ways, name, asked):
        """Returns the test of these ways alone: who takes another one does not come to its end."""
        columns = [[f"P{at}", *(line.replace(OUT, f"OUT{at}") for line in way.code), "MOV X30,#1", f"OUT{at}:"]
                   for at, way in enumerate(ways)]
        height = max(len(column) for column in columns)
        rows = [" | ".join(column[row] if row < len(column) else "" for column in columns) + ";" for row in range(height)]
        asked = [*asked, *((f"{at}:X30", 1) for at in range(len(ways)))]
        asked = " /\\ ".join(f"{target}={value}" for target, value in asked)
        return "\n".join([f"AArch64 {name}", "{", *(f"int64_t {place}={value};" for place, value in self.memory.items()),
                          *(f"{target}={value};" for target, value in self.registers.items()), "}", *rows,
                          f"exists ({asked})", ""])


def conditions(text):
    """Returns the equations of a condition."""
    pairs = [re.fullmatch(r"\(?\s*(\S+?)\s*=\s*(-?\d+)\s*\)?", part.strip()) for part in text.split("/\\")]
    if not all(pairs):
        raise Unknown(f"the condition {text}")
    return [(pair[1], int(pair[2])) for pair in pairs]

"""Rust's loops. Who drives answers how one round goes, or that it is over: by turns, or for any round."""

from source import text, unknown
from values import UNIT, Env, Num, Range, Slots, Word


class Rounds:
    def on_for_expression(self, node, env):
        over = yield from self.evaluate(node.child_by_field_name("value"), env)
        body, pattern = node.child_by_field_name("body"), node.child_by_field_name("pattern")
        names = sorted({name for name in assigned(body) if env.place(name) is not None})
        if isinstance(over, Slots):
            count = yield ("slots",)
            rounds, make = Range(Num(0, False), count), Word
        else:
            rounds, make = over, lambda index: Num(index, False)
        if not isinstance(rounds, Range):
            raise unknown("loop", node)

        def one_round(index, values):
            inner = Env(env)
            for name, value in zip(names, values):
                env.place(name).values[name] = value
            yield from self.bind(pattern, make(index), inner)
            yield from self.evaluate(body, inner)
            return tuple(env.place(name).values[name] for name in names)

        values = tuple(env.place(name).values[name] for name in names)
        values = yield from self.rounds(node, rounds, values, one_round)
        for name, value in zip(names, values):
            env.place(name).values[name] = value
        return UNIT

    def fold(self, rounds, first, closure, node):
        def one_round(index, values):
            return ((yield from self.invoke(closure, (values[0], Num(index, False)))),)

        return (yield from self.rounds(node, rounds, (first,), one_round))[0]

    def rounds(self, node, rounds, values, one_round):
        answer = yield ("loop", node.start_byte, rounds, values)
        while answer[0] == "round":
            values = yield from one_round(answer[1], answer[2])
            answer = yield ("again", node.start_byte, rounds, values)
        return answer[1]

    def on_while_expression(self, node, env):
        condition = node.child_by_field_name("condition")
        if any(env.place(name) is not None for name in assigned(node)):
            raise unknown("assignment in a loop", node)
        while (yield from self.decide((yield from self.evaluate(condition, env)), condition)):
            yield from self.evaluate(node.child_by_field_name("body"), env)
            yield ("while", node.start_byte)
        return UNIT


def assigned(node):
    """The names that are assigned to somewhere inside."""
    if node.type in ("assignment_expression", "compound_assignment_expr"):
        left = node.child_by_field_name("left")
        yield text(left) if left.type == "identifier" else text(left).split(".")[0]
    for child in node.children:
        yield from assigned(child)

"""Rust's patterns: the condition for a match is decided, and the names are bound."""

from source import children, text, unknown
from values import Num, Variant, negation


class Patterns:
    def bind(self, pattern, value, env):
        if not (yield from self.matches(pattern, value, env)):
            raise unknown("pattern", pattern)

    def matches(self, pattern, value, env):
        kind = pattern.type
        parts = children(pattern)
        if kind == "match_pattern":
            if pattern.child_by_field_name("condition") is not None:
                raise unknown("guard", pattern)
            return (yield from self.matches(pattern.children[0], value, env))
        if kind == "_":
            return True
        if kind in ("identifier", "scoped_identifier"):
            name = text(pattern).split("::")[-1]
            if not name[0].isupper():
                env.values[name] = value
                return True
            if name.isupper() or not isinstance(value, Variant):
                raise unknown("pattern", pattern)
            return value.name == name and not value.fields
        if kind == "or_pattern":
            for part in parts:
                if (yield from self.matches(part, value, env)):
                    return True
            return False
        if kind == "tuple_pattern" and isinstance(value, tuple) and len(value) == len(parts):
            for part, item in zip(parts, value):
                yield from self.bind(part, item, env)
            return True
        if kind == "tuple_struct_pattern" and isinstance(value, Variant):
            parts = [child for child in pattern.children[1:] if child.type not in ("(", ")", ",")]
            if value.name != text(pattern.child_by_field_name("type")).split("::")[-1]:
                return False
            if len(parts) != len(value.fields):
                raise unknown("pattern", pattern)
            for part, item in zip(parts, value.fields):
                if not (yield from self.matches(part, item, env)):
                    return False
            return True
        if kind == "boolean_literal":
            wanted = text(pattern) == "true"
            return (yield from self.decide(value if wanted else negation(value), pattern))
        if kind == "integer_literal" and isinstance(value, Num):
            return (yield from self.decide(value.term == int(text(pattern)), pattern))
        if kind == "range_pattern" and isinstance(value, Num) and value.signed:
            first, last = text(pattern).split("..")
            if last.startswith("="):
                raise unknown("pattern", pattern)
            inside = not first or (yield from self.decide(value.term >= int(first), pattern))
            return inside and (not last or (yield from self.decide(value.term < int(last), pattern)))
        raise unknown("pattern", pattern)

"""Executes the subset of Rust that the run-down operations are written in, up to each thing that matters.

Every evaluation is a generator. It yields an event where the meaning is not its own: an access to a word, a
choice on a symbol, a loop over slots, a wake-up. Who drives it answers. What is not known here is refused.
"""

from calls import Calls
from patterns import Patterns
from rounds import Rounds
from source import Unknown, children, parse, text, unknown
from statements import Return, Statements
from values import UNIT, Closure, Env, Num, Opaque, Range, Record, Variant, Word, arithmetic, negation


def plain(evaluation, what):
    """Returns the value of an evaluation that needs nobody to answer."""
    try:
        while next(evaluation)[:2] == ("assert", True):
            pass
    except StopIteration as end:
        return end.value
    raise Unknown(f"{what} is not constant")


class Program(Patterns, Statements, Rounds, Calls):
    """The functions of a source, to be called."""

    def __init__(self, source):
        self.source, self.constants = source, {}
        self.reached = set()  # the functions that were called

    def call(self, owner, name, args):
        """Calls a function: the generator returns its value."""
        node = self.source.functions.get((owner, name))
        body = node and node.child_by_field_name("body")
        if body is None:
            raise Unknown(f"there is no function {name} of {owner or 'no type'}")
        self.reached.add((owner, name))
        if (owner, name) == ("", "begin"):
            known = yield ("begin",)
            if known is not None:
                return known
        env = Env(owner=owner or "-")
        parameters = children(node.child_by_field_name("parameters"))
        parameters = [parameter for parameter in parameters if parameter.type != "attribute_item"]
        if len(parameters) != len(args):
            raise unknown("number of arguments", node)
        for parameter, value in zip(parameters, args):
            is_self = parameter.type == "self_parameter"
            env.values["self" if is_self else text(parameter.child_by_field_name("pattern"))] = value
        try:
            return (yield from self.evaluate(body, env))
        except Return as returned:
            return returned.value

    def constant(self, name):
        if name not in self.constants:
            value = plain(self.evaluate(self.source.constants[name], Env(owner="-")), f"the constant {name}")
            self.constants[name] = Num(value.term, False) if isinstance(value, Num) else value
        return self.constants[name]

    def decide(self, condition, node):
        if isinstance(condition, bool):
            return condition
        if isinstance(condition, (Num, Variant, Record, tuple)):
            raise unknown("condition", node)
        return (yield ("choose", condition))

    def invoke(self, closure, args):
        """Calls a closure."""
        if isinstance(closure, Opaque):
            yield ("foreign", closure.name)
            return UNIT
        env = Env(closure.env)
        for parameter, value in zip(closure.parameters, args, strict=True):
            yield from self.bind(parameter, value, env)
        return (yield from self.evaluate(closure.body, env))

    # Expressions and statements.

    def evaluate(self, node, env):
        method = getattr(self, "on_" + node.type, None)
        if method is None:
            raise unknown("expression", node)
        return (yield from method(node, env))

    def on_identifier(self, node, env):
        name = text(node)
        place = env.place(name)
        if place is not None:
            return place.values[name]
        if name in self.source.constants:
            return self.constant(name)
        if name[0].isupper() and not name.isupper():
            return Variant(name)
        raise unknown("name", node)
        yield

    def on_self(self, node, env):
        return (yield from self.on_identifier(node, env))

    def on_scoped_identifier(self, node, _env):
        path = text(node)
        if path == "usize::BITS":
            return Num(64, False)
        name = path.split("::")[-1]
        if name in self.source.constants:
            return self.constant(name)
        if path.startswith("Ordering::"):
            return Opaque(name)
        if name.isupper():
            raise unknown("constant", node)
        return Variant(name)
        yield

    def on_integer_literal(self, node, _env):
        return Num(int(text(node).replace("_", ""), 0))
        yield

    def on_boolean_literal(self, node, _env):
        return text(node) == "true"
        yield

    def on_string_literal(self, _node, _env):
        return Opaque("text")
        yield

    def on_unit_expression(self, _node, _env):
        return UNIT
        yield

    def on_tuple_expression(self, node, env):
        return (yield from self.several(children(node), env))

    def several(self, nodes, env):
        values = []
        for node in nodes:
            values.append((yield from self.evaluate(node, env)))
        return tuple(values)

    def on_reference_expression(self, node, env):
        return (yield from self.evaluate(node.child_by_field_name("value"), env))

    def on_unary_expression(self, node, env):
        operator, operand = node.children[0].type, node.children[-1]
        value = yield from self.evaluate(operand, env)
        if operator == "!" and isinstance(value, Num) and value.fixed():
            return Num(~value.term, value.signed)
        if operator == "!" and not isinstance(value, (Num, Variant, Record, tuple)):
            return negation(value)
        if operator == "*":
            return value
        raise unknown("operation", node)

    def on_binary_expression(self, node, env):
        operator = node.child_by_field_name("operator").type
        left = yield from self.evaluate(node.child_by_field_name("left"), env)
        if operator in ("&&", "||"):
            if (yield from self.decide(left, node)) == (operator == "||"):
                return operator == "||"
            return (yield from self.evaluate(node.child_by_field_name("right"), env))
        right = yield from self.evaluate(node.child_by_field_name("right"), env)
        if operator in ("==", "!=") and not isinstance(left, Num):
            equal = yield from self.equal(left, right, node)
            return equal if operator == "==" else negation(equal)
        return (yield from self.operation(operator, left, right, node))

    def operation(self, operator, left, right, node):
        if operator == "%" and isinstance(left, Num) and isinstance(right, Num):
            return Num((yield ("remainder", left.term, right.term)), False)
        known = isinstance(left, Num) and isinstance(right, Num) and arithmetic(operator, left, right)
        if not known:
            raise unknown("operation", node)
        value, fits = known
        yield ("assert", fits, f"`{' '.join(text(node).split())}` does not overflow")
        return value

    def equal(self, left, right, node):
        if isinstance(left, Num) and isinstance(right, Num):
            return left.term == right.term
        if isinstance(left, Variant) and isinstance(right, Variant):
            if left.name != right.name or len(left.fields) != len(right.fields):
                return False
            for mine, other in zip(left.fields, right.fields):
                if not (yield from self.decide((yield from self.equal(mine, other, node)), node)):
                    return False
            return True
        if isinstance(left, Record) or type(left) is not type(right):
            raise unknown("comparison", node)
        return left == right

    def on_type_cast_expression(self, node, env):
        value = yield from self.evaluate(node.child_by_field_name("value"), env)
        kind = text(node.child_by_field_name("type"))
        if not isinstance(value, Num) or kind not in ("usize", "isize"):
            raise unknown("cast", node)
        return Num(value.term, kind == "isize")

    def on_closure_expression(self, node, env):
        parameters = [child for child in node.child_by_field_name("parameters").children
                      if child.type not in ("|", ",")]
        return Closure(parameters, node.child_by_field_name("body"), env)
        yield

    def on_struct_expression(self, node, env):
        name, fields = text(node.child_by_field_name("name")), {}
        for part in children(node.child_by_field_name("body")):
            value = children(part)[0] if part.type == "shorthand_field_initializer" else (
                part.child_by_field_name("value"))
            key = text(value if part.type == "shorthand_field_initializer" else part.child_by_field_name("field"))
            fields[key] = yield from self.evaluate(value, env)
        return Record(env.owner if name == "Self" else name, fields)

    def on_field_expression(self, node, env):
        value = yield from self.evaluate(node.child_by_field_name("value"), env)
        name = text(node.child_by_field_name("field"))
        if isinstance(value, Word) and name == "0":
            return value
        if not isinstance(value, Record) or name not in value.fields:
            raise unknown("field", node)
        return value.fields[name]

    def on_range_expression(self, node, env):
        if node.children[1].type != ".." or len(node.children) != 3:
            raise unknown("range", node)
        low, high = yield from self.several(children(node), env)
        return Range(low, high)

    def on_macro_invocation(self, node, env):
        name, inside = text(node.child_by_field_name("macro")), text(node.named_children[-1])[1:-1]
        if name in ("debug_assert", "assert"):
            call = children(parse(f"fn f() {{ f({inside}); }}"))[0].child_by_field_name("body")
            first = children(children(children(call)[0])[0].child_by_field_name("arguments"))[0]
            held = yield from self.evaluate(first, env)
            yield ("assert", held, f"`{text(first)}`, as the code asserts")
            return UNIT
        if name == "cfg" and inside == "rundown_loom":
            return False
        if name == "panic":
            yield ("panic", Opaque("panic"))
        raise unknown("macro", node)

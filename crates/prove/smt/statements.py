"""Rust's statements, and what chooses between them."""

from source import children, text, unknown
from values import UNIT, Env


class Return(Exception):
    def __init__(self, value):
        super().__init__()
        self.value = value


class Statements:
    def on_block(self, node, env):
        env, value = Env(env), UNIT
        for child in children(node):
            if child.type == "attribute_item":
                raise unknown("attribute", child)
            value = yield from self.evaluate(child, env)
            if child.type in ("let_declaration", "empty_statement"):
                value = UNIT
        return value

    def on_unsafe_block(self, node, env):
        return (yield from self.evaluate(children(node)[0], env))

    def on_parenthesized_expression(self, node, env):
        return (yield from self.evaluate(children(node)[0], env))

    def on_expression_statement(self, node, env):
        value = yield from self.evaluate(children(node)[0], env)
        return UNIT if node.children[-1].type == ";" else value

    def on_empty_statement(self, _node, _env):
        return UNIT
        yield

    def on_let_declaration(self, node, env):
        if node.child_by_field_name("alternative") is not None:
            raise unknown("let-else", node)
        value = yield from self.evaluate(node.child_by_field_name("value"), env)
        yield from self.bind(node.child_by_field_name("pattern"), value, env)
        return UNIT

    def on_assignment_expression(self, node, env):
        value = yield from self.evaluate(node.child_by_field_name("right"), env)
        left = node.child_by_field_name("left")
        if left.type == "identifier" and env.place(text(left)) is not None:
            env.place(text(left)).values[text(left)] = value
        elif left.type == "field_expression":
            owner = yield from self.evaluate(left.child_by_field_name("value"), env)
            owner.fields[text(left.child_by_field_name("field"))] = value
        else:
            raise unknown("assignment", node)
        return UNIT

    def on_compound_assignment_expr(self, node, env):
        left, operator = node.child_by_field_name("left"), node.child_by_field_name("operator").type[:-1]
        if left.type != "identifier" or env.place(text(left)) is None:
            raise unknown("assignment", node)
        value = yield from self.evaluate(node.child_by_field_name("right"), env)
        values = env.place(text(left)).values
        values[text(left)] = yield from self.operation(operator, values[text(left)], value, node)
        return UNIT

    def on_if_expression(self, node, env):
        env, condition = Env(env), node.child_by_field_name("condition")
        taken = True
        for part in children(condition) if condition.type == "let_chain" else [condition]:
            taken = taken and (yield from self.holds(part, env))
        if taken:
            return (yield from self.evaluate(node.child_by_field_name("consequence"), env))
        otherwise = node.child_by_field_name("alternative")
        return UNIT if otherwise is None else (yield from self.evaluate(children(otherwise)[0], env))

    def holds(self, condition, env):
        if condition.type == "let_condition":
            value = yield from self.evaluate(condition.child_by_field_name("value"), env)
            return (yield from self.matches(condition.child_by_field_name("pattern"), value, env))
        return (yield from self.decide((yield from self.evaluate(condition, env)), condition))

    def on_match_expression(self, node, env):
        value = yield from self.evaluate(node.child_by_field_name("value"), env)
        for arm in children(node.child_by_field_name("body")):
            inner = Env(env)
            if (yield from self.matches(arm.child_by_field_name("pattern"), value, inner)):
                return (yield from self.evaluate(arm.child_by_field_name("value"), inner))
        raise unknown("match, which leaves a case out,", node)

    def on_return_expression(self, node, env):
        parts = children(node)
        raise Return((yield from self.evaluate(parts[0], env)) if parts else UNIT)

    def on_try_expression(self, node, env):
        value = yield from self.evaluate(children(node)[0], env)
        if value.name in ("Err", "None"):
            raise Return(value)
        return value.fields[0]

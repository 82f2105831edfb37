"""Changes of the source, made by rule: an operand, a sign, a comparison, an order, a statement left out.

`scripts/prove invariant` must refuse those in `LISTED`, with `--long` every one that the rules make but for
`HARMLESS`, and must accept the rewrites that change nothing.
"""

from listed import ACCEPTED, REFUSED
from source import children, parse, text

OPERATORS = {"==": ["!="], "!=": ["=="], "<": ["<=", ">="], ">": [">=", "<"], "<=": ["<", ">"], ">=": [">", "<"],
             "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "&": ["|"], "&&": ["||"], "||": ["&&"]}
NAMES = {"MARK": ["0", "ONE"], "ONE": ["1", "MARK"], "fetch_add": ["fetch_sub", "fetch_or"],
         "fetch_sub": ["fetch_add"], "fetch_or": ["fetch_add", "fetch_and"], "swap": ["fetch_or", "fetch_add"],
         "wrapping_add": ["wrapping_sub"], "wrapping_sub": ["wrapping_add"], "Last": ["NotLast"], "NotLast": ["Last"],
         "Live": ["Sweeping"], "Sweeping": ["Live"], "RunDown": ["Live"], "Acquire": ["Relaxed"],
         "Release": ["Relaxed"], "is_some": ["is_none"]}
# What the changes are made in.
FUNCTIONS = {
    "protocol": ["new", "acquire", "release", "release_slow", "sweep", "mark", "progress", "reinitialize", "resurrect",
                 "reset", "check_capacity", "estimate", "word"],
    "operations": ["begin", "outstanding", "drain", "wait_by", "release", "release_slow", "release_slow_or_panic"],
    "rundown": ["try_acquire_n", "release_n", "begin_run_down", "wait", "wait_until", "completed", "is_run_down",
                "reinitialize", "resurrect"],
    "future": ["has_ended", "poll"], "checked": ["checked_release_n", "checked_wait"], "guard": ["drop", "new"],
}


def functions(node, names):
    for child in node.children:
        if child.type == "function_item" and text(child.child_by_field_name("name")) in names:
            yield child
        elif child.type != "function_item":
            yield from functions(child, names)


def replaced(node):
    """Yields what could stand in the place of a node."""
    kind, here = node.type, text(node)
    parent = node.parent.type if node.parent is not None else ""
    if kind in OPERATORS and parent == "binary_expression":
        yield from OPERATORS[kind]
    elif kind in ("identifier", "field_identifier"):
        yield from NAMES.get(here, []) if parent != "const_item" else []
    elif kind == "integer_literal" and parent != "field_expression":
        yield str(int(here) + 1)
        if here == "1":
            yield "0"
    elif kind == "boolean_literal":
        yield "false" if here == "true" else "true"
    elif kind == "unary_expression" and here[0] == "!":
        yield here[1:]
    elif kind == "if_expression":
        condition = node.child_by_field_name("condition")
        if condition.type != "let_condition":
            yield here.replace(f"if {text(condition)}", f"if !({text(condition)})", 1)
    elif kind == "expression_statement" and parent == "block" and (
            here.endswith(";") or node.children[0].type == "if_expression" and "return" in here):
        yield ""
    elif kind == "call_expression":
        function = node.child_by_field_name("function")
        if here.endswith((".rev()", ".wrapping_neg()")):
            yield text(function.child_by_field_name("value"))
        arguments = [text(argument) for argument in children(node.child_by_field_name("arguments"))]
        if len(arguments) > 1 and not any("|" in argument for argument in arguments):
            swapped = [arguments[1], arguments[0], *arguments[2:]]
            yield f"{text(function)}({', '.join(swapped)})"


def nodes(node):
    yield node
    for child in node.children:
        if child.type not in ("attribute_item", "macro_invocation"):
            yield from nodes(child)


def generated(sources):
    """Yields every change that the rules make: a name, and the file, what stands there, what stands instead."""
    for file, names in FUNCTIONS.items():
        code = sources.texts[file]
        for function in functions(parse(code), names):
            name, whole = text(function.child_by_field_name("name")), text(function)
            for node in nodes(function.child_by_field_name("body")):
                for other in replaced(node):
                    start = node.start_byte - function.start_byte
                    raw = whole.encode()
                    new = (raw[:start] + other.encode() + raw[node.end_byte - function.start_byte:]).decode()
                    around = " ".join(text(node.parent).split())[:60]
                    line = node.start_point[0] + 1
                    yield f"{file}.rs {line}, {name}: `{around}`: `{text(node)[:50]}` -> `{other[:60]}`", (file, whole, new)


def all_of(sources, long):
    """Returns the changes to be tried: a name, the changes of files, and whether they must be accepted."""
    tried = [(f"{file}.rs: {' '.join(old.split())} -> {' '.join(new.split())}", [(file, old, new)], False)
             for file, old, new in REFUSED]
    tried += [(name, changes, True) for name, changes in ACCEPTED]
    if long:
        tried += [(name, [change], False) for name, change in generated(sources)]
    return tried

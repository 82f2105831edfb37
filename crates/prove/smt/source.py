"""The functions and constants of Rust files, read by tree-sitter's grammar, by name.

Fails closed: what the grammar does not take for Rust, or an item of another kind, is an error.
"""

import tree_sitter_rust
from tree_sitter import Language, Parser

PARSER = Parser(Language(tree_sitter_rust.language()))

# Items that say nothing about what the operations do.
PASSED_OVER = {"line_comment", "block_comment", "inner_attribute_item", "use_declaration",
               "struct_item", "enum_item", "type_item", "mod_item", "static_item", "associated_type", "empty_statement",
               "function_signature_item", "{", "}", ";"}


class Unknown(Exception):
    """The source says something that is not one of the things known here."""


def text(node):
    return node.text.decode()


def unknown(what, node):
    line = node.start_point[0] + 1
    return Unknown(f"this {what} is not one I know (line {line}): {' '.join(text(node).split())[:100]}")


def parse(code):
    root = PARSER.parse(code.encode()).root_node
    if root.has_error:
        raise Unknown("this is not Rust: " + " ".join(code.split())[:100])
    return root


def children(node):
    """The named parts that are not comments."""
    return [child for child in node.named_children if child.type not in ("line_comment", "block_comment")]


class Source:
    """What several files define: functions by owner ("" for none) and name, and constants by name."""

    def __init__(self, files):
        self.functions, self.constants = {}, {}
        for code in files:
            self.items(parse(code), "")

    def items(self, parent, owner):
        attributes = []
        for node in parent.children:
            if node.type == "attribute_item":
                attributes.append(text(node))
                continue
            if node.type not in ("line_comment", "block_comment"):
                chosen, attributes = any(words.startswith("#[cfg(") for words in attributes), []
            if node.type == "function_item" and chosen:
                continue  # there in some builds only: who calls it is refused
            if node.type == "function_item":
                self.define(self.functions, (owner, text(node.child_by_field_name("name"))), node)
            elif node.type == "const_item":
                name = text(node.child_by_field_name("name"))
                if name != "_":
                    self.define(self.constants, name, node.child_by_field_name("value"))
            elif node.type in ("impl_item", "trait_item"):
                named = node.child_by_field_name("type" if node.type == "impl_item" else "name")
                base = named.child_by_field_name("type") or named
                trait = node.child_by_field_name("trait")
                inner = text(base)
                if trait is not None and text(trait).split("<")[0].split("::")[-1] in ("Debug", "Display", "Default"):
                    continue
                self.items(node.child_by_field_name("body"), inner)
            elif node.type == "macro_invocation":
                self.wrapped(node, owner)
            elif node.type == "expression_statement" and children(node)[0].type == "macro_invocation":
                self.wrapped(children(node)[0], owner)
            elif node.type not in PASSED_OVER:
                raise unknown("item", node)

    def wrapped(self, node, owner):
        """Items inside of a macro that only says whether they are `const`."""
        if text(node.child_by_field_name("macro")) != "const_unless_loom":
            raise unknown("macro", node)
        self.items(parse(text(node.named_children[-1])[1:-1]), owner)

    def define(self, table, name, node):
        if name in table:
            raise unknown(f"second definition of {name}", node)
        table[name] = node

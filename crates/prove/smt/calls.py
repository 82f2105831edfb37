"""Rust's calls: of functions of the source, of the types' own methods, of the words, and of the platform."""

from source import children, text, unknown
from values import Num, Opaque, Range, Record, Slots, Variant, Word, arithmetic, choice

# Functions of others that no promise is about: the record of a holder, the list of holders in an error.
OUTSIDE = {"Record::new", "Record::take_leaked", "Record::remove_all", "HolderList::new"}
# What an opaque value may be asked.
OPAQUE_METHODS = {"remove", "waker", "clone"}
# The names of `Park`, which stands for the platform. No path but a call of the trait ends in them.
PARK = {"unpark_all", "park_until", "register", "unregister"}
WRITES = {
    "swap": lambda _old, new: new.term,
    "fetch_add": lambda old, by: arithmetic_or_none("+", old, by),
    "fetch_sub": lambda old, by: arithmetic_or_none("-", old, by),
    "fetch_or": lambda old, by: arithmetic_or_none("|", old, by),
    "fetch_and": lambda old, by: arithmetic_or_none("&", old, by),
}


def arithmetic_or_none(operator, old, by):
    result = arithmetic(operator, Num(old, False), by)
    return result and result[0].term


class Calls:
    def on_call_expression(self, node, env):
        function = node.child_by_field_name("function")
        arguments = children(node.child_by_field_name("arguments"))
        if function.type == "field_expression":
            receiver = yield from self.evaluate(function.child_by_field_name("value"), env)
            args = yield from self.several(arguments, env)
            return (yield from self.method(receiver, text(function.child_by_field_name("field")), args, node))
        args = yield from self.several(arguments, env)
        path = text(function)
        name = path.split("::")[-1]
        if function.type == "identifier":
            place = env.place(name)
            if place is not None:
                return (yield from self.invoke(place.values[name], args))
            if ("", name) in self.source.functions:
                return (yield from self.call("", name, args))
            if name == "in_drop":
                return (yield from self.invoke(args[0], ()))  # calls it; a panic in it is heard or not
            if name == "panicking":
                return False  # who unwinds already does the same, and reports nothing
            if name == "Self":
                return args[0]
            if name[0].isupper():
                return Variant(name, args)
        elif function.type == "scoped_identifier":
            owner = text(function.child_by_field_name("path"))
            owner = env.owner if owner == "Self" else owner
            if path == "Thin::new":
                return args[0]  # a reference, in another form
            if path in OUTSIDE:
                return Opaque(path)
            if name in PARK:
                return (yield (name, *args))
            if path == "AtomicUsize::new":
                return args[0]
            if name[0].isupper():
                return Variant(name, args)
            for known in ((owner, name), ("", name)):
                if known in self.source.functions:
                    return (yield from self.call(*known, args))
        raise unknown("call", node)

    def method(self, receiver, name, args, node):
        if isinstance(receiver, Word):
            return (yield from self.access(receiver, name, args, node))
        if isinstance(receiver, Record) and name == "report":
            yield ("panic", receiver)
        if isinstance(receiver, Record):
            if receiver.name == "object" and name in ("protocol", "address", "current_slot"):
                return (yield (name,))
            if receiver.name == "object" and name in ("get", "base"):
                return receiver
            owners = ("Rundown", "Checked") if receiver.name == "object" else (receiver.name,)
            for owner in owners:
                if (owner, name) in self.source.functions:
                    return (yield from self.call(owner, name, (receiver, *args)))
        if isinstance(receiver, Slots) and name == "len":
            return (yield ("slots",))
        if isinstance(receiver, Slots) and ("SlotSet", name) in self.source.functions:
            return (yield from self.call("SlotSet", name, (receiver, *args)))  # by default: nothing beside them
        if isinstance(receiver, Slots) and name == "at":
            count = yield ("slots",)
            yield ("assert", arithmetic("<", args[0], count)[0], "an index is that of a slot")
            return Word(args[0].term)
        if isinstance(receiver, Range):
            if name == "rev":
                return Range(receiver.low, receiver.high, not receiver.down)
            if name == "fold":
                return (yield from self.fold(receiver, *args, node))
        if isinstance(receiver, Opaque) and name in OPAQUE_METHODS:
            return Opaque(name)
        if isinstance(receiver, Num):
            known = {"wrapping_add": "+", "wrapping_sub": "-"}.get(name)
            if known:
                return Num(arithmetic(known, receiver, args[0])[0].term, receiver.signed)
            if name == "wrapping_neg":
                return Num(-receiver.term, receiver.signed)
            if name == "max" and receiver.signed:
                larger = receiver.term > args[0].term
                return Num(choice(larger, receiver.term, args[0].term), True)
        if name == "then_some" and not isinstance(receiver, (Num, Variant)):
            return Variant("Some", args) if (yield from self.decide(receiver, node)) else Variant("None")
        if isinstance(receiver, Variant):
            good = receiver.name in ("Ok", "Some")
            if name in ("map", "map_err"):
                if good != (name == "map"):
                    return receiver
                return Variant(receiver.name, ((yield from self.invoke(args[0], receiver.fields)),))
            if name in ("is_some", "is_none", "is_ok", "is_err"):
                return good == (name in ("is_some", "is_ok"))
            if name == "unwrap_or_else":
                return receiver.fields[0] if good else (yield from self.invoke(args[0], receiver.fields))
            if name == "unwrap_or":
                return receiver.fields[0] if good else args[0]
        raise unknown("method", node)

    def access(self, word, name, args, node):
        orderings = [arg.name for arg in args if isinstance(arg, Opaque)]
        values = [arg for arg in args if isinstance(arg, Num)]
        if name == "as_ref" and not args:
            return word
        if name == "load" and not values:
            return Num((yield ("load", word, orderings[0])), False)
        if name == "compare_exchange" and len(values) == 2:
            met, old = yield ("exchange", word, values[0].term, values[1].term, orderings[0])
            return Variant("Ok" if met else "Err", (Num(old, False),))
        if name == "fetch_update" and not values:
            return (yield ("update", word, args[2], orderings[0]))
        if name in WRITES and len(values) == 1:
            change = lambda old: WRITES[name](old, values[0])
            if change(0) is None:
                raise unknown("operand", node)
            return Num((yield ("write", word, change, orderings[0])), False)
        raise unknown("access", node)

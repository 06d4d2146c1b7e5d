"""Reads JSONata expressions without running them: what they are made of, and the missing fields that they read."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, Final

from sagalint.expressions.jsonata_tree import Node, children, expression_in, free_variables_of, parsed
from sagalint.expressions.partial_values import ANY as UNSURE
from sagalint.expressions.partial_values import NOTHING
from sagalint.expressions.partly_known import worth
from sagalint.expressions.scope import Scope
from sagalint.expressions.values import ANY, Value, either, merged, mixed, obj

_TELLS_NOTHING: Final = frozenset({"type", "count", "length", "boolean", "not", "contains", "assert", "now", "millis"})
"""Functions whose answer has nothing of a secret that they are given."""
_COMPARES: Final = frozenset({"=", "!=", "<", "<=", ">", ">=", "in"})
_DEEPEST: Final = 20


def read(template: Any, scope: Scope) -> Value:
    """What a part of a definition comes to; notes in the scope the missing fields that it reads."""
    if isinstance(template, Mapping):
        return obj({str(name): read(inner, scope) for name, inner in template.items()})
    if isinstance(template, list):
        return mixed(read(inner, scope) for inner in template)
    text = expression_in(template)
    return ANY if text is None else _Reader(scope, text).value(parsed(text).ast, {}, ANY)


def read_condition(template: Any, scope: Scope) -> None:
    """Reads the condition of a Choice; what it misses is noted as answered where it comes to true or false without."""
    found = len(scope.missing)
    read(template, scope)
    text = expression_in(template)
    if text is not None and _decided(text, scope, ()) is not None:
        scope.missing[found:] = [replace(one, answered=True) for one in scope.missing[found:]]


def _decided(text: str, scope: Scope, local: Container[str], node: Node = None) -> bool | None:
    """Whether an expression, or a part of it, is true; None if only a run decides."""
    if scope.holds is None:
        return None
    holds = scope.holds
    root = parsed(text).ast if node is None else node
    if all(name in local or holds.get(name, NOTHING) == UNSURE for name in free_variables_of(root) - {"states"}):
        return None
    came_to = worth(text, lambda name: UNSURE if name in local else holds.get(name, NOTHING), root)
    return came_to if isinstance(came_to, bool) else None


class _Reader:
    def __init__(self, scope: Scope, text: str) -> None:
        self._scope = scope
        self._text = text
        self._depth = 0
        self._functions: dict[str, Node] = {}

    def value(self, node: Node, local: dict[str, Value], here: Value) -> Value:
        """What a node comes to.

        Args:
            node: The node.
            local: The expression's own variables; a bind adds to them.
            here: What a path begins at.
        """
        reader = _READERS.get(f"{node.type} {node.value}") or _READERS.get(node.type)
        return reader(self, node, local, here) if reader else mixed(self._all(children(node), local, here))

    def _literal(self, *_: object) -> Value:
        return ANY

    def _compared(self, node: Node, local: dict[str, Value], here: Value) -> Value:
        self._all(children(node), local, here)
        return ANY

    def _if_needed(self, node: Node, local: dict[str, Value], here: Value) -> Value:
        """Reads what is beside an `and` or `or` only if the first part does not settle it."""
        self.value(node.lhs, local, here)
        if _decided(self._text, self._scope, local, node.lhs) is not (node.value == "or"):
            self.value(node.rhs, local, here)
        return ANY

    def _named(self, node: Node, _local: dict[str, Value], here: Value) -> Value:
        return self._scope.field(here, str(node.value), str(node.value))

    def _block(self, node: Node, local: dict[str, Value], here: Value) -> Value:
        inside = dict(local)
        return [ANY, *(self.value(inner, inside, here) for inner in node.expressions)][-1]

    def _all(self, nodes: Any, local: dict[str, Value], here: Value) -> list[Value]:
        return [self.value(node, local, here) for node in nodes]

    def _variable(self, node: Node, local: Mapping[str, Value], here: Value) -> Value:
        name = str(node.value)
        if name in local:
            return local[name]
        if name in ("", "$"):
            return here
        if name == "states":
            scope = self._scope
            whole = {"input": scope.given, "result": scope.result, "errorOutput": scope.error, "context": scope.context}
            return obj(whole)
        return self._scope.variable(name)

    def _bound(self, node: Node, local: dict[str, Value], here: Value) -> Value:
        if node.rhs.type == "lambda":
            self._functions[str(node.lhs.value)] = node.rhs
            return ANY
        local[str(node.lhs.value)] = bound = self.value(node.rhs, local, here)
        return bound

    def _path(self, node: Node, local: dict[str, Value], here: Value) -> Value:
        first, *rest = node.steps
        value, written = (
            self.value(first, local, here),
            f"${first.value}" if first.type == "variable" else str(first.value),
        )
        for step in rest:
            if step.type == "name":
                written = f"{written}.{step.value}"
                value = self._scope.field(value, str(step.value), written)
            else:
                value = either(value.flat(), self.value(step, local, value))
            for stage in getattr(step, "stages", None) or ():
                self._all(children(stage), local, value.flat())
        if getattr(node, "group", None) is not None:
            return mixed([value, *self._all(children(node.group), local, value.flat())])
        return value

    def _condition(self, node: Node, local: dict[str, Value], here: Value) -> Value:
        self.value(node.condition, local, here)
        decided = _decided(self._text, self._scope, local, node.condition)
        ways = [] if decided is False else [node.then]
        if decided is not True and node._else is not None:
            ways.append(node._else)
        return reduce(either, self._all(ways, local, here)) if ways else ANY

    def _object(self, node: Node, local: dict[str, Value], here: Value) -> Value:
        pairs = [(key, self.value(value, local, here)) for key, value in node.lhs_object]
        if all(key.type == "string" for key, _ in pairs):
            return obj({str(key.value): value for key, value in pairs})
        return mixed([*(value for _, value in pairs), *self._all((key for key, _ in pairs), local, here)])

    def _call(self, node: Node, local: dict[str, Value], here: Value) -> Value:
        name = str(getattr(node.procedure, "value", ""))
        arguments: Sequence[Node] = node.arguments or ()
        if name == "exists":
            found = len(self._scope.missing)
            self._all(arguments, local, here)
            del self._scope.missing[found:]
            return ANY
        if name == "merge" and len(arguments) == 1 and getattr(arguments[0], "value", None) == "[":
            return merged(self._all(arguments[0].expressions, local, here))
        given = [
            self._applied(argument, [ANY] * len(argument.arguments), local, here)
            if argument.type == "lambda"
            else self.value(argument, local, here)
            for argument in arguments
        ]
        if name in self._functions:
            return self._applied(self._functions[name], given, local, here)
        return ANY if name in _TELLS_NOTHING else mixed(given)

    def _applied(self, function: Node, given: Sequence[Value], local: Mapping[str, Value], here: Value) -> Value:
        if self._depth >= _DEEPEST:
            return mixed(given)
        names = [str(argument.value) for argument in function.arguments]
        values = [*given, *[ANY] * len(names)][: len(names)]
        self._depth += 1
        try:
            return self.value(function.body, {**local, **dict(zip(names, values, strict=True))}, here)
        finally:
            self._depth -= 1


_READERS: Final[Mapping[str, Callable[[_Reader, Node, dict[str, Value], Value], Value]]] = {
    **dict.fromkeys(("string", "number", "value", "regex"), _Reader._literal),
    **{f"binary {operator}": _Reader._compared for operator in _COMPARES},
    **dict.fromkeys(("binary and", "binary or"), _Reader._if_needed),
    "variable": _Reader._variable,
    "name": _Reader._named,
    "path": _Reader._path,
    "block": _Reader._block,
    "bind": _Reader._bound,
    "condition": _Reader._condition,
    "function": _Reader._call,
    "partial": _Reader._call,
    "unary {": _Reader._object,
}
"""How each kind of node is read; of any other, all parts are."""


def without_origin(value: Value) -> Value:
    """A value that somebody has chosen to keep: it may be relied upon."""
    return replace(value, origin="")

"""What a JSONata expression comes to where only a part of what it reads is known before a run."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sagalint.expressions.jsonata_tree import Condition, Node, free_variables_of
from sagalint.expressions.partial_values import (
    AN_ERROR,
    ANY,
    FILLED_LIST,
    FILLED_TEXT,
    LIST,
    NOTHING,
    NUMBER,
    POSITIVE,
    TEXT,
    TRUTH,
    compare,
    is_known,
    is_mark,
    truth_of,
    type_of,
)


def worth(text: str, read: Callable[[str], Any], node: Node = None) -> Any:
    """What an expression comes to.

    Args:
        text: The expression.
        read: What a variable that it reads from outside holds: a value, or a mark.
        node: The part of it that is meant; all of it if left out.
    """
    return _Evaluation(text, read).of(Condition(text).root if node is None else node, {})


class _Evaluation:
    def __init__(self, text: str, read: Callable[[str], Any]) -> None:
        self._text = text
        self._read = read

    def of(self, node: Node, local: dict[str, Any]) -> Any:
        """What a node comes to: as JSONata evaluates it if all is known, otherwise as far as it can be said."""
        reads = {name: self._variable(name, local) for name in free_variables_of(node)}
        if all(is_known(value) for value in reads.values()):
            found = Condition(self._text, node).value(reads)
            if found is not None and not is_mark(found):
                return found
        reader = _READERS.get(f"{node.type} {node.value}") or _READERS.get(node.type)
        return reader(self, node, local) if reader else ANY

    def _variable(self, name: str, local: Mapping[str, Any]) -> Any:
        if name in local:
            return local[name]
        return ANY if name == "states" else self._read(name)

    def _literal(self, node: Node, _local: dict[str, Any]) -> Any:
        return node.value

    def _named(self, node: Node, local: dict[str, Any]) -> Any:
        return ANY if node.value in ("", "$") or _is_filtered(node) else self._variable(str(node.value), local)

    def _block(self, node: Node, local: dict[str, Any]) -> Any:
        inside = dict(local)
        return [NOTHING, *(self.of(inner, inside) for inner in node.expressions)][-1]

    def _bound(self, node: Node, local: dict[str, Any]) -> Any:
        local[str(node.lhs.value)] = bound = ANY if node.rhs.type == "lambda" else self.of(node.rhs, local)
        return bound

    def _path(self, node: Node, local: dict[str, Any]) -> Any:
        first, *rest = node.steps
        if first.type == "variable" and first.value == "states" and rest and rest[0].value == "errorOutput":
            value, rest = dict(AN_ERROR), rest[1:]
        else:
            value = self.of(first, local)
        if any(step.type != "name" or _is_filtered(step) for step in rest) or getattr(node, "group", None) is not None:
            return ANY
        for step in rest:
            value = _field(value, str(step.value))
        return value

    def _condition(self, node: Node, local: dict[str, Any]) -> Any:
        decided = truth_of(self.of(node.condition, local))
        then = self.of(node.then, local)
        otherwise = self.of(node._else, local) if node._else is not None else NOTHING
        if decided is None:
            return then if then == otherwise and type(then) is type(otherwise) else ANY
        return then if decided else otherwise

    def _object(self, node: Node, local: dict[str, Any]) -> Any:
        if any(key.type != "string" for key, _ in node.lhs_object):
            return ANY
        pairs = {str(key.value): self.of(value, local) for key, value in node.lhs_object}
        return {name: value for name, value in pairs.items() if value != NOTHING}

    def _list(self, node: Node, local: dict[str, Any]) -> Any:
        items = [self.of(inner, local) for inner in node.expressions]
        surely = [_is_single(item) for item in items]
        return items if all(surely) else FILLED_LIST if any(surely) else LIST

    def _and(self, node: Node, local: dict[str, Any]) -> Any:
        return _either([truth_of(self.of(one, local)) for one in (node.lhs, node.rhs)], decisive=False)

    def _or(self, node: Node, local: dict[str, Any]) -> Any:
        return _either([truth_of(self.of(one, local)) for one in (node.lhs, node.rhs)], decisive=True)

    def _compared(self, node: Node, local: dict[str, Any]) -> Any:
        return compare(str(node.value), self.of(node.lhs, local), self.of(node.rhs, local))

    def _joined(self, node: Node, local: dict[str, Any]) -> Any:
        parts = [self.of(one, local) for one in (node.lhs, node.rhs)]
        filled = any(type_of(one) in ("string", "number") and truth_of(one) for one in parts)
        return FILLED_TEXT if filled else TEXT

    def _call(self, node: Node, local: dict[str, Any]) -> Any:
        function = _FUNCTIONS.get(str(getattr(node.procedure, "value", "")))
        known = function and node.procedure.type == "variable" and str(node.procedure.value) not in local
        return function([self.of(one, local) for one in node.arguments or ()]) if function and known else ANY


def _is_filtered(node: Node) -> bool:
    return any(getattr(node, name, None) for name in ("stages", "predicate", "keep_array", "group"))


def _field(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name, NOTHING)
    return ANY if type_of(value) in (None, "object", "array") and value not in (None, NOTHING) else NOTHING


def _either(parts: list[bool | None], *, decisive: bool) -> Any:
    return decisive if decisive in parts else TRUTH if None in parts else not decisive


def _exists(given: list[Any]) -> Any:
    return TRUTH if given == [ANY] else given != [NOTHING]


def _not(given: list[Any]) -> Any:
    truth = None if given == [NOTHING] else truth_of(given[0])
    return TRUTH if truth is None else not truth


def _boolean(given: list[Any]) -> Any:
    truth = truth_of(given[0])
    return NOTHING if given == [NOTHING] else TRUTH if truth is None else truth


def _count(given: list[Any]) -> Any:
    value = given[0]
    if value == NOTHING:
        return 0
    if isinstance(value, list):
        return len(value)
    return POSITIVE if value == FILLED_LIST else NUMBER if type_of(value) in (None, "array") else 1


def _length(given: list[Any]) -> Any:
    value = given[0]
    if isinstance(value, str) and not is_mark(value):
        return len(value)
    return NOTHING if value == NOTHING else POSITIVE if value == FILLED_TEXT else NUMBER


def _type(given: list[Any]) -> Any:
    return NOTHING if given == [NOTHING] else type_of(given[0]) or TEXT


def _append(given: list[Any]) -> Any:
    there = [one for one in given if one != NOTHING]
    if all(isinstance(one, list) or _is_single(one) for one in there):
        return [item for one in there for item in (one if isinstance(one, list) else [one])]
    filled = any(one == FILLED_LIST or _is_single(one) or (isinstance(one, list) and one) for one in there)
    return FILLED_LIST if filled else LIST


def _is_single(value: Any) -> bool:
    """Whether a value is surely no list."""
    return type_of(value) not in (None, "array")


_READERS: Final[Mapping[str, Callable[[_Evaluation, Node, dict[str, Any]], Any]]] = {
    **dict.fromkeys(("string", "number", "value"), _Evaluation._literal),
    "variable": _Evaluation._named,
    "path": _Evaluation._path,
    "block": _Evaluation._block,
    "bind": _Evaluation._bound,
    "condition": _Evaluation._condition,
    "function": _Evaluation._call,
    "unary {": _Evaluation._object,
    "unary [": _Evaluation._list,
    "binary and": _Evaluation._and,
    "binary or": _Evaluation._or,
    **{f"binary {operator}": _Evaluation._compared for operator in ("=", "!=", "<", "<=", ">", ">=")},
    "binary &": _Evaluation._joined,
}
_FUNCTIONS: Final[Mapping[str, Callable[[list[Any]], Any]]] = {
    "exists": _exists,
    "not": _not,
    "boolean": _boolean,
    "count": _count,
    "length": _length,
    "type": _type,
    "append": _append,
}

"""JSONata expressions as trees: what they are made of, which variables they read from outside, what they assert."""

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sagalint.input_error import InputError, MissingPackageError

if TYPE_CHECKING:
    from jsonata import Jsonata

Node = Any
"""A node of the tree, as the parser makes it."""

_BRANCHES: Final = (
    "steps",
    "expressions",
    "arguments",
    "lhs_object",
    "terms",
    "lhs",
    "rhs",
    "condition",
    "then",
    "_else",
    "body",
    "procedure",
    "expression",
    "expr",
    "stages",
    "predicate",
    "group",
    "pattern",
    "update",
    "delete",
)
_MOST_STEPS: Final = 20_000
_DEEPEST_EVALUATION: Final = 200
_OPEN, _CLOSE = "{%", "%}"


def expression_in(value: Any) -> str | None:
    """The JSONata expression that a string of a definition holds, or None if it is a plain value."""
    if isinstance(value, str) and value.strip().startswith(_OPEN) and value.strip().endswith(_CLOSE):
        return value.strip()[len(_OPEN) : -len(_CLOSE)].strip()
    return None


def expressions_in(value: Any) -> Iterator[str]:
    """Every JSONata expression in a part of a definition."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from expressions_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from expressions_in(inner)
    elif (found := expression_in(value)) is not None:
        yield found


@cache
def parsed(text: str) -> "Jsonata":
    """An expression, ready to be inspected.

    Raises:
        InputError: It is not JSONata.
        MissingPackageError: What reads it is not installed.
    """
    try:
        from jsonata import Jsonata  # noqa: PLC0415 # slow to import, and a machine in JSONPath needs none
    except ModuleNotFoundError:
        raise MissingPackageError("to read JSONata, install a package: pip install jsonata-python") from None
    try:
        return Jsonata(text)
    except Exception as error:
        raise InputError(f"{{% {text} %}} is not JSONata: {error}") from None


@cache
def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below one."""
    return tuple(one for name in _BRANCHES for one in _nodes(getattr(node, name, None)))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _nodes(inner)
    elif hasattr(value, "type") and hasattr(value, "_outer_instance"):
        yield value


def free_variables(text: str) -> frozenset[str]:
    """Names of the variables that an expression reads from outside, `states` among them; functions are none."""
    return frozenset(_free(parsed(text).ast))


@cache
def free_variables_of(node: Node) -> frozenset[str]:
    """The same of a part of an expression."""
    return frozenset(_free(node))


def _free(root: Node) -> set[str]:
    bound: set[str] = set()
    read: set[str] = set()

    def visit(node: Node) -> None:
        if node.type == "bind":
            bound.add(node.lhs.value)
            visit(node.rhs)
            return
        if node.type == "lambda":
            bound.update(argument.value for argument in node.arguments)
            visit(node.body)
            return
        if node.type == "variable" and node.value not in ("", "$"):
            read.add(node.value)
        for child in children(node):
            if node.type in ("function", "partial") and child is node.procedure and child.type == "variable":
                continue
            visit(child)

    visit(root)
    return read - bound


def reads_result(template: Any) -> bool:
    """Whether a part of a definition is made of what the state's task answered."""
    return any(_reads_result(parsed(text).ast) for text in expressions_in(template))


def _reads_result(node: Node) -> bool:
    if node.type == "path" and len(node.steps) > 1:
        first, second, *_ = node.steps
        if (first.value, second.value) == ("states", "result"):
            return True
    return any(_reads_result(child) for child in children(node))


def texts_in(node: Node) -> Iterator[str]:
    """The texts that an expression names."""
    if node.type == "string":
        yield str(node.value)
    for child in children(node):
        yield from texts_in(child)


@cache
def asserted(text: str) -> tuple["Condition", ...]:
    """The conditions that an expression asserts wherever it is evaluated."""
    engine = parsed(text)
    return tuple(Condition(text, node) for node in _asserts(engine.ast))


def _asserts(node: Node) -> Iterator[Node]:
    if node.type == "function" and getattr(node.procedure, "value", None) == "assert" and node.arguments:
        yield node.arguments[0]
    elif node.type == "block":
        for inner in node.expressions:
            yield from _asserts(inner)


class _EndlessError(Exception):
    """An expression takes more steps, or goes deeper, than any that decides something."""


def _bound(frame: Any) -> None:
    """Bounds an evaluation by its steps and not by the clock: a busy computer must find what an idle one finds."""
    steps = depth = 0

    def entered(*_: object) -> None:
        nonlocal steps, depth
        steps, depth = steps + 1, depth + 1
        if steps > _MOST_STEPS or depth > _DEEPEST_EVALUATION:
            raise _EndlessError

    def left(*_: object) -> None:
        nonlocal depth
        depth -= 1

    frame.set_evaluate_entry_callback(entered)
    frame.set_evaluate_exit_callback(left)


def _with_nulls(value: Any) -> Any:
    """A value as the package takes it: its None is what is not there, and null is something else."""
    from jsonata.utils import Utils  # noqa: PLC0415 # slow to import, and a machine in JSONPath needs none

    if isinstance(value, Mapping):
        return {name: _with_nulls(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_nulls(inner) for inner in value]
    return Utils.NULL_VALUE if value is None else value


class Condition:
    """A condition of a machine, which may be decided before it runs."""

    def __init__(self, text: str, node: Node = None) -> None:
        self.text = text
        """The expression that it is, or a part of."""
        self._engine = copy.copy(parsed(text))
        if node is not None:
            self._engine.ast = node
        self.reads = frozenset(_free(self._engine.ast))
        """Names of the variables that it reads."""

    @property
    def root(self) -> Node:
        """Its tree."""
        return self._engine.ast

    def value(self, known: Mapping[str, Any]) -> Any:
        """What it comes to with these variables, of which it must read no others; None if it fails."""
        try:
            frame = self._engine.create_frame(self._engine.environment)
            _bound(frame)
            for name, value in known.items():
                frame.bind(name, _with_nulls(value))
            return self._engine.evaluate(None, frame)
        except Exception:
            return None

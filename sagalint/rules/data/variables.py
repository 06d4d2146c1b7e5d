"""What a machine's variables hold, as far as the definition shows it without a run."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from sagalint.definition.machine import JSONATA, Machine, State
from sagalint.expressions.jsonata_tree import (
    Node,
    children,
    expression_in,
    expressions_in,
    free_variables,
    parsed,
    reads_result,
)
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Rule

RESULT_LOST: Final = Rule(
    id="result-lost",
    statement="A result that later states need is kept.",
    consequence="They go on with an older one, or with none.",
    fix="Assign the result to the variable.",
)
KIND_CHANGES: Final = Rule(
    id="kind-changes",
    statement="A variable holds the same type of value, and the same fields or none, wherever it is assigned.",
    consequence="An expression that reads it works on one path and fails on another, mostly on that of a failure.",
    fix="Assign the same type of value, with the same fields, everywhere.",
)


_OF_FUNCTIONS: Final = {
    **dict.fromkeys(("append", "sort", "reverse", "shuffle", "keys", "split"), "a list"),
    **dict.fromkeys(("string", "join", "replace", "uppercase", "lowercase", "trim", "fromMillis"), "a text"),
    **dict.fromkeys(("count", "sum", "max", "min", "number", "toMillis", "length"), "a number"),
    **dict.fromkeys(("merge", "sift"), "an object"),
    **dict.fromkeys(("exists", "boolean", "not", "contains"), "a truth value"),
}
_OF_NODES: Final = {
    "string": "a text",
    "number": "a number",
    "unary [": "a list",
    "unary {": "an object",
    "binary &": "a text",
    **dict.fromkeys((f"binary {operator}" for operator in "+-*/%"), "a number"),
    **dict.fromkeys((f"binary {operator}" for operator in ("=", "!=", "<", ">", "and", "or")), "a truth value"),
}
_OF_VALUES: Final[tuple[tuple[type, str], ...]] = (
    (Mapping, "an object"),
    (list, "a list"),
    (str, "a text"),
    (bool, "a truth value"),  # before numbers: it is one to Python
    (int, "a number"),
    (float, "a number"),
)
_HAVE_NO_FIELDS: Final = ("a text", "a number", "a truth value")


class _Assigned(NamedTuple):
    state: str
    kind: str
    fields: frozenset[str]


def value_types(machine: Machine) -> Iterator[Finding]:
    """Variables that hold one kind of value here and another there, or an object with other fields."""
    used = dict(_used_as_objects(machine))
    for variable, assigned in sorted(_assignments(machine).items()):
        first = assigned[0]
        plain = next((one for one in assigned if one.kind in _HAVE_NO_FIELDS), None)
        if plain and variable in used:
            yield _differs(
                variable,
                _Assigned(used[variable], "an object", frozenset()),
                plain,
                f"{plain.kind} in {plain.state}, and {used[variable]} takes it for an object",
            )
            continue
        other = next((one for one in assigned if one.kind != first.kind), None)
        if other:
            yield _differs(variable, first, other, f"{first.kind} in {first.state} and {other.kind} in {other.state}")
            continue
        filled = [one for one in assigned if one.fields]
        other = next((one for one in filled if one.fields != filled[0].fields), None)
        if other:
            odd = ", ".join(sorted(filled[0].fields ^ other.fields))
            yield _differs(
                variable,
                filled[0],
                other,
                f"an object in {filled[0].state} and in {other.state}, and only one has {odd}",
            )


def _differs(variable: str, one: _Assigned, other: _Assigned, how: str) -> Finding:
    return Finding(
        KIND_CHANGES,
        tuple(dict.fromkeys((other.state, one.state))),
        f"${variable} is {how}",
        f"assign the same kind of value, with the same fields, to {variable} everywhere",
    )


def _assignments(machine: Machine) -> Mapping[str, list[_Assigned]]:
    """By variable, every assignment whose kind shows; not an empty text that stands for nothing until a Choice asks."""
    found: dict[str, list[_Assigned]] = defaultdict(list)
    asked = frozenset(_asked_by_choices(machine))
    for state in machine.states.values():
        for way in state.ways if state.language == JSONATA else ():
            for variable, template in way.fields.get("Assign", {}).items():
                if (template != "" or variable not in asked) and (shown := _kind_of(template)):
                    found[variable].append(_Assigned(state.name, *shown))
    return found


def _asked_by_choices(machine: Machine) -> Iterator[str]:
    """The variables that the condition of a Choice reads: on which way what is read of them is followed elsewhere."""
    for state in machine.states.values():
        for way in state.onward if state.language == JSONATA else ():
            for text in expressions_in((way.condition or {}).get("Condition")):
                yield from free_variables(text)


def _used_as_objects(machine: Machine) -> Iterator[tuple[str, str]]:
    """Variables that a state reads a field of, or merges with others."""
    for state in machine.states.values():
        for text in expressions_in(state.body) if state.language == JSONATA else ():
            for name in _taken_for_objects(text):
                yield name, state.name


@cache
def _taken_for_objects(text: str) -> frozenset[str]:
    return frozenset(_objects_in(parsed(text).ast)) & free_variables(text) - {"states"}


def _objects_in(node: Node) -> Iterator[str]:
    if node.type == "path" and len(node.steps) > 1 and node.steps[0].type == "variable":
        yield str(node.steps[0].value)
    if node.type == "function" and getattr(node.procedure, "value", None) == "merge":
        merged = [inner for argument in node.arguments for inner in children(argument)]
        yield from (str(inner.value) for inner in merged if inner.type == "variable")
    for child in children(node):
        yield from _objects_in(child)


def _kind_of(template: Any) -> tuple[str, frozenset[str]] | None:
    """The kind of a template and the fields of an object; None if only a run decides."""
    none: frozenset[str] = frozenset()
    text = expression_in(template)
    if text is not None:
        return _kind_of_node(parsed(text).ast)
    kind = next((kind for types, kind in _OF_VALUES if isinstance(template, types)), None)
    return (kind, frozenset(map(str, template)) if isinstance(template, Mapping) else none) if kind else None


def _kind_of_node(node: Node) -> tuple[str, frozenset[str]] | None:
    none: frozenset[str] = frozenset()
    if node.type == "block":
        return _kind_of_node(node.expressions[-1]) if node.expressions else None
    if node.type == "condition":
        then, otherwise = _kind_of_node(node.then), _kind_of_node(node._else) if node._else is not None else None
        return then if then == otherwise else None
    if node.type == "function":
        kind = _OF_FUNCTIONS.get(str(getattr(node.procedure, "value", "")))
        return (kind, none) if kind else None
    kind = _OF_NODES.get(f"{node.type} {node.value}") or _OF_NODES.get(node.type)
    if kind == "an object":
        keys = [key for key, _ in node.lhs_object]
        return kind, frozenset(str(key.value) for key in keys) if all(key.type == "string" for key in keys) else none
    return (kind, none) if kind else None


def lost_results(machine: Machine, plan: Plan) -> Iterator[Finding]:
    """Results that the plan keeps in a variable, and the state does not."""
    for name, kept_in in plan.keeps.items():
        assigned = machine.states[name].body.get("Assign", {}) if name in machine.states else {}
        for variable in kept_in:
            if not _kept(machine.states.get(name), assigned, variable):
                yield Finding(
                    RESULT_LOST,
                    (name,),
                    f"{name} does not keep its result in ${variable}, where later states look for it",
                    f"let {name} assign {variable}",
                )


def _kept(state: State | None, assigned: Mapping[str, Any], variable: str) -> bool:
    """Whether a variable is made of the result; in JSONPath, of any path."""
    if state is not None and state.language != JSONATA:
        return f"{variable}.$" in assigned
    return reads_result(assigned.get(variable))

"""Finds in an expression what AWS refuses or cannot evaluate although linters accept it.

The facts are from "Transforming data with JSONata" and "Passing data between states with variables" of AWS.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from tests.support.second_judge.places import Place
from tests.support.second_judge.reference import Reference

AWS_FUNCTIONS: Final = frozenset({"partition", "range", "hash", "random", "uuid", "parse"})
"""Functions that Step Functions adds to JSONata."""
ABSENT: Final = frozenset({"eval"})
"""Functions of JSONata that Step Functions does not have."""
STATES: Final = {"input", "context", "result", "errorOutput"}
LONGEST_NAME: Final = 80
"""Characters of a variable's name."""


def refused(place: Place, judge: Reference) -> list[str]:
    """What AWS refuses in an expression."""
    if not place.text:
        return ["an expression is empty"]
    tree = judge.tree(place.text)
    return [*_functions(tree, judge), *_variables(tree, place), *_roots(tree), *_states(tree, place)]


def refused_names(state: Mapping[str, Any]) -> list[str]:
    """Variables that a state assigns and AWS does not let it assign."""
    ways = [state, *state.get("Catch", ()), *state.get("Choices", ())]
    names = {name for way in ways for name in way.get("Assign", {})}
    return sorted(name for name in names if name == "states" or len(name) > LONGEST_NAME)


def _functions(tree: Any, judge: Reference) -> Iterator[str]:
    bound = _bound(tree)
    for node in _nodes(tree):
        if node.get("type") not in ("function", "partial"):
            continue
        name = node["procedure"].get("value")
        if node["procedure"].get("type") != "variable" or name in bound:
            continue
        if name in ABSENT or (name not in AWS_FUNCTIONS and not _has(judge, name)):
            yield f"${name} is not a function on AWS"


@cache
def _has(judge: Reference, name: str) -> bool:
    return judge.evaluate(f"$exists(${name})", {}).value is True


def _variables(tree: Any, place: Place) -> Iterator[str]:
    bound = _bound(tree) | {"states", "", "$"}
    called = {id(node["procedure"]) for node in _nodes(tree) if node.get("type") in ("function", "partial")}
    for node in _nodes(tree):
        if node.get("type") != "variable" or id(node) in called or node["value"] in bound | place.known:
            continue
        yield f"${node['value']} is not assigned on every way to the state"
    if "states" in _bound(tree):
        yield "$states is reserved"


def _roots(tree: Any) -> Iterator[str]:
    """`$`, `$$` and a bare name stand for an input that Step Functions does not give."""
    yield from _rootless(tree, inside=False)


def _rootless(node: Any, *, inside: bool) -> Iterator[str]:
    if isinstance(node, list):
        for inner in node:
            yield from _rootless(inner, inside=inside)
        return
    if not isinstance(node, Mapping):
        return
    kind, value = node.get("type"), node.get("value")
    if kind == "variable" and (value == "$" or (value == "" and not inside)):
        yield f"{'$$' if value == '$' else '$'} has no value at the top of an expression"
    if kind == "name" and not inside:
        yield f"{value} is a bare name: no input is given to an expression"
    for field, inner in node.items():
        if field == "steps":
            yield from _rootless(inner[0], inside=inside)
            yield from _rootless(inner[1:], inside=True)
        elif field in ("predicate", "stages", "group"):
            yield from _rootless(inner, inside=True)
        else:
            yield from _rootless(inner, inside=inside)


def _states(tree: Any, place: Place) -> Iterator[str]:
    in_paths = set()
    for node in _nodes(tree):
        if node.get("type") != "path" or node["steps"][0].get("value") != "states":
            continue
        first, second = node["steps"][:2]
        in_paths.add(id(first))
        field = second.get("value")
        if field not in STATES:
            yield f"$states.{field} does not exist"
        elif (field == "result" and not place.result) or (field == "errorOutput" and not place.error):
            yield f"$states.{field} is not defined in this field"
    for node in _nodes(tree):
        if node.get("type") == "variable" and node["value"] == "states" and id(node) not in in_paths:
            yield "$states is read as a whole"


def _bound(tree: Any) -> set[str]:
    names = {node["lhs"]["value"] for node in _nodes(tree) if node.get("type") == "bind"}
    for node in _nodes(tree):
        if node.get("type") == "lambda":
            names |= {argument["value"] for argument in node["arguments"]}
    return names


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(tree, list):
        for inner in tree:
            yield from _nodes(inner)
    elif isinstance(tree, Mapping):
        yield tree
        for inner in tree.values():
            yield from _nodes(inner)

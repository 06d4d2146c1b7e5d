"""Every JSONata expression of a template's machines: where it stands, and whether its state catches its error."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk.assertions import Template

from sagalint.expressions.jsonata_tree import expression_in
from tests.support.template.graph import Graph

_CATCHING: Final = frozenset({"States.ALL", "States.QueryEvaluationError"})
_WITH_RESULT: Final = frozenset({"Task", "Map", "Parallel"})


@dataclass(frozen=True)
class Place:
    """Where an expression stands.

    Attributes:
        machine: The end of its machine's name.
        state: Its state.
        field: Its field of the state, with the path below it.
        text: The expression.
        caught: Whether the state catches the error that the expression raises.
        result: Whether `$states.result` is defined there.
        error: Whether `$states.errorOutput` is.
        known: The variables that are assigned on every way to it.
    """

    machine: str
    state: str
    field: str
    text: str
    caught: bool
    result: bool
    error: bool
    known: frozenset[str]
    passed: tuple[str, ...] = ()
    """Expressions that have been evaluated on every way to it: what they refuse does not come here."""

    def __str__(self) -> str:
        """Returns the place for a person."""
        return f"{self.machine}: {self.state}.{self.field}"


def machine_names(template: Mapping[str, Any]) -> list[str]:
    """The machines of a template, by their names."""
    machines = [one for one in template["Resources"].values() if one["Type"] == "AWS::StepFunctions::StateMachine"]
    return sorted(one["Properties"]["StateMachineName"] for one in machines)


def places(template: dict[str, Any]) -> list[Place]:
    """Every expression of every machine of a template."""
    return [
        place
        for name in machine_names(template)
        for place in places_of(name, Graph.of(Template.from_json(template), name).definition)
    ]


def places_of(name: str, definition: dict[str, Any]) -> Iterator[Place]:
    """Every expression of a machine."""
    assigned = Graph(definition).surely_assigned()
    succeeded = _surely_succeeded(Graph(definition))
    for state_name, state in definition["States"].items():
        known = frozenset(assigned.get(state_name, ()))
        caught = any(_CATCHING & set(catcher["ErrorEquals"]) for catcher in state.get("Catch", ()))
        passed = tuple(
            text
            for before in sorted(succeeded.get(state_name, ()))
            for _, text in _expressions(definition["States"][before].get("Arguments"), "")
        )
        for field, part in state.items():
            for path, text in _expressions(part, field):
                in_catcher = field == "Catch"
                after = field in ("Assign", "Output") and state["Type"] in _WITH_RESULT
                yield Place(name, state_name, path, text, caught and not in_catcher, after, in_catcher, known, passed)


def _surely_succeeded(graph: Graph) -> dict[str, frozenset[str]]:
    """By state, the tasks that have succeeded on every way to it."""
    start = graph.definition["StartAt"]
    known: dict[str, frozenset[str]] = {start: frozenset()}
    to_do = [start]
    while to_do:
        here = to_do.pop()
        caught = {catcher["Next"] for catcher in graph.states[here].get("Catch", ())}
        for target, _ in graph.ways(here):
            now = known[here] | (frozenset() if target in caught else {here})
            if target not in known or not known[target] <= now:
                known[target] = known.get(target, now) & now
                to_do.append(target)
    return known


def _expressions(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _expressions(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _expressions(inner, f"{path}[{number}]")
    elif (text := expression_in(value)) is not None:
        yield path, text

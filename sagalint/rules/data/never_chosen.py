"""The rule about a Choice after a Catch: whether it asks for what the error has replaced before it cleans up."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sagalint.definition.machine import JSONATA, Machine, State
from sagalint.definition.naming.task_kinds import clears
from sagalint.expressions.jsonpath import segments
from sagalint.paths.roles import Roles
from sagalint.rules.finding import Finding, Rule, listed, once

NEVER_CHOSEN: Final = Rule(
    id="never-chosen",
    statement="A Choice that a Catch leads to finds there what it asks for before it cleans up.",
    consequence="The cleanup is left out after every such failure, and the execution ends as if nothing was left.",
    fix='Put the error beside the data: "ResultPath": "$.error" in the Catch.',
)
_OF_AN_ERROR: Final = ("Error", "Cause")
"""What an error that replaces everything has."""


def never_chosen(machine: Machine, roles: Roles) -> Iterator[Finding]:
    """The Catches without ResultPath that lead to a Choice which asks for something else before it undoes anything."""
    for state in machine.everywhere():
        for number, way in enumerate(state.catches):
            choice = roles.layout.states.get(way.target or "")
            if choice is None or choice.type != "Choice" or not _replaces_all(state, choice, way.fields):
                continue
            asked = {str(one.target): found for one in choice.onward if (found := _misses(one.condition))}
            left = [name for name in asked if _cleans_up(name, roles)]
            if left:
                yield Finding(
                    NEVER_CHOSEN,
                    once(state.name, choice.name, *left),
                    f"after a Catch of {state.name}, {choice.name} asks for {asked[left[0]]}, which the error has "
                    f"replaced: {listed(left)} {'is' if len(left) == 1 else 'are'} left out",
                    f'put the error beside the rest ("ResultPath": "$.error" in the Catch of {state.name})',
                    number,
                    weighs_as="doubt-not-compensated",
                )


def _replaces_all(state: State, choice: State, catcher: Mapping[str, Any]) -> bool:
    if JSONATA in (state.language, choice.language) or "InputPath" in choice.body:
        return False
    return bool(catcher.get("ResultPath", "$") == "$")


def _misses(condition: Any) -> str:
    """The path that a condition needs and that no error has; empty if it can hold."""
    if not isinstance(condition, Mapping):
        return ""
    if "And" in condition:
        return next(filter(None, map(_misses, condition["And"])), "")
    if "Or" in condition:
        found = [_misses(one) for one in condition["Or"]]
        return found[0] if found and all(found) else ""
    path = str(condition.get("Variable", ""))
    there = segments(path)[:1] if path.startswith("$.") else []
    return path if condition.get("IsPresent") is True and there and there[0] not in _OF_AN_ERROR else ""


def _cleans_up(name: str, roles: Roles) -> bool:
    """Whether a state is a task that undoes something, or clears it away."""
    state = roles.layout.states.get(name)
    return state is not None and state.type == "Task" and (name in roles.undoes or clears(name))

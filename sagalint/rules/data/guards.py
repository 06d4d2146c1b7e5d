"""Choices in JSONPath that ask whether something is there: which of their ways data can take."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sagalint.definition.machine import JSONATA, State, Way
from sagalint.expressions.jsonpath import segments
from sagalint.rules.data.flow import Data


def possible_ways(state: State, data: Data) -> Iterator[Way]:
    """The ways of a state that no error takes, without those of a Choice that what is there rules out."""
    for way in state.onward:
        holds = _holds(way.condition, state, data) if way.condition is not None else None
        if holds is not False:
            yield way
        if holds is True:
            return


def _holds(condition: Mapping[str, Any], state: State, data: Data) -> bool | None:
    """Whether a condition holds; None if that rests on more than on what is there."""
    return None if state.language == JSONATA else _tested(condition, data)


def _tested(condition: Mapping[str, Any], data: Data) -> bool | None:
    """Whether a test of JSONPath holds, or several that are put together."""
    if "Not" in condition:
        return _not(_tested(condition["Not"], data))
    if "And" in condition:
        return _all([_tested(one, data) for one in condition["And"]])
    if "Or" in condition:
        return _not(_all([_not(_tested(one, data)) for one in condition["Or"]]))
    return _is_present(condition, data)


def _all(parts: Sequence[bool | None]) -> bool | None:
    return False if False in parts else None if None in parts else True


def _not(part: bool | None) -> bool | None:
    return None if part is None else not part


def asked_for(condition: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The paths of which a condition in JSONPath asks whether something is there."""
    if "IsPresent" in condition:
        yield tuple(segments(str(condition.get("Variable", ""))))
    for one in (*condition.get("And", ()), *condition.get("Or", ()), *filter(None, [condition.get("Not")])):
        yield from asked_for(one)


def _is_present(condition: Mapping[str, Any], data: Data) -> bool | None:
    wanted, path = condition.get("IsPresent"), str(condition.get("Variable", ""))
    if wanted is None or path.startswith("$$") or not path.startswith("$."):
        return None
    value = data.given
    for name in segments(path):
        known = value.knows(name)
        inner = value.get(name)
        if inner is None:
            return not wanted
        if not known:
            return None
        value = inner
    return bool(wanted)

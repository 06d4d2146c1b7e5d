"""The rule about the result of a service of AWS that replaces the data: it has no field of the data that was there."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sagalint.definition.machine import JSONATA, Machine, State
from sagalint.expressions.jsonata_tree import expressions_in
from sagalint.paths.roles import Roles
from sagalint.rules.data.flow import answers_in_capitals
from sagalint.rules.data.weight import first_of_all
from sagalint.rules.finding import Finding, Rule

REPLACED_BY_RESULT: Final = Rule(
    id="replaced-by-result",
    statement="What is read after a call of a service of AWS is in its result, or was kept beside it.",
    consequence="The next state fails with States.Runtime or a failed query, on every execution.",
    fix="Put the result beside the data: with ResultPath, or in JSONata with Assign or Output.",
)
_IN_JSONATA: Final = re.compile(r"\$states\.input\.([a-z]\w*)")
_IN_JSONPATH: Final = re.compile(r"\$\.([a-z]\w*)")


def replaced_by_result(machine: Machine, roles: Roles) -> Iterator[Finding]:
    """The tasks that read a field in small letters right after a call of a service whose result is all that is left."""
    for state in machine.everywhere():
        after = roles.layout.states.get(str(state.body.get("Next", "")))
        if state.type == "Task" and after is not None and after.type == "Task" and _is_all_that_is_left(state):
            for field in _read_by(after):
                found = Finding(
                    REPLACED_BY_RESULT,
                    (state.name, after.name),
                    f"{after.name} reads {field}, and the result of {state.name} has replaced what had it",
                    f"let {state.name} keep its data: put the result beside it",
                    weighs_as="read-undefined",
                )
                yield first_of_all(found, roles)
                break


def _is_all_that_is_left(state: State) -> bool:
    if not answers_in_capitals(state):
        return False
    if state.language == JSONATA:
        return "Output" not in state.body
    return state.body.get("ResultPath", "$") == "$" and not {"ResultSelector", "OutputPath"} & state.body.keys()


def _read_by(state: State) -> list[str]:
    """The fields in small letters that a task reads for its arguments, as they are written."""
    if "InputPath" in state.body:
        return []
    if state.language == JSONATA:
        texts = [text for text in expressions_in(state.arguments) if "$exists" not in text]
        return [found[0] for text in texts for found in _IN_JSONATA.finditer(text)]
    return [found[0] for text in _paths_in(state.arguments) if (found := _IN_JSONPATH.match(text))]


def _paths_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if str(name).endswith(".$") and isinstance(inner, str):
                yield inner
            else:
                yield from _paths_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths_in(inner)

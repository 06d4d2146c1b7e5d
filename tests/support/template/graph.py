"""A state machine of a template as a graph."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws_cdk.assertions import Match, Template

from tests.support.template.resources import properties

PLACEHOLDER_ARN = "arn:aws:lambda:us-east-1:000000000000:function:placeholder"


@dataclass(frozen=True)
class Graph:
    """A machine's definition, with questions about its paths."""

    definition: dict[str, Any]

    @classmethod
    def of(cls, template: Template, name: str) -> "Graph":
        """Reads the machine whose name ends as given."""
        named = {"StateMachineName": Match.string_like_regexp(f"{name}$")}
        found = properties(template, "AWS::StepFunctions::StateMachine", named)
        assert len(found) == 1, f"{len(found)} machines are called ...{name}"
        [machine] = found
        return cls(json.loads(_text(machine["DefinitionString"])))

    @property
    def states(self) -> dict[str, dict[str, Any]]:
        """The states by name."""
        states: dict[str, dict[str, Any]] = self.definition["States"]
        return states

    @property
    def tasks(self) -> dict[str, dict[str, Any]]:
        """The states that call something."""
        return {name: state for name, state in self.states.items() if state["Type"] == "Task"}

    def happy_path(self) -> list[str]:
        """The states from the start, following Next alone."""
        path = [self.definition["StartAt"]]
        while "Next" in self.states[path[-1]]:
            path.append(self.states[path[-1]]["Next"])
        return path

    def caught(self, state: str, error: str) -> str | None:
        """The state to which the first matching catcher of an error leads."""
        for catcher in self.states[state].get("Catch", []):
            if error in catcher["ErrorEquals"] or "States.ALL" in catcher["ErrorEquals"]:
                return str(catcher["Next"])
        return None

    def after(self, state: str) -> list[str]:
        """The states from a state on, following Next alone."""
        path = [state]
        while "Next" in self.states[path[-1]]:
            path.append(self.states[path[-1]]["Next"])
        return path

    def ways(self, state: str) -> list[tuple[str, set[str]]]:
        """Every way out of a state, also by a choice or a catcher: its target and the variables assigned on it."""
        here = self.states[state]
        ways = [here, *here.get("Choices", []), *here.get("Catch", [])]
        if "Default" in here:
            ways.append({"Next": here["Default"]})
        return [(way["Next"], set(way.get("Assign", {}))) for way in ways if "Next" in way]

    def before(self, state: str) -> set[str]:
        """The states that lead to a state."""
        return {name for name in self.states if state in {target for target, _ in self.ways(name)}}

    def surely_assigned(self) -> dict[str, set[str]]:
        """By state that can be reached, the variables assigned on every way to it; the machine may have loops."""
        known: dict[str, set[str]] = {self.definition["StartAt"]: set()}
        to_do = [self.definition["StartAt"]]
        while to_do:
            here = to_do.pop()
            for target, assigned in self.ways(here):
                now = known[here] | assigned
                if target not in known or not known[target] <= now:
                    known[target] = known.get(target, now) & now
                    to_do.append(target)
        return known

    def paths(self, state: str | None = None) -> Iterator[list[str]]:
        """Every path from a state to an end."""
        name = state or self.definition["StartAt"]
        here = self.states[name]
        following = {way["Next"] for way in [here, *here.get("Catch", [])] if "Next" in way}
        if "Next" not in here:
            yield [name]
        for target in sorted(following):
            for path in self.paths(target):
                yield [name, *path]


def _text(value: Any) -> str:
    """Resolves the references of the template: the partition, and a placeholder for all others."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(_text(part) for part in value["Fn::Join"][1])
    return "aws" if value == {"Ref": "AWS::Partition"} else PLACEHOLDER_ARN

"""What a page shows of a visit of a state: what came in, what its call was given, and what came out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from wild_rydes_saga.console.facts.states import visits_of

AT = datetime(2026, 1, 1, tzinfo=UTC)


def event(kind: str, field: str, /, **details: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": AT, f"{field}EventDetails": details}


@pytest.mark.parametrize(
    "scheduled",
    [
        event("TaskScheduled", "taskScheduled", parameters='{"FunctionName": "charge"}'),
        event("LambdaFunctionScheduled", "lambdaFunctionScheduled", input='{"FunctionName": "charge"}'),
    ],
    ids=lambda one: str(one["type"]),
)
def test_the_arguments_of_a_call_are_shown_beside_an_input_that_is_empty(scheduled: dict[str, Any]) -> None:
    """A state with JSONata gets what the state before it passes on, and computes what its call is given."""
    entered = event("TaskStateEntered", "stateEntered", name="ChargeFare", input="{}")
    [visit] = visits_of([entered, scheduled])
    shown = visit.shown()
    assert (shown["input"], shown["arguments"]) == ("{}", '{"FunctionName": "charge"}')


def test_a_state_that_calls_nothing_has_no_arguments() -> None:
    [visit] = visits_of([event("PassStateEntered", "stateEntered", name="Begin", input='{"fareId": "wr_1"}')])
    assert (visit.shown()["input"], visit.shown()["arguments"]) == ('{"fareId": "wr_1"}', "")

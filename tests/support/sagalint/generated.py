"""Sagas of any length, made like the project's own: with JSONata, notes of what gave up, and a settling that looks."""

from itertools import pairwise
from typing import Any

from sagalint.plan import CleanFailure, Messages, Plan, PlannedStep

PATIENCE = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 5, "JitterStrategy": "FULL"}]
SERVICE = [
    f"Lambda.{name}"
    for name in (
        "ServiceException",
        "AWSLambdaException",
        "SdkClientException",
        "ClientExecutionTimeoutException",
        "TooManyRequestsException",
    )
]
NOTED = "{% $append($notUndone, [$states.context.State.Name]) %}"
UNDEFINED_FAILURE = {"failure": "{% $states.errorOutput.Error %}", "notUndone": []}


def generated(steps: int) -> tuple[dict[str, Any], Plan]:
    """A saga of so many steps before its pivot that can be undone, with its plan."""
    actions = [f"Book{number}" for number in range(steps)]
    undo = [f"Cancel{number}" for number in range(steps)]
    states: dict[str, Any] = {}
    for number, (action, following) in enumerate(pairwise([*actions, "Confirm"])):
        clean = undo[number - 1] if number else "TellFailure"
        states[action] = _task(
            following,
            retry=[{"ErrorEquals": SERVICE, "MaxAttempts": 3, "JitterStrategy": "FULL"}],
            catch=[("Unavailable", clean, UNDEFINED_FAILURE), ("States.ALL", undo[number], UNDEFINED_FAILURE)],
        )
    for number, name in enumerate(undo):
        earlier = undo[number - 1] if number else "TellFailure"
        given_up = undo[number - 1] if number else "RollbackIncomplete"
        states[name] = _task(earlier, catch=[("States.ALL", given_up, {"notUndone": NOTED})])
    settles = states[undo[0]]
    settles["Arguments"]["Payload"] = (
        "{% ($assert($count($notUndone) = 0, 'not undone'); $states.context.Execution.Id) %}"
    )
    settles["Retry"].insert(0, {"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 0})
    states["Confirm"] = _task("TellSuccess")
    states["TellSuccess"] = _task("Done")
    states["TellFailure"] = _task("Failed")
    states["Done"] = {"Type": "Succeed"}
    for name in ("Failed", "RollbackIncomplete"):
        states[name] = {"Type": "Fail", "Error": name, "Cause": "{% $failure %}"}
    seconds = 600 * (2 * steps + 3)
    return {"QueryLanguage": "JSONata", "StartAt": actions[0], "TimeoutSeconds": seconds, "States": states}, _plan(
        actions, undo
    )


def _task(following: str, retry: Any = None, catch: Any = ()) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "a-function", "Payload": {"id": "{% $states.context.Execution.Id %}"}},
        "TimeoutSeconds": 30,
        "Retry": [*(retry or PATIENCE)],
        "Catch": [
            {"ErrorEquals": [error], "Next": target, "Assign": assigned, "Output": {}}
            for error, target, assigned in catch
        ],
        "Output": {},
        "Next": following,
    }


def _plan(actions: list[str], undo: list[str]) -> Plan:
    undoable = [
        PlannedStep(action=action, compensation=compensation, clean_failures=(CleanFailure(error="Unavailable"),))
        for action, compensation in zip(actions, undo, strict=True)
    ]
    forward = [
        PlannedStep(action="Confirm", uncompensated_because="from here on it is only finished", pivot=True),
        PlannedStep(action="TellSuccess", uncompensated_because="a message cannot be unsent"),
    ]
    return Plan(
        (*undoable, *forward),
        ("TellFailure", "Failed", "RollbackIncomplete"),
        Messages(success=("TellSuccess",), failure=("TellFailure",)),
        settles=undo[0],
        inputs=(),
        function_timeouts=dict.fromkeys([*actions, *undo, "Confirm", "TellSuccess", "TellFailure"], 15),
        recovered_by="somebody",
    )

"""Large machines: a saga of any number of steps in JSONPath, and one whose steps lie in the branches of a Parallel."""

from itertools import pairwise
from typing import Any

PLACES = ["Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliet"]


def long_saga(steps: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A saga of so many steps, each with a compensation, and its plan: two states for each step, and two ends."""
    actions = [f"Book{number}" for number in range(steps)]
    states = {
        action: _task(after, Catch=[_catcher(f"Cancel{number}")])
        for number, (action, after) in enumerate(pairwise([*actions, "Done"]))
    }
    definition = {"StartAt": "Book0", "TimeoutSeconds": 99_000_000, "States": {**states, **_rollback(_undone(steps))}}
    return definition, _plan(zip(actions, _undone(steps), strict=True))


def wide_saga(branches: int, steps: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same with a Parallel that has so many branches with so many steps each, undone one after the other."""
    actions = [[f"Book{place}{number}" for number in range(steps)] for place in PLACES[:branches]]
    inside = [
        {"StartAt": names[0], "States": {name: _task(after) for name, after in pairwise([*names, None])}}
        for names in actions
    ]
    every = [name for names in actions for name in names]
    undone = [name.replace("Book", "Cancel") for name in every]
    forward = {
        "Type": "Parallel",
        "Branches": inside,
        "ResultPath": None,
        "Catch": [_catcher(undone[-1])],
        "Next": "Done",
    }
    states = {"All": forward, **_rollback(undone)}
    return {"StartAt": "All", "TimeoutSeconds": 99_000_000, "States": states}, _plan(zip(every, undone, strict=True))


def _undone(steps: int) -> list[str]:
    return [f"Cancel{number}" for number in range(steps)]


def _rollback(undone: list[str]) -> dict[str, Any]:
    """The compensations, the last one first, and the ends."""
    chain = {
        name: _task(after, Catch=[_catcher(after, "$.givenUp")])
        for name, after in pairwise([*reversed(undone), "Failed"])
    }
    return {**chain, "Done": {"Type": "Succeed"}, "Failed": {"Type": "Fail", "Error": "Failed", "Cause": "undone"}}


def _task(after: str | None, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work",
        "TimeoutSeconds": 30,
        "ResultPath": None,
        **({"Next": after} if after else {"End": True}),
        **fields,
    }


def _catcher(target: str, path: str = "$.error") -> dict[str, Any]:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": path, "Next": target}


def _plan(pairs: Any) -> dict[str, Any]:
    steps = [{"action": action, "compensation": compensation} for action, compensation in pairs]
    return {"steps": steps, "recovered_by": "the night shift"}

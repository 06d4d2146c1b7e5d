"""A cleanup behind a Choice that asks for what the error of a Catch has replaced."""

from typing import Any

import pytest

from sagalint.rules.finding import Level
from tests.support.sagalint.small import ALL, DONE, FAILED, Definition, found_in, saga, task


def copying(path: str, **catch: Any) -> Definition:
    """A copy that is printed, and deleted on a failure only if a field is there."""
    caught = [{"ErrorEquals": [ALL], "Next": "Kind", **catch}]
    asked = {"And": [{"Variable": path, "IsPresent": True}, {"Variable": path, "StringEquals": "map"}]}
    return saga(
        LoadMap=task("PrintMap"),
        PrintMap=task("Printed", Catch=caught),
        Printed=DONE,
        Kind={"Type": "Choice", "Choices": [{**asked, "Next": "DeleteCopy"}], "Default": "CalledOff"},
        DeleteCopy=task("CalledOff"),
        CalledOff=FAILED,
    )


def test_a_choice_that_asks_for_what_the_error_replaced_is_found() -> None:
    found = [one for one in found_in(copying("$.kind")) if one.rule.id == "never-chosen"]
    assert [(one.level, one.states) for one in found] == [(Level.ERROR, ("PrintMap", "Kind", "DeleteCopy"))]


@pytest.mark.parametrize(
    "machine",
    [copying("$.kind", ResultPath="$.error"), copying("$.Error"), copying("$.kind", ResultPath=None)],
    ids=["beside the data", "the error itself", "the error is thrown away"],
)
def test_what_can_be_there_is_not_reported(machine: Definition) -> None:
    assert "never-chosen" not in [one.rule.id for one in found_in(machine)]

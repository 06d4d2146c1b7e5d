"""A call of a service of AWS whose result replaces the data, and a state after it that reads what is gone."""

from typing import Any

import pytest

from tests.support.sagalint.small import Definition, found_in, saga, task

_SDK = "arn:aws:states:::aws-sdk:rds:restoreDBInstanceFromDBSnapshot"


def restoring(read: str, **more: Any) -> Definition:
    restore = {**task("SetPassword"), "Resource": _SDK, "Parameters": {"Name.$": "$.name"}, **more}
    return saga(RestoreCopy=restore, SetPassword=task(Parameters={"Password.$": read}, ResultPath=None))


def test_a_field_that_the_result_of_a_service_replaced_is_found() -> None:
    found = [one.states for one in found_in(restoring("$.password")) if one.rule.id == "replaced-by-result"]
    assert found == [("RestoreCopy", "SetPassword")]


def test_the_same_is_found_in_jsonata() -> None:
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "RestoreCopy",
        "States": {
            "RestoreCopy": {"Type": "Task", "Resource": _SDK, "Arguments": {}, "Next": "SetPassword"},
            "SetPassword": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:rds:modifyDBInstance",
                "Arguments": {"MasterUserPassword": "{% $states.input.password %}"},
                "End": True,
            },
        },
    }
    assert "replaced-by-result" in [one.rule.id for one in found_in(machine)]
    machine["States"]["RestoreCopy"]["Output"] = "{% $states.input %}"  # type: ignore[index]
    assert "replaced-by-result" not in [one.rule.id for one in found_in(machine)]


@pytest.mark.parametrize(
    "machine",
    [
        restoring("$.DbInstance"),
        restoring("$.password", ResultPath="$.copy"),
        restoring("$.password", ResultPath=None),
        restoring("$.password", ResultSelector={"password.$": "$.Secret"}),
        restoring("$.password", Resource=f"{_SDK}.waitForTaskToken"),
    ],
    ids=["in the result", "beside the data", "no result", "a chosen result", "whatever the answer has"],
)
def test_what_can_be_there_after_a_call_is_not_reported(machine: Definition) -> None:
    assert "replaced-by-result" not in [one.rule.id for one in found_in(machine)]

"""A call of a service of AWS whose result replaces the data, and a state after it that reads what is gone."""

from typing import Any

import pytest

from sagalint import check
from sagalint.guess.plan import guess_plan
from tests.support.sagalint.small import DONE, FAILED, Definition, found_in, saga, task

_SDK = "arn:aws:states:::aws-sdk:rds:restoreDBInstanceFromDBSnapshot"


FOUND_BY = {"replaced-by-result", "read-undefined"}


def restoring(read: str, **more: Any) -> Definition:
    restore = {**task("SetPassword"), "Resource": _SDK, "Parameters": {"Name.$": "$.name"}, **more}
    return saga(RestoreCopy=restore, SetPassword=task(Parameters={"Password.$": read}, ResultPath=None))


def test_a_field_that_the_result_of_a_service_replaced_is_found() -> None:
    found = [one.states for one in found_in(restoring("$.password")) if one.rule.id in FOUND_BY]
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
    assert FOUND_BY & {one.rule.id for one in found_in(machine)}
    machine["States"]["RestoreCopy"]["Output"] = "{% $states.input %}"  # type: ignore[index]
    assert not FOUND_BY & {one.rule.id for one in found_in(machine)}


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
    assert not FOUND_BY & {one.rule.id for one in found_in(machine)}


CALLS = [
    "states:startExecution",
    "states:startExecution.sync",
    "states:startExecution.sync:2",
    "http:invoke",
    "ecs:runTask.sync",
    "glue:startJobRun.sync",
    "batch:submitJob.sync",
    "sns:publish",
    "sqs:sendMessage",
    "events:putEvents",
    "dynamodb:updateItem",
    "aws-sdk:ses:sendEmail",
]


def _rental(call: str, read: str, **more: Any) -> Definition:
    """A saga that calls a service between its steps, and reads a field two states later."""
    return saga(
        ReserveDrill=task("Middle", "ReleaseDrill"),
        Middle={**task("PackDrill", "ReleaseDrill"), "Resource": f"arn:aws:states:::{call}", **more},
        PackDrill=task("ChargeDeposit", "ReleaseDrill", ResultPath="$.packed"),
        ChargeDeposit=task("Rented", "ReleaseDrill", Parameters={"Rental.$": read}),
        Rented=DONE,
        ReleaseDrill=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )


@pytest.mark.parametrize("call", CALLS)
def test_what_a_service_never_gives_back_is_said_as_sure(call: str) -> None:
    first = next(one for one in found_in(_rental(call, "$.rentalId")) if one.rule.id == "read-undefined")
    assert first.states == ("Middle", "ChargeDeposit")
    assert f"{call} never gives it back" in first.message
    assert "on some path" not in first.message
    assert "returns" not in first.fix


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("more", [{"ResultPath": "$.middle"}, {"ResultPath": None}])
def test_a_result_beside_the_data_takes_nothing_away(call: str, more: Definition) -> None:
    assert "read-undefined" not in [one.rule.id for one in found_in(_rental(call, "$.rentalId", **more))]


@pytest.mark.parametrize(
    ("call", "read"),
    [
        ("states:startExecution.sync:2", "$.Output.rentalId"),
        ("http:invoke", "$.ResponseBody.rentalId"),
        ("ecs:runTask.sync", "$.Tags"),
        ("ecs:runTask.waitForTaskToken", "$.rentalId"),
        ("sns:publish", "$.MessageId"),
    ],
)
def test_what_a_service_gives_back_can_be_read(call: str, read: str) -> None:
    assert "read-undefined" not in [one.rule.id for one in found_in(_rental(call, read))]


def test_an_id_that_is_all_that_is_left_has_no_fields() -> None:
    found = found_in(_rental("sns:publish", "$.rentalId", OutputPath="$.MessageId"))
    assert "read-undefined" in [one.rule.id for one in found]


def test_what_is_selected_of_a_result_can_be_assigned() -> None:
    selected = {"ResultSelector": {"number.$": "$.Payload.number"}, "Assign": {"number.$": "$.number"}}
    machine = _rental("lambda:invoke", "$number", ResultPath="$.middle", **selected)
    assert "read-undefined" not in [one.rule.id for one in found_in(machine)]
    del machine["States"]["Middle"]["ResultSelector"]
    assert "read-undefined" in [one.rule.id for one in found_in(machine)]


@pytest.mark.parametrize(
    ("call", "error", "occurs"),
    [
        ("dynamodb:putItem", "DynamoDb.ProvisionedThroughputExceededException", True),
        ("dynamodb:putItem", "DynamoDB.ProvisionedThroughputExceededException", False),
        ("cloudformation:createStack", "CloudFormation.AlreadyExistsException", True),
        ("cloudformation:createStack", "Cloudformation.AlreadyExistsException", False),
        ("secretsmanager:createSecret", "SecretsManager.ResourceExistsException", True),
        ("greengrassv2:createDeployment", "GreengrassV2.ConflictException", True),
    ],
)
def test_errors_of_the_sdk_begin_as_its_exceptions_do(call: str, error: str, *, occurs: bool) -> None:
    """Where the capitals of a service are not known, none are wrong."""
    begin = task("Done", "Undo", Resource=f"arn:aws:states:::aws-sdk:{call}")
    begin["Catch"] = [{"ErrorEquals": [error], "Next": "Failed"}, *begin["Catch"]]
    machine = saga(ReserveDrill=begin, Done=DONE, Failed=FAILED, Undo=task("Failed", calls="release"))
    rules = {one.rule.id for one in check(machine, guess_plan(machine).plan).findings}
    assert ("error-cannot-occur" not in rules) is occurs


def test_results_that_replace_the_data_one_after_the_other_are_one_fault() -> None:
    def calls(operation: str, then: str | None, read: str) -> Definition:
        return task(then) | {"Resource": f"arn:aws:states:::aws-sdk:ec2:{operation}", "Parameters": {"Id.$": read}}

    machine = saga(
        First=calls("createSnapshot", "Second", "$.volume"),
        Second=calls("createVolume", "Third", "$.zone"),
        Third=calls("attachVolume", None, "$.instance"),
    )
    [found] = [one for one in found_in(machine) if one.rule.id == "read-undefined"]
    assert found.states == ("First", "Second", "Third")
    assert found.message.endswith("has the same fault")

"""`make check` on the local cloud: the chapters one after the other, and typical mistakes."""

import json
from typing import Any

import pytest

from tests.support.lab.followed import typed_machines
from tests.support.lab.mistakes import MISTAKES, Mistake
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.lab import CHAPTERS, Checked, Mark, answer, check, riding

QUICK_CHAPTERS = (6, 8)
QUICK_MISTAKES = ("nothing leads to the refund", "the message has no attribute")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ride that does not end is stopped early."""
    monkeypatch.setattr(riding, "_LOCAL_PATIENCE_SECONDS", 12)


MACHINES = typed_machines()
"""What a learner has after each chapter, who does what docs/lab.md says."""


def checked(rides: Rides, machine: dict[str, Any]) -> Checked:
    return check(rides.account, rides.outputs, json.dumps(machine, indent=2))


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(one.number, marks=[] if one.number in QUICK_CHAPTERS else [pytest.mark.long], id=one.name)
        for one in CHAPTERS
    ],
)
def test_a_learner_passes_each_chapter_and_not_the_next(rides: Rides, number: int) -> None:
    found = checked(rides, MACHINES[number - 1])
    assert [chapter.passed for chapter in found.chapters] == [one.number <= number for one in CHAPTERS]
    assert found.chapter == number
    assert found.passed == (number == len(CHAPTERS))
    assert found.verdict.startswith(f"Chapter {number} of {len(CHAPTERS)}.")


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(one, marks=[] if one.name in QUICK_MISTAKES else [pytest.mark.long], id=one.name)
        for one in MISTAKES
    ],
)
@pytest.mark.usefixtures("impatient")
def test_a_mistake_is_named_with_its_reason(rides: Rides, mistake: Mistake) -> None:
    found = checked(rides, mistake.machine)
    assert mistake.said in f"{found.verdict} {found.next_step}"
    assert found.chapter == mistake.chapters
    assert not found.passed
    assert any(item.mark is Mark.FAILED for item in found.items)


@pytest.mark.long
@pytest.mark.usefixtures("impatient")
def test_a_ride_without_an_end_is_stopped_and_named(rides: Rides) -> None:
    machine = answer(len(CHAPTERS))
    machine["States"]["NotifySuccess"].pop("End")
    machine["States"]["NotifySuccess"]["Next"] = "RestForever"
    machine["States"]["RestForever"] = {"Type": "Wait", "Seconds": 50_000_000, "End": True}
    found = checked(rides, machine)
    [success, *_] = found.rides
    assert success.status == "ABORTED"
    assert "was stopped in RestForever" in success.sentence


@pytest.mark.long
def test_a_machine_with_other_state_names_passes(rides: Rides) -> None:
    text = json.dumps(answer(len(CHAPTERS)), indent=2)
    for name in ("RegisterFare", "SetFareStatusFailed", "NotifySuccess", "FareProcessingFailed"):
        text = text.replace(f'"{name}"', f'"My{name}"')
    found = check(rides.account, rides.outputs, text)
    assert found.passed, found.verdict


@pytest.mark.long
def test_the_finished_machine_passes_all_chapters(rides: Rides) -> None:
    assert check(rides.account, rides.outputs, json.dumps(rides.definition())).passed


@pytest.mark.long
def test_a_machine_in_jsonpath_is_judged_by_its_rides_as_well(rides: Rides) -> None:
    """As the lab was published: the row, the charge and the credit."""
    fields = {name: f"$$.Execution.Input.{name}" for name in ("customerId", "fareId", "fareAmount")}
    saga = {"sagaId": "$$.Execution.Id", "startTime": "$$.Execution.StartTime"}
    row = {name: {"S.$": path} for name, path in {**fields, **saga, "unsettledSince": saga["startTime"]}.items()}
    card = {name: f"$$.Execution.Input.{name}" for name in ("cc", "expiryDate", "cvv")}
    payload = {f"{name}.$": path for name, path in {**fields, **saga, **card}.items()}
    machine = {
        "StartAt": "RegisterFare",
        "States": {
            "RegisterFare": {
                "Type": "Task",
                "Resource": "arn:aws:states:::dynamodb:putItem",
                "Parameters": {"TableName": "${FaresTableName}", "Item": {**row, "fareStatus": {"S": "pending"}}},
                "ResultPath": None,
                "Next": "ChargeFare",
            },
            "ChargeFare": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": "${ChargeFareFunctionArn}", "Payload": payload},
                "OutputPath": "$.Payload",
                "End": True,
            },
        },
    }
    found = checked(rides, machine)
    assert [item.sentence for item in found.items if item.name == "Calls" and item.mark is Mark.FAILED] == []
    assert found.chapter == 2


@pytest.mark.long
@pytest.mark.parametrize("saga_id", ["?", "{% $states.context.Execution.Name %}"])
def test_a_check_leaves_no_fare_that_no_recovery_can_settle(rides: Rides, saga_id: str) -> None:
    machine = answer(len(CHAPTERS))
    machine["States"]["RegisterFare"]["Arguments"]["Item"]["sagaId"] = {"S": saga_id}
    found = checked(rides, machine)
    assert found.rides
    pages = rides.account.client("dynamodb").get_paginator("scan").paginate(TableName=rides.outputs["FaresTableName"])
    left = [row["fareId"]["S"] for page in pages for row in page["Items"] if row["sagaId"]["S"].count(":") == 0]
    assert [one for one in left if one.startswith("check_")] == []

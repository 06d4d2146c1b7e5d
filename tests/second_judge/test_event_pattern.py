"""The rules of the stack match the events of executions that ended badly, and no others; moto's matcher judges."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Final, cast

import pytest
from moto.events.models import EventPattern, EventPatternParser
from moto.events.utils import EventMessageType

from tests.conftest import REPORTED
from tests.support.second_judge.concrete import ACCOUNT, REGION, Concrete

BAD: Final = ("FAILED", "TIMED_OUT", "ABORTED")
OTHER: Final = ("RUNNING", "SUCCEEDED", "PENDING_REDRIVE")


def event_of(machine: str, status: str, **changes: Any) -> dict[str, Any]:
    """An event as Step Functions sends it when an execution's status changes."""
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:ride"
    detail = {
        "executionArn": execution,
        "stateMachineArn": machine,
        "name": "ride",
        "status": status,
        "startDate": 1795341600123,
        "stopDate": None if status == "RUNNING" else 1795341601123,
        "input": "{}",
        "output": None,
        "stateMachineVersionArn": f"{machine}:1",
        "stateMachineAliasArn": f"{machine}:live",
        "redriveCount": 0,
    }
    return {
        "version": "0",
        "id": "1",
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": ACCOUNT,
        "time": "2026-11-22T10:00:01Z",
        "region": REGION,
        "resources": [execution],
        "detail": detail,
        **changes,
    }


@pytest.fixture
def concrete(deployed: dict[str, Any]) -> Concrete:
    return Concrete(deployed)


def patterns(concrete: Concrete) -> Iterator[EventPattern]:
    """The patterns of the rules that listen to events."""
    for _, rule in concrete.of_type("AWS::Events::Rule"):
        if "EventPattern" in rule:
            text = json.dumps(rule["EventPattern"])
            yield EventPattern(text, EventPatternParser(text).parse())


def machines(concrete: Concrete) -> dict[str, bool]:
    """Each machine's ARN, and whether events recover its executions: not recoveries, and Express sends no events."""
    found = concrete.of_type("AWS::StepFunctions::StateMachine")
    rides = {concrete.arn(name): one.get("StateMachineType") != "EXPRESS" for name, one in found}
    return {arn: has_events and not arn.endswith("-recovery") for arn, has_events in rides.items()}


def matched(concrete: Concrete, event: dict[str, Any]) -> bool:
    return any(pattern.matches_event(cast("EventMessageType", event)) for pattern in patterns(concrete))


def test_an_execution_that_ended_badly_is_recovered_and_no_other(
    concrete: Concrete, record_property: Callable[[str, object], None]
) -> None:
    started, judged = time.monotonic(), 0
    recovered = [arn for arn, is_recovered in machines(concrete).items() if is_recovered]
    assert len(recovered) >= 2
    for machine, status in product(recovered, (*BAD, *OTHER)):
        assert matched(concrete, event_of(machine, status)) == (status in BAD), (machine, status)
        judged += 1
    strange = [arn for arn in recovered for arn in (f"{arn}-2", f"x{arn}", arn.replace(ACCOUNT, "999999999999"))]
    for machine, status in product(strange, BAD):
        assert not matched(concrete, event_of(machine, status)), machine
        judged += 1
    record_property(REPORTED, f"event pattern: {judged} events judged by moto in {time.monotonic() - started:.2f} s")


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "aws.lambda"},
        {"source": "my.app"},
        {"detail-type": "Step Functions Map Run Status Change"},
        {"detail": {}},
    ],
)
def test_an_event_of_another_kind_is_not_matched(concrete: Concrete, changes: dict[str, Any]) -> None:
    for machine in machines(concrete):
        assert not matched(concrete, event_of(machine, "FAILED", **changes))

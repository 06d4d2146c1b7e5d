"""The sweep: which fares it takes, what it starts for them, and that one refusal does not stop the others."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

import pytest

from lambda_src import environment
from lambda_src.errors import MissingSetting, SweepIncomplete
from lambda_src.recovery import sweep_fares
from lambda_src.recovery.execution import iso_millis
from tests.support.handlers.executions import RECOVERY_ARN
from tests.support.handlers.recovery_cloud import INDEX, SINCE, FaresBesideLedgers, StepFunctions
from tests.support.handlers.rides import CONTEXT, RIDE

PATIENCE: Final = 600
PERIOD: Final = 5000
NOW: Final = 1_795_000_000.0
_ids: Final = iter(range(10_000))

pytestmark = pytest.mark.usefixtures("_settings")


@pytest.fixture
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.UNSETTLED_INDEX, INDEX)
    monkeypatch.setenv(environment.UNSETTLED_AFTER_SECONDS, str(PATIENCE))
    monkeypatch.setenv(environment.RECOVERY_ARN, RECOVERY_ARN)
    monkeypatch.setenv(environment.RECOVERY_PERIOD_SECONDS, str(PERIOD))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The clock by which recoveries are named."""
    clock = SimpleNamespace(now=NOW)
    monkeypatch.setattr(sweep_fares, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


def unsettled(fares: FaresBesideLedgers, saga_id: str, *, seconds: float, **more: str) -> None:
    """A fare that has been unsettled for so long."""
    since = iso_millis(datetime.now(UTC) - timedelta(seconds=seconds))
    fares.put({"fareId": f"fare-{next(_ids)}", "sagaId": saga_id, "fareStatus": "pending", SINCE: since, **more})


def asked(step_functions: StepFunctions) -> list[str]:
    """The executions whose recovery was asked for, in order."""
    return [json.loads(one["input"])["executionArn"] for one in step_functions.started]


def test_it_takes_what_is_unsettled_for_too_long_and_nothing_else(
    fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    unsettled(fares, "overdue", seconds=PATIENCE + 60)
    unsettled(fares, "long-overdue", seconds=86400 * 30, fareStatus="recovering")
    unsettled(fares, "still-in-time", seconds=PATIENCE - 60)
    unsettled(fares, "just-begun", seconds=0)
    fares.put({"fareId": "parked", "sagaId": "parked", "fareStatus": "recovering", "parkedAt": "2026-01-01T00:00:00Z"})
    for status in ("completed", "failed"):
        fares.put({"fareId": status, "sagaId": status, "fareStatus": status, "startTime": "2026-01-01T00:00:00.000Z"})
    step_functions.starts()
    step_functions.starts()
    assert sweep_fares.sweep() == {"overdue": 2, "started": 2}
    assert sorted(asked(step_functions)) == ["long-overdue", "overdue"]


def test_a_recovery_is_given_the_arn_alone(fares: FaresBesideLedgers, step_functions: StepFunctions) -> None:
    unsettled(fares, RIDE.saga_id, seconds=PATIENCE + 60, customerId=RIDE.customer_id)
    step_functions.starts()
    sweep_fares.sweep()
    [start] = step_functions.started
    assert start["stateMachineArn"] == RECOVERY_ARN
    assert json.loads(start["input"]) == {"executionArn": RIDE.saga_id}
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", start["name"])


def test_nothing_is_started_where_nothing_is_overdue(fares: FaresBesideLedgers, step_functions: StepFunctions) -> None:
    assert sweep_fares.sweep() == {"overdue": 0, "started": 0}
    assert step_functions.started == []


def test_a_recovery_is_named_by_saga_and_period(
    fares: FaresBesideLedgers, step_functions: StepFunctions, clock: Any
) -> None:
    unsettled(fares, RIDE.saga_id, seconds=PATIENCE + 60)
    unsettled(fares, f"{RIDE.saga_id}-2", seconds=PATIENCE + 60)
    names = []
    for now in (NOW, NOW + PERIOD - 1, NOW + PERIOD, NOW + 2 * PERIOD):
        clock.now = now
        step_functions.started.clear()
        step_functions.starts()
        step_functions.starts()
        sweep_fares.sweep()
        names.append([start["name"] for start in step_functions.started])
    first, same_period, next_period, later = names
    assert first == same_period
    assert len({*first, *next_period, *later}) == 6


def test_a_recovery_of_that_name_counts_as_started_before(
    fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    for saga_id in ("a", "b", "c"):
        unsettled(fares, saga_id, seconds=PATIENCE + 60)
    step_functions.refuses("ExecutionAlreadyExists")
    step_functions.starts()
    step_functions.refuses("ExecutionAlreadyExists")
    assert sweep_fares.sweep() == {"overdue": 3, "started": 1}


@pytest.mark.parametrize("code", ["ThrottlingException", "ExecutionLimitExceeded", "AccessDeniedException"])
def test_one_that_cannot_be_started_does_not_stop_the_others_and_is_told(
    fares: FaresBesideLedgers, step_functions: StepFunctions, code: str
) -> None:
    for saga_id in ("a", "b", "c"):
        unsettled(fares, saga_id, seconds=PATIENCE + 60)
    step_functions.refuses(code)
    step_functions.refuses("ExecutionAlreadyExists")
    step_functions.starts()
    with pytest.raises(SweepIncomplete, match="1 of 3 recoveries could not be started"):
        sweep_fares.sweep()
    assert asked(step_functions) == ["a", "b", "c"]


def test_the_handler_counts_what_is_overdue(
    fares: FaresBesideLedgers, step_functions: StepFunctions, logs: pytest.CaptureFixture[str]
) -> None:
    unsettled(fares, RIDE.saga_id, seconds=PATIENCE + 60)
    step_functions.starts()
    assert sweep_fares.handler({}, CONTEXT) == {"overdue": 1, "started": 1}
    assert '"FaresOverdue":[1.0]' in logs.readouterr().out


@pytest.mark.parametrize(
    "name", [environment.FARES_TABLE, environment.UNSETTLED_INDEX, environment.UNSETTLED_AFTER_SECONDS]
)
def test_a_setting_that_is_missing_is_named(
    name: str, fares: FaresBesideLedgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(MissingSetting, match=name):
        sweep_fares.sweep()

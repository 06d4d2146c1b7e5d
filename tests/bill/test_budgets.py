"""What a ride of each kind calls and uses does not grow unnoticed: docs/measured/budgets.json says what it may use."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest

from tests.conftest import ROOT
from tests.support.bill.lines import ORCHESTRATION, dollars, total
from tests.support.bill.measure import (
    COMPLETED,
    DECLINED,
    EXPRESS,
    KINDS,
    LAB,
    RECOVERED,
    REFUSED,
    SETTLING_SECONDS,
    STANDARD,
    Measured,
    as_deployed,
    express,
    from_json,
    ride_on_express,
    standard,
)
from tests.support.bill.page import CHART, MEASURED, PAGE, chart, limits_of, tables
from tests.support.bill.usage import Usage
from tests.support.faults.cloud import FaultyCloud

BUDGETS: Final = ROOT / "docs" / "measured" / "budgets.json"
OFTEN: Final = (COMPLETED, DECLINED, REFUSED)
COUNTED: Final = (
    "transitions",
    "express_requests",
    "lambda_requests",
    "write_units",
    "read_units",
    "book_write_units",
    "book_read_units",
    "log_lines",
    "publishes",
    "queue_requests",
)
LONGER: Final = 1.02
"""Bytes may differ so much: ids and words differ in length."""


@pytest.fixture(scope="module")
def warm(faulty: FaultyCloud) -> Iterator[FaultyCloud]:
    """The functions have run once: what they log at their first run is not the ride's."""
    as_deployed(faulty)
    faulty.run([KINDS[kind]() for kind in OFTEN])
    for kind in OFTEN:
        ride_on_express(faulty, kind)
    time.sleep(SETTLING_SECONDS)
    yield faulty
    faulty.work.hurry()


def counts(used: Usage) -> dict[str, float]:
    return {name: round(getattr(used, name), 2) for name in COUNTED}


def budget(machine: str, kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(BUDGETS.read_text(encoding="utf-8"))[machine][kind]
    return found


def keep(machine: str, kind: str, used: Usage) -> None:
    budgets = json.loads(BUDGETS.read_text(encoding="utf-8")) if BUDGETS.exists() else {}
    budgets.setdefault(machine, {})[kind] = {**counts(used), "log_bytes": round(used.log_bytes)}
    BUDGETS.write_text(json.dumps(budgets, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def check(machine: str, kind: str, used: Usage, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--snapshot-update"):
        keep(machine, kind, used)
    allowed = budget(machine, kind)
    assert counts(used) == {name: allowed[name] for name in COUNTED}, "run again with --snapshot-update if it must"
    assert used.log_bytes <= allowed["log_bytes"] * LONGER


@pytest.mark.long
@pytest.mark.parametrize("kind", OFTEN)
def test_a_ride_uses_what_its_budget_says(warm: FaultyCloud, kind: str, request: pytest.FixtureRequest) -> None:
    check(STANDARD, kind, standard(warm, kind, rides=1, warm=0).usage, request)


@pytest.mark.long
@pytest.mark.parametrize("kind", OFTEN)
def test_a_ride_on_express_uses_what_its_budget_says(
    warm: FaultyCloud, kind: str, request: pytest.FixtureRequest
) -> None:
    check(EXPRESS, kind, express(warm, kind, rides=1, warm=0).usage, request)


@pytest.mark.long
@pytest.mark.parametrize(("machine", "run"), [(STANDARD, standard), (EXPRESS, express)], ids=[STANDARD, EXPRESS])
def test_a_recovered_ride_uses_what_its_budget_says(
    warm: FaultyCloud, machine: str, run: Callable[..., Measured], request: pytest.FixtureRequest
) -> None:
    check(machine, RECOVERED, run(warm, RECOVERED, rides=3).usage, request)


def test_the_page_shows_the_bill_that_was_measured_last() -> None:
    found = from_json(MEASURED.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    assert tables(found) in page
    assert limits_of(found) in page
    assert chart(found) == CHART.read_text(encoding="utf-8")


def test_the_bill_was_measured_with_the_budgets_of_today() -> None:
    measured = {(one.machine, one.kind): one.usage for one in from_json(MEASURED.read_text(encoding="utf-8"))}
    for machine, kinds in json.loads(BUDGETS.read_text(encoding="utf-8")).items():
        for kind, allowed in kinds.items():
            assert counts(measured[machine, kind]) == {name: allowed[name] for name in COUNTED}, (machine, kind)


def completed_rides() -> dict[str, Usage]:
    return {one.machine: one.usage for one in from_json(MEASURED.read_text("utf-8")) if one.kind == COMPLETED}


def test_a_completed_ride_costs_less_than_on_the_labs_machine() -> None:
    used = completed_rides()
    cost = {machine: dollars(one)[ORCHESTRATION] for machine, one in used.items()}
    assert cost[EXPRESS] < cost[STANDARD] < cost[LAB]
    assert total(used[STANDARD], book=True) < total(used[LAB], book=True)


def test_a_million_rides_on_express_cost_20_dollars_at_most() -> None:
    used = completed_rides()[EXPRESS]
    assert dollars(used)[ORCHESTRATION] <= 2
    assert total(used, book=False) <= 20

"""What a ride of each kind calls, counted on the local cloud, and which rate of rides the quotas allow for it."""

import re
from collections.abc import Callable
from typing import Final

import pytest

from lambda_src import environment
from tests.conftest import ROOT
from tests.faults.test_aws_at_its_worst import in_doubt, recoveries, wrong_with
from tests.support.faults.cloud import MACHINES, FaultyCloud
from tests.support.faults.injection.conditions import calls_made
from tests.support.faults.trial import Trial, declined, refused, rolled_back
from tools.quotas import QUOTAS, TRANSITIONS, table

PAGE: Final = ROOT / "docs" / "performance.md"
TABLE: Final = re.compile(r"(?<=<!-- quotas -->\n).*?(?=<!-- end -->)", re.DOTALL)
RIDES: Final = 4


def completed() -> Trial:
    return Trial(label="completed", by_itself=True)


KINDS: Final[dict[str, Callable[[], Trial]]] = {
    "completes": completed,
    "is declined": declined,
    "is refused: the fare is locked": refused,
    "is rolled back": rolled_back,
    "is stopped, and recovered": in_doubt,
}


def transitions(cloud: FaultyCloud) -> int:
    """The states that all executions have entered."""
    client = cloud.account.client("stepfunctions")
    entered = 0
    for machine in MACHINES:
        for page in client.get_paginator("list_executions").paginate(stateMachineArn=cloud.outputs[machine]):
            for execution in page["executions"]:
                events = cloud.rides.history(execution["executionArn"])
                entered += sum("stateEnteredEventDetails" in event for event in events)
    return entered


def counted(cloud: FaultyCloud, kind: Callable[[], Trial]) -> dict[str, int]:
    """By API, how many calls a ride of a kind makes, its start included."""
    cloud.wait_until_quiet()
    entered, started, called = transitions(cloud), recoveries(cloud), calls_made(cloud.folder)
    rides = cloud.run([kind() for _ in range(RIDES)])
    assert wrong_with(cloud, rides) == []
    made = calls_made(cloud.folder) - called
    all_calls = {quota.api: made[quota.api] for quota in QUOTAS}
    all_calls["StartExecution"] = RIDES + recoveries(cloud) - started
    all_calls[TRANSITIONS] = transitions(cloud) - entered
    assert not [api for api, times in all_calls.items() if times % RIDES], all_calls
    return {api: times // RIDES for api, times in all_calls.items()}


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_page_says_which_rate_each_quota_allows(faulty: FaultyCloud, request: pytest.FixtureRequest) -> None:
    faulty.work.set(**{environment.RECOVERY_LEASE_SECONDS: "600"})
    try:
        text = table({words: counted(faulty, kind) for words, kind in KINDS.items()})
    finally:
        faulty.work.hurry()
    if request.config.getoption("--snapshot-update"):
        PAGE.write_text(TABLE.sub(lambda _: text, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    [there] = TABLE.findall(PAGE.read_text(encoding="utf-8"))
    assert there == text, "the table is stale: make test ARGS=--snapshot-update"

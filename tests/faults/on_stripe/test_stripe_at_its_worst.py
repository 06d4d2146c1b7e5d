"""Stripe fails while rides run: lost answers, errors of its own, rate limits, slow answers, refunds that take days."""

import time
from typing import Any, Final

import pytest

from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.trial import Trial
from wild_rydes_saga.emulator.stripe_double.objects import PENDING_REFUND
from wild_rydes_saga.emulator.stripe_double.process import RunningDouble

CUSTOMERS: Final = ("rider", "rider_fail_auth", "rider_fail_charge", "rider_fail_credit")
"""The suffixes force the handlers' other paths."""
SECONDS: Final = 3
FAULTS: Final[dict[str, dict[str, Any]]] = {
    "lost before it was done": {"when": "before", "status": 0, "times": 6},
    "done, and the answer is lost": {"when": "after", "status": 0, "times": 6},
    "done, and an error is answered": {"when": "after", "status": 500, "times": 6},
    "an error of its own": {"when": "before", "status": 500, "times": 6},
    "rate limit": {"when": "before", "status": 429, "times": 6},
    "done, and answered too late": {"when": "after", "status": None, "delay_seconds": 6.0, "times": 3},
}

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture
def double(faulty: FaultyCloud) -> RunningDouble:
    assert faulty.reader.double
    return faulty.reader.double


def wrong_with(cloud: FaultyCloud, trials: list[Trial]) -> list[str]:
    """What is wrong with rides, once nothing moves any more."""
    rides = cloud.run(trials)
    time.sleep(SECONDS)
    cloud.sweep()
    cloud.wait_until_quiet(patience_seconds=280)
    return [str(finding) for finding in cloud.audit(rides) if finding.saga_id]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_whatever_stripe_answers_each_ride_is_completed_or_undone(
    fault: dict[str, Any], faulty: FaultyCloud, double: RunningDouble
) -> None:
    double.control("faults", {"path": "POST .*", **fault})
    trials = [Trial(label="Stripe fails", customer_id=customer, may_park=True) for customer in CUSTOMERS]
    assert wrong_with(faulty, trials) == []
    assert double.control("struck")["struck"], "nothing failed: the test tried nothing"


def test_a_refund_that_takes_days_is_waited_for_and_made_once(faulty: FaultyCloud) -> None:
    trials = [
        Trial(label="slow bank", customer_id=f"rider-{number}_fail_credit", changed={"paymentToken": PENDING_REFUND})
        for number in range(3)
    ]
    assert wrong_with(faulty, trials) == []

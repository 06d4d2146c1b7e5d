"""Many rides at once: on one fare, and on one customer's account."""

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.local_cloud.ride_audit import assert_all_or_nothing
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides

CROWD = 8
FARE_MINOR = 2000


def test_of_many_sagas_on_one_fare_each_rides_alone_or_is_refused(
    rides: Rides, payload: Callable[..., dict[str, Any]], fare_id: str
) -> None:
    sagas = [rides.start(payload(customerId=f"customer-{number}")) for number in range(CROWD)]
    outcomes = {saga_id: rides.outcome(saga_id, fare_id) for saga_id in sagas}
    assert {outcome.error for outcome in outcomes.values()} == {None, "FareLocked"}
    for saga_id, outcome in outcomes.items():
        completed = outcome.status == "SUCCEEDED"
        assert outcome.queue == ("success" if completed else "failure")
        assert_all_or_nothing(rides, saga_id, fare_minor=FARE_MINOR if completed else 0)
    fare = rides.row("FaresTableName", {"fareId": fare_id})
    assert fare is not None
    assert (fare["fareStatus"], outcomes[fare["sagaId"]].status) == ("completed", "SUCCEEDED")


@pytest.mark.long
def test_many_rides_of_one_customer_are_all_credited(rides: Rides) -> None:
    customer = f"customer-{uuid.uuid4().hex}"
    fares = [f"wr_{uuid.uuid4().hex[:12]}" for _ in range(CROWD)]
    sagas = [rides.start({**LAB_FARE, "customerId": customer, "fareId": fare}) for fare in fares]
    statuses = Counter(rides.outcome(saga_id, fare).status for saga_id, fare in zip(sagas, fares, strict=True))
    assert statuses == {"SUCCEEDED": CROWD}
    balance = rides.row("AccountsTableName", {"accountKey": f"customer#{customer}"})
    assert balance is not None
    assert int(balance["balanceMinor"]) == CROWD * FARE_MINOR

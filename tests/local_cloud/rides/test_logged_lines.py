"""No function logs a warning of Python's: CloudWatch Logs Insights reads JSON, and each line is billed."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.support.card import logs
from tests.support.local_cloud.doors import wait_until_quiet
from wild_rydes_saga.deployed.rides import Rides

WARNING: Final = re.compile(r"^[^{].*Warning: ")


@pytest.mark.parametrize("suffix", ["", "_fail_auth", "_fail_credit"], ids=["completed", "declined", "refused"])
def test_no_function_warns_also_at_its_first_call(
    rides: Rides, payload: Callable[..., dict[str, Any]], suffix: str
) -> None:
    saga_id = rides.start(payload(customerId=f"c{suffix}"))
    rides.wait(saga_id)
    wait_until_quiet(rides)
    lines = [*logs(rides.account)]
    assert any(saga_id in line for line in lines)
    assert [line for line in lines if WARNING.search(line)] == []

"""A handler writes what it counted, and nothing if it counted nothing."""

import contextlib
from typing import Any

import pytest

from lambda_src.errors import GatewayError
from lambda_src.metric_names import Counted
from lambda_src.observability import count, writes_metrics
from tests.support.handlers.rides import CONTEXT

Printed = pytest.CaptureFixture[str]


@pytest.mark.parametrize("fails", [False, True], ids=["ends", "fails"])
@pytest.mark.parametrize("counted", [0, 1], ids=["nothing", "one"])
def test_what_was_counted_is_written_at_the_end_and_nothing_else(logs: Printed, counted: int, fails: bool) -> None:
    @writes_metrics
    def handler(_event: Any, _context: Any) -> dict[str, str]:
        for _ in range(counted):
            count(Counted.RIDES_UNREADABLE)
        if fails:
            raise GatewayError("unreachable")
        return {}

    with pytest.raises(GatewayError) if fails else contextlib.nullcontext():
        handler({}, CONTEXT)
    written = logs.readouterr()
    assert [Counted.RIDES_UNREADABLE.value in line for line in written.out.splitlines()] == [True] * counted
    assert written.err == ""

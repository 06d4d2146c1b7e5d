"""`make drill` and `make lift`: an operator finds, repairs and recovers a ride whose refund fails."""

from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from tests.support.local_cloud.operator import screen
from wild_rydes_saga.cli.operator.drill import run_drill
from wild_rydes_saga.cli.operator.lift import lift
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Stack

RIGHT = "The rider has the money back, the ride waits for nobody, and the outcome was sent once."
Payload = Callable[..., dict[str, Any]]


@pytest.mark.long
def test_the_drill_ends_well_with_the_runbooks_commands(console: Console, stack: Stack) -> None:
    assert run_drill(console, stack)
    shown = screen(console)
    assert RIGHT in shown
    for alarm, says in (
        ("RollbackIncomplete", "A compensation gave up"),
        ("RideParked", "A ride could not be rolled back"),
    ):
        assert shown[shown.index(f"ALARM {alarm}") + 1].startswith(says)
    typed = [line for line in shown if line.startswith("$ make ")]
    assert [line.split()[2] for line in typed] == ["rides", "ride", "lift", "recover"]
    assert any("why             RefundFare: RefundException" in line for line in shown)
    assert shown[-1].startswith("From the alarm to the end: ")


@pytest.mark.long
def test_an_operator_who_gives_up_is_not_said_to_be_done(console: Console, stack: Stack) -> None:
    """A recovery without the repair parks the ride again; hints come one after the other."""
    lines = ["", "", "", "", "", "rm -rf /", "make ride RIDE=nobody", "make recover ALL=1"]

    def read_line(prompt: str) -> str:
        if not lines:
            raise EOFError
        return lines.pop(0)

    assert not run_drill(console, stack, read_line)
    shown = screen(console)
    assert RIGHT not in shown
    assert "Not right: the rider is owed $20.00" in shown
    assert "The drill knows make rides, make ride, make lift and make recover." in shown
    assert any(line.startswith("error: there is no ride nobody") for line in shown)
    assert sum("ends the forced failure" in line for line in shown) == 1


def test_nothing_is_lifted_of_a_ride_without_a_payment(
    rides: Rides, payload: Payload, console: Console, stack: Stack
) -> None:
    """A row that says nothing else would be taken for a payment's."""
    saga_id = rides.start(payload(customerId="3_fail_refund", fareAmount="twenty"))
    rides.wait(saga_id)
    with pytest.raises(OperatorError, match="no payment yet"):
        lift(console, stack, saga_id)
    assert rides.row("PaymentsTableName", {"sagaId": saga_id}) is None


def test_only_a_forced_failure_can_be_lifted(rides: Rides, payload: Payload, console: Console, stack: Stack) -> None:
    saga_id = rides.start(payload())
    rides.wait(saga_id)
    with pytest.raises(OperatorError, match="does not end with _fail_refund"):
        lift(console, stack, saga_id)

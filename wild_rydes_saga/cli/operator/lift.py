"""`make lift`: ends the failure that a ride of `_fail_refund` forces, so that it can be recovered."""

from rich.console import Console

from wild_rydes_saga.cli.screen import print_line, print_next, ride_command
from wild_rydes_saga.deployed.operations.lifting import lift_failure
from wild_rydes_saga.deployed.operations.ride_report import read_ride
from wild_rydes_saga.deployed.stacks import Stack


def lift(console: Console, stack: Stack, ride: str) -> None:
    """Lifts a ride's forced failure; raises `OperatorError` if it forces none."""
    report = read_ride(stack.account, stack.outputs, ride)
    lift_failure(stack.account, stack.outputs, report)
    print_line(console, "Lifted: the ride's refund succeeds from now on.", style="bold")
    print_next(console, ride_command(stack, "recover", report.name))

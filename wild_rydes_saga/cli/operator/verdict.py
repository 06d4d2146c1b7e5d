"""What became of a ride in one sentence, and what to do next."""

from typing import Final

from lambda_src.fare_status import COMPLETED, FAILED, RECOVERING
from lambda_src.forced_failures import FORCED
from lambda_src.payments.ledger import REFUND_PENDING
from wild_rydes_saga.cli.screen import command, count, ride_command
from wild_rydes_saga.deployed.money import money
from wild_rydes_saga.deployed.operations.parked import Parked
from wild_rydes_saga.deployed.operations.ride_report import RideReport
from wild_rydes_saga.deployed.stacks import Stack

_RUNNING: Final = "RUNNING"
_SUCCEEDED: Final = "SUCCEEDED"


def verdict(report: RideReport) -> str:
    """One sentence on the ride and its money, and one on what failed."""
    sentences = [_outcome(report)]
    if _refund_is_pending(report):
        sentences.append("The gateway has accepted its refund, and reports later whether the money arrived.")
    if report.is_parked:
        sentences.append(_trouble(report))
    return " ".join(sentences)


def next_step(stack: Stack, report: RideReport) -> str:
    """What to do, with the command as it must be typed."""
    again = ride_command(stack, "ride", report.name)
    recover = ride_command(stack, "recover", report.name)
    if report.recovery and report.recovery.status == _RUNNING:
        patient = "asks the gateway again by itself, for days if need be"
        return f"wait: its recovery {patient if _refund_is_pending(report) else 'is running'}. Then: {again}"
    if report.is_parked:
        return f"{_before_recovering(report.parked, lift=ride_command(stack, 'lift', report.name))}, then: {recover}"
    if _is_running(report):
        return f"wait for its end, then: {again}"
    if _is_open(report):
        return f"its recovery starts by itself within minutes. To start it now: {recover}"
    if report.own_fare.get("fareStatus") == FAILED and _debt(report):
        return "settle it by hand: docs/runbook.md"
    return f"nothing to do. Other rides: {command(stack, 'rides')}"


def _before_recovering(parked: Parked | None, *, lift: str) -> str:
    """What to do before a parked ride is recovered."""
    if parked and FORCED in parked.cause:
        return f"end the failure that its customerId forces: {lift}"
    return f"fix what made {parked.state} fail" if parked and parked.error else "fix the cause"


def _outcome(report: RideReport) -> str:
    status, paid = report.own_fare.get("fareStatus"), money(report.paid_minor)
    if status == COMPLETED:
        return f"The ride completed: the rider paid {paid}."
    if status == FAILED:
        return _rolled_back(report)
    if status == RECOVERING:
        return f"The ride is not rolled back yet: {_debt(report) or 'the rider owes and is owed nothing'}."
    if _is_running(report):
        return f"The ride is running{_where(report)}: the rider has paid {paid} so far."
    if status is not None or report.is_parked:
        return f"The ride is not settled{_because(report)}: the rider has paid {paid}."
    return _outcome_without_a_fare(report)


def _rolled_back(report: RideReport) -> str:
    if debt := _debt(report):
        return f"The ride is settled as failed{_because(report)}, but {debt}."
    return f"The ride was rolled back{_because(report)}: the rider paid nothing."


def _outcome_without_a_fare(report: RideReport) -> str:
    """Of a ride that never held its fare, or whose fare another ride holds now."""
    if report.run is None:
        return f"AWS does not keep the ride's execution any more: the rider paid {money(report.paid_minor)}."
    if report.run.status == _SUCCEEDED and report.payment is None:
        return "The execution succeeded and did nothing of a ride: the rider paid nothing."
    if report.run.status == _SUCCEEDED:
        return f"The ride completed: the rider paid {money(report.paid_minor)}."
    if report.payment is None:
        return f"The ride was refused{_because(report)}: the rider paid nothing."
    return _rolled_back(report)


def _debt(report: RideReport) -> str:
    """What the rider is owed by a ride that did not complete; empty if nothing."""
    if report.paid_minor > 0:
        return f"the rider is owed {money(report.paid_minor)}"
    if "authorise" in report.book and not {"capture", "void"} & set(report.book):
        return f"a hold of {money(report.book['authorise'])} is still open on the rider's card"
    return ""


def _trouble(report: RideReport) -> str:
    parked = report.parked
    if parked is None:
        return "A recovery parked it, and its message is gone."
    if not parked.error:
        return f"A recovery parked it at {parked.state}."
    return f"{parked.state} failed{_how_often(report, parked)}: {parked.error}."


def _how_often(report: RideReport, parked: Parked) -> str:
    failures = report.recovery.failures.get(parked.state, 0) if report.recovery else 0
    return f" {count(failures, 'time')}" if failures else ""


def _because(report: RideReport) -> str:
    return f" after {report.run.error}" if report.run and report.run.error else ""


def _where(report: RideReport) -> str:
    return f" at {report.run.path[-1]}" if report.run and report.run.path else ""


def _refund_is_pending(report: RideReport) -> bool:
    return report.payment is not None and report.payment["status"] == REFUND_PENDING


def _is_running(report: RideReport) -> bool:
    return report.run is not None and report.run.status == _RUNNING


def _is_open(report: RideReport) -> bool:
    return report.own_fare.get("fareStatus") not in (None, COMPLETED, FAILED)

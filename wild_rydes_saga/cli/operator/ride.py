"""`make ride`: one ride from every side. Never its card."""

from rich.console import Console

from lambda_src.fare import FARE_FIELDS
from lambda_src.recovery.work.work_row import PARKED
from wild_rydes_saga.cli.operator.rides import parked_facts
from wild_rydes_saga.cli.operator.verdict import next_step, verdict
from wild_rydes_saga.cli.screen import Fact, print_facts, print_line, print_next, with_age
from wild_rydes_saga.deployed.money import money
from wild_rydes_saga.deployed.operations.executions import Run
from wild_rydes_saga.deployed.operations.express_runs import is_express
from wild_rydes_saga.deployed.operations.open_rides import Row
from wild_rydes_saga.deployed.operations.ride_report import RideReport, read_ride
from wild_rydes_saga.deployed.stacks import Stack


def show_ride(console: Console, stack: Stack, ride: str) -> None:
    """Prints all that is known of a ride; changes nothing. Raises `OperatorError` if there is no such ride."""
    report = read_ride(stack.account, stack.outputs, ride)
    print_line(console, verdict(report), style="bold")
    print_facts(console, report.name, _facts(report))
    print_next(console, next_step(stack, report))


def _facts(report: RideReport) -> list[Fact]:
    run, recovery = report.run, report.recovery
    known = run.fare if run else report.own_fare
    return [
        ("saga id", report.saga_id),
        *[(name, known[name]) for name in FARE_FIELDS if name in known],
        ("execution", run.status if run else "gone: AWS keeps one for 90 days"),
        *(_run_facts(run) if run else []),
        *([("recovery", f"{recovery.arn}: {recovery.status}"), *_run_facts(recovery)] if recovery else []),
        ("fare", _fare_status(report)),
        ("payments", _ledger(report.payment, "captured", "refunded")),
        ("gateway", report.gateway),
        ("gateway's book", ", ".join(f"{name} {money(minor)}" for name, minor in report.book.items()) or "nothing"),
        ("account", _ledger(report.account, "credited", "reversed")),
        ("messages", _messages(run, recovery)),
        *parked_facts(report.parked, PARKED if report.is_parked else ""),
    ]


def _run_facts(run: Run) -> list[Fact]:
    nothing = "Express keeps no history: the console shows how far the ride came" if is_express(run.arn) else "none"
    return [("error", run.error or "none"), ("path", " → ".join(run.path) or nothing)]


def _fare_status(report: RideReport) -> str:
    fare = report.fare
    if not fare:
        return "not registered"
    if not report.own_fare:
        return f"belongs to another ride, which is {fare['fareStatus']}: {fare['sagaId']}"
    parked = f", parked since {with_age(fare['parkedAt'])}" if "parkedAt" in fare else ""
    return f"{fare['fareStatus']}{parked}"


def _ledger(row: Row | None, there: str, back: str) -> str:
    if row is None:
        return "no row"
    return f"{row['status']}: {there} {money(row[f'{there}Minor'])}, {back} {money(row[f'{back}Minor'])}"


def _messages(run: Run | None, recovery: Run | None) -> str:
    by = [("the saga", run), ("the recovery", recovery)]
    sent = [f"{state} by {sender}" for sender, one in by if one for state in one.notified]
    return ", ".join(sent) or "none, as far as these histories go"

"""The first sentence about a ride, and the next command, for each state that a ride can be in."""

from dataclasses import replace
from typing import Any

import pytest

from lambda_src.forced_failures import FORCED
from wild_rydes_saga.cli.operator.verdict import next_step, verdict
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.operations.executions import Run
from wild_rydes_saga.deployed.operations.parked import Parked
from wild_rydes_saga.deployed.operations.ride_report import RideReport
from wild_rydes_saga.deployed.stacks import Stack

SAGA_ID = "arn:aws:states:us-east-1:000000000000:execution:wild-rydes-completed:stuck-1"
STACK = Stack(Account("http://127.0.0.1:1"), {})
OWN = {"sagaId": SAGA_ID}
ANOTHERS = {"sagaId": f"{SAGA_ID}-later", "fareStatus": "completed"}
ROW = {"status": "captured"}


def run(status: str, error: str | None = None, **failures: int) -> Run:
    path = ["RegisterFare", "ChargeFare"]
    return Run(arn=SAGA_ID, fare={}, status=status, error=error, path=path, notified=[], failures=failures)


def parked(state: str, error: str) -> Parked:
    return Parked(
        saga_id=SAGA_ID,
        fare={},
        still_to_do=(state,),
        state=state,
        error=error,
        cause="",
        recovery_arn="",
        parked_at="",
    )


def report(**known: Any) -> RideReport:
    nothing: dict[str, Any] = {"run": None, "recovery": None, "payment": None, "account": None, "parked": None}
    return RideReport(**{"saga_id": SAGA_ID, "fare": {}, "gateway": "", "book": {}, **nothing, **known})


OWED = report(
    run=run("FAILED", "SagaRollbackIncomplete"),
    recovery=run("FAILED", RefundFare=6),
    fare={**OWN, "fareStatus": "recovering", "parkedAt": "2026-01-01T00:00:00.000Z"},
    book={"authorise": 2000, "capture": 2000},
    parked=parked("RefundFare", "GatewayError"),
)

PENDING = replace(
    OWED,
    recovery=run("RUNNING"),
    fare={**OWN, "fareStatus": "recovering"},
    payment={"status": "refund_pending"},
    parked=None,
)

NOTHING = "nothing to do. Other rides: make rides"
FIX = "fix what made RefundFare fail, then: make recover RIDE=stuck-1"
START = "its recovery starts by itself within minutes. To start it now: make recover RIDE=stuck-1"


@pytest.mark.parametrize(
    ("ride", "sentence", "step"),
    [
        pytest.param(
            OWED,
            "The ride is not rolled back yet: the rider is owed $20.00. RefundFare failed 6 times: GatewayError.",
            FIX,
            id="parked, and the rider is owed money",
        ),
        pytest.param(
            replace(OWED, book={"authorise": 2000}, recovery=None),
            "The ride is not rolled back yet: a hold of $20.00 is still open on the rider's card."
            " RefundFare failed: GatewayError.",
            FIX,
            id="parked, and a hold is open",
        ),
        pytest.param(
            PENDING,
            "The ride is not rolled back yet: the rider is owed $20.00."
            " The gateway has accepted its refund, and reports later whether the money arrived.",
            "wait: its recovery asks the gateway again by itself, for days if need be. Then: make ride RIDE=stuck-1",
            id="its refund is pending",
        ),
        pytest.param(
            replace(OWED, parked=None),
            "The ride is not rolled back yet: the rider is owed $20.00. A recovery parked it, and its message is gone.",
            "fix the cause, then: make recover RIDE=stuck-1",
            id="parked, and the message is gone",
        ),
        pytest.param(
            report(run=None, parked=parked("InspectExecution", "Unclear"), book={"capture": 2000}),
            "The ride is not settled: the rider has paid $20.00. InspectExecution failed: Unclear.",
            "fix what made InspectExecution fail, then: make recover RIDE=stuck-1",
            id="parked, and nothing is known of it",
        ),
        pytest.param(
            report(
                run=run("SUCCEEDED"),
                fare={**OWN, "fareStatus": "completed"},
                book={"capture": 2000},
                parked=parked("NotifySuccess", "SNS.AuthorizationErrorException"),
            ),
            "The ride completed: the rider paid $20.00. NotifySuccess failed: SNS.AuthorizationErrorException.",
            "fix what made NotifySuccess fail, then: make recover RIDE=stuck-1",
            id="completed, and its message is not sent",
        ),
        pytest.param(
            report(run=run("RUNNING"), fare={**OWN, "fareStatus": "pending"}),
            "The ride is running at ChargeFare: the rider has paid $0.00 so far.",
            "wait for its end, then: make ride RIDE=stuck-1",
            id="running",
        ),
        pytest.param(
            report(
                run=run("TIMED_OUT", "States.Timeout"), fare={**OWN, "fareStatus": "pending"}, book={"capture": 2000}
            ),
            "The ride is not settled after States.Timeout: the rider has paid $20.00.",
            START,
            id="ended, and not settled yet",
        ),
        pytest.param(
            report(run=run("TIMED_OUT"), fare={**OWN, "fareStatus": "recovering"}, book={"capture": 5, "refund": 5}),
            "The ride is not rolled back yet: the rider owes and is owed nothing.",
            START,
            id="being rolled back",
        ),
        pytest.param(
            report(run=run("FAILED", "FareLocked"), fare=ANOTHERS),
            "The ride was refused after FareLocked: the rider paid nothing.",
            NOTHING,
            id="refused, as the fare is another ride's",
        ),
        pytest.param(
            report(run=run("FAILED", "PaymentAuthException"), fare=ANOTHERS, payment=ROW),
            "The ride was rolled back after PaymentAuthException: the rider paid nothing.",
            NOTHING,
            id="rolled back, and its fare ridden again",
        ),
        pytest.param(
            report(run=run("FAILED", "Crash"), fare={**OWN, "fareStatus": "failed"}, book={"capture": 2000}),
            "The ride is settled as failed after Crash, but the rider is owed $20.00.",
            "settle it by hand: docs/runbook.md",
            id="said to be rolled back, and money is missing",
        ),
        pytest.param(
            report(run=run("SUCCEEDED"), fare=ANOTHERS, payment=ROW, book={"capture": 2000}),
            "The ride completed: the rider paid $20.00.",
            NOTHING,
            id="completed, and its fare ridden again",
        ),
        pytest.param(
            report(run=run("SUCCEEDED")),
            "The execution succeeded and did nothing of a ride: the rider paid nothing.",
            NOTHING,
            id="a machine that does nothing yet",
        ),
        pytest.param(
            replace(OWED, parked=replace(parked("RefundFare", "RefundException"), cause=f"no refund: {FORCED}")),
            "The ride is not rolled back yet: the rider is owed $20.00. RefundFare failed 6 times: RefundException.",
            "end the failure that its customerId forces: make lift RIDE=stuck-1, then: make recover RIDE=stuck-1",
            id="parked by a failure that its customerId forces",
        ),
        pytest.param(
            report(payment=ROW, book={"capture": 2000}),
            "AWS does not keep the ride's execution any more: the rider paid $20.00.",
            NOTHING,
            id="older than 90 days",
        ),
    ],
)
def test_a_ride_is_summed_up_in_one_sentence_with_the_next_command(ride: RideReport, sentence: str, step: str) -> None:
    assert verdict(ride) == sentence
    assert next_step(STACK, ride) == step

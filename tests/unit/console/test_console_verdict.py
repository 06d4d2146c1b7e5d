"""The one sentence that a list shows of a ride."""

from dataclasses import replace

import pytest

from wild_rydes_saga.console.facts.verdict import Known, Tone, verdict

DONE = Known(
    status="SUCCEEDED",
    error="",
    fare_status="completed",
    work="",
    captured=2000,
    refunded=0,
    credited=2000,
    message="success",
    is_learners=False,
)
FAILED = replace(
    DONE, status="FAILED", error="AccountCreditException", fare_status="failed", credited=0, message="failure"
)
PARKED = replace(FAILED, error="SagaRollbackIncomplete", fare_status="recovering", work="parked", message="")


@pytest.mark.parametrize(
    ("known", "tone", "sentence"),
    [
        (DONE, Tone.DONE, "completed: $20.00 captured, success message sent"),
        (
            replace(FAILED, refunded=2000),
            Tone.CAUGHT,
            "rolled back after AccountCreditException: $20.00 captured and refunded, failure message sent",
        ),
        (
            replace(FAILED, captured=0, error="FareLocked", fare_status=""),
            Tone.CAUGHT,
            "refused (FareLocked): nothing captured, failure message sent",
        ),
        (
            FAILED,
            Tone.FAILED,
            "failed after AccountCreditException: $20.00 captured and not refunded: the rider lost $20.00,"
            " failure message sent",
        ),
        (PARKED, Tone.FAILED, "parked after SagaRollbackIncomplete: $20.00 captured. It waits for you"),
        (
            replace(PARKED, work="recovering"),
            Tone.RUNNING,
            "being recovered after SagaRollbackIncomplete: $20.00 captured so far",
        ),
        (
            replace(DONE, status="RUNNING", fare_status="pending", message=""),
            Tone.RUNNING,
            "running: $20.00 captured so far",
        ),
        (
            replace(DONE, fare_status="", message="none", is_learners=True),
            Tone.FAILED,
            "ended without an error: $20.00 captured, no message sent",
        ),
        (
            replace(DONE, fare_status="", captured=0, credited=0, message="none", is_learners=True),
            Tone.FAILED,
            "ended without an error: nothing captured, no message sent",
        ),
        (
            replace(FAILED, status="ABORTED", error="Cancelled", refunded=2000),
            Tone.CAUGHT,
            "rolled back after it was cancelled: $20.00 captured and refunded, failure message sent",
        ),
        (
            replace(FAILED, status="ABORTED", error="Cancelled", fare_status="pending", message=""),
            Tone.FAILED,
            "cancelled, not settled: $20.00 captured. Its recovery is due",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_verdict_has_the_outcome_the_money_and_the_message(known: Known, tone: Tone, sentence: str) -> None:
    assert verdict(known) == (tone, sentence)

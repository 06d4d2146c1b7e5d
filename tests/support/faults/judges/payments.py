"""Judges ChargeFare by the gateway's own book, and compares the payments ledger with it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lambda_src.errors import PaymentAuthException, PaymentChargeException
from lambda_src.fare_status import COMPLETED
from lambda_src.forced_failures import FAIL_AUTH, FAIL_CHARGE
from lambda_src.payments.ledger import CAPTURED, DECLINED, REFUNDED, VOIDED
from tests.support.faults.judges.judge import CustomerSuffix, Effect, Evidence, Judgement, Problem, StepJudge

PAYMENTS: Final = "PaymentsTableName"
GATEWAY: Final = "GatewayTableName"
_CLOSED: Final = (CAPTURED, DECLINED, VOIDED, REFUNDED)
_RECORDED_IN: Final = {"capture": "capturedMinor", "refund": "refundedMinor"}

Book = Mapping[str, Sequence[int]]
"""Amounts that the gateway moved, by operation."""


def judge(evidence: Evidence) -> Judgement:
    """Money that the gateway captured and did not refund is kept."""
    book = _book(evidence)
    kept = sum(book.get("capture", ())) - sum(book.get("refund", ()))
    trace = book or evidence.row(PAYMENTS)
    undone = Effect.UNDONE if trace else Effect.NOTHING
    problems = [*_book_problems(book, evidence), *(() if evidence.parked else _ledger_problems(book, evidence))]
    return Judgement(Effect.DONE if kept else undone, kept, problems)


def _book(evidence: Evidence) -> Book:
    book: dict[str, list[int]] = defaultdict(list)
    for row in evidence.rows.get(GATEWAY, ()):
        book[row["operation"]].append(int(row["amountMinor"]))
    return dict(book)


def _book_problems(book: Book, evidence: Evidence) -> Iterator[Problem]:
    for operation, amounts in book.items():
        if len(amounts) > 1:
            yield Problem("one effect", f"{operation} was booked {len(amounts)} times")
        if any(amount != evidence.ride.amount_minor for amount in amounts):
            yield Problem("money", f"{operation} was booked with another amount than the fare's")
    if book.get("capture") and book.get("void"):
        yield Problem("money", "a hold was captured and voided")


def _ledger_problems(book: Book, evidence: Evidence) -> Iterator[Problem]:
    if book.get("authorise") and not (book.get("capture") or book.get("void")):
        yield Problem("holds", "an authorisation is left open")
    payment = evidence.row(PAYMENTS) or {}
    for operation, column in _RECORDED_IN.items():
        recorded, booked = int(payment.get(column, 0)), sum(book.get(operation, ()))
        if recorded != booked:
            yield Problem("ledgers", f"{column} is {recorded}, and the gateway booked {booked}")
    status = payment.get("status")
    if payment and status not in _CLOSED:
        yield Problem("ledgers", f"the payment is left {status}")
    if (status == CAPTURED) != (evidence.outcome == COMPLETED):
        yield Problem("ledgers", f"the payment is {status}, and the reported outcome is {evidence.outcome}")


JUDGE: Final = StepJudge(
    action="ChargeFare",
    tables=[PAYMENTS, GATEWAY],
    judge=judge,
    forces={
        PaymentAuthException.__name__: CustomerSuffix(f"_{FAIL_AUTH}"),
        PaymentChargeException.__name__: CustomerSuffix(f"_{FAIL_CHARGE}"),
    },
)

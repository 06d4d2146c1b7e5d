"""Whether the money is right: the ledger's row and the gateway's own book agree."""

from collections.abc import Iterator

from lambda_src.dynamodb import Row
from lambda_src.payments.ledger import CAPTURED, DECLINED, REFUNDED, VOIDED
from tests.support.gateways.subject import Book


def wrong_with(row: Row, book: Book, fare: int) -> list[str]:
    """All that is wrong with a payment that is closed; an empty list if nothing is.

    Args:
        row: Its row in the ledger.
        book: What the gateway says that it did.
        fare: The fare, in minor units.
    """
    return list(_wrong(row, book, fare))


def _wrong(row: Row, book: Book, fare: int) -> Iterator[str]:
    taken, back = sum(book.get("capture", ())), sum(book.get("refund", ()))
    if row["status"] not in (CAPTURED, DECLINED, VOIDED, REFUNDED):
        yield f"the row is left {row['status']}"
    if taken - back != (fare if row["status"] == CAPTURED else 0):
        yield f"{taken} was captured and {back} refunded, and the row is {row['status']}"
    if (row["capturedMinor"], row["refundedMinor"]) != (taken, back):
        yield f"the ledger has {row['capturedMinor']} and {row['refundedMinor']}, the gateway {taken} and {back}"
    if len(book.get("authorise", ())) != len(book.get("void", ())) + len(book.get("capture", ())):
        yield "a hold is open, or was captured and voided"
    if any(len(amounts) > 1 for amounts in book.values()):
        yield f"an operation was done twice: {dict(book)}"

"""Judges a ride by what is in the tables, the queues and the gateway's book alone."""

from typing import Any

from wild_rydes_saga.deployed.rides import Rides

OPERATIONS = ("authorise", "capture", "void", "refund")


def book_of(rides: Rides, saga_id: str) -> dict[str, int]:
    """What the gateway's own book says of a saga, in minor units by operation."""
    rows = {name: rides.row("GatewayTableName", {"operationKey": f"{saga_id}#{name}"}) for name in OPERATIONS}
    return {name: int(row["amountMinor"]) for name, row in rows.items() if row}


def account_of(rides: Rides, saga_id: str) -> int:
    """What the ride left on the customer's account, in minor units."""
    row: dict[str, Any] = rides.row("AccountsTableName", {"accountKey": f"saga#{saga_id}"}) or {}
    return int(row.get("creditedMinor", 0)) - int(row.get("reversedMinor", 0))


def assert_all_or_nothing(rides: Rides, saga_id: str, *, fare_minor: int) -> None:
    """Money is conserved, no hold is left open, and book, ledgers and account agree.

    Args:
        rides: The stack to look at.
        saga_id: The ride.
        fare_minor: What it must have cost: the fare of a completed ride, otherwise 0.
    """
    book = book_of(rides, saga_id)
    captured, refunded = book.get("capture", 0), book.get("refund", 0)
    assert captured - refunded == fare_minor
    if "authorise" in book:
        assert ("capture" in book) != ("void" in book), "a hold is open, or both captured and voided"
    assert account_of(rides, saga_id) == fare_minor
    ledger = rides.row("PaymentsTableName", {"sagaId": saga_id})
    if ledger is None:
        assert not book
        return
    assert (int(ledger["capturedMinor"]), int(ledger["refundedMinor"])) == (captured, refunded)
    assert ledger["status"] in ({"captured"} if fare_minor else {"declined", "voided", "refunded"})

"""The auditor: judges only by the tables whether the money is right."""

from collections import Counter, defaultdict

from lambda_src.dynamodb import Row
from lambda_src.payments.ledger import CAPTURED
from tests.support.handlers.tables import ACCOUNTS, GATEWAY, PAYMENTS, Tables


def audit(tables: Tables) -> list[str]:
    """Returns the findings after all steps have ended; an empty list if there are none."""
    return audit_payments(tables.rows(PAYMENTS), tables.rows(GATEWAY)) + audit_accounts(tables.rows(ACCOUNTS))


def audit_payments(payments: list[Row], operations: list[Row]) -> list[str]:
    """Compares the payments ledger with the gateway's own book."""
    ledger = {str(row["sagaId"]): row for row in payments}
    book: defaultdict[str, list[Row]] = defaultdict(list)
    for row in operations:
        book[str(row["sagaId"])].append(row)
    return [
        f"{saga_id}: {finding}"
        for saga_id in sorted(ledger.keys() | book.keys())
        for finding in _audit_saga(ledger.get(saga_id, {}), book[saga_id])
    ]


def _audit_saga(row: Row, book: list[Row]) -> list[str]:
    times = Counter(str(operation["operation"]) for operation in book)
    sums: Counter[str] = Counter()
    for operation in book:
        sums[str(operation["operation"])] += int(operation["amountMinor"])
    due = row["amountMinor"] if row.get("status") == CAPTURED else 0
    wrong = {
        "an operation was booked more than once": any(count > 1 for count in times.values()),
        "money was taken that is not due, or due and not taken": sums["capture"] - sums["refund"] != due,
        "the ledger's capturedMinor is not the book's": row.get("capturedMinor", 0) != sums["capture"],
        "the ledger's refundedMinor is not the book's": row.get("refundedMinor", 0) != sums["refund"],
        "a hold is open": times["authorise"] > times["capture"] + times["void"],
        "a hold was both captured and voided": bool(times["capture"] and times["void"]),
        "money was captured without a hold": times["capture"] > times["authorise"],
        "money was refunded without a capture": times["refund"] > times["capture"],
    }
    return [finding for finding, is_so in wrong.items() if is_so]


def audit_accounts(rows: list[Row]) -> list[str]:
    """Compares every customer's balance with the sagas' rows."""
    findings: list[str] = []
    balances: Counter[str] = Counter()
    due: Counter[str] = Counter()
    for row in rows:
        customer = str(row["customerId"])
        if "balanceMinor" in row:
            balances[customer] += int(row["balanceMinor"])
            continue
        credit = int(row["creditedMinor"]) - int(row["reversedMinor"])
        due[customer] += credit
        if credit != (row["amountMinor"] if row["status"] == "credited" else 0):
            findings.append(f"{row['sagaId']}: {credit} is credited, and the row is {row['status']}")
    findings += [
        f"{customer}: the balance is {balances[customer]}, the sagas' rows sum up to {due[customer]}"
        for customer in sorted(balances.keys() | due.keys())
        if balances[customer] != due[customer]
    ]
    return findings

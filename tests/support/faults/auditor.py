"""Judges rides only by what is in the tables, the queues and the gateway's book. Calls nobody, trusts no status."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]

UNSETTLED = ("pending", "recovering")
QUEUE_OF = {"completed": "success", "failed": "failure", "refused": "failure"}
WHAT_AN_OPERATOR_NEEDS = ("sagaId", "failure", "stillToDo", "trouble", "recoveryArn", "parkedAt")


@dataclass(frozen=True, kw_only=True)
class Ridden:
    """A ride that was started, and what it was asked for.

    Attributes:
        saga_id: Its execution's ARN.
        fare_id: The fare.
        customer_id: Whose account is credited.
        amount_minor: The fare's amount.
        label: What was done to it, for a person.
        by_itself: Whether its own machine must have finished it, without its recovery.
        may_park: Whether its recovery may have given up.
        named: Whether its input names the fare, so that a queue gets its message.
    """

    saga_id: str
    fare_id: str
    customer_id: str
    amount_minor: int
    label: str = ""
    by_itself: bool = False
    may_park: bool = False
    named: bool = True


@dataclass(frozen=True)
class Books:
    """Everything there is to judge by.

    Attributes:
        fares: Rows of the fares' table.
        payments: Rows of the payments ledger.
        gateway: Rows of the gateway's own book.
        accounts: Rows of the accounts' table, balances and ledger.
        messages: Every message that came to the success and failure queues, with the queue's name.
        parked: Every message in the parked queue.
        dead: What is in any dead-letter queue.
    """

    fares: Sequence[Row] = ()
    payments: Sequence[Row] = ()
    gateway: Sequence[Row] = ()
    accounts: Sequence[Row] = ()
    messages: Sequence[tuple[str, Row]] = ()
    parked: Sequence[Row] = ()
    dead: Sequence[object] = ()


@dataclass(frozen=True)
class Finding:
    """Something that must not be.

    Attributes:
        rule: The promise that is broken.
        what: What is wrong.
        saga_id: Whose ride it is; empty if it is nobody's.
        label: What was done to that ride.
    """

    rule: str
    what: str
    saga_id: str = ""
    label: str = ""

    def __str__(self) -> str:
        """The finding for a person."""
        return f"{self.rule}: {self.what} [{self.label or 'all rides'}] {self.saga_id.rpartition(':')[2]}".strip()


@dataclass
class _Case:
    """What the books say of one ride."""

    ride: Ridden
    book: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    payment: Row | None = None
    account: Row | None = None
    fare: Row | None = None
    messages: list[tuple[str, Row]] = field(default_factory=list)
    parked: list[Row] = field(default_factory=list)

    @property
    def told(self) -> str | None:
        """The outcome that was told, if just one was."""
        statuses = {str(message.get("fareStatus")) for _, message in self.messages}
        return statuses.pop() if len(statuses) == 1 else None

    @property
    def fee(self) -> int:
        """What the ride must have cost."""
        return self.ride.amount_minor if self.told == "completed" else 0

    def booked(self, operation: str) -> int:
        """What the gateway moved by an operation."""
        return sum(self.book.get(operation, ()))

    @property
    def credited(self) -> int:
        """What is left on the customer's account."""
        row = self.account or {}
        return int(row.get("creditedMinor", 0)) - int(row.get("reversedMinor", 0))


def audit(books: Books, rides: Sequence[Ridden]) -> list[Finding]:
    """Returns everything that is wrong; an empty list if every promise was kept."""
    cases = _cases(books, rides)
    findings = [
        Finding(rule, what, case.ride.saga_id, case.ride.label)
        for case in cases.values()
        for rule, what in (*_money(case), *_outcome(case), *_fare(case), *_parking(case))
    ]
    return [*findings, *(Finding(rule, what) for rule, what in _totals(books, cases))]


def _cases(books: Books, rides: Sequence[Ridden]) -> dict[str, _Case]:
    cases = {ride.saga_id: _Case(ride) for ride in rides}
    for row in books.gateway:
        if row["sagaId"] in cases:
            cases[row["sagaId"]].book[row["operation"]].append(int(row["amountMinor"]))
    for row in books.payments:
        if row["sagaId"] in cases:
            cases[row["sagaId"]].payment = row
    for row in books.accounts:
        if row.get("sagaId") in cases:
            cases[row["sagaId"]].account = row
    for row in books.fares:
        if row["sagaId"] in cases:
            cases[row["sagaId"]].fare = row
    for queue, message in books.messages:
        if message.get("sagaId") in cases:
            cases[message["sagaId"]].messages.append((queue, message))
    for message in books.parked:
        if message.get("sagaId") in cases:
            cases[message["sagaId"]].parked.append(message)
    return cases


def _money(case: _Case) -> Iterator[tuple[str, str]]:
    book = case.book
    for operation, amounts in book.items():
        if len(amounts) > 1:
            yield "one effect", f"{operation} was booked {len(amounts)} times"
        if any(amount != case.ride.amount_minor for amount in amounts):
            yield "money", f"{operation} was booked with another amount than the fare's"
    if book.get("capture") and book.get("void"):
        yield "money", "a hold was captured and voided"
    if case.parked:
        return
    kept = case.booked("capture") - case.booked("refund")
    if kept != case.fee:
        yield "money", f"the gateway kept {kept}, and a ride that is told as {case.told} costs {case.fee}"
    if case.credited != case.fee:
        yield "money", f"the account kept {case.credited}, and a ride that is told as {case.told} brings {case.fee}"
    if book.get("authorise") and not (book.get("capture") or book.get("void")):
        yield "holds", "an authorisation is left open"
    ledger = case.payment or {}
    for column, operation in (("capturedMinor", "capture"), ("refundedMinor", "refund")):
        if int(ledger.get(column, 0)) != case.booked(operation):
            yield "ledgers", f"{column} is {ledger.get(column, 0)}, and the gateway booked {case.booked(operation)}"
    if case.payment and case.payment["status"] not in ("captured", "declined", "voided", "refunded"):
        yield "ledgers", f"the payment is left {case.payment['status']}"
    if (ledger.get("status") == "captured") != (case.told == "completed"):
        yield "ledgers", f"the payment is {ledger.get('status')}, and the ride is told as {case.told}"


def _outcome(case: _Case) -> Iterator[tuple[str, str]]:
    ids = {str(message.get("eventId")) for _, message in case.messages}
    expected = {f"{case.ride.saga_id}#{case.told}"}
    if not ids and case.ride.named and not case.parked:
        yield "one message", "nothing was told"
    if ids and ids != expected:
        yield "one message", f"{len(ids)} different outcomes were told"
    if not case.ride.named and ids:
        yield "one message", "a message came to a queue, and its fare has no name"
    for queue, message in case.messages:
        if QUEUE_OF.get(str(message.get("fareStatus"))) != queue:
            yield "one message", f"a message of a {message.get('fareStatus')} ride came to the {queue} queue"
        if case.ride.named and message.get("fareId") != case.ride.fare_id:
            yield "one message", "a message names another fare"


def _fare(case: _Case) -> Iterator[tuple[str, str]]:
    if case.fare is None:
        return
    status = case.fare["fareStatus"]
    # What could not even be looked at is parked without its fare, which then cannot be marked.
    said = "parkedAt" in case.fare or any("fareId" not in message for message in case.parked)
    if status in UNSETTLED and not (case.parked and said):
        yield "settled", f"the fare is left {status}"
    if status not in UNSETTLED and case.told != status and not case.parked:
        yield "settled", f"the fare is {status}, and told as {case.told}"
    if case.ride.by_itself and "recoveredBy" in case.fare:
        yield "by itself", "the ride was left to its recovery"


def _parking(case: _Case) -> Iterator[tuple[str, str]]:
    if case.parked and not case.ride.may_park:
        yield "parked", "the ride was parked, and nothing kept its recovery from finishing it"
    for message in case.parked:
        missing = [name for name in WHAT_AN_OPERATOR_NEEDS if name not in message]
        if missing:
            yield "parked", f"an operator is not told {', '.join(missing)}"


def _totals(books: Books, cases: Mapping[str, _Case]) -> Iterator[tuple[str, str]]:
    if books.dead:
        yield "deliveries", f"{len(books.dead)} messages are in dead-letter queues"
    strangers = {str(row["sagaId"]) for row in (*books.gateway, *books.payments)} - set(cases)
    if strangers:
        yield "strangers", f"{len(strangers)} sagas moved money that nobody started"
    whole = [case for case in cases.values() if not case.parked]
    if len(whole) == len(cases):
        kept = sum(case.booked("capture") - case.booked("refund") for case in whole)
        due = sum(case.fee for case in whole)
        if kept != due:
            yield "totals", f"the gateway kept {kept} in all, and the completed rides cost {due}"
    sums: Counter[str] = Counter()
    for row in books.accounts:
        if "sagaId" in row:
            sums[row["customerId"]] += int(row["creditedMinor"]) - int(row["reversedMinor"])
    for row in books.accounts:
        if "balanceMinor" in row and int(row["balanceMinor"]) != sums[row["customerId"]]:
            yield "totals", f"a balance is {row['balanceMinor']}, and its ledger adds up to {sums[row['customerId']]}"

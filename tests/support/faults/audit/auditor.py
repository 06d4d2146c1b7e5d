"""Checks rides against the rules that hold for every ride, with one judge for each step."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from lambda_src.fare_status import COMPLETED
from tests.support.faults.audit.books import Books
from tests.support.faults.judges import JudgedStep
from tests.support.faults.judges.judge import Effect, Evidence, Problem, Row, StepJudge, Tables
from tests.support.faults.trial import OTHER_SAGA, StartedRide

QUEUE_OF: Final = {"completed": "success", "failed": "failure", "refused": "failure"}
AN_OPERATOR_NEEDS: Final = ("sagaId", "failure", "stillToDo", "trouble", "recoveryArn", "parkedAt")


@dataclass(frozen=True)
class Finding:
    """A rule that does not hold.

    Attributes:
        rule: The rule.
        what: What is wrong.
        saga_id: The ride; empty if it is about all of them.
        label: What went wrong with that ride.
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

    ride: StartedRide
    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    messages: list[tuple[str, Row]] = field(default_factory=list)
    parked: list[Row] = field(default_factory=list)

    @property
    def outcome(self) -> str | None:
        """The outcome that the messages report, if they agree."""
        statuses = {str(message.get("fareStatus")) for _, message in self.messages}
        return statuses.pop() if len(statuses) == 1 else None


def audit(
    books: Books, rides: Sequence[StartedRide], judged: Sequence[JudgedStep], *, known: Iterable[str] = ()
) -> list[Finding]:
    """Returns everything that is wrong; an empty list if every rule holds.

    Args:
        books: What the rides are judged by.
        rides: The rides to check.
        judged: The steps with their judges (`judges_for`).
        known: Sagas that were started as well, and are not checked.
    """
    cases = _cases(books, rides)
    findings = [
        Finding(problem.rule, problem.what, case.ride.saga_id, case.ride.label)
        for case in cases.values()
        for problem in (*_steps(case, judged), *_messages(case), *_parking(case))
    ]
    return [
        *findings,
        *(Finding(one.rule, one.what) for one in _all_rides(books, {*cases, *known}, [one.judge for one in judged])),
    ]


def _cases(books: Books, rides: Sequence[StartedRide]) -> dict[str, _Case]:
    cases = {ride.saga_id: _Case(ride) for ride in rides}
    for table, rows in books.tables.items():
        for row in rows:
            if row.get("sagaId") in cases:
                cases[row["sagaId"]].tables[table].append(row)
    for queue, message in books.messages:
        if message.get("sagaId") in cases:
            cases[message["sagaId"]].messages.append((queue, message))
    for message in books.parked:
        if message.get("sagaId") in cases:
            cases[message["sagaId"]].parked.append(message)
    return cases


def _steps(case: _Case, judged: Sequence[JudgedStep]) -> Iterator[Problem]:
    return step_problems(case.ride, case.tables, judged, outcome=case.outcome, parked=case.parked)


def step_problems(
    ride: StartedRide,
    tables: Tables,
    judged: Sequence[JudgedStep],
    *,
    outcome: str | None,
    parked: Sequence[Row] = (),
) -> Iterator[Problem]:
    """All or nothing: each step is done if the ride completed, and otherwise none is. A parked ride is between.

    Args:
        ride: The ride.
        tables: The ride's rows.
        judged: The steps with their judges.
        outcome: What is reported of the ride; None if it is nothing, or two things.
        parked: What an operator was sent.
    """
    completed = outcome == COMPLETED
    due = ride.amount_minor if completed else 0
    for one in judged:
        judgement = one.judge.judge(Evidence(ride, _only(tables, one.judge), outcome, parked))
        yield from judgement.problems
        if parked:
            continue
        if judgement.effect is not None and (judgement.effect == Effect.DONE) != completed:
            yield Problem("all or nothing", f"{_left(one, judgement.effect)}; the ride is reported as {outcome}")
        if judgement.kept_minor is not None and judgement.kept_minor != due:
            yield Problem("money", f"{one.step.action} keeps {judgement.kept_minor} and must keep {due}")


def _left(one: JudgedStep, effect: Effect) -> str:
    action, compensation = one.step.action, one.step.compensation
    if effect == Effect.DONE:
        return f"{action} is done" + (f", and {compensation} has not undone it" if compensation else "")
    return f"{action} is undone" if effect == Effect.UNDONE else f"{action} left no trace"


def _messages(case: _Case) -> Iterator[Problem]:
    ids = {str(message.get("eventId")) for _, message in case.messages}
    if not ids and not case.parked:
        yield Problem("one message", "no message reports the ride")
    if ids and ids != {f"{case.ride.saga_id}#{case.outcome}"}:
        yield Problem("one message", f"the messages have {len(ids)} event ids, and {case.outcome} needs its own one")
    for queue, message in case.messages:
        status = message.get("fareStatus")
        if QUEUE_OF.get(str(status)) != queue:
            yield Problem("one message", f"a message with {status} came to the {queue} queue")
        if message.get("fareId") != case.ride.fare_id:
            yield Problem("one message", "a message names another fare")
        error = message.get("failure", {}).get("error")
        if case.ride.must_report and error != case.ride.must_report:
            yield Problem("clean failure", f"the ride must fail with {case.ride.must_report}, and it reports {error}")


def _parking(case: _Case) -> Iterator[Problem]:
    if case.parked and not case.ride.may_park:
        yield Problem("parked", "the ride was parked, and its recovery could have finished it")
    for message in case.parked:
        missing = [name for name in AN_OPERATOR_NEEDS if name not in message]
        if missing:
            yield Problem("parked", f"the operator's message lacks {', '.join(missing)}")


def _all_rides(books: Books, started: set[str], judges: Sequence[StepJudge]) -> Iterator[Problem]:
    if books.dead:
        yield Problem("deliveries", f"{len(books.dead)} messages are in dead-letter queues")
    yield from (problem for judge in judges for problem in judge.totals(_only(books.tables, judge)))
    for table, rows in books.tables.items():
        strangers = {str(row["sagaId"]) for row in rows if "sagaId" in row} - started - {OTHER_SAGA}
        if strangers:
            yield Problem("strangers", f"{table} has rows of {len(strangers)} sagas that were not started")


def _only(tables: Tables, judge: StepJudge) -> Tables:
    """The judge's own tables."""
    return {name: rows for name, rows in tables.items() if name in judge.tables}

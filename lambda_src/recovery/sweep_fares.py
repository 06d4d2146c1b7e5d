"""SweepFares: finds the rides whose events were lost, and puts them on the list of rides to recover.

Three kinds: fares that are unsettled for longer than their saga can run, Express rides that are open for longer than
their execution can run, and executions that ended badly and are in no record, because AWS lost their event.
"""

import contextlib
import random
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics

from lambda_src import dynamodb, environment
from lambda_src.metric_names import Counted
from lambda_src.moments import at, now
from lambda_src.observability import count, writes_metrics
from lambda_src.recovery.lost_events import executions_without_record, note_listed
from lambda_src.recovery.parking import mark_fare
from lambda_src.recovery.wiring import execution_machines, work_list
from lambda_src.recovery.work.listed_ride import Added
from lambda_src.recovery.work.open_ride import OPEN_SINCE
from lambda_src.recovery.work.work_list import EVENT, SWEEP, WorkList
from lambda_src.recovery.work.work_row import ENDED_BADLY
from lambda_src.sdk import CALL_FAILED

_MARGIN_MILLIS: Final = 15_000
_AT_ONCE: Final = 16
_INDEX_LAG_SECONDS: Final = 60
"""The index of unsettled fares shows a change later: seldom more than a second (AWS, "Global secondary indexes")."""

logger = Logger()
metrics = Metrics()


@dataclass(frozen=True)
class Overdue:
    """A fare that is unsettled, or an Express ride that is open, for too long.

    Attributes:
        fare_id: The fare.
        saga_id: The saga that its row names.
    """

    fare_id: str
    saga_id: str


@dataclass(frozen=True)
class Queued:
    """What became of rides that were to be put on the list.

    Attributes:
        new: How many were put there.
        all: Whether each is there, or needs none of that.
    """

    new: int
    all: bool


@logger.inject_lambda_context(log_event=False, clear_state=True)
@writes_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Sweeps once; returns how many fares were `overdue`, and how many rides it put on the list (`queued`)."""
    del event
    return sweep(work_list(), time_left=lambda: context.get_remaining_time_in_millis() > _MARGIN_MILLIS)


def sweep(work: WorkList, *, time_left: Callable[[], bool]) -> dict[str, int]:
    """Counts what is overdue, then queues as much of it as time allows, in random order, so that all have their turn.

    A row that cannot be read is counted and passed over; it keeps none of the others waiting.
    """
    seen_at = at(-_INDEX_LAG_SECONDS)
    fares, unreadable = _overdue_fares()
    overdue = [*{ride.saga_id: ride for ride in (*_open_rides(), *fares)}.values()]
    count(Counted.FARES_OVERDUE, len(overdue))
    count(Counted.FARES_UNREADABLE, unreadable)
    metrics.flush_metrics()  # now: a sweep that is cut off has counted all the same
    random.shuffle(overdue)
    queued = _queue(overdue, work, time_left, seen_at).new
    for status, machine in product(ENDED_BADLY, random.sample(execution_machines(), k=len(execution_machines()))):
        if time_left():
            queued += _queue_lost(machine, status, work, time_left, seen_at)
    count(Counted.RIDES_TO_RECOVER, queued)
    logger.info("swept", overdue=len(overdue), unreadable=unreadable, queued=queued)
    return {"overdue": len(overdue), "queued": queued}


def _queue_lost(machine: str, status: str, work: WorkList, time_left: Callable[[], bool], seen_at: str) -> int:
    """Queues executions whose event was lost; notes that they were listed once every one of them is on the list."""
    listing = executions_without_record(machine, status, work, time_left)
    queued = _queue([Overdue("", saga_id) for saga_id in listing.lost], work, time_left, seen_at)
    if queued.all:
        with _logged("the next sweep lists the executions", machine=machine):
            note_listed(listing, work)
    return queued.new


def _overdue_fares() -> tuple[list[Overdue], int]:
    """The fares that are unsettled for too long, and how many rows there are that name no saga."""
    cutoff = _ago(environment.UNSETTLED_AFTER_SECONDS)
    asked = _older_than(environment.FARES_TABLE, environment.UNSETTLED_INDEX, "unsettledSince", cutoff)
    rows = list(_scanned(asked))
    readable = [Overdue(row["fareId"], row["sagaId"]) for row in rows if _names_a_saga(row)]
    return readable, len(rows) - len(readable)


def _open_rides() -> list[Overdue]:
    """The Express rides that are open for too long."""
    cutoff = _ago(environment.OPEN_FOR_SECONDS)
    asked = _older_than(environment.OUTCOMES_TABLE, environment.OPEN_INDEX, OPEN_SINCE, cutoff)
    return [Overdue(str(row.get("fareId", "")), str(row["sagaId"])) for row in _scanned(asked)]


def _ago(setting: str) -> str:
    return at(-int(environment.required(setting)))


def _names_a_saga(row: dict[str, Any]) -> bool:
    return dynamodb.is_key(row.get("sagaId"))


def _older_than(table: str, index: str, moment: str, cutoff: str) -> dict[str, Any]:
    return {
        "TableName": environment.required(table),
        "IndexName": environment.required(index),
        "FilterExpression": f"{moment} < :cutoff",
        "ExpressionAttributeValues": dynamodb.typed({":cutoff": cutoff}),
    }


def _scanned(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    while True:
        page = dynamodb.scan(**asked)
        for item in page["Items"]:
            yield dict(dynamodb.untyped(item))
        if "LastEvaluatedKey" not in page:
            return
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _queue(rides: Iterable[Overdue], work: WorkList, time_left: Callable[[], bool], seen_at: str) -> Queued:
    """Puts rides on the list; one that cannot be put there now waits for the next sweep, and for nobody else."""

    def add(ride: Overdue) -> Added | None:
        found_by = SWEEP if ride.fare_id else EVENT
        with _logged("a ride waits for the next sweep", saga_id=ride.saga_id):
            if time_left():
                added = work.add(ride.saga_id, found_by=found_by, start_at=now(), fare_id=ride.fare_id, seen_at=seen_at)
                if added is Added.PARKED and ride.fare_id:
                    mark_fare(ride.saga_id, ride.fare_id, now())  # whoever parked it did not know the fare
                return added
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(add, rides))
    return Queued(answers.count(Added.YES), None not in answers)


@contextlib.contextmanager
def _logged(what: str, **about: str) -> Iterator[None]:
    """Lets the sweep go on where AWS refuses a call: the next sweep repeats it."""
    try:
        yield
    except CALL_FAILED as error:
        logger.warning(what, extra={"error": type(error).__name__, **about})

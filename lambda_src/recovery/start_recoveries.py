"""StartRecoveries: starts the recovery of rides that are due, so many at the same time and no more.

Only one run of it starts recoveries at a time. What waits, waits in the list; when the load is gone, the list is
worked off by itself. A ride whose recoveries keep ending badly is parked, and nothing more is started for it.
"""

import contextlib
import http
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from lambda_src import dynamodb, environment
from lambda_src.errors import ServiceBusy, StillRunning
from lambda_src.fare_status import REFUND_PENDING
from lambda_src.moments import at, iso_millis
from lambda_src.observability import writes_metrics
from lambda_src.recovery.execution import RUNNING
from lambda_src.recovery.parking import park
from lambda_src.recovery.wiring import (
    execution_machines,
    is_execution_of,
    messages_to_record,
    step_functions,
    unqualified,
    work_list,
)
from lambda_src.recovery.work.listed_ride import Work
from lambda_src.recovery.work.lock import StartLock
from lambda_src.recovery.work.work_list import EVENT, WorkList
from lambda_src.recovery.work.work_row import WAITING
from lambda_src.sdk import busy_named, is_busy

MOST_RECOVERIES: Final = 5
"""So many recoveries of a ride may end without having finished or parked it; then a person must decide."""
RECORDS_MAY_TAKE_SECONDS: Final = 900
"""As long as messages wait to be recorded, a ride that an event reported waits too: but no longer than this."""
_LOCK_SECONDS: Final = 120
"""Longer than a run takes, so that the lock ends by itself only where its owner died."""
_MARGIN_MILLIS: Final = 25_000
"""More than the calls for one ride can take with all their timeouts."""
_PAUSE_SECONDS: Final = 2
"""The index that is read shows a change a moment later."""
_PARTS_OF_A_LEASE: Final = 10
"""During the first of so many parts of its lease a recovery counts as at work. After that it has come to what it waits
for."""
_LEASES_OF_A_WAIT: Final = 6
"""So many leases pass until a recovery that waits for a bank is inspected: that costs a call of Step Functions."""
_NEVER_STARTED: Final = "NEVER_STARTED"
_AT_A_TIME: Final = 100
_THROTTLED: Final = "throttled"

logger = Logger()


@logger.inject_lambda_context(log_event=False, clear_state=True)
@writes_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Starts recoveries for as long as rides are due and time is left; returns how many were `started`, `parked`."""
    del event
    return start_recoveries(work_list(), time_left=lambda: context.get_remaining_time_in_millis() > _MARGIN_MILLIS)


def start_recoveries(work: WorkList, *, time_left: Callable[[], bool]) -> dict[str, int]:
    """Inspects recoveries that take long, then starts those that are due, as many as there is room for."""
    done: Counter[str] = Counter(started=0, parked=0)
    owner, lock = uuid.uuid4().hex, StartLock(work.table)
    if not (work.due(1) or work.overstayed(1)) or not lock.take(owner, seconds=_LOCK_SECONDS):
        return dict(done)
    try:
        while time_left() and _one_round(work, done, time_left):
            time.sleep(_PAUSE_SECONDS)
    finally:
        lock.release(owner)
    logger.info("recoveries", started=done["started"], parked=done["parked"])
    return {name: done[name] for name in ("started", "parked")}


def _one_round(work: WorkList, done: Counter[str], time_left: Callable[[], bool]) -> bool:
    """Starts what there is room for; returns whether another round may find more to do."""
    for one in work.overstayed(_AT_A_TIME):
        if not time_left():
            return False
        with _alone(one):
            _look_at(one, work)
    due = work.due(_AT_A_TIME)
    waiting = _startable(due)
    hopeless, others = [one for one in waiting if _hopeless(one)], [one for one in waiting if not _hopeless(one)]
    room = _room(work)
    if len(others) > room and _give_places_back(work, time_left):
        room = _room(work)
    for one in (*hopeless, *others[:room]):
        if not time_left():
            return False
        outcome = "neither"
        with _alone(one):
            outcome = _start_or_park(one, work)
        done[outcome] += 1
        if outcome == _THROTTLED:
            return False
    return len(others) > room or len(due) == _AT_A_TIME


def _room(work: WorkList) -> int:
    """How many more recoveries may run."""
    return max(0, int(environment.required(environment.RECOVERIES_AT_ONCE)) - work.recovering())


def _give_places_back(work: WorkList, time_left: Callable[[], bool]) -> int:
    """Counts no more the recoveries that are asleep until a pending refund arrives; returns how many those are."""
    lease, given_back = _seconds(environment.RECOVERY_LEASE_SECONDS), 0
    for one in work.recovering_since(at(lease - lease // _PARTS_OF_A_LEASE), _AT_A_TIME):
        if not time_left():
            break
        with _alone(one):
            payment = dynamodb.read(environment.required(environment.PAYMENTS_TABLE), {"sagaId": one.saga_id})
            if payment and payment.get("status") == REFUND_PENDING:
                given_back += work.wait(one, look_at=at(lease * _LEASES_OF_A_WAIT))
    return given_back


@contextlib.contextmanager
def _alone(one: Work) -> Iterator[None]:
    """Lets the others go on where a row cannot be changed: no function of ours wrote it so. Busy is not that."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        logger.warning("a row of the list cannot be worked off", saga_id=one.saga_id, error=code)


def _startable(due: list[Work]) -> list[Work]:
    """Those whose recovery may be started now: the record that an event's ride needs none may still be under way."""
    just_reported = iso_millis(datetime.now(UTC) - timedelta(seconds=RECORDS_MAY_TAKE_SECONDS))
    young = [one for one in due if one.found_by == EVENT and one.found_at > just_reported]
    if young and messages_to_record():
        return [one for one in due if one not in young]
    return due


def _look_at(one: Work, work: WorkList) -> None:
    """Lets a recovery run on, or lets its ride be due again if it has ended without saying so."""
    try:
        with busy_named():
            found = step_functions().describe_execution(executionArn=one.recovery_arn)
            status, ended_as = found["status"], found.get("error", "")
    except (ServiceBusy, ClientError, ParamValidationError) as error:
        is_missing = isinstance(error, ParamValidationError) or (  # the row names no recovery
            isinstance(error, ClientError) and error.response["Error"]["Code"] == "ExecutionDoesNotExist"
        )
        # After any other answer the recovery may still run. It is asked again later, and other rides go on.
        status, ended_as = (_NEVER_STARTED if is_missing else "RUNNING"), ""
        logger.warning("a recovery could not be inspected", saga_id=one.saga_id, error=type(error).__name__)
    if status in RUNNING:
        lease = _seconds(environment.RECOVERY_LEASE_SECONDS)
        work.extend(one, look_at=at(lease * _LEASES_OF_A_WAIT if one.word == WAITING else lease))
    else:
        # A recovery that found its ride still running has not failed.
        tried = status != _NEVER_STARTED and ended_as != StillRunning.__name__
        work.put_back(one, start_at=_soon(), started=tried)


def _start_or_park(one: Work, work: WorkList) -> str:
    """Starts a ride's recovery, or parks it; returns which, `throttled`, or `neither`."""
    if why := _hopeless(one):
        if park(one, work, why):
            return "parked"
        work.postpone(one, start_at=_soon())
        return "neither"
    name = f"recovery-{uuid.uuid4().hex}"
    machine = environment.required(environment.RECOVERY_ARN)
    taken = replace(one, recovery_arn=_execution_arn(machine, name))
    if not work.take(one, taken.recovery_arn, look_at=at(_seconds(environment.RECOVERY_LEASE_SECONDS))):
        return "neither"
    try:
        step_functions().start_execution(
            stateMachineArn=machine, name=name, input=json.dumps({"executionArn": one.saga_id})
        )
    except (ClientError, BotoCoreError) as error:
        return _not_started(taken, work, error)
    return "started"


def _not_started(taken: Work, work: WorkList, error: ClientError | BotoCoreError) -> str:
    """Lets the ride be due again, or be inspected soon where nobody knows whether its recovery was started."""
    logger.warning("a recovery could not be started", saga_id=taken.saga_id, error=type(error).__name__)
    if not isinstance(error, ClientError) or _server_failed(error):
        work.extend(taken, look_at=_soon())
        return "neither"
    work.put_back(taken, start_at=_soon(), started=False)
    return _THROTTLED if is_busy(error) else "neither"


def _server_failed(error: ClientError) -> bool:
    return (
        int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        >= http.HTTPStatus.INTERNAL_SERVER_ERROR
    )


def _soon() -> str:
    return at(_seconds(environment.RECOVERY_REPEAT_SECONDS))


def _hopeless(one: Work) -> str | None:
    """Why no recovery is started for a ride, if a person has to decide."""
    if one.attempts >= MOST_RECOVERIES:
        return f"{one.attempts} recoveries of the ride ended without finishing it"
    if not any(is_execution_of(machine, one.saga_id) for machine in execution_machines()):
        return "the fare's sagaId names no execution of this stack's machines, so nobody can say what it did"
    return None


def _seconds(setting: str) -> int:
    return int(environment.required(setting))


def _execution_arn(alias_arn: str, name: str) -> str:
    return f"{unqualified(alias_arn).replace(':stateMachine:', ':execution:')}:{name}"

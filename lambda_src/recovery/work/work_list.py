"""The list of rides to recover, and what was sent: one row for each saga that ended badly, in the outcomes table.

A row is `due` until a recovery is started for it, `recovering` while that recovery may run, `waiting` if it waits for
a bank, `parked` once a person has to finish the ride, and without any of these words once nothing is left to do. It
changes by conditional writes.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from lambda_src import dynamodb
from lambda_src.dynamodb import Refused, Row
from lambda_src.moments import now
from lambda_src.recovery.work.listed_ride import Added, Work
from lambda_src.recovery.work.open_ride import OPEN_SINCE
from lambda_src.recovery.work.work_row import DUE, KEPT_DAYS, PARKED, RECOVERING, WAITING, WORK

_RUNNING: Final = (RECOVERING, WAITING)

EVENT: Final = "event"
"""Found by the event of an execution's end, which may be quicker than the record of its message."""
SWEEP: Final = "sweep"
"""Found by the sweep, which waits longer than any message takes."""


@dataclass(frozen=True)
class WorkList:
    """The rows of the outcomes table.

    Attributes:
        table: The table's name.
        index: The name of its index over `WORK` and `NEXT_AT`.
    """

    table: str
    index: str

    def record_sent(self, saga_id: str, *, event_id: str, fare_status: str) -> None:
        """Notes that a saga's message was sent: a saga sends it once it is settled, so nothing is left to do.

        The first time counts: a copy changes nothing. A ride that a person has stays theirs.
        """
        with contextlib.suppress(Refused):
            self._update(
                saga_id,
                "SET sentAt = if_not_exists(sentAt, :now), eventId = :event, fareStatus = :status, expiresAt = :expires"
                f" REMOVE #work, nextAt, {OPEN_SINCE}",
                {
                    ":now": now(),
                    ":event": event_id,
                    ":status": fare_status,
                    ":expires": _expiry(),
                    ":parked": PARKED,
                },
                "attribute_not_exists(#work) OR #work <> :parked",
            )

    def known(self, saga_ids: Sequence[str]) -> set[str]:
        """Those of the sagas that have a row, whatever it says; read strongly consistent."""
        return dynamodb.read_existing(self.table, "sagaId", saga_ids)

    def add(self, saga_id: str, *, found_by: str, start_at: str, fare_id: str = "", seen_at: str = "") -> Added:
        """Puts a ride on the list, if it needs that.

        An event reports a saga that has no row yet. The sweep has seen that the fare is unsettled: it also puts a
        ride back that was finished, unless it is on the list, or a person has it, or it was finished after the
        sweep saw it (`seen_at`): what the sweep read is not true any more.
        """
        unknown = "attribute_not_exists(sagaId)" if found_by == EVENT else "attribute_not_exists(#work)"
        seen = {":seen": seen_at} if seen_at else {}
        if seen:
            unknown += "".join(f" AND (attribute_not_exists({end}) OR {end} < :seen)" for end in ("closedAt", "sentAt"))
        try:
            self._update(
                saga_id,
                "SET #work = :due, nextAt = :at, foundBy = :by, foundAt = :now, fareId = :fare, expiresAt = :expires"
                " ADD attempts :none",
                {
                    ":due": DUE,
                    ":at": start_at,
                    ":by": found_by,
                    ":now": now(),
                    ":fare": fare_id,
                    ":expires": _expiry(),
                    ":none": 0,
                    **seen,
                },
                unknown,
            )
        except Refused as refused:
            return Added.PARKED if (refused.row or {}).get(WORK) == PARKED else Added.NO
        return Added.YES

    def recovering(self) -> int:
        """How many rides have a recovery that may run."""
        pages = dynamodb.client().get_paginator("query").paginate(**self._asked(RECOVERING), Select="COUNT")
        return sum(int(page["Count"]) for page in pages)

    def due(self, most: int) -> list[Work]:
        """Rides whose recovery is to be started, the longest due first, at most so many."""
        return self._ripe(DUE, most)

    def overstayed(self, most: int) -> list[Work]:
        """Rides whose recovery was started so long ago that somebody must see whether it still runs."""
        return [*self._ripe(RECOVERING, most), *self._ripe(WAITING, most)]

    def recovering_since(self, look_by: str, most: int) -> list[Work]:
        """Rides that are `recovering`, and whose recovery is to be inspected by a moment, the earliest first."""
        return self._ripe(RECOVERING, most, by=look_by)

    def take(self, work: Work, recovery_arn: str, *, look_at: str) -> bool:
        """Notes that a recovery is being started; returns False if the ride needs none any more."""
        return self._moved(
            work,
            (DUE,),
            "SET #work = :to, nextAt = :at, recoveryArn = :recovery ADD attempts :one",
            {":to": RECOVERING, ":at": look_at, ":recovery": recovery_arn, ":one": 1},
        )

    def put_back(self, work: Work, *, start_at: str, started: bool) -> bool:
        """Lets a ride be due again; a start that AWS refused does not count as a recovery."""
        return self._moved(
            work,
            _RUNNING,
            "SET #work = :to, nextAt = :at ADD attempts :less",
            {":to": DUE, ":at": start_at, ":less": 0 if started else -1},
        )

    def wait(self, work: Work, *, look_at: str) -> bool:
        """Notes that a recovery waits for a bank: it gives its place to another one, and runs on."""
        return self._moved(work, (RECOVERING,), "SET #work = :to, nextAt = :at", {":to": WAITING, ":at": look_at})

    def extend(self, work: Work, *, look_at: str) -> bool:
        """Lets a recovery run on."""
        return self._moved(work, _RUNNING, "SET nextAt = :at", {":at": look_at})

    def postpone(self, work: Work, *, start_at: str) -> bool:
        """Lets a ride that is due wait, so that it keeps none of the others waiting."""
        return self._moved(work, (DUE,), "SET nextAt = :at", {":at": start_at})

    def park(self, work: Work) -> bool:
        """Notes that a person has to finish the ride. Such a row is kept until that has happened."""
        return self._moved(
            work,
            (DUE,),
            f"SET #work = :to, parkedAt = :now REMOVE expiresAt, {OPEN_SINCE}",
            {":to": PARKED, ":now": now()},
        )

    def _moved(self, work: Work, of: Sequence[str], change: str, values: Row) -> bool:
        words = {f":of{number}": word for number, word in enumerate(of)}
        try:
            self._update(
                work.saga_id,
                change,
                {**values, **words, ":recovery_was": work.recovery_arn},
                f"#work IN ({', '.join(words)}) AND (recoveryArn = :recovery_was OR attribute_not_exists(recoveryArn))",
            )
        except Refused:
            return False
        return True

    def _ripe(self, work: str, most: int, *, by: str | None = None) -> list[Work]:
        if most <= 0:
            return []
        asked = self._asked(work, " AND nextAt <= :by", {":by": by or now()})
        answer = dynamodb.client().query(**asked, Limit=most)
        return [Work.of(dynamodb.untyped(item), work) for item in answer["Items"]]

    def _asked(self, work: str, more: str = "", values: Row | None = None) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "IndexName": self.index,
            "KeyConditionExpression": f"#work = :work{more}",
            "ExpressionAttributeNames": {"#work": WORK},
            "ExpressionAttributeValues": dynamodb.typed({":work": work, **(values or {})}),
        }

    def _update(self, saga_id: str, change: str, values: Row, condition: str | None = None) -> None:
        uses_work = "#work" in change or "#work" in (condition or "")
        dynamodb.update(
            TableName=self.table,
            Key=dynamodb.typed({"sagaId": saga_id}),
            UpdateExpression=change,
            ExpressionAttributeValues=dynamodb.typed(values),
            **({"ConditionExpression": condition} if condition else {}),
            **({"ExpressionAttributeNames": {"#work": WORK}} if uses_work else {}),
        )


def _expiry() -> int:
    return int(time.time()) + KEPT_DAYS * 86400

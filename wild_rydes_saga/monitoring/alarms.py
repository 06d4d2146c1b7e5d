"""The alarms: what each watches, what it means to the person woken, and what that person is to do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch

from wild_rydes_saga.monitoring.metrics import Metrics

_LONGEST_UNREAD_SECONDS: Final = 7 * 86400
_LONGEST_BEHIND_SECONDS: Final = 1800
_RUNBOOK: Final = "docs/runbook.md"


Watched = cloudwatch.Metric | cloudwatch.MathExpression


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm.

    Attributes:
        name: Its name, after the stack's; also the heading in the runbook that says more.
        metric: What it watches, over one period.
        threshold: From which value on it is wrong.
        periods: For how many periods in a row.
        happened: What it means, for the person woken.
        do: What that person is to do.
        silence_is_wrong: Whether no value at all is wrong too.
        part: Which part of the functions or tables it watches, from 1.
    """

    name: str
    metric: Watched
    threshold: float
    periods: int
    happened: str
    do: str
    silence_is_wrong: bool = False
    part: int = 1

    @property
    def full_name(self) -> str:
        """The name, with its part's number from the second part on."""
        return self.name if self.part == 1 else f"{self.name}{self.part}"

    @property
    def says(self) -> str:
        """What the alarm's message says."""
        return f"{self.happened} To do: {self.do} More: {_RUNBOOK}#{self.name.lower()}"


def ride_alarms(metrics: Metrics) -> list[Alarm]:
    """Of rides that fail, or take too long."""
    return [
        Alarm(
            name="RidesFailing",
            metric=metrics.failed_rides_percent(),
            threshold=20,
            periods=3,
            happened="One ride in five has failed for a quarter of an hour: was undone, or refused.",
            do="see on which error the executions end. Declined cards are the gateway's or an attack; anything"
            " else is ours: point the alias back to the version before if one was deployed.",
        ),
        Alarm(
            name="RideNearTimeout",
            metric=metrics.slowest_ride_seconds(),
            threshold=round(0.8 * metrics.ride_timeout_seconds),
            periods=1,
            happened="A ride took more than four fifths of what its execution may take.",
            do="see which task was retried, and what it calls. One that times out is recovered.",
        ),
    ]


def recovery_alarms(metrics: Metrics) -> list[Alarm]:
    """Of rides that need their recovery, and of the recovery itself."""
    return [
        Alarm(
            name="RollbackIncomplete",
            metric=metrics.incomplete_rollbacks(),
            threshold=1,
            periods=1,
            happened="A compensation gave up: a rider may be charged for a ride that failed.",
            do="nothing yet, its recovery goes on trying. See what the refund or the account answers; it is"
            " parked, with an alarm of its own, if the recovery gives up too.",
        ),
        Alarm(
            name="RecoveryBusy",
            metric=metrics.rides_to_recover(),
            threshold=10,
            periods=3,
            happened="Rides need their recovery all the time: executions end badly, not by declined cards alone.",
            do="find the task on which the rides end (RidesFailing), and fix what it calls.",
        ),
        Alarm(
            name="FaresOverdue",
            metric=metrics.fares_overdue(),
            threshold=1,
            periods=3,
            happened="The sweep finds fares that stay unsettled although their recovery was started.",
            do="run `make rides ARGS=--aws`, and look at the last recovery of each.",
        ),
        Alarm(
            name="FaresUnreadable",
            metric=metrics.fares_unreadable(),
            threshold=1,
            periods=1,
            happened="Unsettled rows of the fares table name no saga: no recovery can find out what was done.",
            do="find them with the runbook's command; a machine of yours writes them, or a person did.",
        ),
        Alarm(
            name="ParkingFailed",
            metric=metrics.failed_parkings(),
            threshold=1,
            periods=2,
            happened="A ride cannot be handed to a person: the parked queue takes no message. It is tried each minute.",
            do="see the log of StartRecoveries; the queue, its key or its policy refuses.",
        ),
        *_silence_alarms(metrics),
    ]


def _silence_alarms(metrics: Metrics) -> list[Alarm]:
    """Of what must run all the time, or keep up."""
    return [
        Alarm(
            name="StartSilent",
            metric=metrics.starts(),
            threshold=1,
            periods=3,
            happened="No recovery has been started for a quarter of an hour, whatever is due.",
            do="see the log of StartRecoveries and whether its rule is enabled.",
            silence_is_wrong=True,
        ),
        Alarm(
            name="RecoveryBehind",
            metric=metrics.recovery_delay_seconds(),
            threshold=_LONGEST_BEHIND_SECONDS,
            periods=3,
            happened="Executions that ended badly have waited for half an hour to be looked for in the tables.",
            do="see the logs of QueueRecoveries and RecordOutcomes, and the throttles of the outcomes table. Nothing is"
            " lost: it is worked off once they run.",
        ),
        Alarm(
            name="MessagesUnreadable",
            metric=metrics.unreadable_messages(),
            threshold=1,
            periods=1,
            happened="A recovery's queue got a message that no saga and no event sends.",
            do="see who may publish to the topic, or send to the queue.",
        ),
        Alarm(
            name="SweepSilent",
            metric=metrics.sweeps(),
            threshold=1,
            periods=3,
            happened="The sweep has not run through for a quarter of an hour: a lost event would leave a ride.",
            do="see the sweep's log and whether its rule is enabled.",
            silence_is_wrong=True,
        ),
    ]


def queue_alarms(metrics: Metrics) -> list[Alarm]:
    """Of messages that wait for a person."""
    return [
        Alarm(
            name="RideParked",
            metric=metrics.waiting("ParkedQueue"),
            threshold=1,
            periods=1,
            happened="A ride could not be rolled back or completed: money is on the wrong side until a person acts.",
            do="run `make rides ARGS=--aws`, fix the cause that it names, then `make recover ALL=1 ARGS=--aws`.",
        ),
        Alarm(
            name="Undelivered",
            metric=metrics.waiting("UndeliveredQueue"),
            threshold=1,
            periods=1,
            happened="Something did not reach a function of the recovery, or failed there a hundred times.",
            do="the sweep takes such rides; fix what the message's attributes name, then delete the message.",
        ),
        *(
            Alarm(
                name=f"{outcome}DeadLetters",
                metric=metrics.waiting(f"{outcome}DeadLetters"),
                threshold=1,
                periods=1,
                happened=f"A reader failed five times on a message of the {outcome.lower()} queue, or SNS could not"
                " deliver one there.",
                do="fix the reader, or the queue; then give its readers what is in the dead-letter queue. The ride"
                " itself is whole.",
            )
            for outcome in ("Success", "Failure")
        ),
        *_delivery_alarms(metrics),
    ]


def _delivery_alarms(metrics: Metrics) -> list[Alarm]:
    return [
        Alarm(
            name="DeliveriesLost",
            metric=metrics.lost_deliveries(),
            threshold=1,
            periods=1,
            happened="SNS or EventBridge could neither deliver something nor put it aside: the key may refuse.",
            do="see the key's policy and the queues'. The tables have what a lost message said.",
        ),
        Alarm(
            name="OutcomesUnread",
            metric=metrics.oldest_outcome_seconds(),
            threshold=_LONGEST_UNREAD_SECONDS,
            periods=1,
            happened="A message has waited for its reader for a week: after two it is deleted.",
            do="see to the readers of the success and the failure queue.",
        ),
    ]


def limit_alarms(metrics: Metrics) -> list[Alarm]:
    """Of the account's limits, and the handlers' own."""
    return [
        Alarm(
            name="RidesThrottled",
            metric=metrics.throttled_rides(),
            threshold=1,
            periods=3,
            happened="Step Functions delays transitions: the account's rate is used up.",
            do="see who uses it in the region; ask for a higher quota.",
        ),
        *_in_parts(
            metrics.throttled_functions(),
            partial(
                Alarm,
                name="FunctionsThrottled",
                threshold=1,
                periods=3,
                happened="Lambda refuses calls: the account's concurrency is used up. They are retried.",
                do="see who uses the concurrency; raise it, or reserve some.",
            ),
        ),
        *_in_parts(
            metrics.throttled_tables(),
            partial(
                Alarm,
                name="TablesThrottled",
                threshold=10,
                periods=3,
                happened="DynamoDB refuses writes or reads: one customer's balance is hot, or traffic jumped.",
                do="see which table, and whether one key takes it all.",
            ),
        ),
        *_in_parts(
            metrics.slowest_function_ms(),
            partial(
                Alarm,
                name="FunctionNearTimeout",
                threshold=metrics.function_timeout_seconds * 800,
                periods=2,
                happened="A handler takes more than four fifths of its time: what it calls is slow.",
                do="see its trace. A handler that is stopped leaves doubt, and its ride is rolled back.",
            ),
        ),
    ]


def _in_parts(metrics: Sequence[Watched], alarm: Callable[..., Alarm]) -> Iterator[Alarm]:
    """One alarm for each expression: the stack may have more functions or tables than one alarm can watch."""
    for number, metric in enumerate(metrics, start=1):
        yield alarm(metric=metric, part=number)

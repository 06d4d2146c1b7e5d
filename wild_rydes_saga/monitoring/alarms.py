"""The alarms: what each watches, what it means to the person woken, and what that person is to do."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from wild_rydes_saga.monitoring.alarm import Alarm, Watched
from wild_rydes_saga.monitoring.metrics import Metrics
from wild_rydes_saga.services.gateways.gateway import GatewayFailure

_LONGEST_UNREAD_SECONDS: Final = 7 * 86400


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
        *in_parts(
            metrics.failed_events(),
            partial(
                Alarm,
                name="EventsFailing",
                threshold=1,
                periods=1,
                happened="EventBridge gave up on an event or a schedule: its target refuses it, or is gone.",
                do="see which rule, and what its target or the undelivered queue says. The sweep finds the rides.",
            ),
        ),
        *in_parts(
            metrics.failed_notifications(),
            partial(
                Alarm,
                name="NotificationsFailing",
                threshold=1,
                periods=1,
                happened="SNS could not deliver a message to a queue, or an alarm to its address.",
                do="see which topic. What a queue did not take is in its dead-letter queue.",
            ),
        ),
        _outcomes_alarm(metrics),
    ]


def _outcomes_alarm(metrics: Metrics) -> Alarm:
    return Alarm(
        name="OutcomesUnread",
        metric=metrics.oldest_outcome_seconds(),
        threshold=_LONGEST_UNREAD_SECONDS,
        periods=1,
        happened="A message has waited for its reader for a week: after two it is deleted.",
        do="see to the readers of the success and the failure queue.",
    )


def gateway_alarms(metrics: Metrics, failures: Sequence[GatewayFailure]) -> list[Alarm]:
    """Of the payment gateway: those that it brings."""
    return [
        Alarm(
            name=one.name,
            metric=metrics.failures_of_the_gateway(one.counted),
            threshold=1,
            periods=1,
            happened=one.happened,
            do=one.do,
        )
        for one in failures
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
        *in_parts(
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
        *in_parts(
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
        *_duration_alarms(metrics),
    ]


def _duration_alarms(metrics: Metrics) -> list[Alarm]:
    return [
        *in_parts(
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


def in_parts(metrics: Sequence[Watched], alarm: Callable[..., Alarm]) -> Iterator[Alarm]:
    """One alarm for each expression: the stack may have more functions or tables than one alarm can watch."""
    for number, metric in enumerate(metrics, start=1):
        yield alarm(metric=metric, part=number)

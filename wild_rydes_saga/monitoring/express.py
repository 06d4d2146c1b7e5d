"""The metrics and alarms of rides on Express, and of the queue in front of them."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from lambda_src.metric_names import Counted
from wild_rydes_saga.machines.express_fare_saga import ExpressFareSaga
from wild_rydes_saga.machines.express_rides import ExpressRides
from wild_rydes_saga.monitoring.alarm import Alarm
from wild_rydes_saga.monitoring.expressions import PERIOD, failed_percent

_SUM: Final = cloudwatch.Stats.SUM
_MAXIMUM: Final = cloudwatch.Stats.MAXIMUM
_LONGEST_WAIT_SECONDS: Final = 900


class ExpressMetrics:
    """The metrics of the Express machine and of its queue."""

    def __init__(self, saga: ExpressFareSaga, rides: ExpressRides, *, namespace: str) -> None:
        self._saga = saga.state_machine
        self._queue = rides.queue
        self._dead_letters = rides.dead_letters
        self._namespace = namespace

    def rides(self) -> list[cloudwatch.Metric]:
        """How many rides start, and how they end."""
        saga = self._saga
        return [
            saga.metric_started(period=PERIOD, statistic=_SUM, label="started"),
            saga.metric_succeeded(period=PERIOD, statistic=_SUM, label="completed"),
            saga.metric_failed(period=PERIOD, statistic=_SUM, label="failed, refused or handed over"),
            saga.metric_timed_out(period=PERIOD, statistic=_SUM, label="cut off after five minutes"),
        ]

    def failed_percent(self) -> cloudwatch.MathExpression:
        """Of a hundred rides started, how many failed; 0 if too few started."""
        return failed_percent(self._saga, "failed rides on Express, percent")

    def cut_off(self) -> cloudwatch.Metric:
        """Executions that AWS has ended after five minutes."""
        return self._saga.metric_timed_out(period=PERIOD, statistic=_SUM)

    def dead_letters(self) -> cloudwatch.Metric:
        """Messages of the rides queue that no attempt could ride."""
        return self._dead_letters.metric_approximate_number_of_messages_visible(
            period=Duration.minutes(1), statistic=_MAXIMUM
        )

    def oldest_seconds(self) -> cloudwatch.Metric:
        """How long the oldest message of the rides queue waits."""
        return self._queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(1), statistic=_MAXIMUM)

    def unreadable(self) -> cloudwatch.Metric:
        """Messages of the rides queue without a token, or with a card."""
        metric = Counted.RIDES_UNREADABLE
        return cloudwatch.Metric(
            namespace=self._namespace,
            metric_name=metric.value,
            dimensions_map={"service": metric.service},
            period=PERIOD,
            statistic=_SUM,
        )


def express_alarms(metrics: ExpressMetrics) -> list[Alarm]:
    """Of rides on Express that fail, and of messages that cannot be ridden."""
    return [*_ride_alarms(metrics), *_queue_alarms(metrics)]


def _ride_alarms(metrics: ExpressMetrics) -> list[Alarm]:
    return [
        Alarm(
            name="ExpressRidesFailing",
            metric=metrics.failed_percent(),
            threshold=20,
            periods=3,
            happened="One Express ride in five has failed for a quarter of an hour: refused, undone or handed over.",
            do="read the machine's log: it names the state and the error. Those handed over are recovered.",
        ),
        Alarm(
            name="ExpressRidesCutOff",
            metric=metrics.cut_off(),
            threshold=1,
            periods=1,
            happened="AWS has ended an Express ride after five minutes; the sweep recovers it.",
            do="see which task was slow, and what it calls.",
        ),
    ]


def _queue_alarms(metrics: ExpressMetrics) -> list[Alarm]:
    return [
        Alarm(
            name="RidesDeadLetters",
            metric=metrics.dead_letters(),
            threshold=1,
            periods=1,
            happened="A message of the rides queue got no answer ten times.",
            do="see the log of StartRides, fix the cause, then move the messages back: the same ride is not ridden"
            " twice.",
        ),
        Alarm(
            name="RidesWaiting",
            metric=metrics.oldest_seconds(),
            threshold=_LONGEST_WAIT_SECONDS,
            periods=3,
            happened="Rides wait in the rides queue for more than a quarter of an hour.",
            do="see whether StartRides runs, and whether Lambda's concurrency is used up.",
        ),
        Alarm(
            name="RidesUnreadable",
            metric=metrics.unreadable(),
            threshold=1,
            periods=1,
            happened="The rides queue got messages without a paymentToken, or with a card; they were deleted.",
            do="find the sender. It must call Tokenise first, and send the token in place of the card.",
        ),
    ]

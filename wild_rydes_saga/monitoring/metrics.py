"""The metrics that the dashboard shows and the alarms watch: AWS's own, and those that the handlers count."""

from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambda_src.metric_names import Counted, errors_of
from wild_rydes_saga.foundation.functions import metrics_namespace
from wild_rydes_saga.foundation.timeouts import FUNCTION_TIMEOUT_SECONDS
from wild_rydes_saga.machines.fare_recovery import Recovery
from wild_rydes_saga.machines.fare_saga import FareSaga, Services
from wild_rydes_saga.monitoring.expressions import (
    PERIOD,
    all_of,
    all_together,
    failed_percent,
    indexes_of,
    of_rules,
    parts,
    runs_of,
)

_SUM: Final = cloudwatch.Stats.SUM
_MAXIMUM: Final = cloudwatch.Stats.MAXIMUM


class Metrics:
    """The stack's metrics, each over a period of five minutes unless said otherwise."""

    function_timeout_seconds: Final = FUNCTION_TIMEOUT_SECONDS

    def __init__(self, scope: Construct, fare_saga: FareSaga, recovery: Recovery, services: Services) -> None:
        self._namespace = metrics_namespace(scope)
        self._saga = fare_saga.state_machine
        self._recovery = recovery.state_machine
        self._sweep = recovery.triggers.sweep_function.function
        self._start = recovery.triggers.start_function.function
        self.ride_timeout_seconds = fare_saga.timeout_seconds
        constructs = Stack.of(scope).node.find_all()
        self.watched_functions = all_of(constructs, lambda_.Function)
        self.watched_tables = all_of(constructs, dynamodb.Table)
        self._rules = all_of(constructs, events.Rule)
        self._topics = all_of(constructs, sns.Topic)
        self._topic = services.notifications.topic
        self._queues: dict[str, sqs.Queue] = {
            "ParkedQueue": recovery.parked_queue,
            "EndedQueue": recovery.triggers.ended_queue,
            "OutcomesQueue": recovery.triggers.outcomes_queue,
            "UndeliveredQueue": recovery.triggers.undelivered_queue,
            "SuccessDeadLetters": services.notifications.success_dead_letters,
            "FailureDeadLetters": services.notifications.failure_dead_letters,
            "SuccessQueue": services.notifications.success_queue,
            "FailureQueue": services.notifications.failure_queue,
        }

    def rides(self) -> list[cloudwatch.Metric]:
        """How many rides start, and how they end."""
        saga = self._saga
        return [
            saga.metric_started(period=PERIOD, statistic=_SUM, label="started"),
            saga.metric_succeeded(period=PERIOD, statistic=_SUM, label="completed"),
            saga.metric_failed(period=PERIOD, statistic=_SUM, label="failed or refused"),
            saga.metric_timed_out(period=PERIOD, statistic=_SUM, label="timed out"),
            saga.metric_aborted(period=PERIOD, statistic=_SUM, label="stopped"),
        ]

    def money(self) -> list[cloudwatch.Metric]:
        """What the handlers moved."""
        moved = (Counted.CAPTURED, Counted.REFUNDED, Counted.CREDITED, Counted.REVERSED)
        return [self._counted(metric, label=metric.value) for metric in moved]

    def recoveries(self) -> list[cloudwatch.Metric]:
        """How many recoveries start, and how they end."""
        return [
            self._recovery.metric_started(period=PERIOD, statistic=_SUM, label="started"),
            self._recovery.metric_succeeded(period=PERIOD, statistic=_SUM, label="ended well"),
            self._recovery.metric_failed(period=PERIOD, statistic=_SUM, label="parked or broken off"),
        ]

    def failures_of_the_gateway(self, counted: Counted) -> cloudwatch.Metric:
        """How often the gateway's client counted one of its failures."""
        return self._counted(counted)

    def queues(self) -> list[cloudwatch.Metric]:
        """How many messages wait for their readers."""
        return [self.waiting(name, label=name) for name in ("SuccessQueue", "FailureQueue")]

    def limits(self) -> list[cloudwatch.Metric]:
        """How long the handlers take, at the longest."""
        return [
            function.metric_duration(period=PERIOD, statistic=_MAXIMUM, label=name)
            for name, function in self.watched_functions.items()
        ]

    def failed_rides_percent(self) -> cloudwatch.MathExpression:
        """Of a hundred rides started, how many failed; 0 if too few started."""
        return failed_percent(self._saga, "failed rides, percent")

    def slowest_ride_seconds(self) -> cloudwatch.MathExpression:
        """The longest ride; AWS gives milliseconds."""
        longest = self._saga.metric_time(period=PERIOD, statistic=_MAXIMUM)
        return cloudwatch.MathExpression(
            expression="longest / 1000",
            using_metrics={"longest": longest},
            label="longest ride, seconds",
            period=PERIOD,
        )

    def incomplete_rollbacks(self) -> cloudwatch.Metric:
        """Rollbacks that a compensation was missing from, as their recovery found them."""
        return self._counted(Counted.ROLLBACK_INCOMPLETE)

    def rides_to_recover(self) -> cloudwatch.Metric:
        """Rides put on the list of rides to recover: one whose message was sent is not among them."""
        return self._counted(Counted.RIDES_TO_RECOVER)

    def fares_overdue(self) -> cloudwatch.Metric:
        """Fares that the sweep found unsettled for too long."""
        return self._counted(Counted.FARES_OVERDUE, _MAXIMUM)

    def fares_unreadable(self) -> cloudwatch.Metric:
        """Unsettled rows that name no saga."""
        return self._counted(Counted.FARES_UNREADABLE, _MAXIMUM)

    def failed_parkings(self) -> cloudwatch.Metric:
        """Rides that could not be handed to a person."""
        return self._counted(Counted.PARKING_FAILED)

    def failed_inspections(self) -> cloudwatch.Metric:
        """Inspections of an execution that ended in an error; an answer such as `StillRunning` is none."""
        return self._metric_of_handlers(errors_of("InspectExecution"), "recovery", _SUM)

    def unreadable_messages(self) -> cloudwatch.MathExpression:
        """What came to the recovery's queues and is neither an execution's end nor a saga's message."""
        return all_together(
            {
                "events": self._counted(Counted.EVENTS_UNREADABLE),
                "messages": self._counted(Counted.MESSAGES_UNREADABLE),
            },
            "SUM",
            "messages that no saga sent",
        )

    def sweeps(self) -> cloudwatch.MathExpression:
        """Sweeps that ran through."""
        return runs_of(self._sweep, "sweeps that ran through")

    def starts(self) -> cloudwatch.MathExpression:
        """Runs of the function that starts recoveries."""
        return runs_of(self._start, "runs that started recoveries")

    def recovery_delay_seconds(self) -> cloudwatch.MathExpression:
        """How long an execution that ended badly, or the record of a message, waits to be read."""
        return self._oldest({"ended": "EndedQueue", "outcomes": "OutcomesQueue"})

    def waiting(self, queue: str, *, label: str | None = None) -> cloudwatch.Metric:
        """Messages that wait in a queue; over a minute."""
        return self._queues[queue].metric_approximate_number_of_messages_visible(
            period=Duration.minutes(1), statistic=_MAXIMUM, label=label
        )

    def lost_deliveries(self) -> cloudwatch.MathExpression:
        """What SNS and EventBridge could neither deliver nor put aside."""
        lost = {"topic": self._topic.metric("NumberOfNotificationsFailedToRedriveToDlq", period=PERIOD, statistic=_SUM)}
        return all_together(
            {**lost, **of_rules(self._rules, "InvocationsFailedToBeSentToDlq")}, "SUM", "deliveries lost"
        )

    def failed_events(self) -> list[cloudwatch.MathExpression]:
        """Events and schedules whose target EventBridge gave up."""
        return parts(of_rules(self._rules, "FailedInvocations"), "SUM", "events that reached no target")

    def failed_notifications(self) -> list[cloudwatch.MathExpression]:
        """Messages that SNS could not deliver to a subscription."""
        failed = {
            name: topic.metric_number_of_notifications_failed(period=PERIOD, statistic=_SUM)
            for name, topic in self._topics.items()
        }
        return parts(failed, "SUM", "messages that reached no subscription")

    def oldest_outcome_seconds(self) -> cloudwatch.MathExpression:
        """How long the oldest message waits for its reader."""
        return self._oldest({"success": "SuccessQueue", "failure": "FailureQueue"})

    def _oldest(self, queues: dict[str, str]) -> cloudwatch.MathExpression:
        ages = {
            name: self._queues[queue].metric_approximate_age_of_oldest_message(period=PERIOD, statistic=_MAXIMUM)
            for name, queue in queues.items()
        }
        return all_together(ages, "MAX", "oldest message, seconds")

    def throttled_functions(self) -> list[cloudwatch.MathExpression]:
        """Calls of handlers that Lambda refused."""
        throttles = {
            name: function.metric_throttles(period=PERIOD, statistic=_SUM)
            for name, function in self.watched_functions.items()
        }
        return parts(throttles, "SUM", "calls refused by Lambda")

    def throttled_rides(self) -> cloudwatch.Metric:
        """Transitions that Step Functions delayed."""
        return self._saga.metric_throttled(period=PERIOD, statistic=_SUM)

    def throttled_tables(self) -> list[cloudwatch.MathExpression]:
        """Reads and writes that DynamoDB refused, of tables and of their indexes, which it throttles apart."""
        throttles: dict[str, cloudwatch.Metric] = {}
        for name, table in self.watched_tables.items():
            for kind in ("Read", "Write"):
                metric = table.metric(f"{kind}ThrottleEvents", period=PERIOD, statistic=_SUM)
                throttles[f"{name}{kind}"] = metric
                for index in indexes_of(table):
                    dimensions = {"TableName": table.table_name, "GlobalSecondaryIndexName": index}
                    throttles[f"{name}{index}{kind}"] = metric.with_(dimensions_map=dimensions)
        return parts(throttles, "SUM", "reads and writes refused by DynamoDB")

    def slowest_function_ms(self) -> list[cloudwatch.MathExpression]:
        """The longest call of a handler that a task waits for, in milliseconds.

        The others have more time, and end by themselves before it is over.
        """
        durations = {
            name: function.metric_duration(period=PERIOD, statistic=_MAXIMUM)
            for name, function in self.watched_functions.items()
            if function.timeout and function.timeout.to_seconds() == FUNCTION_TIMEOUT_SECONDS
        }
        return parts(durations, "MAX", "longest call of a handler, ms")

    def _counted(self, metric: Counted, statistic: str = _SUM, *, label: str | None = None) -> cloudwatch.Metric:
        return self._metric_of_handlers(metric.value, metric.service, statistic, label=label)

    def _metric_of_handlers(
        self, name: str, service: str, statistic: str, *, label: str | None = None
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self._namespace,
            metric_name=name,
            dimensions_map={"service": service},
            period=PERIOD,
            statistic=statistic,
            label=label,
        )

"""What is watched: a dashboard, and alarms that each say what has happened and what to do about it."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from cdk_monitoring_constructs import (
    AlarmFactoryDefaults,
    CustomMetricGroup,
    CustomMetricWithAlarm,
    CustomThreshold,
    DefaultDashboardFactory,
    MonitoringFacade,
    SnsAlarmActionStrategy,
)
from constructs import Construct

from wild_rydes_saga.fare_saga import FareSaga, Services
from wild_rydes_saga.recovery import Recovery
from wild_rydes_saga.shared import Shared
from wild_rydes_saga.watched import Watched

_RUNBOOK: Final = "docs/runbook.md"
_AT_LEAST: Final = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD


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
    """

    name: str
    metric: cloudwatch.Metric | cloudwatch.MathExpression
    threshold: float
    periods: int
    happened: str
    do: str
    silence_is_wrong: bool = False

    @property
    def says(self) -> str:
        """What the alarm's message says."""
        return f"{self.happened} To do: {self.do} More: {_RUNBOOK}#{self.name.lower()}"


class Monitoring(Construct):
    """A dashboard of the rides, the money and what they run on; alarms to a topic, and from it to an address.

    No metric has a dimension that grows with rides, customers or fares.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        fare_saga: FareSaga,
        recovery: Recovery,
        services: Services,
        shared: Shared,
        alarm_email: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = self._topic(shared)
        self.reaches_nobody = alarm_email is None
        if alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(alarm_email))
        self._name = name = Stack.of(self).stack_name
        self._facade = MonitoringFacade(
            self,
            "Monitoring",
            alarm_factory_defaults=AlarmFactoryDefaults(
                alarm_name_prefix=name,
                actions_enabled=True,
                action=SnsAlarmActionStrategy(on_alarm_topic=self.topic, on_ok_topic=self.topic),
            ),
            dashboard_factory=DefaultDashboardFactory(self, "Dashboards", dashboard_name_prefix=name),
        )
        watched = Watched(self, fare_saga, recovery, services)
        self._show("Rides", watched.rides(), self._ride_alarms(watched))
        self._show("Money, in minor units", watched.money(), [])
        self._show("Recovery", watched.recoveries(), self._recovery_alarms(watched))
        self._show("Queues", watched.queues(), self._queue_alarms(watched))
        self._show("Limits", watched.limits(), self._limit_alarms(watched))

    def _topic(self, shared: Shared) -> sns.Topic:
        stack = Stack.of(self)
        topic = sns.Topic(self, "Alarms", master_key=shared.encryption.key, enforce_ssl=True)
        # A topic with a policy of its own has lost the one by which CloudWatch may publish.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {
                        "aws:SourceArn": f"arn:{stack.partition}:cloudwatch:{stack.region}:{stack.account}:alarm:"
                        f"{stack.stack_name}-*"
                    },
                },
            )
        )
        return topic

    def _show(self, title: str, metrics: list[cloudwatch.Metric], alarms: list[Alarm]) -> None:
        """Adds a section to the dashboard: the metrics in one graph, and one for each alarm with its threshold."""
        groups = [CustomMetricGroup(title=title, metrics=[*metrics])] if metrics else []
        groups += [CustomMetricGroup(title=alarm.name, metrics=[_with_alarm(alarm, self._name)]) for alarm in alarms]
        self._facade.monitor_custom(
            alarm_friendly_name=title.partition(",")[0], human_readable_name=title, metric_groups=groups
        )

    def _ride_alarms(self, watched: Watched) -> list[Alarm]:
        return [
            Alarm(
                name="RidesFailing",
                metric=watched.failed_rides_percent(),
                threshold=20,
                periods=3,
                happened="One ride in five has failed for a quarter of an hour: was undone, or refused.",
                do="see on which error the executions end. Declined cards are the gateway's or an attack; anything"
                " else is ours: point the alias back to the version before if one was deployed.",
            ),
            Alarm(
                name="RideNearTimeout",
                metric=watched.slowest_ride_seconds(),
                threshold=round(0.8 * watched.ride_timeout_seconds),
                periods=1,
                happened="A ride took more than four fifths of what its execution may take.",
                do="see which task was retried, and what it calls. One that times out is recovered.",
            ),
        ]

    def _recovery_alarms(self, watched: Watched) -> list[Alarm]:
        return [
            Alarm(
                name="RollbackIncomplete",
                metric=watched.incomplete_rollbacks(),
                threshold=1,
                periods=1,
                happened="A compensation gave up: a rider may be charged for a ride that failed.",
                do="nothing yet, its recovery goes on trying. See what the refund or the account answers; it is"
                " parked, with an alarm of its own, if the recovery gives up too.",
            ),
            Alarm(
                name="RecoveryBusy",
                metric=watched.rides_to_recover(),
                threshold=10,
                periods=3,
                happened="Rides need their recovery all the time: executions end badly, not by declined cards alone.",
                do="find the task on which the rides end (RidesFailing), and mend what it calls.",
            ),
            Alarm(
                name="FaresOverdue",
                metric=watched.fares_overdue(),
                threshold=1,
                periods=3,
                happened="The sweep finds fares that stay unsettled although their recovery was started.",
                do="run `make rides ARGS=--aws`, and look at the last recovery of each.",
            ),
            Alarm(
                name="SweepSilent",
                metric=watched.sweeps(),
                threshold=1,
                periods=3,
                happened="The sweep has not run through for a quarter of an hour: a lost event would leave a ride.",
                do="see the sweep's log and whether its rule is enabled.",
                silence_is_wrong=True,
            ),
        ]

    def _queue_alarms(self, watched: Watched) -> list[Alarm]:
        return [
            Alarm(
                name="RideParked",
                metric=watched.waiting("ParkedQueue"),
                threshold=1,
                periods=1,
                happened="A ride could not be undone or finished: money is on the wrong side until somebody acts.",
                do="run `make rides ARGS=--aws`, mend the cause that it names, then `make recover ALL=1 ARGS=--aws`.",
            ),
            Alarm(
                name="Undelivered",
                metric=watched.waiting("UndeliveredQueue"),
                threshold=1,
                periods=1,
                happened="EventBridge could not start a recovery, or the sweep.",
                do="the sweep takes such rides; mend what the message's attributes name, then delete the message.",
            ),
            *(
                Alarm(
                    name=f"{outcome}DeadLetters",
                    metric=watched.waiting(f"{outcome}DeadLetters"),
                    threshold=1,
                    periods=1,
                    happened=f"A reader failed five times on a message of the {outcome.lower()} queue.",
                    do="mend the reader, then redrive the dead-letter queue. The ride itself is whole.",
                )
                for outcome in ("Success", "Failure")
            ),
        ]

    def _limit_alarms(self, watched: Watched) -> list[Alarm]:
        return [
            Alarm(
                name="FunctionsThrottled",
                metric=watched.throttled_functions(),
                threshold=1,
                periods=3,
                happened="Lambda refuses calls: the account's concurrency is used up. They are retried.",
                do="see who uses the concurrency; raise it, or reserve some.",
            ),
            Alarm(
                name="RidesThrottled",
                metric=watched.throttled_rides(),
                threshold=1,
                periods=3,
                happened="Step Functions delays transitions: the account's rate is used up.",
                do="see who uses it in the region; ask for a higher quota.",
            ),
            Alarm(
                name="TablesThrottled",
                metric=watched.throttled_tables(),
                threshold=10,
                periods=3,
                happened="DynamoDB refuses writes or reads: one customer's balance is hot, or traffic jumped.",
                do="see which table, and whether one key takes it all.",
            ),
            Alarm(
                name="FunctionNearTimeout",
                metric=watched.slowest_function_ms(),
                threshold=watched.function_timeout_seconds * 800,
                periods=2,
                happened="A handler takes more than four fifths of its time: what it calls is slow.",
                do="see its trace. A handler that is stopped leaves doubt, and its ride is undone.",
            ),
        ]


def _with_alarm(alarm: Alarm, stack_name: str) -> CustomMetricWithAlarm:
    missing = cloudwatch.TreatMissingData
    comparison = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD if alarm.silence_is_wrong else _AT_LEAST
    return CustomMetricWithAlarm(
        metric=alarm.metric,
        alarm_friendly_name=alarm.name,
        add_alarm={
            "Default": CustomThreshold(
                threshold=alarm.threshold,
                comparison_operator=comparison,
                evaluation_periods=alarm.periods,
                datapoints_to_alarm=alarm.periods,
                treat_missing_data_override=missing.BREACHING if alarm.silence_is_wrong else missing.NOT_BREACHING,
                alarm_name_override=f"{stack_name}-{alarm.name}",
                alarm_description_override=alarm.says,
            )
        },
    )

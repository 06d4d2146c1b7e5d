"""The dashboard, and the alarms, each of which says what has happened and what to do about it."""

from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from wild_rydes_saga.foundation.functions import metrics_namespace
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.machines.express_fare_saga import ExpressFareSaga
from wild_rydes_saga.machines.express_rides import ExpressRides
from wild_rydes_saga.machines.fare_recovery import Recovery
from wild_rydes_saga.machines.fare_saga import FareSaga, Services
from wild_rydes_saga.monitoring.alarm import Alarm
from wild_rydes_saga.monitoring.alarms import gateway_alarms, limit_alarms, queue_alarms, ride_alarms
from wild_rydes_saga.monitoring.express import ExpressMetrics, express_alarms
from wild_rydes_saga.monitoring.metrics import Metrics
from wild_rydes_saga.monitoring.recovery_alarms import recovery_alarms

_AT_LEAST: Final = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_BELOW: Final = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_IN_A_ROW: Final = 3
_WIDTH: Final = 8
_HEIGHT: Final = 5


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
        express_saga: ExpressFareSaga,
        express_rides: ExpressRides,
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
        self._alarms = Construct(self, "Monitoring")
        self._notify = actions.SnsAction(self.topic)
        self._dashboard = cloudwatch.Dashboard(
            Construct(self, "Dashboards"),
            "Dashboard",
            dashboard_name=name,
            start="-PT8H",
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        metrics = Metrics(self, fare_saga, recovery, services)
        express = ExpressMetrics(express_saga, express_rides, namespace=metrics_namespace(self))
        self._show("Rides", metrics.rides(), ride_alarms(metrics))
        self._show("Rides on Express", express.rides(), express_alarms(express))
        self._show(
            "Money, in minor units", metrics.money(), gateway_alarms(metrics, services.payments.gateway.failures)
        )
        self._show("Recovery", metrics.recoveries(), recovery_alarms(metrics))
        self._show("Queues", metrics.queues(), queue_alarms(metrics))
        self._show("Limits", metrics.limits(), limit_alarms(metrics))

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
        """Adds a section to the dashboard: the metrics in one graph, and each alarm, which shows what it watches."""
        widgets: list[cloudwatch.IWidget] = [
            cloudwatch.AlarmWidget(title=one.full_name, alarm=self._alarm(one), width=_WIDTH, height=_HEIGHT)
            for one in alarms
        ]
        if metrics:
            widgets.insert(0, cloudwatch.GraphWidget(title=title, left=[*metrics], width=_WIDTH, height=_HEIGHT))
        heading = cloudwatch.TextWidget(markdown=f"### {title}", width=_IN_A_ROW * _WIDTH, height=1)
        rows = [widgets[start : start + _IN_A_ROW] for start in range(0, len(widgets), _IN_A_ROW)]
        self._dashboard.add_widgets(heading)
        for row in rows:
            self._dashboard.add_widgets(*row)

    def _alarm(self, alarm: Alarm) -> cloudwatch.Alarm:
        missing = cloudwatch.TreatMissingData
        full_name = f"{self._name}-{alarm.full_name}"
        made = cloudwatch.Alarm(
            self._alarms,
            full_name,
            alarm_name=full_name,
            alarm_description=alarm.says,
            metric=alarm.metric,
            threshold=alarm.threshold,
            comparison_operator=_BELOW if alarm.silence_is_wrong else _AT_LEAST,
            evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.periods,
            treat_missing_data=missing.BREACHING if alarm.silence_is_wrong else missing.NOT_BREACHING,
            actions_enabled=True,
        )
        # Nothing is sent when an alarm ends: a new alarm ends too, so a deployment would send one for each.
        made.add_alarm_action(self._notify)
        return made

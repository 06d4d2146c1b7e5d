"""The stack: the services, the saga over them, the learner's machine, and the outputs. No logic."""

from dataclasses import replace

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from wild_rydes_saga.foundation.deployment import acknowledge_log_level, deployment, express_rides_of
from wild_rydes_saga.foundation.encryption import Encryption
from wild_rydes_saga.foundation.functions import Functions
from wild_rydes_saga.foundation.nag_rules import NOT_EVERY_EVENT, acknowledge
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.foundation.stage_guard import keep_gateway, keep_stage
from wild_rydes_saga.machines.event_sources import RiddenMachine
from wild_rydes_saga.machines.express_fare_saga import ExpressFareSaga
from wild_rydes_saga.machines.express_rides import ExpressRides
from wild_rydes_saga.machines.fare_recovery import Recovery
from wild_rydes_saga.machines.fare_saga import FareSaga, Services
from wild_rydes_saga.machines.start_here import TIMEOUT_SECONDS, StartHere
from wild_rydes_saga.monitoring.dashboard import Monitoring
from wild_rydes_saga.saga.express import LONGEST_SECONDS
from wild_rydes_saga.services.accounts import Accounts
from wild_rydes_saga.services.fares import Fares
from wild_rydes_saga.services.notifications import Notifications
from wild_rydes_saga.services.payments import Payments
from wild_rydes_saga.settings import DEFAULT_STACK_NAME, STAGES, Settings


class WildRydesSagaStack(Stack):
    """Everything that is deployed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stack_name: str,
        settings: Settings,
        alarm_email: str | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            description="The Wild Rydes fare saga",
            termination_protection=settings.deletion_protection,
        )
        self._keep_what_is_deployed(settings)
        shared = Shared(settings, Encryption(self, "Encryption", settings=settings))
        functions = Functions(self, "Functions", shared=shared)
        self.fares = Fares(self, "Fares", shared=shared)
        self.payments = Payments(self, "Payments", functions=functions, shared=shared)
        self.accounts = Accounts(self, "Accounts", functions=functions, shared=shared)
        self.notifications = Notifications(self, "Notifications", shared=shared)
        services = Services(
            fares=self.fares, payments=self.payments, accounts=self.accounts, notifications=self.notifications
        )
        self.services = services
        saga_deployment = deployment(self, "FareSaga", name=f"{stack_name}-completed", shared=shared, sends_by=["sns"])
        self.fare_saga = FareSaga(self, "FareSaga", deployment=saga_deployment, services=services, settings=settings)
        learners = replace(saga_deployment, name=f"{stack_name}-start-here")
        self.start_here = StartHere(self, "StartHere", deployment=learners)
        self.recovery = self._recovery(functions, shared)
        self.express_saga = saga = self._express(shared)
        self.express_rides = ExpressRides(self, "ExpressRides", saga=saga, functions=functions, shared=shared)
        for one in (self.fare_saga, self.start_here, self.recovery):
            acknowledge_log_level(one.state_machine, settings)
        self.monitoring = self._monitoring(shared, alarm_email)
        self._start_rides_last()
        for name, value in self._outputs().items():
            CfnOutput(self, name, value=value)

    def _start_rides_last(self) -> None:
        """Points both aliases to new versions once everything else is deployed."""
        others = (self.notifications, self.start_here, self.recovery, self.monitoring, self.express_rides)
        self.fare_saga.start_rides_after(*others, *self.express_saga.beneath_alias)
        self.express_saga.start_rides_after(*others, *self.fare_saga.beneath_alias)

    def _keep_what_is_deployed(self, settings: Settings) -> None:
        name_option = "" if self.stack_name == DEFAULT_STACK_NAME else f" -c stack_name={self.stack_name}"
        keep_stage(self, settings, STAGES, options=name_option)
        keep_gateway(self, settings.gateway, options=f"{name_option} -c stage={settings.stage}")
        # CDK itself writes DependsOn where a reference says it already: cfn-lint need not warn our users.
        self.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W3005"]}}}

    def _monitoring(self, shared: Shared, alarm_email: str | None) -> Monitoring:
        return Monitoring(
            self,
            "Monitoring",
            fare_saga=self.fare_saga,
            express_saga=self.express_saga,
            express_rides=self.express_rides,
            recovery=self.recovery,
            services=self.services,
            shared=shared,
            alarm_email=alarm_email,
        )

    def _express(self, shared: Shared) -> ExpressFareSaga:
        """The saga on Express. Its log has errors alone: its rides' rows have their outcomes."""
        given = deployment(self, "ExpressSaga", name=f"{self.stack_name}-express", shared=shared, sends_by=["sns"])
        saga = ExpressFareSaga(
            self,
            "ExpressSaga",
            deployment=replace(given, log_level=sfn.LogLevel.ERROR),
            services=self.services,
            outcomes=self.recovery.outcomes,
        )
        acknowledge(
            saga.state_machine,
            NOT_EVERY_EVENT,
            "Its rides' rows have how each ended, and the log has what went wrong; the rest can cost more than the"
            " execution itself",
        )
        return saga

    def _recovery(self, functions: Functions, shared: Shared) -> Recovery:
        """The recovery of the rides of all machines, which share the tables."""
        name = f"{self.stack_name}-recovery"
        return Recovery(
            self,
            "Recovery",
            deployment=deployment(self, "Recovery", name=name, shared=shared, sends_by=["sns", "sqs"]),
            machines=[
                RiddenMachine(
                    name=f"{self.stack_name}-completed",
                    arn=self.fare_saga.state_machine.state_machine_arn,
                    timeout_seconds=self.fare_saga.timeout_seconds,
                ),
                RiddenMachine(
                    name=f"{self.stack_name}-start-here",
                    arn=self.start_here.state_machine.state_machine_arn,
                    timeout_seconds=TIMEOUT_SECONDS,
                ),
                RiddenMachine(
                    name=f"{self.stack_name}-express",
                    arn=express_rides_of(self, f"{self.stack_name}-express"),
                    timeout_seconds=LONGEST_SECONDS,
                    express=True,
                ),
            ],
            saga=self.fare_saga,
            services=self.services,
            functions=functions,
            shared=shared,
        )

    def _outputs(self) -> dict[str, str]:
        """What callers, readers and operators need to know of the stack, by the names that they use."""
        return {
            "FareSagaArn": self.fare_saga.state_machine.state_machine_arn,
            "FareSagaAliasArn": self.fare_saga.alias_arn,
            "ExpressSagaArn": self.express_saga.state_machine.state_machine_arn,
            "ExpressSagaAliasArn": self.express_saga.alias_arn,
            "ExpressRidesQueueUrl": self.express_rides.queue.queue_url,
            "StartHereArn": self.start_here.state_machine.state_machine_arn,
            **{f"{step}FunctionArn": arn for step, arn in self.fare_saga.function_arns.items()},
            "RecoveryArn": self.recovery.state_machine.state_machine_arn,
            "RecoveryAliasArn": self.recovery.machine.alias_arn,
            "TokeniseFunctionName": self.payments.tokenise_function.function.function_name,
            "FaresTableName": self.fares.table.table_name,
            "PaymentsTableName": self.payments.table.table_name,
            **self.payments.gateway.outputs,
            "AccountsTableName": self.accounts.table.table_name,
            "CardsTableName": self.payments.cards_table.table_name,
            "NotificationsTopicArn": self.notifications.topic.topic_arn,
            "AlarmsTopicArn": self.monitoring.topic.topic_arn,
            "SuccessQueueUrl": self.notifications.success_queue.queue_url,
            "FailureQueueUrl": self.notifications.failure_queue.queue_url,
            "OutcomesTableName": self.recovery.outcomes.table.table_name,
            "ParkedQueueUrl": self.recovery.parked_queue.queue_url,
            "UndeliveredQueueUrl": self.recovery.triggers.undelivered_queue.queue_url,
        }

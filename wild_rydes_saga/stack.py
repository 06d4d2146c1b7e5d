"""The stack: the services, the saga over them, the learner's machine, and the outputs. No logic."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from wild_rydes_saga.accounts import Accounts
from wild_rydes_saga.fare_saga import FareSaga, Services
from wild_rydes_saga.fares import Fares
from wild_rydes_saga.functions import Functions
from wild_rydes_saga.notifications import Notifications
from wild_rydes_saga.payments import Payments
from wild_rydes_saga.recovery import Recovery
from wild_rydes_saga.settings import Settings
from wild_rydes_saga.start_here import StartHere


class WildRydesSagaStack(Stack):
    """Everything that is deployed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stack_name: str,
        settings: Settings,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            description="The Wild Rydes fare saga",
        )
        # CDK itself writes DependsOn where a reference says it already: not for cfn-lint to tell our users.
        self.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W3005"]}}}
        functions = Functions(self, "Functions", settings=settings)
        self.fares = Fares(self, "Fares", settings=settings)
        self.payments = Payments(self, "Payments", functions=functions, settings=settings)
        self.accounts = Accounts(self, "Accounts", functions=functions, settings=settings)
        self.notifications = Notifications(self, "Notifications", settings=settings)
        services = Services(
            fares=self.fares, payments=self.payments, accounts=self.accounts, notifications=self.notifications
        )
        self.fare_saga = FareSaga(
            self,
            "FareSaga",
            state_machine_name=f"{stack_name}-completed",
            services=services,
            settings=settings,
        )
        self.recovery = Recovery(
            self,
            "Recovery",
            state_machine_name=f"{stack_name}-recovery",
            saga_name=f"{stack_name}-completed",
            saga=self.fare_saga,
            services=services,
            functions=functions,
            settings=settings,
        )
        self.start_here = StartHere(
            self,
            "StartHere",
            state_machine_name=f"{stack_name}-start-here",
            role=self.fare_saga.state_machine.role,
        )
        outputs = {
            "FareSagaArn": self.fare_saga.state_machine.state_machine_arn,
            "StartHereArn": self.start_here.state_machine.state_machine_arn,
            "RecoveryArn": self.recovery.state_machine.state_machine_arn,
            "FaresTableName": self.fares.table.table_name,
            "PaymentsTableName": self.payments.table.table_name,
            "GatewayTableName": self.payments.gateway_table.table_name,
            "AccountsTableName": self.accounts.table.table_name,
            "NotificationsTopicArn": self.notifications.topic.topic_arn,
            "SuccessQueueUrl": self.notifications.success_queue.queue_url,
            "FailureQueueUrl": self.notifications.failure_queue.queue_url,
            "ParkedQueueUrl": self.recovery.parked_queue.queue_url,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)

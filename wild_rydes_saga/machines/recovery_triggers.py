"""What starts a recovery: a rule on executions that ended badly, and a sweep for the events that AWS may lose."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lambda_src import environment
from wild_rydes_saga.foundation.functions import Functions, Handler
from wild_rydes_saga.foundation.nag_rules import LAST_QUEUE, acknowledge
from wild_rydes_saga.foundation.queues import queue
from wild_rydes_saga.foundation.roles import ExactRole
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.machines.fare_saga import FareSaga
from wild_rydes_saga.saga import SagaRecovery
from wild_rydes_saga.saga.machine import ALIAS
from wild_rydes_saga.services.fares import UNSETTLED_INDEX

ENDED_BADLY: Final = ("FAILED", "TIMED_OUT", "ABORTED")
SWEEP_EVERY: Final = Duration.minutes(5)


class RecoveryStarts:
    """Starts a recovery for every execution of the saga, or of a recovery, that ended badly; by its ARN alone.

    Attributes:
        undelivered_queue: Starts of a recovery, and of a sweep, that EventBridge could not deliver.
        sweep_function: Finds fares that stayed unsettled, and starts their recovery.
        ended_badly: The rule on executions.
        sweep_rule: The sweep's schedule.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        saga: FareSaga,
        machine: SagaRecovery,
        fares: dynamodb.Table,
        functions: Functions,
        shared: Shared,
    ) -> None:
        self._scope = scope
        self._saga = saga
        self._machine = machine
        self.undelivered_queue = queue(scope, "UndeliveredQueue", shared)
        acknowledge(self.undelivered_queue, LAST_QUEUE, "It is a dead-letter queue: EventBridge's for both rules")
        self.sweep_function = self._sweeper(functions, fares)
        self.ended_badly = self._start_on_bad_endings()
        self.sweep_rule = self._start_on_schedule()

    def _sweeper(self, functions: Functions, fares: dynamodb.Table) -> Handler:
        handler = functions.handler(
            self._scope,
            "SweepFaresFunction",
            service="recovery",
            module="recovery.sweep_fares",
            variables={
                environment.FARES_TABLE: fares.table_name,
                environment.UNSETTLED_INDEX: UNSETTLED_INDEX,
                environment.UNSETTLED_AFTER_SECONDS: str(self._saga.timeout_seconds),
                environment.RECOVERY_ARN: self._machine.alias_arn,
                environment.RECOVERY_PERIOD_SECONDS: str(self._machine.timeout_seconds),
            },
        )
        handler.role.allow("dynamodb:Scan", on=[f"{fares.table_arn}/index/{UNSETTLED_INDEX}"])
        self._allow_start(handler.role)
        return handler

    def _allow_start(self, role: ExactRole) -> None:
        """Lets a role start recoveries by the alias alone: AWS checks the machine's ARN, and the qualifier apart."""
        role.allow(
            "states:StartExecution",
            on=[self._machine.state_machine.state_machine_arn],
            **{"ForAnyValue:StringEquals": {"states:StateMachineQualifier": [ALIAS]}},
        )

    def _start_on_bad_endings(self) -> events.Rule:
        role = ExactRole(
            self._scope, "StarterRole", service="events.amazonaws.com", description="Starts the recovery of a ride"
        )
        self._allow_start(role)
        rule = events.Rule(
            self._scope,
            "EndedBadly",
            description="Starts the recovery of a ride that ended badly, or whose recovery did",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [
                        self._saga.state_machine.state_machine_arn,
                        self._machine.state_machine.state_machine_arn,
                    ],
                    "status": [*ENDED_BADLY],
                },
            ),
        )
        rule.add_target(
            targets.SfnStateMachine(
                sfn.StateMachine.from_state_machine_arn(self._scope, "Live", self._machine.alias_arn),
                role=role.without_policy_updates(),
                input=events.RuleTargetInput.from_object(
                    {"executionArn": events.EventField.from_path("$.detail.executionArn")}
                ),
                dead_letter_queue=self.undelivered_queue,
            )
        )
        return rule

    def _start_on_schedule(self) -> events.Rule:
        rule = events.Rule(
            self._scope,
            "Sweep",
            description="Looks for fares that stayed unsettled, for the event of a bad ending may be lost",
            schedule=events.Schedule.rate(SWEEP_EVERY),
        )
        rule.add_target(
            targets.LambdaFunction(
                self.sweep_function.function,
                event=events.RuleTargetInput.from_object({}),
                dead_letter_queue=self.undelivered_queue,
            )
        )
        return rule

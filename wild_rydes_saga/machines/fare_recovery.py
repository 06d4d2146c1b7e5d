"""Finishes rides that their execution could not: the recovery's machine, its inspection and the parking."""

from collections.abc import Sequence
from typing import Any, Final

from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as sfn_tasks
from constructs import Construct

from lambda_src import environment
from lambda_src.errors import NotAnExecution, StillRunning
from lambda_src.recovery import verdict
from wild_rydes_saga.foundation.deployment import executions_of
from wild_rydes_saga.foundation.functions import Functions, Handler
from wild_rydes_saga.foundation.nag_rules import LAST_QUEUE, acknowledge, any_execution_of
from wild_rydes_saga.foundation.queues import queue
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.foundation.timeouts import (
    FUNCTION_TASK_TIMEOUT_SECONDS,
    SERVICE_TASK_TIMEOUT_SECONDS,
    service_timeout,
)
from wild_rydes_saga.machines.event_sources import RiddenMachine
from wild_rydes_saga.machines.fare_saga import FareSaga, Services, fare_steps
from wild_rydes_saga.machines.outcomes import Outcomes
from wild_rydes_saga.machines.recovery_triggers import OPEN_FOR_SECONDS, RecoveryTriggers
from wild_rydes_saga.saga import (
    Deployment,
    RecoveryEnding,
    RecoveryTasks,
    RetryPolicy,
    SagaRecovery,
    SagaTask,
    Verdicts,
)
from wild_rydes_saga.saga.recovery_parts import STRAGGLER_SECONDS, TROUBLE, VERDICT
from wild_rydes_saga.saga.retries import no_retry
from wild_rydes_saga.saga.rollback import FAILURE, NOT_UNDONE, OUTCOME
from wild_rydes_saga.services.fare_input import RECOVERED_RIDE, RIDE, THIS_EXECUTION, expression
from wild_rydes_saga.services.function_tasks import function_call
from wild_rydes_saga.services.messages import message_of

_EXECUTION_ARN: Final = "$states.context.Execution.Input.executionArn"
_GIVEN: Final = f"$exists({_EXECUTION_ARN}) ? {_EXECUTION_ARN} : ''"
_INSPECT_AGAIN: Final = RetryPolicy(
    errors=(StillRunning.__name__,), max_attempts=10, interval_seconds=5, max_delay_seconds=60
)
"""AWS may report the end of an execution later than its event, and the end of its history later still."""

VERDICTS: Final = Verdicts(
    nothing=verdict.NOTHING,
    done=verdict.COMPLETED,
    settled=verdict.SETTLED,
    unsettled=verdict.UNSETTLED,
    superseded=verdict.SUPERSEDED,
)
ENDING: Final = RecoveryEnding(
    recovered="RideRecovered",
    nothing="NothingToRecover",
    running="StillRunning",
    delayed="RecoveryDelayed",
    parked="RideParked",
    refused="NotAnExecution",
    begin="BeginRecovery",
    choose="ChooseRecovery",
    again="InspectAgain",
    wait="WaitForStragglers",
    end="ChooseEnding",
)


class Recovery(Construct):
    """Finishes every ride that its execution did not finish, or parks it for a person (guarantee 5).

    An execution that ended badly arrives through a queue, and is checked in the outcomes table.
    It gets a recovery only if something is left to do, and the number of recoveries at the
    same time is limited. A sweep finds the rides whose events were lost.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        machines: Sequence[RiddenMachine],
        saga: FareSaga,
        services: Services,
        functions: Functions,
        shared: Shared,
    ) -> None:
        super().__init__(scope, construct_id)
        self._saga = saga
        self._services = services
        self._shared = shared
        self._settings = shared.settings
        self._deployment = deployment
        self._machines = machines
        self.outcomes = Outcomes(self, "Outcomes", shared=shared)
        self.parked_queue = queue(self, "ParkedQueue", shared)
        acknowledge(self.parked_queue, LAST_QUEUE, "A person reads it, and deletes a message once the ride is finished")
        self.inspect_function = self._inspector(functions)
        self.machine = self._machine()
        self.triggers = RecoveryTriggers(
            self,
            machines=machines,
            recovery=self.machine,
            recovery_name=deployment.name,
            outcomes=self.outcomes,
            parked_queue=self.parked_queue,
            fares=services.fares,
            payments=services.payments,
            notifications=services.notifications,
            functions=functions,
            shared=shared,
        )
        """The rule, the queues and the schedules that start it."""

    @property
    def state_machine(self) -> sfn.StateMachine:
        """The recovery's machine."""
        return self.machine.state_machine

    def _machine(self) -> SagaRecovery:
        tasks = Construct(self, "Tasks")
        ride, patience = RECOVERED_RIDE, self._settings.recovery_patience
        fares = self._services.fares
        return SagaRecovery(
            self,
            "Machine",
            deployment=self._deployment,
            steps=fare_steps(tasks, self._services, ride, patience, pending=self._settings.refund_patience),
            notify_failure=self._services.notifications.notify_failure(tasks, ride, patience),
            tasks=RecoveryTasks(
                inspect=self._inspect_execution(tasks),
                claim=fares.claim_fare(tasks, ride, patience),
                park=self._park_ride(tasks),
                mark=fares.mark_fare_parked(tasks, ride, patience),
                record_parked=self.outcomes.record_parked(tasks, patience),
                close=self.outcomes.close(tasks, patience),
                not_a_saga=NotAnExecution.__name__,
                still_running=StillRunning.__name__,
                known_without_inspection={
                    RIDE: {"sagaId": expression(_GIVEN)},
                    FAILURE: {},
                    NOT_UNDONE: [],
                },
            ),
            verdicts=VERDICTS,
            ending=ENDING,
            overload=self._settings.overload_patience,
            inputs=["executionArn"],
            recovered_by="another recovery, up to five; then a person, by the parked queue and its alarm",
        )

    def _inspect_execution(self, scope: Construct) -> SagaTask:
        found = "$states.result.Payload"
        return function_call(
            scope,
            "InspectExecution",
            self.inspect_function.function,
            payload={
                "executionArn": expression(_GIVEN),
                "machineArns": [one.arn for one in self._machines],
                "saga": saga_shape(self._saga),
                "stragglerSeconds": FUNCTION_TASK_TIMEOUT_SECONDS,
                "openForSeconds": OPEN_FOR_SECONDS,
            },
            retries=(no_retry(NotAnExecution.__name__), _INSPECT_AGAIN, self._settings.recovery_patience),
            assign={
                **{name: expression(f"{found}.{name}") for name in (VERDICT, RIDE, FAILURE, OUTCOME, "receipt")},
                **{name: expression(f"{found}.{name}") for name in (STRAGGLER_SECONDS, TROUBLE)},
                NOT_UNDONE: [],
            },
        )

    def _park_ride(self, scope: Construct) -> SagaTask:
        facts = {
            "failure": f"${FAILURE}",
            "stillToDo": f"${NOT_UNDONE}",
            "trouble": f"${TROUBLE}",
            "recoveryArn": THIS_EXECUTION.saga_id,
            "parkedAt": "$states.context.State.EnteredTime",
        }
        report = ", ".join(f"'{name}': {value}" for name, value in facts.items())
        state = sfn_tasks.SqsSendMessage.jsonata(
            scope,
            "ParkRide",
            # By its ARN, since CDK grants the use of a key that it knows with a wildcard.
            queue=sqs.Queue.from_queue_attributes(
                scope, "ParkedQueue", queue_arn=self.parked_queue.queue_arn, queue_url=self.parked_queue.queue_url
            ),
            message_body=sfn.TaskInput.from_text(expression(message_of(f"$merge([${RIDE}, {{{report}}}])"))),
            task_timeout=service_timeout(),
            outputs={},
        )
        return SagaTask(state, SERVICE_TASK_TIMEOUT_SECONDS, (self._settings.recovery_patience,))

    def _inspector(self, functions: Functions) -> Handler:
        services = self._services
        handler = functions.handler(
            self,
            "InspectExecutionFunction",
            service="recovery",
            module="recovery.inspect_execution",
            variables={
                environment.FARES_TABLE: services.fares.table.table_name,
                environment.PAYMENTS_TABLE: services.payments.table.table_name,
                environment.ACCOUNTS_TABLE: services.accounts.table.table_name,
                environment.OUTCOMES_TABLE: self.outcomes.table.table_name,
            },
        )
        tables = (services.fares.table, services.payments.table, services.accounts.table, self.outcomes.table)
        handler.role.allow("dynamodb:GetItem", on=[table.table_arn for table in tables])
        names = [one.name for one in self._machines if not one.express]
        for action in ("states:DescribeExecution", "states:GetExecutionHistory"):
            handler.role.allow(action, on=[executions_of(self, name) for name in names])
        for name in names:
            acknowledge(
                handler.role,
                any_execution_of(name),
                "It inspects executions, whose names only their callers know",
            )
        self._shared.encryption.allow_executions(handler.role, *names)
        return handler


def saga_shape(saga: FareSaga) -> dict[str, Any]:
    """The facts of the saga that the inspection needs (`lambda_src.recovery.execution.SagaShape`)."""
    return {
        "actions": [step.action for step in saga.plan.steps],
        "clean_failures": {
            step.action: {
                failure.error: {"error": failure.reported_as or failure.error, "outcome": failure.outcome}
                for failure in step.clean_failures
            }
            for step in saga.plan.steps
            if step.clean_failures
        },
        "rolled_back": saga.ending.failed,
        "incomplete": saga.ending.incomplete,
    }

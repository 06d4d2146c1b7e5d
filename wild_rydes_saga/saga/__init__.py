"""The saga pattern: an ordered list of steps, each an action with its compensation. It does not know fares."""

from sagalint.plan import CleanFailure, Plan, PlannedStep, SagaPlanError
from wild_rydes_saga.saga.express import ExpressSaga
from wild_rydes_saga.saga.express_states import Beginning, Journal, LaterDelivery
from wild_rydes_saga.saga.machine import Deployment
from wild_rydes_saga.saga.recovery import SagaRecovery
from wild_rydes_saga.saga.recovery_parts import RecoveryEnding, RecoveryTasks, Verdicts
from wild_rydes_saga.saga.retries import RetryPolicy
from wild_rydes_saga.saga.saga import FailureEnding, Saga
from wild_rydes_saga.saga.step import SagaTask, Step

__all__ = [
    "Beginning",
    "CleanFailure",
    "Deployment",
    "ExpressSaga",
    "FailureEnding",
    "Journal",
    "LaterDelivery",
    "Plan",
    "PlannedStep",
    "RecoveryEnding",
    "RecoveryTasks",
    "RetryPolicy",
    "Saga",
    "SagaPlanError",
    "SagaRecovery",
    "SagaTask",
    "Step",
    "Verdicts",
]

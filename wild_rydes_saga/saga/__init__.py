"""The saga pattern: an ordered list of steps, each an action with its compensation. Knows nothing of fares."""

from wild_rydes_saga.saga.plan import CleanFailure, Plan, PlannedStep, SagaPlanError
from wild_rydes_saga.saga.recovery import RecoveryEnding, RecoveryTasks, SagaRecovery, Verdicts
from wild_rydes_saga.saga.retries import RetryPolicy
from wild_rydes_saga.saga.saga import FailureEnding, Saga
from wild_rydes_saga.saga.step import Attempted, Step

__all__ = [
    "Attempted",
    "CleanFailure",
    "FailureEnding",
    "Plan",
    "PlannedStep",
    "RecoveryEnding",
    "RecoveryTasks",
    "RetryPolicy",
    "Saga",
    "SagaPlanError",
    "SagaRecovery",
    "Step",
    "Verdicts",
]

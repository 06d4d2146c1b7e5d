"""The saga pattern: an ordered list of steps, each an action with its compensation. Knows nothing of fares."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wild_rydes_saga.saga.machine import Deployment
    from wild_rydes_saga.saga.plan import CleanFailure, Plan, PlannedStep, SagaPlanError
    from wild_rydes_saga.saga.recovery import RecoveryEnding, RecoveryTasks, SagaRecovery, Verdicts
    from wild_rydes_saga.saga.retries import RetryPolicy
    from wild_rydes_saga.saga.saga import FailureEnding, Saga
    from wild_rydes_saga.saga.step import Attempted, Step

__all__ = [
    "Attempted",
    "CleanFailure",
    "Deployment",
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

_MODULES = {
    "machine": ("Deployment",),
    "plan": ("CleanFailure", "Plan", "PlannedStep", "SagaPlanError"),
    "recovery": ("RecoveryEnding", "RecoveryTasks", "SagaRecovery", "Verdicts"),
    "retries": ("RetryPolicy",),
    "saga": ("FailureEnding", "Saga"),
    "step": ("Attempted", "Step"),
}


def __getattr__(name: str) -> Any:
    """Imports what is asked for: a plan and its proof need no CDK, and no Node that it starts."""
    module = next((module for module, names in _MODULES.items() if name in names), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)

"""The fare saga: each step, its compensation and its clean failures, as in the table of the README."""

from dataclasses import dataclass
from typing import Final

from constructs import Construct

from lambda_src.errors import (
    AccountCreditException,
    InvalidFare,
    PaymentAuthException,
    PaymentChargeException,
    RefundPending,
)
from lambda_src.fare import FARE_FIELDS, Intake
from wild_rydes_saga.saga import CleanFailure, Deployment, FailureEnding, RetryPolicy, Saga, SagaTask, Step
from wild_rydes_saga.saga.retries import retry_all_errors
from wild_rydes_saga.saga.rollback import NOT_UNDONE
from wild_rydes_saga.services.accounts import Accounts
from wild_rydes_saga.services.fare_input import THIS_EXECUTION, RideSource, expression, wrong_fields_cause
from wild_rydes_saga.services.fares import CONDITION_FAILED, EVALUATION_FAILED, Fares
from wild_rydes_saga.services.notifications import Notifications
from wild_rydes_saga.services.payments import Payments
from wild_rydes_saga.settings import Settings

REFUSED: Final = "refused"
FINISHING: Final = retry_all_errors(max_attempts=12, max_delay_seconds=30)
"""The retries of the pivot and of the messages."""

FARE_LOCKED = CleanFailure(
    error=CONDITION_FAILED,
    reported_as="FareLocked",
    cause="this fare is being ridden, or may not be ridden again: wait for its outcome, or register another fare",
    outcome=REFUSED,
)
LEFT_TO_THE_RECOVERY: Final = RetryPolicy(errors=(RefundPending.__name__,), max_attempts=1)
"""A rollback waits for no bank: it asks after a pending refund once more, and then leaves it to the recovery."""


def invalid_fare(intake: Intake) -> CleanFailure:
    """The input is not a fare of this stack."""
    return CleanFailure(
        error=EVALUATION_FAILED,
        reported_as=InvalidFare.__name__,
        cause=expression(wrong_fields_cause(intake)),
        outcome=REFUSED,
    )


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services that take part in the saga."""

    fares: Fares
    payments: Payments
    accounts: Accounts
    notifications: Notifications


def fare_steps(
    scope: Construct,
    services: Services,
    ride: RideSource,
    patience: RetryPolicy,
    *,
    pending: RetryPolicy,
    checked_before: bool = False,
) -> list[Step]:
    """The saga's steps, each with its compensation. `pending` is the patience with a pending refund."""
    fares, payments, accounts = services.fares, services.payments, services.accounts
    intake = payments.gateway.intake
    return [
        Step(
            action=fares.register_fare(scope, ride, None if checked_before else intake),
            compensation=_settle_as_failed(scope, fares, ride, patience),
            clean_failures=[FARE_LOCKED] if checked_before else [FARE_LOCKED, invalid_fare(intake)],
            assign_on_failure={"receipt": {}},
        ),
        Step(
            action=payments.charge_fare(scope, ride),
            compensation=payments.refund_fare(scope, ride, patience, pending=pending),
            clean_failures=[_raised(PaymentAuthException), _raised(PaymentChargeException)],
        ),
        Step(
            action=accounts.customer_account_credit(scope, ride),
            compensation=accounts.reverse_account_credit(scope, ride, patience),
            clean_failures=[_raised(AccountCreditException)],
        ),
        Step(
            action=fares.set_fare_status_completed(scope, ride, FINISHING),
            uncompensated_because="the ride is done: from here on it is only finished",
            pivot=True,
        ),
        Step(
            action=services.notifications.notify_success(scope, ride, FINISHING),
            uncompensated_because="a message cannot be unsent",
            notifies=True,
        ),
    ]


def _settle_as_failed(scope: Construct, fares: Fares, ride: RideSource, patience: RetryPolicy) -> SagaTask:
    return fares.set_fare_status_failed(
        scope,
        ride,
        patience,
        only_if=f"$count(${NOT_UNDONE}) = 0",
        why_not="a compensation gave up",
    )


class FareSaga(Saga):
    """Registers the fare, charges the rider, credits the customer; undoes this in reverse on failure; notifies."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        services: Services,
        settings: Settings,
    ) -> None:
        tasks = Construct(scope, f"{construct_id}Tasks")
        paid_with = services.payments.gateway.intake.fields
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            steps=fare_steps(
                tasks, services, THIS_EXECUTION, settings.compensation_patience, pending=LEFT_TO_THE_RECOVERY
            ),
            ending=FailureEnding(
                notify=services.notifications.notify_failure(tasks, THIS_EXECUTION, FINISHING),
                failed="FareProcessingFailed",
                incomplete="SagaRollbackIncomplete",
            ),
            inputs=[*FARE_FIELDS, *paid_with],
            output=["customerId", "fareId", "fareAmount", "chargeId", "fareStatus"],
            secrets={field: ["ChargeFare"] for field in paid_with},
            recovered_by="the recovery's machine, started by a rule on executions that end badly and by a sweep",
        )


def _raised(error: type[Exception]) -> CleanFailure:
    return CleanFailure(error=error.__name__)

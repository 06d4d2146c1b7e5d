"""The fare saga. Reads like the table in the README: each step, what undoes it, and what proves it did nothing."""

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
from lambda_src.fare import CARD_FIELDS, INPUT_FIELDS, TOKEN
from wild_rydes_saga.saga import CleanFailure, Deployment, FailureEnding, RetryPolicy, Saga, Step
from wild_rydes_saga.saga.retries import no_retry, retry_all_errors
from wild_rydes_saga.saga.rollback import NOT_UNDONE
from wild_rydes_saga.services.accounts import Accounts
from wild_rydes_saga.services.fare_input import THIS_EXECUTION, RideSource, expression, wrong_fields_cause
from wild_rydes_saga.services.fares import CONDITION_FAILED, EVALUATION_FAILED, Fares
from wild_rydes_saga.services.notifications import Notifications
from wild_rydes_saga.services.payments import Payments
from wild_rydes_saga.settings import Settings

REFUSED: Final = "refused"
FINISHING: Final = retry_all_errors(max_attempts=12, max_delay_seconds=30)
"""How what comes after the last doubt is retried: the pivot and the messages."""

FARE_LOCKED = CleanFailure(
    error=CONDITION_FAILED,
    reported_as="FareLocked",
    cause="this fare is being ridden, or may not be ridden again: wait for its outcome, or register another fare",
    outcome=REFUSED,
)
INVALID_FARE = CleanFailure(
    error=EVALUATION_FAILED,
    reported_as=InvalidFare.__name__,
    cause=expression(wrong_fields_cause()),
    outcome=REFUSED,
)

LEFT_TO_THE_RECOVERY: Final = no_retry(RefundPending.__name__)
"""A rollback waits for no bank: a pending refund is noted at once, and the recovery waits for it."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services that the saga is spread over."""

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
    refund_pending: RetryPolicy = LEFT_TO_THE_RECOVERY,
) -> list[Step]:
    """The saga's steps: what it does, and what undoes it, newest first.

    Args:
        scope: Where the states go.
        services: Who does it.
        ride: Where the tasks find the ride that they are about.
        patience: How a compensation is retried.
        refund_pending: How a refund is waited for that the gateway has accepted.
    """
    fares, payments, accounts = services.fares, services.payments, services.accounts
    return [
        Step(
            action=fares.register_fare(scope),
            compensation=fares.set_fare_status_failed(
                scope,
                ride,
                patience,
                only_if=f"$count(${NOT_UNDONE}) = 0",
                why_not="a compensation gave up",
            ),
            clean_failures=[FARE_LOCKED, INVALID_FARE],
            assign_on_failure={"receipt": {}},
        ),
        Step(
            action=payments.charge_fare(scope, ride),
            compensation=payments.refund_fare(scope, ride, patience, pending=refund_pending),
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
            tells=True,
        ),
    ]


class FareSaga(Saga):
    """Registers the fare, charges the rider, credits the customer; undoes in reverse when it fails; tells which."""

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
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            steps=fare_steps(tasks, services, THIS_EXECUTION, settings.compensation_patience),
            ending=FailureEnding(
                notify=services.notifications.notify_failure(tasks, THIS_EXECUTION, FINISHING),
                failed="FareProcessingFailed",
                incomplete="SagaRollbackIncomplete",
            ),
            inputs=[*INPUT_FIELDS, TOKEN],
            output=["customerId", "fareId", "fareAmount", "chargeId", "fareStatus"],
            secrets={field: ["ChargeFare"] for field in (*CARD_FIELDS, TOKEN)},
            recovered_by="the recovery's machine, started by a rule on executions that end badly and by a sweep",
        )


def _raised(error: type[Exception]) -> CleanFailure:
    return CleanFailure(error=error.__name__)

"""The fare saga. Reads like the table in the README: each step, what undoes it, and what proves it did nothing."""

from constructs import Construct

from lambda_src.errors import (
    AccountCreditException,
    InvalidFare,
    PaymentAuthException,
    PaymentChargeException,
)
from wild_rydes_saga.accounts import Accounts
from wild_rydes_saga.fare_input import expression, wrong_fields_cause
from wild_rydes_saga.fares import CONDITION_FAILED, EVALUATION_FAILED, Fares
from wild_rydes_saga.notifications import Notifications
from wild_rydes_saga.payments import Payments
from wild_rydes_saga.saga import CleanFailure, FailureEnding, Saga, Step
from wild_rydes_saga.saga.saga import NOT_UNDONE
from wild_rydes_saga.settings import Settings

REFUSED = "refused"

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


class FareSaga(Saga):
    """Registers the fare, charges the rider, credits the customer; undoes in reverse when it fails; tells which."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        state_machine_name: str,
        fares: Fares,
        payments: Payments,
        accounts: Accounts,
        notifications: Notifications,
        settings: Settings,
    ) -> None:
        tasks = Construct(scope, f"{construct_id}Tasks")
        super().__init__(
            scope,
            construct_id,
            state_machine_name=state_machine_name,
            steps=[
                Step(
                    action=fares.register_fare(tasks),
                    compensation=fares.set_fare_status_failed(
                        tasks,
                        only_if=f"$count(${NOT_UNDONE}) = 0",
                        why_not="a compensation gave up",
                    ),
                    clean_failures=[FARE_LOCKED, INVALID_FARE],
                    assign_on_failure={"receipt": {}},
                ),
                Step(
                    action=payments.charge_fare(tasks),
                    compensation=payments.refund_fare(tasks),
                    clean_failures=[
                        _raised(PaymentAuthException),
                        _raised(PaymentChargeException),
                    ],
                ),
                Step(
                    action=accounts.customer_account_credit(tasks),
                    compensation=accounts.reverse_account_credit(tasks),
                    clean_failures=[_raised(AccountCreditException)],
                ),
                Step(
                    action=fares.set_fare_status_completed(tasks),
                    uncompensated_because="the ride is done: from here on it is only finished",
                    pivot=True,
                ),
                Step(
                    action=notifications.notify_success(tasks),
                    uncompensated_because="a message cannot be unsent",
                ),
            ],
            ending=FailureEnding(
                notify=notifications.notify_failure(tasks),
                failed="FareProcessingFailed",
                incomplete="SagaRollbackIncomplete",
                settled_refusals=[CONDITION_FAILED],
            ),
            log_retention=settings.log_retention,
            removal_policy=settings.removal_policy,
        )


def _raised(error: type[Exception]) -> CleanFailure:
    return CleanFailure(error=error.__name__)

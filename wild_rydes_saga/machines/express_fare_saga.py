"""The fare saga on Express: the same steps, and a row that says that the ride is open."""

from typing import Final

from constructs import Construct

from lambda_src.fare import FARE_FIELDS
from lambda_src.fare_status import COMPLETED
from lambda_src.recovery.work import open_ride as row
from wild_rydes_saga.machines.fare_saga import LEFT_TO_THE_RECOVERY, Services, fare_steps
from wild_rydes_saga.machines.journal import SAME_INPUT, ride_journal
from wild_rydes_saga.machines.outcomes import Outcomes
from wild_rydes_saga.saga import Beginning, Deployment, ExpressSaga, FailureEnding, LaterDelivery
from wild_rydes_saga.saga.express_states import FOUND
from wild_rydes_saga.saga.retries import retry_all_errors
from wild_rydes_saga.services.fare_input import EXPRESS_RIDE, RIDE, THIS_EXECUTION
from wild_rydes_saga.services.fare_input import expression as expr

_NAMED: Final = "$join($split($states.context.Execution.Id, ':')[[0..7]], ':')"
"""The ARN of the execution without its last part, which AWS makes anew for each delivery of it."""
_SHORT: Final = retry_all_errors(max_attempts=1)
_STATUS: Final = f"${FOUND}.fareStatus.S"


def _ride(suffix: str = "") -> dict[str, str]:
    return {
        "sagaId": expr(f"{_NAMED} & '{suffix}'" if suffix else _NAMED),
        "startTime": expr(THIS_EXECUTION.start_time),
        row.DELIVERY: expr("$uuid()"),
    }


_LATER: Final = LaterDelivery(
    choose="ChooseAnswer",
    is_other=f"$not({SAME_INPUT})",
    other="ExecutionNameUsed",
    is_completed=f"{_STATUS} = '{COMPLETED}'",
    completed="FareProcessingSucceededBefore",
    output="{" + ", ".join(f"'{name}': ${FOUND}.{name}.S" for name in (*FARE_FIELDS, "chargeId", "fareStatus")) + "}",
    is_failed=f"$exists({_STATUS}) and $exists(${FOUND}.{row.ERROR})",
    failed="FareProcessingFailedBefore",
    error=f"$exists(${FOUND}.{row.ERROR}.S) ? ${FOUND}.{row.ERROR}.S : 'FareProcessingFailed'",
    cause=f"$exists(${FOUND}.{row.CAUSE}.S) ? ${FOUND}.{row.CAUSE}.S : ''",
    under_way="SagaUnderWay",
)


class ExpressFareSaga(ExpressSaga):
    """Registers the fare, charges the rider, credits the customer; answers a refusal at once; hands over doubt."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        services: Services,
        outcomes: Outcomes,
    ) -> None:
        tasks = Construct(scope, f"{construct_id}Tasks")
        intake = services.payments.gateway.intake
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            steps=fare_steps(tasks, services, EXPRESS_RIDE, _SHORT, pending=LEFT_TO_THE_RECOVERY, checked_before=True),
            journal=ride_journal(tasks, outcomes.table, intake, _SHORT),
            beginning=Beginning(
                state="BeginRide",
                known={RIDE: _ride(), "receipt": {}},
                after_invalid={RIDE: _ride(row.INVALID)},
            ),
            later=_LATER,
            ending=FailureEnding(
                notify=services.notifications.notify_failure(tasks, EXPRESS_RIDE, _SHORT),
                failed="FareProcessingFailed",
                incomplete="SagaInDoubt",
            ),
            succeeded="FareProcessingSucceeded",
            inputs=(*FARE_FIELDS, *intake.fields),
            output=("customerId", "fareId", "fareAmount", "chargeId", "fareStatus"),
            secrets=dict.fromkeys(intake.fields, ("ChargeFare",)),
            recovered_by="the recovery's machine, started for a ride that is handed over, or open for too long",
        )

"""The outcomes table: the message sent for each saga that ended badly, and the work that is left."""

from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from lambda_src.recovery.work.open_ride import OPEN_SINCE
from lambda_src.recovery.work.work_row import INDEXED, KEPT_DAYS, NEXT_AT, PARKED, WORK
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.foundation.tables import keyed_table, warm_throughput
from wild_rydes_saga.foundation.timeouts import SERVICE_TASK_TIMEOUT_SECONDS, service_timeout
from wild_rydes_saga.saga import RetryPolicy, SagaTask
from wild_rydes_saga.services.fare_input import RECOVERED_RIDE, expression

WORK_INDEX: Final = "Work"
"""A sparse index: only rides with work left have its key."""
OPEN_INDEX: Final = "Open"
"""A sparse index: only Express rides that are open have its key, which differs from ride to ride."""

_Value = tasks.DynamoAttributeValue


class Outcomes(Construct):
    """One row for each saga that ended badly, and for each on Express; see `lambda_src.recovery.work.work_list`."""

    def __init__(self, scope: Construct, construct_id: str, *, shared: Shared) -> None:
        super().__init__(scope, construct_id)
        self.table = keyed_table(self, "Table", "sagaId", shared, time_to_live_attribute="expiresAt")
        self.table.add_global_secondary_index(
            index_name=WORK_INDEX,
            partition_key=dynamodb.Attribute(name=WORK, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=NEXT_AT, type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=[*INDEXED],
            warm_throughput=warm_throughput(shared.settings),
        )
        self.table.add_global_secondary_index(
            index_name=OPEN_INDEX,
            partition_key=dynamodb.Attribute(name=OPEN_SINCE, type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=["fareId"],
            warm_throughput=warm_throughput(shared.settings),
        )

    @property
    def open_index_arn(self) -> str:
        """The ARN of the index of Express rides that are open."""
        return f"{self.table.table_arn}/index/{OPEN_INDEX}"

    @property
    def index_arn(self) -> str:
        """The ARN of the index of rides with work left."""
        return f"{self.table.table_arn}/index/{WORK_INDEX}"

    def close(self, scope: Construct, patience: RetryPolicy) -> SagaTask:
        """Takes the ride off the list of work: it is finished."""
        expires = expression(f"$string($floor($millis() / 1000) + {KEPT_DAYS * 86400})")
        change = (
            f"SET closedAt = :now, expiresAt = if_not_exists(expiresAt, :expires) REMOVE #work, {NEXT_AT}, {OPEN_SINCE}"
        )
        values = {":expires": _Value.number_from_string(expires)}
        return self._update(scope, "CloseRecovery", change, values, patience)

    def record_parked(self, scope: Construct, patience: RetryPolicy) -> SagaTask:
        """Notes that the ride is parked: no further recovery is started for it."""
        values = {":parked": _Value.from_string(PARKED)}
        change = f"SET #work = :parked, {NEXT_AT} = :now, parkedAt = :now REMOVE expiresAt, {OPEN_SINCE}"
        return self._update(scope, "RecordParked", change, values, patience)

    def _update(
        self,
        scope: Construct,
        state_name: str,
        change: str,
        values: dict[str, tasks.DynamoAttributeValue],
        patience: RetryPolicy,
    ) -> SagaTask:
        state = tasks.DynamoUpdateItem.jsonata(
            scope,
            state_name,
            table=self.table,
            key={"sagaId": _Value.from_string(expression(RECOVERED_RIDE.saga_id))},
            update_expression=change,
            expression_attribute_names={"#work": WORK},
            expression_attribute_values={
                ":now": _Value.from_string(expression("$states.context.State.EnteredTime")),
                **values,
            },
            task_timeout=service_timeout(),
            outputs={},
        )
        return SagaTask(state, SERVICE_TASK_TIMEOUT_SECONDS, (patience,))

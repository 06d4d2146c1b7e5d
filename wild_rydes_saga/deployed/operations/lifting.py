"""Ends a failure that a ride's customerId forces, without a deployment: in the stage workshop only."""

from datetime import UTC, datetime

from botocore.exceptions import ClientError

from lambda_src.forced_failures import FAIL_REFUND, LIFTED_AT
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.operations.ride_report import RideReport
from wild_rydes_saga.deployed.stacks import Outputs


def lift_failure(account: Account, outputs: Outputs, report: RideReport) -> None:
    """Notes in the payment's row that the ride's refunds succeed from now on.

    The handlers read the note only where the stage lets a customerId force a failure.

    Raises:
        OperatorError: The ride forces no refund to fail, or has no payment.
    """
    known = report.run.fare if report.run else report.own_fare
    if not known.get("customerId", "").endswith(FAIL_REFUND):
        raise OperatorError(f"no failure can be lifted: the ride's customerId does not end with _{FAIL_REFUND}")
    try:
        account.client("dynamodb").update_item(
            TableName=outputs["PaymentsTableName"],
            Key={"sagaId": {"S": report.saga_id}},
            UpdateExpression=f"SET {LIFTED_AT} = :now",
            ConditionExpression="attribute_exists(sagaId)",
            ExpressionAttributeValues={":now": {"S": datetime.now(UTC).isoformat(timespec="milliseconds")}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise OperatorError("the ride has no payment yet: wait until it was charged") from None

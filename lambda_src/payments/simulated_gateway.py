"""A simulated gateway, with a book of its own to audit the ledgers against."""

import uuid
from typing import Final

from lambda_src import dynamodb, environment
from lambda_src.errors import GatewayError
from lambda_src.fare import CARDS, PaidWith
from lambda_src.payments.gateway import AlreadyCaptured, CaptureRefused, Payment, Refund

INTAKE: Final = CARDS

_AUTHORISE: Final = "authorise"
_CAPTURE: Final = "capture"
_VOID: Final = "void"
_REFUND: Final = "refund"


class SimulatedGateway:
    """A gateway that approves every card.

    It behaves as a real one where that matters: a prepared payment holds nothing and is not booked, a
    capture needs a standing hold and its code, a hold is captured or voided but never both, and only a
    capture can be refunded. Each operation of a saga is booked once. It keeps nothing of the card.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def prepare(self, saga_id: str, amount_minor: int) -> str:
        """See `Gateway.prepare`."""
        del saga_id, amount_minor  # booked once it holds something
        return uuid.uuid4().hex

    def authorise(self, payment: Payment, method: PaidWith) -> str:
        """See `Gateway.authorise`."""
        del method  # approved whatever it is, and not kept
        return self._write(payment, _AUTHORISE)

    def capture(self, payment: Payment) -> str:
        """See `Gateway.capture`."""
        held = self._check(
            payment,
            _AUTHORISE,
            "operationId = :code AND amountMinor = :amount",
            {":code": payment.authorisation_code or "", ":amount": payment.amount_minor},
        )
        not_voided = self._check(payment, _VOID, "attribute_not_exists(operationKey)")
        try:
            return self._write(payment, _CAPTURE, held, not_voided)
        except dynamodb.Refused:
            raise CaptureRefused("no hold stands with that code and amount") from None

    def void(self, payment: Payment) -> bool:
        """See `Gateway.void`."""
        if self._booked(payment, _AUTHORISE) is None:
            return False
        not_captured = self._check(payment, _CAPTURE, "attribute_not_exists(operationKey)")
        try:
            self._write(payment, _VOID, not_captured)
        except dynamodb.Refused:
            raise AlreadyCaptured("the hold was captured") from None
        return True

    def refund(self, payment: Payment) -> Refund:
        """See `Gateway.refund`."""
        capture = self._booked(payment, _CAPTURE)
        if capture is None:
            raise GatewayError("nothing was captured: there is nothing to refund")
        return Refund(amount_minor=int(capture["amountMinor"]), refund_id=self._write(payment, _REFUND))

    def _write(self, payment: Payment, operation: str, *checks: dict[str, dict[str, object]]) -> str:
        """Books an operation once and returns its id; a repeat returns the id of the first."""
        operation_id = uuid.uuid4().hex
        row: dict[str, dynamodb.Value] = {
            **self._key(payment, operation),
            "sagaId": payment.saga_id,
            "operation": operation,
            "operationId": operation_id,
            "paymentId": payment.payment_id,
            "amountMinor": payment.amount_minor,
        }
        put = {
            "TableName": self._table,
            "Item": dynamodb.typed(row),
            "ConditionExpression": "attribute_not_exists(operationKey)",
        }
        try:
            dynamodb.transact({"Put": put}, *checks)
        except dynamodb.Refused as refused:
            if refused.item != 0 or refused.row is None:
                raise
            _check_repeat(refused.row, row)
            return str(refused.row["operationId"])
        return operation_id

    def _booked(self, payment: Payment, operation: str) -> dynamodb.Row | None:
        """An operation in the book; raises `GatewayError` if it was another payment's."""
        row = dynamodb.read(self._table, self._key(payment, operation))
        if row is not None and row["paymentId"] != payment.payment_id:
            raise GatewayError(f"{operation} was booked for another payment of the saga")
        return row

    def _check(
        self,
        payment: Payment,
        operation: str,
        condition: str,
        values: dict[str, dynamodb.Value] | None = None,
    ) -> dict[str, dict[str, object]]:
        check: dict[str, object] = {
            "TableName": self._table,
            "Key": dynamodb.typed(self._key(payment, operation)),
            "ConditionExpression": condition,
        }
        if values:
            check["ExpressionAttributeValues"] = dynamodb.typed(values)
        return {"ConditionCheck": check}

    @staticmethod
    def _key(payment: Payment, operation: str) -> dict[str, dynamodb.Value]:
        return {"operationKey": f"{payment.saga_id}#{operation}"}


def _check_repeat(booked: dynamodb.Row, asked: dynamodb.Row) -> None:
    for field in ("amountMinor", "paymentId"):
        if booked[field] != asked[field]:
            raise GatewayError(f"{asked['operation']} was asked for before with another {field}")


def from_environment() -> SimulatedGateway:
    """The gateway over its own table."""
    return SimulatedGateway(environment.required(environment.GATEWAY_TABLE))

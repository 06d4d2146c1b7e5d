"""The payment gateway: what the service asks of one, and a simulated one that keeps its own book."""

import uuid
from typing import Final, Protocol

from lambda_src import dynamodb
from lambda_src.errors import GatewayError
from lambda_src.fare import Card


class Declined(Exception):
    """The gateway did not authorise the card; no hold was placed."""


class CaptureRefused(Exception):
    """The gateway did not capture; the hold, if there still is one, stands."""


class AlreadyCaptured(Exception):
    """The hold cannot be voided: its money was captured. Refund it."""


class Gateway(Protocol):
    """What the payments service needs of a gateway.

    Guarantee asked for: every operation's idempotency key is the saga and the
    operation, never the attempt, so a repeat returns the first answer and moves
    no money. Anything but the errors named leaves the operation in doubt.
    """

    def authorise(self, saga_id: str, card: Card, amount_minor: int) -> str:
        """Places a hold and returns its authorisation code; raises `Declined`."""
        ...

    def capture(self, saga_id: str, authorisation_code: str, amount_minor: int) -> str:
        """Takes the money that the hold reserved and returns a charge id; raises `CaptureRefused`."""
        ...

    def void(self, saga_id: str) -> None:
        """Releases the saga's hold; does nothing if there is none. Raises `AlreadyCaptured`."""
        ...

    def refund(self, saga_id: str) -> int:
        """Gives back all that the saga captured; returns that amount in minor units."""
        ...


def release(gateway: Gateway, saga_id: str) -> int:
    """Undoes whatever the saga did at the gateway and returns what it refunded, in minor units.

    The gateway is the judge between a capture and a void that race: it lets one
    of them through, and a hold that was captured first is refunded.
    """
    try:
        gateway.void(saga_id)
    except AlreadyCaptured:
        return gateway.refund(saga_id)
    return 0


_AUTHORISE: Final = "authorise"
_CAPTURE: Final = "capture"
_VOID: Final = "void"
_REFUND: Final = "refund"


class SimulatedGateway:
    """A gateway that approves every card, with a book of its own to audit the ledgers against.

    It behaves as a real one where that matters: operations are idempotent by
    saga and operation, a capture needs a standing hold and its code, a hold is
    captured or voided but never both, and only a capture can be refunded. It
    keeps nothing of the card.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def authorise(self, saga_id: str, card: Card, amount_minor: int) -> str:
        """See `Gateway.authorise`."""
        del card  # approved whatever it is, and not kept
        return self._write(saga_id, _AUTHORISE, amount_minor)

    def capture(self, saga_id: str, authorisation_code: str, amount_minor: int) -> str:
        """See `Gateway.capture`."""
        held = self._check(
            saga_id,
            _AUTHORISE,
            "operationId = :code AND amountMinor = :amount",
            {":code": authorisation_code, ":amount": amount_minor},
        )
        not_voided = self._check(saga_id, _VOID, "attribute_not_exists(operationKey)")
        try:
            return self._write(saga_id, _CAPTURE, amount_minor, held, not_voided)
        except dynamodb.Refused:
            raise CaptureRefused("there is no standing hold with that code and amount") from None

    def void(self, saga_id: str) -> None:
        """See `Gateway.void`."""
        hold = dynamodb.read(self._table, self._key(saga_id, _AUTHORISE))
        if hold is None:
            return
        not_captured = self._check(saga_id, _CAPTURE, "attribute_not_exists(operationKey)")
        try:
            self._write(saga_id, _VOID, int(hold["amountMinor"]), not_captured)
        except dynamodb.Refused:
            raise AlreadyCaptured("the hold was captured") from None

    def refund(self, saga_id: str) -> int:
        """See `Gateway.refund`."""
        capture = dynamodb.read(self._table, self._key(saga_id, _CAPTURE))
        if capture is None:
            raise GatewayError("there is no capture to refund")
        amount_minor = int(capture["amountMinor"])
        self._write(saga_id, _REFUND, amount_minor)
        return amount_minor

    def _write(
        self,
        saga_id: str,
        operation: str,
        amount_minor: int,
        *checks: dict[str, dict[str, object]],
    ) -> str:
        """Books an operation once and returns its id; a repeat returns the id of the first."""
        operation_id = uuid.uuid4().hex
        row: dict[str, dynamodb.Value] = {
            **self._key(saga_id, operation),
            "sagaId": saga_id,
            "operation": operation,
            "operationId": operation_id,
            "amountMinor": amount_minor,
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
            if refused.row["amountMinor"] != amount_minor:
                raise GatewayError(f"{operation} was asked for before with another amount") from None
            return str(refused.row["operationId"])
        return operation_id

    def _check(
        self,
        saga_id: str,
        operation: str,
        condition: str,
        values: dict[str, dynamodb.Value] | None = None,
    ) -> dict[str, dict[str, object]]:
        check: dict[str, object] = {
            "TableName": self._table,
            "Key": dynamodb.typed(self._key(saga_id, operation)),
            "ConditionExpression": condition,
        }
        if values:
            check["ExpressionAttributeValues"] = dynamodb.typed(values)
        return {"ConditionCheck": check}

    @staticmethod
    def _key(saga_id: str, operation: str) -> dict[str, dynamodb.Value]:
        return {"operationKey": f"{saga_id}#{operation}"}

"""Tokenise: the front door for those who want no card in an execution's input."""

from datetime import UTC, datetime
from typing import Any

from lambda_src.fare import CARD_FIELDS, parse_card
from lambda_src.observability import saga_step
from lambda_src.payments.wiring import card_vault


@saga_step("Tokenise", secret_fields=CARD_FIELDS, saga_id_field=None)
def handler(event: dict[str, Any]) -> dict[str, str]:
    """Keeps the card in the event (`customerId`, `cc`, `expiryDate`, `cvv`) for one ride of that customer.

    Returns `paymentToken`, which the ride's input has instead of the card, and
    `expiresAt` in ISO 8601, until when the ride must have begun its charge.
    Raises `InvalidCard` naming each wrong field, never its value.
    """
    customer_id, card = parse_card(event)
    token, expires_at = card_vault().keep(card, customer_id)
    return {"paymentToken": token, "expiresAt": datetime.fromtimestamp(expires_at, UTC).isoformat()}

"""What a card is encrypted for. A synthesis needs it too, without any client."""

from typing import Final

PURPOSE: Final = "card"
"""Encryption context of every card: the handlers' roles may use the key for it alone."""

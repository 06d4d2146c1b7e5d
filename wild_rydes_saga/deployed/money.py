"""Amounts for people: for every command, page and sentence."""

from typing import Final

_MINOR: Final = 100
"""Minor units in a unit of the currency: no stack has a currency without hundredths."""


def money(minor: str | int) -> str:
    """An amount in dollars, from minor units, which may be less than none."""
    units, rest = divmod(abs(int(minor)), _MINOR)
    return f"{'-' if int(minor) < 0 else ''}${units}.{rest:02d}"

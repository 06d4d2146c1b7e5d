"""Takes card data out of all that the console shows: one function, which every answer passes."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from lambda_src.fare import CARD_FIELDS, TOKEN
from lambda_src.observability import REDACTED

_SECRET_FIELDS: Final = frozenset(name.lower() for name in (*CARD_FIELDS, TOKEN))
_ESCAPE: Final = r"(?:\\*u00(?:20|2[dD])|\\+[nrt])"
_LIKE_A_CARD: Final = re.compile(rf"[0-9](?:(?:[ \-\u00a0\t]|{_ESCAPE})*[0-9]){{11,18}}")
"""12 to 19 digits, however they are spaced."""
_HEXADECIMAL: Final = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9-]*[a-f])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32})(?![0-9A-Za-z])"
)
"""A random id with a letter in it: its digits are chance."""
_NAMES: Final = "|".join(sorted(_SECRET_FIELDS))
_IN_TEXT: Final = re.compile(
    rf"""(?i)(\\*["']?\b(?:{_NAMES})\b\\*["']?\s*[:=]\s*)(\\*"(?:[^"\\]|\\+[^"\\])*\\*"|'[^']*'|[^\s,}}\]]+)"""
)
"""A field of the card and its value in a text that is not JSON, or is cut off."""
_DEEPEST: Final = 40


def redacted(value: Any, account_id: str = "", *, depth: int = 0) -> Any:
    """The same value without card data.

    Guarantee: the values of the card's fields and of a token are replaced at every depth, also in JSON that is the
    text of a string, and so is every run of 12 to 19 digits in a name or a text. Only the account's own number
    between colons or slashes, and a random hexadecimal id, stay.

    Args:
        value: Parsed JSON, or a text.
        account_id: The account's number, which ARNs have.
        depth: How deep this value is inside the first one.
    """
    if depth > _DEEPEST:
        return REDACTED
    if isinstance(value, Mapping):
        return {
            _text(str(name), account_id): REDACTED
            if str(name).lower() in _SECRET_FIELDS and one not in ("", None)
            else redacted(one, account_id, depth=depth + 1)
            for name, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redacted(one, account_id, depth=depth + 1) for one in value]
    if isinstance(value, str):
        return _text_or_json(value, account_id, depth)
    if isinstance(value, bool) or value is None:
        return value
    return REDACTED if _LIKE_A_CARD.search(str(value)) else value


def without_numbers(text: str, account_id: str = "") -> str:
    """The text without runs of digits that may be a card's; the fields' names and all else stay."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\x00{len(kept) - 1}\x01"

    text = _HEXADECIMAL.sub(keep, text.replace("\x00", "").replace("\x01", ""))
    if account_id:
        text = re.sub(rf"(?<=[:/]){re.escape(account_id)}(?=[:/])", keep, text)
    text = _LIKE_A_CARD.sub(REDACTED, text)
    return re.sub("\x00([0-9]+)\x01", lambda found: kept[int(found[1])], text)


def _text_or_json(text: str, account_id: str, depth: int) -> str:
    if text.lstrip()[:1] in ("{", "[", '"'):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return _text(text, account_id)
        clean = redacted(parsed, account_id, depth=depth + 1)
        return text if clean == parsed else json.dumps(clean, ensure_ascii=False)
    return _text(text, account_id)


def _text(text: str, account_id: str) -> str:
    """The text without what looks like a card."""
    return without_numbers(_IN_TEXT.sub(lambda found: f"{found[1]}{REDACTED}", text), account_id)

"""Every class of character, and which of them AWS says that a message may have."""

from collections.abc import Iterator
from typing import Final

MESSAGE: Final = (
    range(0x9, 0xB),
    range(0xD, 0xE),
    range(0x20, 0xD800),
    range(0xE000, 0xFFFE),
    range(0x10000, 0x110000),
)
"""AWS, Amazon SQS API reference, "SendMessage": the characters that a message can include."""
SURROGATES: Final = range(0xD800, 0xE000)

LINE_ENDS: Final = ("\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029")
"""What some engine's `.` does not match, or some engine's `\\s` does."""


def carried(code: int) -> bool:
    """Whether SQS accepts a character."""
    return any(code in codes for codes in MESSAGE)


def refused() -> Iterator[str]:
    """Every character that SQS refuses, halves of characters among them."""
    yield from (chr(code) for code in range(0x10000) if not carried(code))


def edges() -> Iterator[str]:
    """The characters at each edge: of what is allowed, of the planes, and of what engines treat in their own ways."""
    planes = (0x10000 * plane + low for plane in range(17) for low in (0, 0xFDD0, 0xFFFD, 0xFFFE, 0xFFFF))
    around = (code for codes in MESSAGE for code in (codes.start - 1, codes.start, codes.stop - 1, codes.stop))
    odd = (0x22, 0x24, 0x2F, 0x5C, 0x7F, 0x80, 0x9F, 0xA0, 0xAD, 0x300, 0x200B, 0x200D, 0x202E, 0xFEFF, 0x1F984)
    codes = {*planes, *around, *odd, *range(0x20), *map(ord, LINE_ENDS), *SURROGATES[::97], SURROGATES[-1]}
    yield from (chr(code) for code in sorted(codes) if code < 0x110000)

"""Text that every service on the way can carry: written once, for the machine's expressions and the handlers.

The narrowest of them is SQS, and SNS delivers to it: a message may have #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to
#xFFFD, and #x10000 to #x10FFFF (AWS, "SendMessage"). It refuses any other, or stores something else in its place.
DynamoDB, Step Functions and EventBridge take these too. A key of DynamoDB has at most 2,048 bytes.

The patterns match the same in JavaScript, Java and Python. JavaScript matches UTF-16, where a character above U+FFFF
is a pair; the others match characters, where only half a pair is in the class of surrogates.
"""

from typing import Final

_REFUSED: Final = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff"
_FIRST, _SECOND = r"[\ud800-\udbff]", r"[\udc00-\udfff]"

CARRIED: Final = rf"(?:[^{_REFUSED}\ud800-\udfff]|{_FIRST}{_SECOND})"
"""A pattern for one character that every service carries."""
NOT_CARRIED: Final = rf"[{_REFUSED}]|{_FIRST}(?!{_SECOND})|(?<!{_FIRST}){_SECOND}"
"""A pattern for one that some service refuses, or for half a character."""

"""What a task calls, in words: the function that its ARN or a reference names, or the operation of AWS."""

import re
from collections.abc import Mapping
from typing import Final

from sagalint.definition.machine import State

_REFERENCE: Final = re.compile(r"\$\{([^}]*)\}")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_SAYS_FUNCTION: Final = frozenset(
    ["arn", "fn", "function", "functions", "lambda", "aws", "name", "invoke", "qualified", "task", "module"]
)
_FUNCTION: Final = re.compile(r":function:([^:]+)")
_OPERATION: Final = re.compile(r":aws-sdk:\w+:(?:admin)?(\w+)", re.I)


def called_function(state: State) -> str:
    """The words by which a task names its function, in its ARN or in a reference to it; empty if it names none."""
    arguments = state.arguments if isinstance(state.arguments, Mapping) else {}
    text = str(arguments.get("FunctionName", "")) or state.resource
    if found := _FUNCTION.search(text):
        text = found[1]
    elif ":" in text.split("}")[0] or text.startswith(("$.", "$$", "{%")):
        return ""
    said = [one for part in _REFERENCE.findall(text) or [text] for one in _WORD.findall(part)]
    return " ".join(one for one in said if one.lower() not in _SAYS_FUNCTION)


def called_operation(state: State) -> str:
    """The operation of AWS that a task calls by the SDK integration, `createUser`; empty if it calls none."""
    found = _OPERATION.search(state.resource)
    return found[1] if found else ""

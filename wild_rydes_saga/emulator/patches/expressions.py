"""Expressions: each is parsed once, and a history has what those of a call came to."""

import functools
import json
import threading
from collections.abc import Callable
from typing import Any, Final

_KEPT: Final = 2000
"""How many expressions are kept: a stack has some hundreds."""
_SCHEDULED: Final = "TaskScheduled"
_DETAILS: Final = "taskScheduledEventDetails"


def patch_parsing() -> None:
    """Executions share what was parsed of an expression.

    The emulator parses it anew for each, with one processor for all of them, which took a fifth of a ride's time. AWS
    has no such limit. What a parse returns is only read afterwards; an expression that is refused is not kept.
    """
    from jsonata.parser import Parser

    parse = Parser.parse

    @functools.lru_cache(maxsize=_KEPT)
    def parsed(*arguments: Any) -> Any:
        return parse(Parser(), *arguments)

    def parse_once(self: Any, *arguments: Any) -> Any:
        del self
        return parsed(*arguments)

    Parser.parse = parse_once


def patch_histories() -> None:
    """A history has what each call was given.

    AWS: `parameters` of "TaskScheduledEventDetails". The emulator leaves it out. An execution runs in one thread,
    where a call's arguments are evaluated and the event follows.
    """
    from ministack.services import stepfunctions

    add, given = stepfunctions._add_event, threading.local()

    def noting(evaluate: Callable[..., Any]) -> Callable[..., Any]:
        def evaluated(*arguments: Any, **named: Any) -> Any:
            given.arguments = evaluate(*arguments, **named)
            return given.arguments

        return evaluated

    def add_with_arguments(execution: Any, event_type: str, details: Any = None) -> Any:
        if event_type == _SCHEDULED and hasattr(given, "arguments"):
            details[_DETAILS]["parameters"] = json.dumps(given.arguments)
        return add(execution, event_type, details)

    stepfunctions._apply_jsonata_arguments = noting(stepfunctions._apply_jsonata_arguments)
    stepfunctions._apply_parameters = noting(stepfunctions._apply_parameters)
    stepfunctions._add_event = add_with_arguments

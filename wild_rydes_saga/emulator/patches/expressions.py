"""Expressions: each is parsed once, however many executions evaluate it."""

import functools
from typing import Any, Final

_KEPT: Final = 2000
"""How many expressions are kept: a stack has some hundreds."""


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

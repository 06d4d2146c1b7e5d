"""The one name of typing_extensions that Powertools imports: the whole module takes a sixth of a cold start.

The functions' Python has it in `warnings`. Where a Python has not (before 3.13), what is deprecated is not marked.
"""

import warnings
from collections.abc import Callable
from typing import TypeVar

_Marked = TypeVar("_Marked")


def _unmarked(_message: str, **_options: object) -> Callable[[_Marked], _Marked]:
    return lambda marked: marked


deprecated = getattr(warnings, "deprecated", _unmarked)

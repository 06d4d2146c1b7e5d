"""Reads JSONPath templates without running them: what they are made of, and the missing fields that they read."""

import re
from collections.abc import Mapping
from typing import Any, Final

from sagalint.expressions.scope import Scope
from sagalint.expressions.values import ANY, Value, mixed, obj

_PATH: Final = re.compile(r"\$(?:\$|[A-Za-z_]\w*)?(?:\.[A-Za-z_][\w-]*|\[[^\]]*\]|\.\*|\.\.)*")
_HEAD: Final = re.compile(r"^(?:\$\$|\$[A-Za-z_]\w*|\$)")
_STEP: Final = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']*)'\]|(\[[^\]]*\]|\.\*|\.\.)")
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'")


def read(template: Any, scope: Scope, root: Value) -> Value:
    """What a payload template comes to, with `$` for the root; notes in the scope the missing fields that it reads."""
    if isinstance(template, Mapping):
        return obj(
            {
                str(name).removesuffix(".$"): read_path(str(inner), scope, root)
                if str(name).endswith(".$")
                else read(inner, scope, root)
                for name, inner in template.items()
            }
        )
    if isinstance(template, list):
        return mixed(read(inner, scope, root) for inner in template)
    return ANY


def read_path(text: str, scope: Scope, root: Value) -> Value:
    """What a path, or an intrinsic function with paths in it, comes to."""
    if _PATH.fullmatch(text):
        return _along(text, scope, root)
    return mixed(_along(found, scope, root) for found in _PATH.findall(_QUOTED.sub("''", text)))


def segments(path: str) -> list[str]:
    """The fields that a plain path names, in their order."""
    return [name or quoted for name, quoted, _ in _STEP.findall(path) if name or quoted]


def _along(path: str, scope: Scope, root: Value) -> Value:
    head = _HEAD.findall(path)[0]
    value = scope.context if head == "$$" else root if head == "$" else scope.variable(head[1:])
    written = head
    for name, quoted, other in _STEP.findall(path[len(head) :]):
        if other:
            value = value.flat()
            continue
        written = f"{written}.{name or quoted}"
        value = scope.field(value, name or quoted, written)
    return value

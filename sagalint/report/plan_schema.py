"""Writes the JSON schema of plans, for editors: `sagalint --plan-schema > plan.schema.json`.

It is made of the dataclasses that read a plan, so that it has their fields, and the words of their docstrings.
"""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args, get_type_hints

import msgspec

from sagalint.plan import Plan
from sagalint.plan_reading import SCHEMA

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE: Final = re.compile(r"^ {4,8}(\w+): (.+?)(?=^ {4,8}\w+: |^ {0,4}\S|\Z)", re.MULTILINE | re.DOTALL)


def plan_schema() -> str:
    """The schema, as JSON."""
    schema = msgspec.json.schema(Plan)
    classes = {kind.__name__: kind for kind in _classes(Plan)}
    for name, part in schema["$defs"].items():
        part["description"] = part.get("description", "").partition("\n")[0]
        if "properties" in part:
            part["additionalProperties"] = False
            for field, text in _documented(classes[name]).items():
                part["properties"][field]["description"] = text
    schema["$defs"][Plan.__name__]["properties"][SCHEMA] = {"type": "string"}
    return json.dumps({"$schema": _DRAFT, "title": "A plan of sagalint", **schema}, indent=2) + "\n"


def _classes(kind: type) -> Iterator[type]:
    """A dataclass, and those that its fields hold."""
    yield kind
    for hint in get_type_hints(kind).values():
        for inner in _inside(hint):
            if isinstance(inner, type) and dataclasses.is_dataclass(inner):
                yield from _classes(inner)


def _inside(hint: Any) -> Iterator[Any]:
    yield hint
    for inner in get_args(hint):
        yield from _inside(inner)


def _documented(kind: type) -> Mapping[str, str]:
    """What a docstring says of each attribute."""
    _, _, attributes = (kind.__doc__ or "").partition("Attributes:\n")
    return {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(attributes.partition("Raises:")[0])}

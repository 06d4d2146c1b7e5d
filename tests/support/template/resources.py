"""The resources of a template and their references, by the constructs' names: logical ids change more often."""

import re
from typing import Any, Final

from aws_cdk.assertions import Match, Template

_HASH: Final = r"[0-9A-F]{8}"


def properties(template: Template, resource_type: str, matching: Any = None) -> list[dict[str, Any]]:
    """The properties of the resources of a type, or of those with the given properties."""
    wanted = None if matching is None else {"Properties": matching}
    return [dict(one["Properties"]) for one in template.find_resources(resource_type, wanted).values()]


def named(template: Template, resource_type: str) -> dict[str, dict[str, Any]]:
    """The resources of a type by their constructs' names."""
    return {plain({"Ref": name}): dict(one) for name, one in template.find_resources(resource_type).items()}


def ref_to(name: str) -> dict[str, Any]:
    """Matches a reference to the resource of a construct."""
    return {"Ref": Match.string_like_regexp(f"^{name}{_HASH}$")}


def arn_of(name: str) -> dict[str, Any]:
    """Matches the ARN of the resource of a construct."""
    return {"Fn::GetAtt": [Match.string_like_regexp(f"^{name}{_HASH}$"), "Arn"]}


def plain(value: Any) -> str:
    """The construct's name that a value refers to; for a version of a function, the function's."""
    if isinstance(value, str):
        return value
    [(kind, content)] = value.items()
    if kind == "Fn::Join":
        _, parts = content
        joined = "".join(plain(part) for part in parts)
        table = re.fullmatch(r"arn:.*:dynamodb:.*:table/(\w+)", joined)
        return table[1] if table else joined
    name = content
    if kind != "Ref":
        name, *_ = content
    return re.sub(rf"(CurrentVersion)?{_HASH}([0-9a-f]{{32}})?$", lambda found: found[1] or "", name)

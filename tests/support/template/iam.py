"""The permissions of a template's roles as plain facts."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from aws_cdk.assertions import Template

from tests.support.template.resources import named, plain, properties

ANY = "*"


class Permission(NamedTuple):
    """One action on one resource, under a condition (as JSON; empty if there is none)."""

    action: str
    resource: str
    condition: str = ""


def when(**condition: Any) -> str:
    """A condition as `Permission` has it."""
    return json.dumps(condition, sort_keys=True)


def granted(template: Template) -> dict[str, set[Permission]]:
    """By role, the permissions of its policies."""
    found: dict[str, set[Permission]] = {role: set() for role in named(template, "AWS::IAM::Role")}
    for policy in properties(template, "AWS::IAM::ManagedPolicy"):
        [role] = policy["Roles"]
        found[plain(role)] |= set(permissions(policy["PolicyDocument"]))
    return found


def permissions(document: dict[str, Any]) -> Iterator[Permission]:
    """The permissions of a policy, one for each action and resource."""
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        assert set(statement) <= {"Effect", "Action", "Resource", "Condition"}, "NotAction allows every other action"
        condition = json.dumps(resolved(statement["Condition"]), sort_keys=True) if "Condition" in statement else ""
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                yield Permission(action, plain(resource), condition)


def listed(value: Any) -> Iterable[Any]:
    """Returns a list, also for a single value."""
    return value if isinstance(value, list) else [value]


def resolved(value: Any) -> Any:
    """A condition with its references replaced by the constructs' names."""
    if isinstance(value, dict) and not {"Ref", "Fn::Join", "Fn::GetAtt"} & set(value):
        return {key: resolved(one) for key, one in value.items()}
    if isinstance(value, list):
        return sorted(resolved(one) for one in value)
    return plain(value)

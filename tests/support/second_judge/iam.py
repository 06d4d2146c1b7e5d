"""What IAM answers to a call, as the emulator's evaluator finds it in policies."""

from collections.abc import Iterable

from ministack.core.iam_evaluator import EvalContext, ParsedStatement, evaluate

from tests.support.second_judge.concrete import ACCOUNT, REGION

Keys = Iterable[tuple[str, str | tuple[str, ...]]]
"""Condition keys with their values."""


def is_allowed(
    policies: list[list[ParsedStatement]],
    action: str,
    resource: str,
    keys: Keys = (),
    *,
    principal: str,
    kind: str = "User",
    account: str = ACCOUNT,
    region: str = REGION,
) -> bool:
    """Tells whether a principal's policies allow a call.

    Args:
        policies: The statements of each policy.
        action: Such as `dynamodb:GetItem`.
        resource: An ARN.
        keys: Condition keys with their values.
        principal: The ARN of who calls, from its type on: `user/operator`, `assumed-role/ROLE/session`.
        kind: `User` or `AssumedRole`.
        account: The account's number, of the principal and the call.
        region: The region.
    """
    service = "iam" if kind == "User" else "sts"
    context = EvalContext(
        principal_arn=f"arn:aws:{service}::{account}:{principal}",
        principal_type=kind,
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context={name.lower(): list(one) if isinstance(one, tuple) else one for name, one in keys},
    )
    return bool(evaluate(context, policies).decision == "Allow")

"""A deployed stack keeps its stage and its gateway, whatever a later deployment forgets to say."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import CfnParameter, CfnRule, CfnRuleAssertion, Fn, Stack

from wild_rydes_saga.settings import GatewayChoice, Settings

PARAMETER: Final = "Stage"
RULE: Final = "StackKeepsItsStage"
GATEWAY_PARAMETER: Final = "Gateway"
GATEWAY_RULE: Final = "StackKeepsItsGateway"


_EFFECTS: Final[Mapping[str, tuple[str, str]]] = {
    "forced_failures": ("the end of a customerId can force a failure", "no customerId can force a failure"),
    "completed_fare_may_ride_again": (
        "a fare that was paid can be charged again",
        "a fare that was paid is never charged again",
    ),
    "deletion_protection": (
        "the stack and its tables refuse to be deleted",
        "the stack and its tables can be deleted, with every row",
    ),
    "point_in_time_recovery": (
        "tables get backups of 35 days",
        "tables lose their backups",
    ),
}
"""What changes for people, by the setting: when it is turned on, and when it is turned off."""


def effects_of_change(before: Settings, after: Settings) -> list[str]:
    """Says what a change of the stage does to a deployed stack."""
    effects = []
    for name, (on, off) in _EFFECTS.items():
        if getattr(before, name) != getattr(after, name):
            effects.append(on if getattr(after, name) else off)
    if before.log_retention != after.log_retention:
        effects.append(f"logs are kept for {after.log_retention.value.lower().replace('_', ' ')}")
    return effects


def keep_stage(stack: Stack, settings: Settings, stages: Mapping[str, Settings], *, options: str) -> None:
    """Lets CloudFormation refuse a template of another stage than the one that is deployed.

    The template has a parameter whose default is its own stage. An update keeps a
    parameter's value unless it is given another (the CDK CLI sends
    `UsePreviousValue`), so the parameter says which stage is deployed. A rule
    compares the two before anything is changed. At the first deployment there
    is not a value to keep.

    Args:
        stack: The stack.
        settings: Its stage's settings.
        stages: All stages, by name.
        options: More options of the CDK CLI that this template needs, for the command that the refusal names.
    """
    deployed = CfnParameter(
        stack,
        PARAMETER,
        default=settings.stage,
        allowed_values=[*stages],
        description="The stage that is deployed. An update keeps it. Give another value to change the stage.",
    )
    CfnRule(
        stack,
        RULE,
        assertions=[
            CfnRuleAssertion(
                assert_=Fn.condition_not(Fn.condition_equals(deployed.value_as_string, other.stage)),
                assert_description=_refusal(stack.stack_name, other, settings, options),
            )
            for other in stages.values()
            if other.stage != settings.stage
        ],
    )


def _refusal(stack_name: str, deployed: Settings, asked: Settings, options: str) -> str:
    command = f"cdk deploy{options} -c stage="
    return (
        f"{stack_name} is deployed in the stage {deployed.stage}, and this template is for {asked.stage}."
        " Nothing was changed."
        f" To stay in {deployed.stage}: {command}{deployed.stage}."
        f" A change to {asked.stage} would have these effects: {'; '.join(effects_of_change(deployed, asked))}."
        " To change the stage on purpose, after the CDK has shown each change and asked:"
        f" {command}{asked.stage} --parameters {PARAMETER}={asked.stage} --require-approval any-change"
    )


def keep_gateway(stack: Stack, gateway: GatewayChoice, *, options: str) -> None:
    """Lets CloudFormation refuse a template with another gateway, or currency, than the one that is deployed.

    A payment is refunded where it was made. With another gateway a charge would be real or not, and no earlier one
    could be given back. It works as `keep_stage` does: an update keeps the parameter's value, which says
    what is deployed, and a rule compares it with the template's own before anything is changed.

    Args:
        stack: The stack.
        gateway: The template's.
        options: More options of the CDK CLI that this template needs, for the command that the refusal names.
    """
    own = gateway_name(gateway)
    deployed = CfnParameter(
        stack,
        GATEWAY_PARAMETER,
        default=own,
        description="The payment gateway that is deployed. An update keeps it. Give another value to change it.",
    )
    given = f"{options} {_gateway_options(gateway)}--parameters {GATEWAY_PARAMETER}={own}"
    CfnRule(
        stack,
        GATEWAY_RULE,
        assertions=[
            CfnRuleAssertion(
                assert_=Fn.condition_equals(deployed.value_as_string, own),
                assert_description=(
                    f"{stack.stack_name} is deployed with another payment gateway than {own}. Nothing was changed."
                    " To keep its gateway, name it again, as in -c gateway=stripe -c currency=usd."
                    " With another one, no ride that was paid before could be refunded."
                    " To change it on purpose, once no ride is unsettled:"
                    f" cdk deploy{given} --require-approval any-change"
                ),
            )
        ],
    )


def gateway_name(gateway: GatewayChoice) -> str:
    """A gateway, with its currency where the stack chooses it: `simulated`, or such as `stripe-usd`."""
    return gateway.name if gateway == GatewayChoice() else f"{gateway.name}-{gateway.currency}"


def _gateway_options(gateway: GatewayChoice) -> str:
    return "" if gateway == GatewayChoice() else f"-c gateway={gateway.name} -c currency={gateway.currency} "

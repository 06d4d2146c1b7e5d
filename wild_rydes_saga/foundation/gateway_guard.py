"""A deployed stack keeps its gateway and its currency, whatever a later deployment forgets to say."""

from typing import Final

from aws_cdk import CfnParameter, CfnRule, CfnRuleAssertion, Fn, Stack

from wild_rydes_saga.settings import GatewayChoice

PARAMETER: Final = "Gateway"
RULE: Final = "StackKeepsItsGateway"


def keep_gateway(stack: Stack, gateway: GatewayChoice, *, options: str) -> None:
    """Lets CloudFormation refuse a template with another gateway, or currency, than the one that is deployed.

    A payment is refunded where it was made. With another gateway a charge would be real or not, and no earlier one
    could be given back. It works as `stage_guard.keep_stage` does: an update keeps the parameter's value, which says
    what is deployed, and a rule compares it with the template's own before anything is changed.

    Args:
        stack: The stack.
        gateway: The template's.
        options: More options of the CDK CLI that this template needs, for the command that the refusal names.
    """
    own = named(gateway)
    deployed = CfnParameter(
        stack,
        PARAMETER,
        default=own,
        description="The payment gateway that is deployed. An update keeps it. Give another value to change it.",
    )
    command = f"cdk deploy{options} {_options(gateway)}--parameters {PARAMETER}={own} --require-approval any-change"
    CfnRule(
        stack,
        RULE,
        assertions=[
            CfnRuleAssertion(
                assert_=Fn.condition_equals(deployed.value_as_string, own),
                assert_description=(
                    f"{stack.stack_name} is deployed with another payment gateway than {own}. Nothing was changed."
                    " To keep its gateway, name it again, as in -c gateway=stripe -c currency=usd."
                    " With another one, no ride that was paid before could be refunded."
                    f" To change it on purpose, once no ride is unsettled: {command}"
                ),
            )
        ],
    )


def named(gateway: GatewayChoice) -> str:
    """A gateway, with its currency where the stack chooses it: `simulated`, or such as `stripe-usd`."""
    return gateway.name if gateway == GatewayChoice() else f"{gateway.name}-{gateway.currency}"


def _options(gateway: GatewayChoice) -> str:
    return "" if gateway == GatewayChoice() else f"-c gateway={gateway.name} -c currency={gateway.currency} "

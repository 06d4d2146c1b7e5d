"""A deployed stack keeps its stage, whatever a later deployment forgets to say."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import CfnParameter, CfnRule, CfnRuleAssertion, Fn, Stack

from wild_rydes_saga.settings import Settings, effects_of_change

PARAMETER: Final = "Stage"
RULE: Final = "StackKeepsItsStage"


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

"""The security rules that the template is held to at synth, and how a construct states why one does not fit it."""

from typing import Final

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

ANY_RESOURCE: Final = "AwsSolutions-IAM5[Resource::*]"
"""A permission on `*`: only for what has no resource that a policy could name."""
NO_POINT_IN_TIME: Final = "AwsSolutions-DDB3"
"""A table that cannot be had back as it was."""
LAST_QUEUE: Final = "AwsSolutions-SQS3"
"""A queue without a dead-letter queue."""
NOT_EVERY_EVENT: Final = "AwsSolutions-SF1"
"""A machine that does not log every event."""
ROTATED_BY_HAND: Final = "AwsSolutions-SMG4"
"""A secret without automatic rotation."""
OUTSIDE_VPC: Final = "PCI.DSS.321-LambdaInsideVPC"


def any_execution_of(machine_name: str) -> str:
    """The rule against a permission on all executions of a machine, as cdk-nag spells it."""
    executions = f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{machine_name}"
    return f"AwsSolutions-IAM5[Resource::{executions}:*]"


def add_security_rules(app: IConstruct) -> None:
    """Holds every stack of the app to cdk-nag's packs AwsSolutions and PCI DSS 3.2.1: a finding fails the synthesis."""
    # Imported late: they take a quarter of a second, and only a synthesis needs them.
    from cdk_nag import AwsSolutionsChecks, PCIDSS321Checks  # noqa: PLC0415

    Validations.of(app).add_plugins(AwsSolutionsChecks(app), PCIDSS321Checks(app))


def add_template_rules(app: IConstruct) -> None:
    """Checks every stack of the app against CloudFormation's own rules for templates, as the CDK does by default.

    They double the time of a synthesis. The tests check the template of each stage with cfn-lint, so only production
    pays for both.
    """
    from aws_cdk import CloudFormationValidatePlugin  # noqa: PLC0415  # only where it is used

    Validations.of(app).add_plugins(CloudFormationValidatePlugin())


def acknowledge(construct: IConstruct, rule: str, because: str) -> None:
    """States why a rule's finding on a construct stands; docs/security.md lists them all."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=because))

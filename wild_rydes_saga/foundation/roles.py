"""Roles that hold just what they are given, each in one managed policy of its own."""

from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct


class ExactRole(iam.Role):
    """A role for one service, which may do what is granted to it and nothing else.

    What is granted goes to a managed policy that belongs to this role alone, not to an
    inline one: it has an ARN, versions and a place in every access review
    (PCI DSS 7.1.2). None of AWS's own managed policies is attached.
    """

    def __init__(self, scope: Construct, construct_id: str, *, service: str, description: str) -> None:
        super().__init__(scope, construct_id, assumed_by=iam.ServicePrincipal(service), description=description)
        self._policy = iam.ManagedPolicy(self, "Policy", roles=[self], description=description)

    def add_to_principal_policy(self, statement: iam.PolicyStatement) -> iam.AddToPrincipalPolicyResult:
        """Adds to the managed policy. The CDK calls it for every grant."""
        self._policy.add_statements(statement)
        return iam.AddToPrincipalPolicyResult(statement_added=True, policy_dependable=self._policy)

    def allow(self, *actions: str, on: list[str], **conditions: Any) -> None:
        """Lets the role do the actions on the resources; `conditions` as IAM writes them, by operator."""
        self.add_to_principal_policy(
            iam.PolicyStatement(actions=[*actions], resources=on, conditions=conditions or None)
        )

"""The learner's machine: one empty state, and every permission of the finished one to build with."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct


class StartHere(Construct):
    """A machine with one `Pass` state, `RegisterFare`, under the finished machine's own role."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        state_machine_name: str,
        role: iam.IRole,
    ) -> None:
        super().__init__(scope, construct_id)
        start = sfn.Pass.jsonata(self, "RegisterFare", comment="Start here: replace this state with your own")
        self.state_machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=state_machine_name,
            query_language=sfn.QueryLanguage.JSONATA,
            definition_body=sfn.DefinitionBody.from_chainable(start),
            role=role,
        )

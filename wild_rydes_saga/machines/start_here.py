"""The learner's machine: one empty state, and the permissions of the finished machine."""

from typing import Final

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from wild_rydes_saga.saga import Deployment
from wild_rydes_saga.saga.machine import logged_machine

TIMEOUT_SECONDS: Final = 3600


class StartHere(Construct):
    """A machine with one `Pass` state, `RegisterFare`, with the finished machine's role."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        start = sfn.Pass.jsonata(self, "RegisterFare", comment="Start here: replace this state with your own")
        self.state_machine = logged_machine(self, deployment, start=start, timeout_seconds=TIMEOUT_SECONDS)

"""What the payments service needs of a gateway as it is deployed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aws_cdk import aws_lambda as lambda_

from lambda_src.fare import Intake
from lambda_src.metric_names import Counted
from wild_rydes_saga.foundation.roles import ExactRole


@dataclass(frozen=True, kw_only=True)
class GatewayFailure:
    """A failure of a gateway's own, which passes only when a person acts: it has an alarm.

    Attributes:
        name: The alarm's name; also the heading in the runbook that says more.
        counted: What the client counts at each.
        happened: What it means, for the person woken.
        do: What that person is to do.
    """

    name: str
    counted: Counted
    happened: str
    do: str


class PaymentGateway(Protocol):
    """A gateway as it is deployed. `lambda_src.payments.gateway` says what its client must do.

    Attributes:
        intake: What rides may be paid with.
        variables: What the functions' environment needs for it.
        layers: What its client needs beside the handlers' own layer.
        calls: Whom the functions call for it, for those who review what may leave the account.
        failures: What only a person can end, each with its alarm.
        outputs: What operators and audits need to know of it, by the names that they use.
    """

    intake: Intake
    variables: Mapping[str, str]
    layers: Sequence[lambda_.ILayerVersion]
    calls: str
    failures: Sequence[GatewayFailure]
    outputs: Mapping[str, str]

    def allow(self, role: ExactRole) -> None:
        """Lets a function's role use the gateway."""
        ...

"""What the payments service needs of a gateway as it is deployed."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from aws_cdk import aws_lambda as lambda_

from lambda_src.fare import Intake
from wild_rydes_saga.foundation.roles import ExactRole


class PaymentGateway(Protocol):
    """A gateway as it is deployed. `lambda_src.payments.gateway` says what its client must do.

    Attributes:
        intake: What rides may be paid with.
        variables: What the functions' environment needs for it.
        layers: What its client needs beside the handlers' own layer.
        calls: Whom the functions call for it, for those who review what may leave the account.
        outputs: What operators and audits need to know of it, by the names that they use.
    """

    intake: Intake
    variables: Mapping[str, str]
    layers: Sequence[lambda_.ILayerVersion]
    calls: str
    outputs: Mapping[str, str]

    def allow(self, role: ExactRole) -> None:
        """Lets a function's role use the gateway."""
        ...

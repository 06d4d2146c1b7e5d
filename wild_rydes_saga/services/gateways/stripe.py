"""Stripe as it is deployed: the secret with its key, the SDK, and where it answers."""

from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from lambda_src import environment
from lambda_src.fare import METHODS
from lambda_src.metric_names import Counted
from lambda_src.payments.gateways import STRIPE
from wild_rydes_saga.foundation.functions import Functions
from wild_rydes_saga.foundation.nag_rules import ROTATED_BY_HAND, acknowledge
from wild_rydes_saga.foundation.roles import ExactRole
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.services.gateways.gateway import GatewayFailure

_REQUIREMENTS: Final = "requirements-stripe.txt"
_KEY_REFUSED: Final = GatewayFailure(
    name="GatewayKeyRefused",
    counted=Counted.GATEWAY_KEY_REFUSED,
    happened="Stripe refuses the key, or the key cannot be read: every ride fails, and no refund is made.",
    do="put a restricted key that may write PaymentIntents and refunds into the secret StripeSecretArn.",
)


class StripeGateway(Construct):
    """Takes real money, once the restricted key is in its secret."""

    def __init__(self, scope: Construct, functions: Functions, shared: Shared) -> None:
        super().__init__(scope, "StripeGateway")
        settings = shared.settings
        self._shared = shared
        self._secret = secretsmanager.Secret(
            self,
            "RestrictedKey",
            description="Stripe's restricted key: put it here after the first deployment, and each new one later",
            encryption_key=shared.encryption.key,
            removal_policy=settings.removal_policy,
        )
        acknowledge(
            self._secret,
            ROTATED_BY_HAND,
            "Stripe makes and ends its keys, in its dashboard: no function here could rotate one. A new one counts at"
            " once, without a deployment",
        )
        self.intake = METHODS
        self.variables: Mapping[str, str] = {
            environment.GATEWAY: STRIPE,
            environment.GATEWAY_KEY_SECRET: self._secret.secret_arn,
            environment.GATEWAY_URL: settings.gateway.url,
            environment.CURRENCY: settings.gateway.currency,
        }
        self.layers: Sequence[lambda_.ILayerVersion] = [
            functions.layer(self, "Sdk", _REQUIREMENTS, description=f"Stripe's SDK, as pinned in {_REQUIREMENTS}")
        ]
        self.calls = "AWS, and Stripe"
        self.failures: Sequence[GatewayFailure] = [_KEY_REFUSED]
        self.outputs: Mapping[str, str] = {
            "StripeSecretArn": self._secret.secret_arn,
            "StripeUrl": settings.gateway.url,
        }

    def allow(self, role: ExactRole) -> None:
        """See `PaymentGateway.allow`."""
        role.allow("secretsmanager:GetSecretValue", on=[self._secret.secret_arn])
        self._shared.encryption.allow_secrets(role)

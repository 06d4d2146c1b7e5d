"""The payments service: its ledger, its gateway, and the tasks that charge and refund a fare."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from lambda_src import environment
from lambda_src.errors import GatewayBusy, LedgerBusy, VaultBusy
from lambda_src.payments.encryption import PURPOSE
from wild_rydes_saga.foundation.functions import Functions, Handler
from wild_rydes_saga.foundation.nag_rules import NO_POINT_IN_TIME, acknowledge
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.foundation.tables import keyed_table
from wild_rydes_saga.saga import RetryPolicy, SagaTask
from wild_rydes_saga.saga.retries import LAMBDA_SERVICE_ERRORS
from wild_rydes_saga.services.fare_input import RideSource
from wild_rydes_saga.services.function_tasks import function_task
from wild_rydes_saga.services.gateways import payment_gateway

_PASSING: Final = (GatewayBusy.__name__, LedgerBusy.__name__, VaultBusy.__name__)


class Payments(Construct):
    """Takes the fare from the rider's card and gives it back."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        shared: Shared,
    ) -> None:
        super().__init__(scope, construct_id)
        self.table = keyed_table(self, "Ledger", "sagaId", shared)
        self.gateway = payment_gateway(self, functions, shared)
        self.cards_table = self._cards(shared)
        card_variables = {
            environment.CARDS_TABLE: self.cards_table.table_name,
            environment.CARDS_KEY: shared.encryption.key.key_arn,
        }
        given = card_variables if self.gateway.intake.cards else {}
        self.charge_function = self._handler("ChargeFareFunction", functions, "charge_fare", given)
        self.refund_function = self._handler("RefundFareFunction", functions, "refund_fare", {})
        self.tokenise_function = functions.handler(
            self, "TokeniseFunction", service="payments", module="payments.tokenise", variables=card_variables
        )
        """The front door for those who want no card in an execution's input."""
        tokenise, charge = self.tokenise_function.role, self.charge_function.role
        tokenise.allow("dynamodb:PutItem", on=[self.cards_table.table_arn])
        shared.encryption.allow_purpose(tokenise, "kms:Encrypt", PURPOSE)
        if self.gateway.intake.cards:
            charge.allow("dynamodb:UpdateItem", "dynamodb:DeleteItem", on=[self.cards_table.table_arn])
            shared.encryption.allow_purpose(charge, "kms:Decrypt", PURPOSE)

    def _handler(self, construct_id: str, functions: Functions, module: str, variables: Mapping[str, str]) -> Handler:
        """A function that writes the ledger and calls the gateway."""
        handler = functions.handler(
            self,
            construct_id,
            service="payments",
            module=f"payments.{module}",
            variables={environment.PAYMENTS_TABLE: self.table.table_name, **self.gateway.variables, **variables},
            layers=self.gateway.layers,
            calls=self.gateway.calls,
        )
        handler.role.allow("dynamodb:UpdateItem", on=[self.table.table_arn])
        self.gateway.allow(handler.role)
        return handler

    def _cards(self, shared: Shared) -> dynamodb.Table:
        """The cards behind tokens: nothing of them is kept for longer than they live, in no stage."""
        table = keyed_table(self, "Cards", "tokenDigest", shared, lasting=False, time_to_live_attribute="expiresAt")
        acknowledge(
            table,
            NO_POINT_IN_TIME,
            "A card's code must not be kept after it was used (PCI DSS 3.3.1.2): a backup of 35 days would keep it",
        )
        return table

    def charge_fare(self, scope: Construct, ride: RideSource) -> SagaTask:
        """Pre-authorises and captures the fare. The one task that is given the card."""
        return function_task(
            scope,
            "ChargeFare",
            self.charge_function.function,
            ride=ride,
            retries=(RetryPolicy(errors=(*LAMBDA_SERVICE_ERRORS, *_PASSING), max_attempts=5),),
            transient=_PASSING,
            optional_fields=self.gateway.intake.fields,
            assign={"receipt": {"chargeId": "{% $states.result.Payload.chargeId %}"}},
        )

    def refund_fare(
        self, scope: Construct, ride: RideSource, patience: RetryPolicy, *, pending: RetryPolicy
    ) -> SagaTask:
        """Undoes whatever ChargeFare did.

        Args:
            scope: Where the state goes.
            ride: Where it finds its ride.
            patience: How it is retried.
            pending: How it waits for a refund that the gateway has accepted (`RefundPending`).
        """
        return function_task(
            scope,
            "RefundFare",
            self.refund_function.function,
            ride=ride,
            retries=(pending, patience),
            transient=tuple(pending.errors) if pending.max_attempts else (),
            assign={"receipt": "{% $states.result.Payload %}"},
        )

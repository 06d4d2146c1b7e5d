"""The payments service: its ledger, the simulated gateway's book, and the tasks that charge and refund a fare."""

from constructs import Construct

from lambda_src import environment
from lambda_src.errors import LedgerBusy
from lambda_src.fare import CARD_FIELDS
from wild_rydes_saga.fare_input import RideSource
from wild_rydes_saga.functions import Functions
from wild_rydes_saga.saga import Attempted, RetryPolicy
from wild_rydes_saga.settings import Settings
from wild_rydes_saga.tables import keyed_table
from wild_rydes_saga.tasks import LAMBDA_SERVICE_ERRORS, function_task


class Payments(Construct):
    """Takes the fare from the rider's card and gives it back."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        settings: Settings,
    ) -> None:
        super().__init__(scope, construct_id)
        self.table = keyed_table(self, "Ledger", "sagaId", settings)
        self.gateway_table = keyed_table(self, "Gateway", "operationKey", settings)
        variables = {
            environment.PAYMENTS_TABLE: self.table.table_name,
            environment.GATEWAY_TABLE: self.gateway_table.table_name,
        }
        self.charge_function = functions.handler(
            self,
            "ChargeFareFunction",
            service="payments",
            module="payments.charge_fare",
            variables=variables,
        )
        self.refund_function = functions.handler(
            self,
            "RefundFareFunction",
            service="payments",
            module="payments.refund_fare",
            variables=variables,
        )
        for function in (self.charge_function, self.refund_function):
            self.table.grant(function, "dynamodb:UpdateItem")
            self.gateway_table.grant(
                function,
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:ConditionCheckItem",
            )

    def charge_fare(self, scope: Construct, ride: RideSource) -> Attempted:
        """Pre-authorises and captures the fare. The one task that is given the card."""
        return function_task(
            scope,
            "ChargeFare",
            self.charge_function,
            ride=ride,
            retries=(RetryPolicy(errors=(*LAMBDA_SERVICE_ERRORS, LedgerBusy.__name__), max_attempts=5),),
            transient=(LedgerBusy.__name__,),
            extra_fields=tuple(CARD_FIELDS),
            assign={"receipt": {"chargeId": "{% $states.result.Payload.chargeId %}"}},
        )

    def refund_fare(self, scope: Construct, ride: RideSource, patience: RetryPolicy) -> Attempted:
        """Undoes whatever ChargeFare did."""
        return function_task(
            scope,
            "RefundFare",
            self.refund_function,
            ride=ride,
            retries=(patience,),
            assign={"receipt": "{% $states.result.Payload %}"},
        )

"""The simulated gateway as it is deployed: the table of its own book."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from lambda_src import environment
from lambda_src.fare import CARDS
from wild_rydes_saga.foundation.functions import Functions
from wild_rydes_saga.foundation.roles import ExactRole
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.foundation.tables import keyed_table
from wild_rydes_saga.services.gateways.gateway import GatewayFailure


class SimulatedGateway:
    """A table. It moves no real money."""

    def __init__(self, scope: Construct, functions: Functions, shared: Shared) -> None:
        del functions
        self._table = keyed_table(scope, "Gateway", "operationKey", shared)
        self.intake = CARDS
        self.variables: Mapping[str, str] = {environment.GATEWAY_TABLE: self._table.table_name}
        self.layers: Sequence[lambda_.ILayerVersion] = ()
        self.calls = "AWS alone"
        self.failures: Sequence[GatewayFailure] = ()
        self.outputs: Mapping[str, str] = {"GatewayTableName": self._table.table_name}

    def allow(self, role: ExactRole) -> None:
        """See `PaymentGateway.allow`."""
        actions = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:ConditionCheckItem")
        role.allow(*actions, on=[self._table.table_arn])

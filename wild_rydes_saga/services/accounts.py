"""The accounts service: its ledger, and the tasks that credit the customer's account and reverse the credit."""

from constructs import Construct

from lambda_src import environment
from lambda_src.errors import LedgerBusy
from wild_rydes_saga.foundation.functions import Functions
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.foundation.tables import keyed_table
from wild_rydes_saga.saga import RetryPolicy, SagaTask
from wild_rydes_saga.saga.retries import LAMBDA_SERVICE_ERRORS
from wild_rydes_saga.services.fare_input import RideSource
from wild_rydes_saga.services.function_tasks import function_task


class Accounts(Construct):
    """Keeps the customers' balances."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        shared: Shared,
    ) -> None:
        super().__init__(scope, construct_id)
        self.table = keyed_table(self, "Ledger", "accountKey", shared)
        variables = {environment.ACCOUNTS_TABLE: self.table.table_name}
        if (shards := shared.settings.balance_shards) > 1:
            variables[environment.BALANCE_SHARDS] = str(shards)
        self.credit_function = functions.handler(
            self,
            "CreditCustomerAccountFunction",
            service="accounts",
            module="accounts.credit_customer_account",
            variables=variables,
        )
        self.reverse_function = functions.handler(
            self,
            "ReverseAccountCreditFunction",
            service="accounts",
            module="accounts.reverse_account_credit",
            variables=variables,
        )
        for handler in (self.credit_function, self.reverse_function):
            handler.role.allow("dynamodb:PutItem", "dynamodb:UpdateItem", on=[self.table.table_arn])

    def customer_account_credit(self, scope: Construct, ride: RideSource) -> SagaTask:
        """Credits the customer's account with the fare."""
        return function_task(
            scope,
            "CustomerAccountCredit",
            self.credit_function.function,
            ride=ride,
            retries=(RetryPolicy(errors=(*LAMBDA_SERVICE_ERRORS, LedgerBusy.__name__), max_attempts=5),),
            transient=(LedgerBusy.__name__,),
        )

    def reverse_account_credit(self, scope: Construct, ride: RideSource, patience: RetryPolicy) -> SagaTask:
        """Undoes CustomerAccountCredit."""
        return function_task(
            scope,
            "ReverseAccountCredit",
            self.reverse_function.function,
            ride=ride,
            retries=(patience,),
        )

"""What the recovery's functions reach: a table of fares in moto beside the ledgers, and Step Functions' own client."""

import copy
from datetime import datetime
from typing import Any, Final

from botocore.stub import Stubber

from lambda_src import dynamodb
from lambda_src.dynamodb import Row
from tests.support.handlers.executions import RECOVERY_ARN, STARTED
from tests.support.handlers.tables import Tables

FARES: Final = "Fares"
INDEX: Final = "Unsettled"
SINCE: Final = "unsettledSince"
_STARTING: Final = "before-parameter-build.sfn.StartExecution"


class FaresBesideLedgers:
    """The services' tables, and that of the fares with its sparse index. Only one may be in use at a time."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.ledgers = Tables(client)
        client.create_table(
            TableName=FARES,
            KeySchema=[{"AttributeName": "fareId", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("fareId", SINCE)],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": INDEX,
                    "KeySchema": [{"AttributeName": SINCE, "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["sagaId"]},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        self._empty = copy.deepcopy(self.ledgers.state())

    def clear(self) -> None:
        """Empties every table."""
        self.ledgers.go_back_to(self._empty)

    def put(self, row: Row) -> None:
        """Writes a fare."""
        self._client.put_item(TableName=FARES, Item=dynamodb.typed(row))


class StepFunctions:
    """Step Functions' client, which checks what it is asked against the API; the answers are given beforehand."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.answers = Stubber(client)
        self.started: list[dict[str, Any]] = []
        """What StartExecution was asked."""
        client.meta.events.register(_STARTING, self._note, unique_id="note")

    def starts(self, at: datetime = STARTED) -> None:
        """The next start succeeds."""
        arn = f"{RECOVERY_ARN.replace(':stateMachine:', ':execution:')}:x"
        self.answers.add_response("start_execution", {"executionArn": arn, "startDate": at})

    def refuses(self, code: str) -> None:
        """The next start fails."""
        self.answers.add_client_error("start_execution", code, "no")

    def recovery_was_given(self, recovery: str, text: str, error: str = "States.Runtime") -> None:
        """The next description asked for is that of a recovery, whose input was this, and which ended so."""
        told = {
            "executionArn": recovery,
            "stateMachineArn": RECOVERY_ARN,
            "status": "FAILED",
            "startDate": STARTED,
            "input": text,
            "error": error,
        }
        self.answers.add_response("describe_execution", told, {"executionArn": recovery})

    def forget(self) -> None:
        """Leaves the client as it was."""
        self._client.meta.events.unregister(_STARTING, unique_id="note")

    def _note(self, params: dict[str, Any], **_: object) -> None:
        self.started.append(dict(params))

"""Records each call of a handler to AWS: the action and its resource."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from lambda_src import environment
from tests.support.handlers.rides import event

CALLED: Final = {"saga": "completed", "learner": "start-here", "express": "express", "recovery": "recovery"}
"""By the machine's name here, the end of its name in the stack."""
MACHINES: Final = {name: f"arn:aws:states:eu-west-1:123456789012:stateMachine:{name}" for name in CALLED}
EXECUTION: Final = MACHINES["saga"].replace(":stateMachine:", ":execution:") + ":ride"
LEARNERS: Final = MACHINES["learner"].replace(":stateMachine:", ":execution:") + ":ride"
EXPRESS_RIDE: Final = MACHINES["express"].replace(":stateMachine:", ":express:") + ":ride"
RECOVERY: Final = MACHINES["recovery"].replace(":stateMachine:", ":execution:") + ":its-recovery"
TRANSACTED: Final = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}


class Call(NamedTuple):
    """An action and its resource: the variable of a table or queue, with its index; a purpose of the key; a machine."""

    action: str
    resource: str


class Recorder:
    """Records the clients' calls, and answers for Step Functions."""

    def __init__(self) -> None:
        self.calls: set[Call] = set()
        self.double: Any = None
        """Stripe's, where that is the gateway."""
        self.history: list[dict[str, Any]] = [{"type": "ExecutionFailed"}]
        """The history of every execution."""

    def listen(self, client: Any) -> Any:
        """Records the calls of a client from now on."""
        service = client.meta.service_model.service_name
        client.meta.events.register("provide-client-params.*.*", self._note)
        if service == "stepfunctions":
            client.meta.events.register("before-call.sfn.*", self._answer)
        return client

    def _note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        service = {"stepfunctions": "states"}.get(model.service_model.service_name, model.service_model.service_name)
        self.calls |= {Call(f"{service}:{action}", on) for action, on in _asked(service, model.name, params)}

    def _answer(self, model: Any, params: dict[str, Any], **_: object) -> Any:
        asked = json.loads(params["body"])
        moment = datetime(2026, 11, 22, 10, tzinfo=UTC)
        recent = datetime.now(UTC) - timedelta(hours=1)
        answers = {
            "DescribeExecution": {
                "executionArn": asked.get("executionArn"),
                "status": "FAILED",
                "startDate": moment,
                "stopDate": moment,
                "input": json.dumps(dict(event())),
            },
            "GetExecutionHistory": {"events": self.history},
            "StartSyncExecution": {"executionArn": f"{EXPRESS_RIDE}:1", "status": "SUCCEEDED", "startDate": moment},
            "StartExecution": {"executionArn": EXECUTION, "startDate": moment},
            "ListExecutions": {"executions": [{"executionArn": EXECUTION, "startDate": recent, "stopDate": recent}]},
        }
        return SimpleNamespace(status_code=200), answers[model.name]


def _asked(service: str, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if service == "kms":
        yield operation, params["EncryptionContext"]["purpose"]
    elif service == "secretsmanager":
        yield operation, environment.GATEWAY_KEY_SECRET
    elif operation == "StartExecution":
        yield operation, environment.RECOVERY_ARN
    elif operation == "StartSyncExecution":
        yield operation, environment.EXPRESS_ARN
    elif operation == "ListExecutions":
        yield operation, CALLED[params["stateMachineArn"].split(":")[6]]
    elif service == "states":
        yield operation, CALLED[params["executionArn"].split(":")[6]]
    elif operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            [(kind, write)] = item.items()
            yield TRANSACTED.get(kind, f"{kind}Item"), write["TableName"]
    elif service == "sqs":
        yield operation, params["QueueUrl"].rpartition("/")[2]
    elif operation == "BatchGetItem":
        yield from ((operation, table) for table in params["RequestItems"])
    else:
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield operation, params["TableName"] + index

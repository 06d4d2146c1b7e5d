"""An emulator that has run 10,000 rides before: their executions are put where it keeps its own."""

import json
import sys
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from wild_rydes_saga.deployed.account import LOCAL_ACCOUNT_ID, Account
from wild_rydes_saga.deployed.rides import LAB_FARE
from wild_rydes_saga.emulator.access_key import REGION
from wild_rydes_saga.emulator.patches import patch_all
from wild_rydes_saga.emulator.server import serve
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

MANY: Final = 10_000
_MACHINE: Final = f"arn:aws:states:{REGION}:{LOCAL_ACCOUNT_ID}:stateMachine:{DEFAULT_STACK_NAME}-completed"
_BATCH: Final = 25
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)


def saga_id(number: int) -> str:
    """A ride's execution."""
    name = uuid.uuid5(uuid.NAMESPACE_OID, str(number))
    return f"{_MACHINE.replace(':stateMachine:', ':execution:')}:{name}"


def fare(number: int) -> dict[str, str]:
    """Its input."""
    return {**LAB_FARE, "fareId": f"wr_many_{number}", "customerId": f"many-{number % 500}"}


def _iso(moment: datetime) -> str:
    """A moment as the emulator writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def _execution(number: int) -> dict[str, Any]:
    began = _START + timedelta(seconds=number)
    stamps = {"startDate": _iso(began), "stopDate": _iso(began + timedelta(seconds=1))}
    name = saga_id(number).rpartition(":")[2]
    about = {"executionArn": saga_id(number), "stateMachineArn": _MACHINE, "name": name, "status": "SUCCEEDED"}
    return {**about, **stamps, "input": json.dumps(fare(number)), "output": "{}", "events": []}


def _put_executions() -> None:
    patch_all()
    from ministack.services import stepfunctions  # noqa: PLC0415  # it reads its settings when it is imported

    for number in range(MANY):
        stepfunctions._executions[saga_id(number)] = _execution(number)


def put_rows(account: Account, outputs: Mapping[str, str]) -> None:
    """Writes the rows that the rides have left in the tables."""
    _put(account, [*_requests(outputs)])


def put_express_rows(account: Account, outputs: Mapping[str, str]) -> None:
    """Writes the rows of as many rides on Express, which has no executions to list."""
    _put(account, [*_express_requests(outputs)])


def _put(account: Account, requests: list[tuple[str, Any]]) -> None:
    batches = [requests[start : start + _BATCH] for start in range(0, len(requests), _BATCH)]
    client = account.client("dynamodb")

    def put(batch: list[tuple[str, Any]]) -> None:
        items: dict[str, list[Any]] = {}
        for table, row in batch:
            items.setdefault(table, []).append({"PutRequest": {"Item": row}})
        client.batch_write_item(RequestItems=items)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(put, batches))


def _requests(outputs: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for number in range(MANY):
        saga, given = {"S": saga_id(number)}, fare(number)
        names = ("fareId", "customerId", "fareAmount")
        ride = {name: {"S": given[name]} for name in names}
        money = {"amountMinor": {"N": "2000"}, "capturedMinor": {"N": "2000"}, "refundedMinor": {"N": "0"}}
        yield outputs["FaresTableName"], {**ride, "sagaId": saga, "fareStatus": {"S": "completed"}}
        yield outputs["PaymentsTableName"], {"sagaId": saga, "status": {"S": "captured"}, **money}


def _express_requests(outputs: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    start = outputs["ExpressSagaArn"].replace(":stateMachine:", ":express:")
    for number in range(MANY):
        saga, began = f"{start}:{uuid.uuid5(uuid.NAMESPACE_URL, str(number))}", _iso(_START + timedelta(seconds=number))
        ride = {"fareId": f"wr_express_{number}", "customerId": f"many-{number % 500}", "fareAmount": "$20.00"}
        texts = {"sagaId": saga, "startTime": began, "closedAt": began, "fareStatus": "completed", **ride}
        yield outputs["OutcomesTableName"], {name: {"S": value} for name, value in texts.items()}
        money = {"amountMinor": {"N": "2000"}, "capturedMinor": {"N": "2000"}, "refundedMinor": {"N": "0"}}
        yield outputs["PaymentsTableName"], {"sagaId": {"S": saga}, "status": {"S": "captured"}, **money}


if __name__ == "__main__":
    serve(int(sys.argv[1]), before=_put_executions)

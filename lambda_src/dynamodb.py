"""DynamoDB for the ledgers: short timeouts, and conditional writes that return the row that refused."""

import functools
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

from lambda_src.errors import LedgerBusy, NoAnswer
from lambda_src.sdk import NOT_ANSWERED, is_busy, make_client

_INTEGER: Final = re.compile(r"-?[0-9]{1,38}")
_BUSY_ATTEMPTS: Final = 6
_BUSY_DELAY_SECONDS: Final = 0.05
_KEYS_A_READ: Final = 100
_BYTES_A_KEY: Final = 2048

Value = str | int
Row = dict[str, Value]
Result = TypeVar("Result")


class Refused(Exception):
    """A write's condition was not met. Has the row at that time, or None if it did not exist."""

    def __init__(self, row: Row | None, item: int = 0) -> None:
        super().__init__("the write's condition was not met")
        self.row = row
        self.item = item
        """Which write of a transaction was refused; 0 for a single write."""


@functools.cache
def client() -> Any:
    """The one DynamoDB client of this execution environment."""
    return make_client("dynamodb")


def typed(values: Mapping[str, Value]) -> dict[str, dict[str, str]]:
    """Writes strings and integers in DynamoDB's types."""
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in values.items()}


def untyped(item: Mapping[str, Mapping[str, str]]) -> Row:
    """Reads strings and integers from DynamoDB's types; leaves out anything else."""
    row: Row = {}
    for name, value in item.items():
        if "S" in value:
            row[name] = value["S"]
        elif _INTEGER.fullmatch(value.get("N", "")):
            row[name] = int(value["N"])
    return row


def update(**arguments: Any) -> Row:
    """Updates one row and returns it; raises `Refused` with the current row if the condition is not met."""

    def call() -> Row:
        answer = client().update_item(
            **arguments,
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return untyped(answer["Attributes"])

    return patiently(call)


def put(**arguments: Any) -> None:
    """Writes one row; raises `Refused` with the current row if the condition is not met."""
    patiently(lambda: client().put_item(**arguments))


def transact(*writes: dict[str, dict[str, Any]]) -> None:
    """Writes all or nothing; raises `Refused` with the first row whose condition was not met."""
    items = [
        {kind: {**write, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"} for kind, write in item.items()}
        for item in writes
    ]
    patiently(lambda: client().transact_write_items(TransactItems=items))


def read(table: str, key: Mapping[str, Value]) -> Row | None:
    """Reads one row, strongly consistent. Only for rows that never change once written."""
    answer = patiently(lambda: client().get_item(TableName=table, Key=typed(key), ConsistentRead=True))
    return untyped(answer["Item"]) if "Item" in answer else None


def scan(**arguments: Any) -> dict[str, Any]:
    """Reads a page of a table or an index, as boto3's `scan`."""
    page: dict[str, Any] = patiently(lambda: client().scan(**arguments))
    return page


def read_existing(table: str, key_name: str, keys: Sequence[str]) -> set[str]:
    """Returns the keys that have a row, strongly consistent.

    Raises:
        LedgerBusy: DynamoDB did not read all keys, in several attempts.
    """
    found: set[str] = set()
    distinct = list(dict.fromkeys(keys))
    for start in range(0, len(distinct), _KEYS_A_READ):
        unread_keys = [typed({key_name: key}) for key in distinct[start : start + _KEYS_A_READ]]
        fruitless = 0
        while unread_keys:
            request = {table: {"Keys": unread_keys, "ConsistentRead": True, "ProjectionExpression": key_name}}
            answer = _read_batch(request)
            found |= {str(untyped(item)[key_name]) for item in answer["Responses"].get(table, [])}
            unread = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            if unread:
                fruitless = fruitless + 1 if len(unread) == len(unread_keys) else 0
                if fruitless == _BUSY_ATTEMPTS:
                    raise LedgerBusy("DynamoDB is too busy to read the rows: call again")
                pause(fruitless)
            unread_keys = unread
    return found


def _read_batch(request: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = patiently(lambda: client().batch_get_item(RequestItems=request))
    return answer


def is_key(value: object) -> bool:
    """Returns whether a value can be a table's key: text that is not empty, of at most 2,048 bytes in UTF-8."""
    try:
        return isinstance(value, str) and 0 < len(value.encode()) <= _BYTES_A_KEY
    except UnicodeEncodeError:
        return False


def patiently(call: Callable[[], Result]) -> Result:
    """Repeats a call while DynamoDB or the table's key is busy: such a call has written nothing.

    Raises:
        Refused: A write's condition was not met.
        LedgerBusy: DynamoDB or the key was busy at every attempt.
        NoAnswer: DynamoDB did not answer, so the call may have happened.
    """
    for attempt in range(_BUSY_ATTEMPTS):
        try:
            return call()
        except ClientError as error:
            _raise_if_refused(error)
            if not is_busy(error):
                raise
        except NOT_ANSWERED as error:
            raise NoAnswer(f"DynamoDB did not answer: {type(error).__name__}") from None
        pause(attempt)
    raise LedgerBusy("the table, its key or the row is busy: repeat the step")


def pause(attempt: int) -> None:
    """Waits before the next attempt: a random part of a time that grows with each attempt."""
    time.sleep(random.uniform(0, _BUSY_DELAY_SECONDS * 2**attempt))  # noqa: S311  # jitter, not a secret


def _raise_if_refused(error: ClientError) -> None:
    response: Any = error.response
    if response["Error"]["Code"] == "ConditionalCheckFailedException":
        item = response.get("Item")
        raise Refused(untyped(item) if item else None) from None
    for position, reason in enumerate(response.get("CancellationReasons", [])):
        if reason.get("Code") == "ConditionalCheckFailed":
            item = reason.get("Item")
            raise Refused(untyped(item) if item else None, position) from None

"""A call that AWS is too busy for did nothing: it is repeated, and then raised as busy."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from lambda_src import dynamodb, errors
from lambda_src.errors import BUSY, Busy, LedgerBusy, ServiceBusy
from lambda_src.sdk import busy_named, is_busy

THROTTLES: Final = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "TransactionConflictException",
    "TransactionInProgressException",
    "KMSThrottlingException",
]
WRITES_AND_READS: Final[dict[str, tuple[str, Callable[[], Any]]]] = {
    "update": ("update_item", lambda: dynamodb.update(TableName="T", Key={}, UpdateExpression="SET a = :b")),
    "put": ("put_item", lambda: dynamodb.put(TableName="T", Item={})),
    "transaction": ("transact_write_items", lambda: dynamodb.transact({"Put": {"TableName": "T"}})),
    "read": ("get_item", lambda: dynamodb.read("T", {"sagaId": "saga"})),
}


def refused(code: str, *reasons: str) -> ClientError:
    """An error of AWS with a code, and a transaction's reasons."""
    response: Any = {
        "Error": {"Code": code, "Message": "no"},
        "CancellationReasons": [{"Code": one} for one in reasons],
    }
    return ClientError(response, "Call")


class Failing:
    """A client whose calls all fail with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**_: object) -> Any:
            self.calls.append(name)
            raise self._error

        return call


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Records the pauses instead of waiting."""
    asked: list[float] = []
    monkeypatch.setattr("time.sleep", asked.append)
    return asked


@pytest.mark.parametrize("code", THROTTLES)
@pytest.mark.parametrize("kind", WRITES_AND_READS)
def test_a_throttled_call_is_repeated_and_ends_as_busy(
    kind: str, code: str, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    operation, call = WRITES_AND_READS[kind]
    client = Failing(refused(code))
    monkeypatch.setattr(dynamodb, "client", lambda: client)
    with pytest.raises(LedgerBusy, match="repeat the step"):
        call()
    assert len(client.calls) > 1
    assert set(client.calls) == {operation}
    assert 0 < sum(pauses) < 5


@pytest.mark.parametrize("code", ["InternalServerError", "ServiceUnavailable", "ValidationException"])
@pytest.mark.parametrize("kind", ["update", "put", "transaction"])
def test_a_write_in_doubt_is_never_called_busy(kind: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Failing(refused(code))
    monkeypatch.setattr(dynamodb, "client", lambda: client)
    _, call = WRITES_AND_READS[kind]
    with pytest.raises(ClientError, match=code):
        call()
    assert len(client.calls) == 1


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_names_its_throttle_among_the_reasons(reason: str) -> None:
    assert is_busy(refused("TransactionCanceledException", "None", reason))
    assert not is_busy(refused("TransactionCanceledException", "None", "ValidationError"))


@pytest.mark.parametrize("code", [*THROTTLES, "TooManyRequestsException", "KmsThrottled", "ServiceUnavailable"])
def test_a_read_that_aws_is_too_busy_for_is_named_busy(code: str) -> None:
    with pytest.raises(ServiceBusy, match="Call: AWS is busy"), busy_named():
        raise refused(code)


@pytest.mark.parametrize("error", [ReadTimeoutError(endpoint_url="u"), ConnectTimeoutError(endpoint_url="u")])
def test_a_read_without_an_answer_is_named_busy(error: Exception) -> None:
    with pytest.raises(ServiceBusy, match=f"{type(error).__name__}; call again"), busy_named():
        raise error


@pytest.mark.parametrize("error", [refused("AccessDeniedException"), KeyError("a"), LedgerBusy("row")])
def test_any_other_error_of_a_read_keeps_its_name(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, busy_named():
        raise error
    assert raised.value is error


def test_every_busy_error_is_in_the_list_that_the_machines_retry() -> None:
    named = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Busy)}
    assert set(BUSY) == named - {Busy.__name__}
    assert {"LedgerBusy", "ServiceBusy", "VaultBusy"} <= set(BUSY)

"""A conflict on a hot row repeats a write; it is never a refusal, and never "already done"."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_src import dynamodb
from lambda_src.dynamodb import Refused
from lambda_src.errors import LedgerBusy
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import FARE
from tests.support.handlers.stepping import Attempt, Stepper
from tests.support.handlers.steps import charging, crediting, refunding, reversing
from tests.support.handlers.tables import Tables

STEPS = [
    pytest.param(charging(), [], id="ChargeFare"),
    pytest.param(refunding(), [charging()], id="RefundFare"),
    pytest.param(crediting(), [], id="CustomerAccountCredit"),
    pytest.param(reversing(), [crediting()], id="ReverseAccountCredit"),
]


def cancelled(*codes: str) -> ClientError:
    """The error of a transaction whose writes were cancelled for these reasons."""
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(response, "TransactWriteItems")


def single(code: str) -> ClientError:
    """The error of a single write."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "UpdateItem")


class HotRows:
    """A client whose writes conflict with another transaction some times before they succeed."""

    def __init__(self, client: Stepper, conflicts: int) -> None:
        self._client = client
        self._conflicts = conflicts
        self.remaining = conflicts

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        """Reads do not conflict."""
        return self._client.get_item(**arguments)

    def update_item(self, **arguments: Any) -> dict[str, Any]:
        """A single write names the conflict by its own error."""
        return self._write(single("TransactionConflictException"), lambda: self._client.update_item(**arguments))

    def transact_write_items(self, **arguments: Any) -> dict[str, Any]:
        """A transaction names the conflict among its reasons."""
        conflict = cancelled("None", "TransactionConflict")
        return self._write(conflict, lambda: self._client.transact_write_items(**arguments))

    def _write(self, conflict: ClientError, write: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if self.remaining:
            self.remaining -= 1
            raise conflict
        self.remaining = self._conflicts
        return write()


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Records the pauses instead of waiting."""
    asked: list[float] = []
    monkeypatch.setattr("time.sleep", asked.append)
    return asked


@pytest.mark.parametrize(("step", "before"), STEPS)
def test_a_conflict_that_passes_does_not_change_the_outcome(
    step: Attempt, before: list[Attempt], tables: Tables, stepper: Stepper, monkeypatch: pytest.MonkeyPatch
) -> None:
    for attempt in before:
        stepper.run(attempt)
    hot = HotRows(stepper, conflicts=3)
    monkeypatch.setattr(dynamodb, "client", lambda: hot)
    assert stepper.run(step).error is None
    assert audit(tables) == []


@pytest.mark.parametrize(("step", "before"), STEPS)
def test_a_conflict_that_lasts_is_raised_as_busy_and_changes_nothing(
    step: Attempt,
    before: list[Attempt],
    tables: Tables,
    stepper: Stepper,
    pauses: list[float],
) -> None:
    for attempt in before:
        stepper.run(attempt)
    rows = tables.everything()
    hot = HotRows(stepper, conflicts=100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamodb, "client", lambda: hot)
        assert isinstance(stepper.run(step).error, LedgerBusy)
    assert tables.everything() == rows
    assert 1 < len(pauses) < 10
    assert sum(pauses) < 5
    assert stepper.run(step).error is None
    assert audit(tables) == []


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_was_busy_is_repeated(
    reason: str, stepper: Stepper, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    def busy(**_: object) -> dict[str, Any]:
        raise cancelled(reason, "None")

    monkeypatch.setattr(stepper, "transact_write_items", busy, raising=False)
    assert isinstance(stepper.run(crediting()).error, LedgerBusy)
    assert len(pauses) > 1


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "InternalServerError"])
def test_any_other_error_is_raised_unchanged_and_at_once(
    code: str, stepper: Stepper, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    def failing(**_: object) -> dict[str, Any]:
        raise single(code)

    monkeypatch.setattr(stepper, "transact_write_items", failing, raising=False)
    monkeypatch.setattr(stepper, "update_item", failing, raising=False)
    for attempt in (charging(), refunding(), crediting(), reversing()):
        assert isinstance(stepper.run(attempt).error, ClientError)
    assert pauses == []


def test_a_refused_condition_beside_a_conflict_is_a_refusal(stepper: Stepper, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> dict[str, Any]:
        raise cancelled("TransactionConflict", "ConditionalCheckFailed")

    monkeypatch.setattr(stepper, "transact_write_items", refused, raising=False)
    with pytest.raises(Refused) as refusal:
        dynamodb.transact({"Put": {}}, {"Update": {}})
    assert (refusal.value.row, refusal.value.item) == (None, 1)


@pytest.mark.usefixtures("tables")
def test_the_client_gives_up_soon_enough_for_the_step_to_end_in_time(client: Any) -> None:
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 2)
    assert config.retries == {"total_max_attempts": 2, "mode": "standard"}


def test_money_is_kept_as_a_number() -> None:
    assert dynamodb.typed({"sagaId": "saga", "amountMinor": FARE}) == {
        "sagaId": {"S": "saga"},
        "amountMinor": {"N": str(FARE)},
    }

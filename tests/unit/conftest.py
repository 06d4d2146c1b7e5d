"""The services' tables in moto, in this process: the unit tests reach no network."""

import io
import socket
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from aws_lambda_powertools import Logger, Metrics
from moto import mock_aws

from lambda_src import dynamodb, environment
from lambda_src.payments import simulated_gateway, vault
from lambda_src.recovery import lost_events, start_recoveries, wiring
from tests.support.handlers.fixtures import client, moto_tables
from tests.support.handlers.stepping import Stepper
from tests.support.handlers.tables import ACCOUNTS, GATEWAY, PAYMENTS, REGION, Tables
from tests.support.handlers.vaults import CARDS, Cards
from tests.support.recovery.recovery_cloud import FARES, OUTCOMES, WORK_INDEX, FaresBesideLedgers
from tests.support.recovery.step_functions import StepFunctions

__all__ = ["client", "moto_tables"]
"""Fixtures of all tests that have these tables."""


class _Stdout(io.TextIOBase):
    """Whatever is stdout when something is written: pytest changes it between a test's phases."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> NoReturn:
        pytest.fail("a unit test reached for the network")

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # A handler that refuses shortens the traces of its whole process.
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
    monkeypatch.setenv(environment.PAYMENTS_TABLE, PAYMENTS)
    monkeypatch.setenv(environment.GATEWAY_TABLE, GATEWAY)
    monkeypatch.setenv(environment.ACCOUNTS_TABLE, ACCOUNTS)
    monkeypatch.delenv(environment.FORCED_FAILURES, raising=False)
    Metrics().clear_metrics()  # what a call outside a handler counted waits for the next one's end


@pytest.fixture
def tables(moto_tables: Tables) -> Tables:
    """The tables, empty."""
    moto_tables.clear()
    return moto_tables


@pytest.fixture
def stepper(client: Any, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Stepper:
    """The services work on the tables through it."""
    stepper = Stepper(client, tables)
    monkeypatch.setattr(dynamodb, "client", lambda: stepper)
    monkeypatch.setattr(simulated_gateway, "uuid", SimpleNamespace(uuid4=stepper.uuid4))
    return stepper


@pytest.fixture(scope="module")
def _moto_fares(client: Any) -> Iterator[FaresBesideLedgers]:
    with mock_aws():
        yield FaresBesideLedgers(client)


@pytest.fixture
def fares(_moto_fares: FaresBesideLedgers, client: Any, monkeypatch: pytest.MonkeyPatch) -> FaresBesideLedgers:
    """The table of fares and the ledgers, empty; the recovery's functions read them."""
    _moto_fares.clear()
    monkeypatch.setattr(dynamodb, "client", lambda: client)
    monkeypatch.setenv(environment.FARES_TABLE, FARES)
    monkeypatch.setenv(environment.OUTCOMES_TABLE, OUTCOMES)
    monkeypatch.setenv(environment.WORK_INDEX, WORK_INDEX)
    return _moto_fares


@pytest.fixture(scope="session")
def _step_functions_client() -> Any:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        wiring.step_functions.cache_clear()
        made = wiring.step_functions()
        wiring.step_functions.cache_clear()
        return made


@pytest.fixture
def step_functions(_step_functions_client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[StepFunctions]:
    """Step Functions, with the executions that the test puts there."""
    for module in (wiring, lost_events, start_recoveries):
        monkeypatch.setattr(module, "step_functions", lambda: _step_functions_client)
    made = StepFunctions(_step_functions_client)
    yield made
    made.forget()


@pytest.fixture
def forced_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns the forced failures on."""
    monkeypatch.setenv(environment.FORCED_FAILURES, "on")


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> pytest.CaptureFixture[str]:
    """What is printed, the handlers' logs included: their stream is the stdout of when they were imported."""
    for handler in Logger().handlers:
        monkeypatch.setattr(handler, "stream", _Stdout())
    return capsys


@pytest.fixture(scope="session")
def _kms_client(client: Any) -> Any:
    with mock_aws(), pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        vault.kms.cache_clear()
        made = vault.kms()
        vault.kms.cache_clear()
        return made


@pytest.fixture(scope="module")
def _moto_cards(moto_tables: Tables, client: Any, _kms_client: Any) -> Cards:
    moto_tables.clear()
    return Cards(client, _kms_client, moto_tables)


@pytest.fixture
def cards(_moto_cards: Cards, stepper: Stepper, monkeypatch: pytest.MonkeyPatch) -> Cards:
    """The card vault, empty; the services use it. The stepper sees its calls of DynamoDB, not those of KMS."""
    _moto_cards.clear()
    monkeypatch.setattr(vault, "kms", lambda: _moto_cards.kms)
    monkeypatch.setattr(vault, "time", SimpleNamespace(time=lambda: float(_moto_cards.now)))
    monkeypatch.setenv(environment.CARDS_TABLE, CARDS)
    monkeypatch.setenv(environment.CARDS_KEY, _moto_cards.key)
    return _moto_cards

"""The gateways under test. The services' tables are in moto, in this process."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from lambda_src import dynamodb
from tests.support.gateways.simulated import SimulatedSubject
from tests.support.gateways.stripe_double import StripeSubject, new_key
from tests.support.gateways.subject import Subject
from tests.support.handlers.tables import REGION, Tables
from wild_rydes_saga.emulator.stripe_double.double import StripeDouble
from wild_rydes_saga.emulator.stripe_double.server import serving


@pytest.fixture(scope="session")
def client() -> Any:
    """The services' own client of DynamoDB, made once."""
    with mock_aws(), pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        dynamodb.client.cache_clear()
        made = dynamodb.client()
        dynamodb.client.cache_clear()
        return made


@pytest.fixture(scope="module")
def _moto_tables(client: Any) -> Iterator[Tables]:
    with mock_aws():
        yield Tables(client)


@pytest.fixture
def tables(_moto_tables: Tables, client: Any, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """The services' tables, empty."""
    _moto_tables.clear()
    monkeypatch.setattr(dynamodb, "client", lambda: client)
    return _moto_tables


@pytest.fixture
def simulated(tables: Tables) -> Subject:
    """The simulated gateway."""
    return SimulatedSubject(tables)


@pytest.fixture(scope="module")
def _double() -> Iterator[StripeSubject]:
    double = StripeDouble([new_key()])
    with serving(double) as base:
        yield StripeSubject(double, base)


@pytest.fixture
def stripe_double(_double: StripeSubject) -> StripeSubject:
    """Stripe's SDK and the double, with an empty account."""
    _double.forget()
    return _double


@pytest.fixture(params=["simulated", "stripe_double"])
def subject(request: pytest.FixtureRequest) -> Subject:
    """Each gateway in turn."""
    made: Subject = request.getfixturevalue(request.param)
    return made

"""The gateways under test. The services' tables are in moto, in this process."""

from collections.abc import Iterator
from typing import Any

import pytest

from lambda_src import dynamodb
from tests.support.gateways.simulated import SimulatedSubject
from tests.support.gateways.staged_ride import Stage
from tests.support.gateways.stripe_double import StripeSubject, new_key
from tests.support.gateways.subject import Subject
from tests.support.handlers.fixtures import client, moto_tables
from tests.support.handlers.tables import Tables
from wild_rydes_saga.emulator.stripe_double.double import StripeDouble
from wild_rydes_saga.emulator.stripe_double.server import serving

__all__ = ["client", "moto_tables"]
"""Fixtures of all tests that have these tables."""


@pytest.fixture
def tables(moto_tables: Tables, client: Any, monkeypatch: pytest.MonkeyPatch) -> Tables:
    """The services' tables, empty."""
    moto_tables.clear()
    monkeypatch.setattr(dynamodb, "client", lambda: client)
    return moto_tables


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


@pytest.fixture
def stage(stripe_double: StripeSubject, tables: Tables) -> Stage:
    """One ride on Stripe."""
    return Stage(stripe_double, tables)

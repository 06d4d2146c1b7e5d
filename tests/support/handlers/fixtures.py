"""The fixtures of all tests that have the services' tables in moto. A `conftest.py` imports them."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from lambda_src import dynamodb
from tests.support.handlers.tables import REGION, Tables


@pytest.fixture(scope="session")
def client() -> Any:
    """The services' own client, made once: making it takes longer than most tests."""
    with mock_aws(), pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        dynamodb.client.cache_clear()
        made = dynamodb.client()
        dynamodb.client.cache_clear()
        return made


@pytest.fixture(scope="module")
def moto_tables(client: Any) -> Iterator[Tables]:
    """The services' tables, as the last test left them."""
    with mock_aws():
        yield Tables(client)

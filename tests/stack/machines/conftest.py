"""The machines and the plan that their tests share."""

import pytest
from aws_cdk.assertions import Template

from tests.support.template.graph import Graph
from wild_rydes_saga.saga import Plan
from wild_rydes_saga.stack import WildRydesSagaStack


@pytest.fixture(scope="session")
def plan(stack: WildRydesSagaStack) -> Plan:
    return stack.fare_saga.plan


@pytest.fixture(scope="session")
def recovery(template: Template) -> Graph:
    """The recovery's machine."""
    return Graph.of(template, "recovery")


@pytest.fixture(scope="session")
def patient(production: Template) -> Graph:
    """The same in production."""
    return Graph.of(production, "recovery")

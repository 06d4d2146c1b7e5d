"""The stack as it is synthesised, in each stage, and the machine in it."""

import json
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from tests.conftest import ROOT
from tests.support.template.graph import Graph
from wild_rydes_saga.settings import DEFAULT_STACK_NAME, WarmThroughput, settings_for
from wild_rydes_saga.stack import WildRydesSagaStack


def app_of(
    stage: str,
    *,
    alarm_email: str | None = None,
    warm_throughput: WarmThroughput | None = None,
    balance_shards: int = 1,
    **options: Any,
) -> tuple[cdk.App, WildRydesSagaStack]:
    """The app in a stage, before it is synthesised; options are arguments of `App`."""
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(context=context, **options)
    stack = WildRydesSagaStack(
        app,
        "WildRydesSaga",
        stack_name=DEFAULT_STACK_NAME,
        settings=replace(settings_for(stage), warm_throughput=warm_throughput, balance_shards=balance_shards),
        alarm_email=alarm_email,
    )
    return app, stack


def synthesised(stage: str) -> tuple[WildRydesSagaStack, Template]:
    """The stack of a stage and its template."""
    _, stack = app_of(stage)
    return stack, Template.from_stack(stack)


@pytest.fixture(scope="session")
def workshop() -> tuple[WildRydesSagaStack, Template]:
    return synthesised("workshop")


@pytest.fixture(scope="session")
def template(workshop: tuple[WildRydesSagaStack, Template]) -> Template:
    _, template = workshop
    return template


@pytest.fixture(scope="session")
def stack(workshop: tuple[WildRydesSagaStack, Template]) -> WildRydesSagaStack:
    stack, _ = workshop
    return stack


@pytest.fixture(scope="session")
def production() -> Template:
    _, template = synthesised("production")
    return template


@pytest.fixture(scope="session")
def graph(template: Template) -> Graph:
    """The finished machine."""
    return Graph.of(template, "completed")

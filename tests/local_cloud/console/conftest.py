"""A console of the deployed stack, and a page in a real browser that no error may reach."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.support.console.served import Served, chromium, served
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Stack

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def console(rides: Rides) -> Iterator[Served]:
    with served(Source(lambda: Stack(rides.account, rides.outputs))) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


def _is_error(message: ConsoleMessage) -> bool:
    return message.type == "error" and "status of 4" not in message.text


@pytest.fixture
def page(context: BrowserContext, console: Served) -> Iterator[Page]:
    """The console's page, opened by its address. Nothing may fail in it; a refusal of the console may be shown."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if _is_error(message) else None)
    page.goto(console.address)
    expect(page.get_by_role("heading", name="Rides", exact=True)).to_be_visible()
    yield page
    assert errors == []

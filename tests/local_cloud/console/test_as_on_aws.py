"""The console as it is on AWS: it names account and stack, and changes nothing before a person confirms that."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.console.served import Served, served
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.account import LOCAL_ACCOUNT_ID
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Stack

PLACE = f"account {LOCAL_ACCOUNT_ID}, us-east-1, stack of-aws"


@dataclass
class OnAws(Source):
    """A source that takes the local cloud for AWS."""

    @property
    def is_local(self) -> bool:
        return False

    @property
    def target(self) -> str:
        return PLACE


@pytest.fixture(scope="module")
def on_aws(rides: Rides) -> Iterator[Served]:
    with served(OnAws(lambda: Stack(rides.account, rides.outputs, "of-aws"))) as running:
        yield running


@pytest.mark.long
def test_a_change_on_aws_names_the_account_and_waits_for_a_person(context: BrowserContext, on_aws: Served) -> None:
    page = context.new_page()
    page.goto(on_aws.address)
    expect(page.locator("#place")).to_have_text(PLACE)
    known = on_aws.get("/rides")["known"]
    page.get_by_role("link", name="Start", exact=True).click()
    dialog = page.get_by_role("dialog")
    page.locator('[data-ride-title="Success"]').click()
    expect(dialog).to_contain_text(PLACE)
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    assert on_aws.get("/rides")["known"] == known
    page.locator('[data-ride-title="Success"]').click()
    dialog.get_by_role("button", name="Change this stack").click()
    expect(page.locator("h1.verdict")).to_contain_text("completed: $20.00 captured", timeout=60_000)
    page.get_by_role("link", name="Queues", exact=True).click()
    expect(page.get_by_text("only the numbers are shown here", exact=False)).to_be_visible()
    assert page.locator(".messages").count() == 0

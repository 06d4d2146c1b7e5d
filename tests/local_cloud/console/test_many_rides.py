"""With 10,000 rides: the list, its search and a new ride come as quickly, and the calls stay within AWS's quotas."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.conftest import REPORTED
from tests.support.console.many_rides import MANY, fare, put_express_rows, put_rows, saga_id
from tests.support.console.served import Served, served
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Stack
from wild_rydes_saga.emulator import process as emulator

pytestmark = pytest.mark.long

QUOTAS = {"ListExecutions": 2 * 60, "DescribeExecution": 10 * 60, "GetExecutionHistory": 20 * 60}
"""What AWS gives back to the buckets of an account in a minute, in its smaller regions."""
MOST_OF_A_QUOTA = 0.3
WATCHED_SECONDS = 60


@dataclass
class AsOnAws(Source):
    """A source that is read as seldom as AWS, and that shows no queue."""

    @property
    def is_local(self) -> bool:
        return False


@pytest.fixture(scope="module")
def crowded(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rides]:
    with emulator.running(module="tests.support.console.many_rides") as running:
        account = local_account(running)
        cdk.bootstrap_local(account)
        outputs = cdk.deploy(account, assembly, tmp_path_factory.mktemp("crowded") / "outputs.json")
        put_rows(account, outputs)
        yield Rides(account, outputs)


@pytest.fixture(scope="module")
def console_of_many(crowded: Rides) -> Iterator[Served]:
    with served(Source(lambda: Stack(crowded.account, crowded.outputs))) as running:
        yield running


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def started(page: Page, machine: str = "saga") -> None:
    page.get_by_label("Machine, for each ride").select_option(machine)
    page.locator('[data-ride-title="Success"]').click()
    page.wait_for_selector(".picture .state.running, .picture .state.done")


def click_to_first_state(page: Page, machine: str = "saga") -> float:
    """The best and the usual of some: how long a person waits for the first state after the click."""
    found = []
    for _ in range(5):
        page.evaluate("location.hash = '#/start'")
        page.wait_for_selector('[data-ride-title="Success"]')
        found.append(seconds(lambda: started(page, machine)))
        expect(page.locator("h1.verdict")).to_contain_text("completed")
    return sorted(found)[2]


def test_a_click_is_drawn_quickly_with_few_rides(page: Page, record_property: Callable[[str, object], None]) -> None:
    took = click_to_first_state(page)
    record_property(REPORTED, f"console: from the click to the first drawn state {took * 1000:.0f} ms (median of 5)")
    assert took < 5


def test_the_list_its_search_and_a_new_ride_come_quickly_with_many(
    context: BrowserContext, console_of_many: Served, record_property: Callable[[str, object], None]
) -> None:
    page = context.new_page()
    listed = seconds(lambda: (page.goto(console_of_many.address), page.wait_for_selector(".ride-row")))
    expect(page.get_by_text(re.compile(r"^10,\d\d\d rides$"))).to_be_visible(timeout=60_000)
    found, box = {}, page.get_by_label("Search")
    for kind, query, count in (
        ("fareId", fare(17)["fareId"], None),
        ("customerId", fare(4321)["customerId"], None),
        ("execution", saga_id(2).rpartition(":")[2], 1),
        ("fareId again", "wr_many_9876", 1),
    ):
        box.fill("")
        expect(page.get_by_text(re.compile(r"^10,\d\d\d rides$"))).to_be_visible()

        def search(query: str = query) -> None:
            box.fill(query)
            expect(page.get_by_text(re.compile(r"of 10,\d\d\d rides found"))).to_be_visible()

        found[kind] = seconds(search)
        if count:
            expect(page.locator(".ride-row")).to_have_count(count)
    took = click_to_first_state(page)
    searches = ", ".join(f"{kind} {one:.1f} s" for kind, one in found.items())
    record_property(
        REPORTED,
        f"console with {MANY:,} rides: first rows after {listed:.1f} s; search by {searches};"
        f" from the click to the first drawn state {took * 1000:.0f} ms (median of 5)",
    )
    assert max(listed, took, *found.values()) < 10


def test_an_open_page_stays_within_the_quotas_of_aws(
    context: BrowserContext, crowded: Rides, record_property: Callable[[str, object], None]
) -> None:
    source = AsOnAws(lambda: Stack(crowded.account, crowded.outputs))
    source.count_all()
    with served(source) as console:
        pages = [context.new_page() for _ in range(3)]
        pages[0].on("dialog", lambda dialog: dialog.accept())
        for page in pages:
            page.goto(console.address)
            page.wait_for_selector(".ride-row")
        opened = Counter(source.calls.of_last_minute())
        time.sleep(WATCHED_SECONDS)
        watched = Counter(source.calls.of_last_minute())
    shown = ", ".join(f"{name} {count}" for name, count in sorted(watched.items()))
    record_property(
        REPORTED,
        f"console as on AWS, three pages with the list of {MANY:,} rides open: {sum(watched.values())} calls in a"
        f" minute ({shown}); {sum(opened.values())} calls to open them",
    )
    for name, quota in QUOTAS.items():
        assert watched[name] < quota * MOST_OF_A_QUOTA, (name, watched[name])


def test_as_many_rides_on_express_are_listed_and_found(
    context: BrowserContext, crowded: Rides, record_property: Callable[[str, object], None]
) -> None:
    put_express_rows(crowded.account, crowded.outputs)
    with served(Source(lambda: Stack(crowded.account, crowded.outputs))) as console:
        page = context.new_page()
        began = time.perf_counter()
        page.goto(console.address)
        page.wait_for_selector(".ride-row")
        listed = time.perf_counter() - began
        expect(page.get_by_text(re.compile(r"^20,\d\d\d( and more)? rides$"))).to_be_visible(timeout=90_000)
        complete = time.perf_counter() - began
        page.get_by_label("Search").fill("wr_express_9876")
        expect(page.locator(".ride-row")).to_have_count(1)
        took = click_to_first_state(page, "express")
    record_property(
        REPORTED,
        f"console with {MANY:,} rides and as many on Express: first rows after {listed:.1f} s, all listed after"
        f" {complete:.0f} s; from the click to the first drawn state {took * 1000:.0f} ms (median of 5, on Express)",
    )
    assert max(listed, took) < 20

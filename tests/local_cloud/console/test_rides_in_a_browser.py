"""A person starts each of the lab's rides by its button, and sees its path, its money and its message arrive."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.local_cloud.conftest import Faults
from tests.support.card import card_traces
from tests.support.local_cloud.operator import parked, started_on_a_machine_that_waits
from tests.support.local_cloud.shell import type_in_a_new_shell
from wild_rydes_saga.cli.shell_file import write_local
from wild_rydes_saga.deployed.rides import LAB_FARE, LAB_RIDES, LabRide, Rides

Payload = Callable[..., dict[str, Any]]

CLASSES = {"succeeded": "done", "caught": "caught", "failed": "failed"}
MESSAGES = {"success": "In the success queue.", "failure": "In the failure queue."}


def start(page: Page, title: str) -> None:
    page.get_by_role("link", name="Start", exact=True).click()
    page.locator(f'[data-ride-title="{title}"]').click()


def state(page: Page, name: str) -> Any:
    return page.locator(f'.picture .state[data-state="{name}"]').first


def one_of_each() -> list[Any]:
    first, *others = LAB_RIDES
    return [
        pytest.param(first, id=first.title),
        *(pytest.param(one, id=one.title, marks=pytest.mark.long) for one in others),
    ]


@pytest.mark.parametrize("ride", one_of_each())
def test_a_button_starts_its_ride_and_its_page_shows_how_it_ends(page: Page, ride: LabRide) -> None:
    start(page, ride.title)
    verdict = (
        "completed: $20.00 captured" if ride.expected.error is None else f"rolled back after {ride.expected.error}"
    )
    expect(page.locator("h1.verdict")).to_contain_text(verdict)
    for name in ride.expected.path:
        expect(state(page, name)).to_have_class(re.compile(r"\bstate (done|caught|failed)\b"))
    if ride.expected.error:
        caught = ride.expected.path[-4 - (len(ride.expected.path) == 7)]
        expect(state(page, caught)).to_have_class(re.compile("caught"))
        expect(state(page, "FareProcessingFailed")).to_have_class(re.compile("failed"))
        expect(state(page, "NotifySuccess")).to_have_class(re.compile("ahead"))
    money = page.locator(".money tbody tr")
    paid = f"${(ride.expected.captured - ride.expected.refunded) / 100:.2f}"
    expect(money.nth(0)).to_contain_text(f"Paid by the rider$0.00{paid}")
    expect(page.get_by_text(MESSAGES[str(ride.expected.queue)], exact=False).first).to_be_visible()
    assert "2424" not in page.content()
    message = page.get_by_label("Message", exact=True).locator("pre")
    assert message.evaluate("(box) => box.scrollHeight - box.clientHeight") == 0, "the whole message is in view"


@pytest.mark.long
def test_a_state_opens_by_mouse_and_by_keyboard(page: Page) -> None:
    start(page, "Credit refused")
    expect(page.locator("h1.verdict")).to_contain_text("rolled back")
    detail = page.get_by_role("region", name="State", exact=True)
    expect(detail.get_by_role("heading", name="CustomerAccountCredit")).to_be_visible()
    expect(detail).to_contain_text("AccountCreditException")
    state(page, "RegisterFare").click()
    expect(detail.get_by_role("heading", name="RegisterFare")).to_be_visible()
    expect(detail.get_by_label("Input", exact=True)).to_contain_text('"cc": "[card data]"')
    state(page, "RefundFare").focus()
    page.keyboard.press("Enter")
    expect(detail.get_by_role("heading", name="RefundFare")).to_be_visible()
    expect(detail).to_contain_text("1 attempt")
    assert not re.search("2424|12/22|(?i:cvv)\\W*111", page.content())


@pytest.mark.long
def test_a_parked_ride_waits_with_its_reason_until_it_is_recovered(
    page: Page, rides: Rides, faults: Faults, payload: Payload, fare_id: str
) -> None:
    faults.inject(fare_id, "CustomerAccountCredit", "RuntimeError", after=True)
    faults.inject(fare_id, "RefundFare", "RuntimeError")
    parked(rides, payload())
    page.get_by_role("link", name="Waiting for you", exact=True).click()
    card = page.locator(".wait", has_text=fare_id)
    expect(card.locator(".why")).to_contain_text("RefundFare: RuntimeError")
    card.get_by_role("link", name=fare_id).click()
    expect(page.locator("h1.verdict")).to_contain_text("parked after SagaRollbackIncomplete: $20.00 captured")
    expect(page.get_by_text("RideParked").first).to_be_attached()
    page.go_back()
    faults.clear(fare_id)
    card.get_by_role("button", name="Recover").click()
    expect(card).to_have_count(0)
    page.get_by_role("link", name="Rides", exact=True).click()
    page.get_by_label("Search").fill(fare_id)
    expect(page.locator(".ride-row")).to_have_count(1)
    expect(page.locator(".ride-row")).to_contain_text(
        "rolled back after SagaRollbackIncomplete: $20.00 captured and refunded"
    )
    page.locator(".ride-row").click()
    expect(page.locator("h2.part")).to_contain_text("Recovery: SUCCEEDED")
    expect(page.locator(".money tbody tr").nth(0)).to_contain_text("$0.00$0.00")


@pytest.mark.long
def test_the_button_for_a_refused_refund_parks_its_ride(page: Page) -> None:
    start(page, "Refund refused")
    expect(page.locator("h1.verdict")).to_contain_text("parked after SagaRollbackIncomplete", timeout=60_000)
    expect(page.get_by_role("button", name="Recover it now")).to_be_visible()


@pytest.mark.long
def test_a_cancelled_ride_stops_and_is_rolled_back(page: Page, rides: Rides, payload: Payload, fare_id: str) -> None:
    started_on_a_machine_that_waits(rides, payload())
    page.get_by_label("Search").fill(fare_id)
    row = page.locator(".ride-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("running")
    row.click()
    expect(state(page, "Wait")).to_have_class(re.compile("running"))
    page.get_by_role("button", name="Cancel this ride").click()
    expect(page.locator("h1.verdict")).to_contain_text("rolled back after it was cancelled", timeout=60_000)


def test_a_search_finds_a_ride_by_fare_customer_and_execution(page: Page, rides: Rides, payload: Payload) -> None:
    given = payload(customerId="a customer of its own")
    saga_id = rides.start(given)
    rides.wait(saga_id)
    for query in (given["fareId"], "customer of its", saga_id.rpartition(":")[2], saga_id):
        page.get_by_label("Search").fill(query)
        expect(page.locator(".ride-row")).to_have_count(1)
        expect(page.locator(".ride-row .fare")).to_contain_text(given["fareId"])
    page.get_by_label("Search").fill("no ride has this")
    expect(page.get_by_text("Nothing found")).to_be_visible()


def test_a_new_ride_appears_in_an_open_list_by_itself(page: Page, rides: Rides, payload: Payload) -> None:
    given = payload()
    rides.start(given)
    expect(page.locator(".ride-row", has_text=given["fareId"])).to_contain_text("success message sent")
    assert not card_traces(page.content())
    assert LAB_FARE["cc"] not in page.content()


@pytest.mark.long
def test_the_line_for_the_aws_cli_starts_the_same_ride(page: Page, rides: Rides, fare_id: str, tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    write_local(tmp_path / ".local", rides.account, rides.outputs)
    page.get_by_role("link", name="Start", exact=True).click()
    page.locator("#field-fareId").fill(fare_id)
    page.locator("#field-customerId").fill("it's $HOME `a` customer")
    line = page.get_by_label("AWS CLI lines").inner_text()
    typed = type_in_a_new_shell(line, tmp_path)
    assert typed.returncode == 0, typed.stderr
    rides.wait(json.loads(typed.stdout)["executionArn"])
    row = rides.row("FaresTableName", {"fareId": fare_id}) or {}
    assert (row["fareStatus"], row["customerId"]) == ("completed", "it's $HOME `a` customer")

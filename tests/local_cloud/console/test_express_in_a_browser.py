"""Rides on Express in a real browser: started by a button, listed, found, opened, and recovered, without a history."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lambda_src.recovery.work.open_ride import INVALID
from tests.local_cloud.conftest import Faults
from tests.support.card import card_traces
from tests.support.console.served import Served
from wild_rydes_saga.deployed.rides import LAB_RIDES, LabRide, Rides

Payload = Callable[..., dict[str, Any]]


def begin(page: Page, title: str, **fields: str) -> None:
    """Starts a ride on Express: one of the lab's by its button, or the form's."""
    page.get_by_role("link", name="Start", exact=True).click()
    page.get_by_label("Machine, for each ride").select_option("express")
    for name, value in fields.items():
        page.locator(f"#field-{name}").fill(value)
    if fields:
        page.get_by_role("button", name="Start this ride").click()
    else:
        page.locator(f'[data-ride-title="{title}"]').click()


def state(page: Page, name: str) -> Any:
    return page.locator(f'.picture .state[data-state="{name}"]').first


@pytest.mark.parametrize(
    "ride", [pytest.param(one, id=one.title, marks=[pytest.mark.long] * (one is not LAB_RIDES[0])) for one in LAB_RIDES]
)
def test_a_button_starts_a_ride_on_express_and_shows_its_end(page: Page, ride: LabRide) -> None:
    begin(page, ride.title)
    error = ride.expected.error
    verdict = f"rolled back after {error}" if error else "completed: $20.00 captured, success message sent"
    expect(page.locator("h1.verdict")).to_contain_text(verdict)
    expect(page.get_by_text("Express keeps no history.", exact=False)).to_be_visible()
    for name in ride.expected.path:
        expect(state(page, name)).to_have_class(re.compile(r"\bstate (done|caught|failed)\b"))
    if error:
        failing = ride.expected.path[
            ride.expected.path.index("SetFareStatusFailed") - 1 - (ride.title == "Credit refused")
        ]
        expect(state(page, failing)).to_have_class(re.compile("caught"))
        expect(page.get_by_role("region", name="State", exact=True)).to_contain_text(error)
        expect(state(page, "NotifySuccess")).to_have_class(re.compile("ahead"))
    scale = "(drawn) => drawn.getBoundingClientRect().width / drawn.viewBox.baseVal.width"
    assert page.locator(".picture svg").first.evaluate(scale) >= 0.8, "its names are readable"
    paid = f"${(ride.expected.captured - ride.expected.refunded) / 100:.2f}"
    expect(page.locator(".money tbody tr").nth(0)).to_contain_text(f"Paid by the rider$0.00{paid}")
    expect(page.get_by_text(f"In the {ride.expected.queue} queue.", exact=False).first).to_be_visible()
    expect(page.get_by_text("closed 20", exact=False)).to_be_visible()
    assert page.get_by_role("button", name="Cancel this ride").count() == 0
    page.get_by_role("button", name="Read the logs").click()
    expect(page.get_by_label("Logs")).to_contain_text("ChargeFare")
    assert not card_traces(page.content())


@pytest.mark.long
def test_an_input_that_is_refused_on_express_says_so(page: Page, fare_id: str) -> None:
    begin(page, "", fareId=fare_id, fareAmount="twenty")
    expect(page.locator("h1.verdict")).to_contain_text("refused (InvalidFare): nothing captured, failure message sent")
    expect(state(page, "OpenRide")).to_have_class(re.compile("caught"))
    expect(state(page, "RegisterFare")).to_have_class(re.compile("ahead"))


@pytest.mark.long
def test_a_refused_fare_id_is_reported_in_neither_queue(page: Page) -> None:
    begin(page, "", fareId="x" * 129)
    verdict = "refused (InvalidFare): nothing captured, its message is in neither queue"
    expect(page.locator("h1.verdict")).to_contain_text(verdict)


@pytest.mark.long
def test_a_search_finds_rides_on_express(page: Page, console: Served, rides: Rides, fare_id: str) -> None:
    begin(page, "", fareId=fare_id, customerId=(customer := f"customer {uuid.uuid4().hex}"))
    expect(page.locator("h1.verdict")).to_contain_text("completed")
    name = page.locator(".ride-head code").inner_text()
    saga_id = rides.outputs["ExpressSagaArn"].replace(":stateMachine:", ":express:") + f":{name}"
    page.get_by_role("link", name="Rides", exact=True).click()
    for query in (fare_id, customer[9:20], name, saga_id):
        page.get_by_label("Search").fill(query)
        expect(page.locator(".ride-row")).to_have_count(1)
        expect(page.locator(".ride-row")).to_contain_text("-express")
        expect(page.locator(".ride-row .fare")).to_contain_text(fare_id)
    answer = console.post(f"/ride/{page.locator('.ride-row').get_attribute('data-ride')}/cancel")
    assert (answer.status, "Nothing stops a ride on Express" in answer.text) == (400, True)


@pytest.mark.long
def test_doubt_on_express_is_parked_shown_and_recovered(page: Page, faults: Faults, fare_id: str) -> None:
    faults.inject(fare_id, "CustomerAccountCredit", "RuntimeError", after=True)
    faults.inject(fare_id, "RefundFare", "RuntimeError")
    begin(page, "", fareId=fare_id)
    expect(page.locator("h1.verdict")).to_contain_text("parked after RuntimeError: $20.00 captured", timeout=60_000)
    for name, outcome in {"CustomerAccountCredit": "caught", "HandOver": "done", "SagaInDoubt": "failed"}.items():
        expect(state(page, name)).to_have_class(re.compile(outcome))
    expect(page.locator("h2.part")).to_contain_text("Recovery")
    page.get_by_role("link", name="Waiting for you", exact=True).click()
    card = page.locator(".wait", has_text=fare_id)
    expect(card.locator(".why")).to_contain_text("RefundFare: RuntimeError")
    faults.clear(fare_id)
    card.get_by_role("button", name="Recover").click()
    expect(card).to_have_count(0)
    page.get_by_role("link", name="Rides", exact=True).click()
    page.get_by_label("Search").fill(fare_id)
    expect(page.locator(".ride-row")).to_have_count(1)
    expect(page.locator(".ride-row")).to_contain_text("rolled back after RuntimeError: $20.00 captured and refunded")


@pytest.mark.long
def test_rows_that_somebody_else_wrote_spoil_no_list(page: Page, rides: Rides, console: Served) -> None:
    start = rides.outputs["ExpressSagaArn"].replace(":stateMachine:", ":express:")
    table, client = rides.outputs["OutcomesTableName"], rides.account.client("dynamodb")
    texts = ("<script>window.ran = 1</script>", "9999-99-99", "")
    rows = [
        {"sagaId": {"S": f"{start}:strange-{number}{end}"}, name: {"S": text or "-"}, "fareId": {"S": text or "-"}}
        for number, text in enumerate(texts)
        for name in ("startTime", "openSince", "closedAt", "failedError")
        for end in ("", INVALID)
    ]
    try:
        for row in rows:
            client.put_item(TableName=table, Item={**row, "failedCause": {"S": texts[0]}, "failedStep": {"N": "3"}})
        page.get_by_label("Search").fill("strange-")
        expect(page.locator(".ride-row")).to_have_count(len(texts) * 2)
        for handle in [one.get_attribute("data-ride") for one in page.locator(".ride-row").all()]:
            assert console.get(f"/ride/{handle}")["note"].startswith("Express keeps no history")
        assert page.evaluate("window.ran") is None
    finally:
        for row in rows:
            client.delete_item(TableName=table, Key={"sagaId": row["sagaId"]})

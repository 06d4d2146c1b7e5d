"""Script, quotes, SVG and a card in every field that a person or a program can fill: nothing runs, nothing shows."""

import json
import re
import uuid
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.card import CARD
from tests.support.console.served import Served
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides

DIGITS = CARD["cc"].replace(" ", "")
SCRIPTS = {
    "script": "<script>window.ran = 1</script>",
    "image": '"><img src=x onerror="window.ran=1">',
    "svg": "</text></svg><svg onload='window.ran=1'><script>window.ran=1</script>",
    "template": "${window.ran=1}{{window.ran=1}}`);window.ran=1//",
    "address": "javascript:window.ran=1",
    "quotes": "'\"\\<!--]]>&lt;&#x27;",
}
VIEWS = ("rides", "start", "queues", "waiting", "machine")


def nothing_ran(page: Page) -> None:
    assert page.evaluate("window.ran") is None
    assert page.locator("main script, main img, main iframe, svg script, [onload], [onerror]").count() == 0


def tour(page: Page, handle: str) -> str:
    """Opens every view and all that is folded in it; returns what the pages had in them."""
    seen = ""
    for view in (*VIEWS, f"ride/{handle}"):
        page.evaluate("view => { location.hash = '#/' + view }", view)
        expect(page.locator("main h1")).to_be_visible()
        page.wait_for_timeout(300)
        for state in page.locator(".state").all()[:12]:
            state.focus()
            page.keyboard.press("Enter")
            seen += page.content()
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        seen += page.content()
        nothing_ran(page)
    return seen


def ride(rides: Rides, console: Served, fields: dict[str, Any], name: str | None = None) -> str:
    saga_id = rides.start(fields, name=name)
    rides.wait(saga_id)
    found = console.get(f"/rides?q={saga_id.rpartition(':')[2]}")["rides"]
    return str(found[0]["ride"])


@pytest.mark.long
@pytest.mark.parametrize("kind", SCRIPTS)
def test_no_field_of_a_ride_runs_as_script(page: Page, rides: Rides, console: Served, kind: str) -> None:
    text = SCRIPTS[kind]
    fields = {name: f"{text}{uuid.uuid4().hex[:6]}" for name in ("customerId", "fareId")}
    handle = ride(rides, console, {**LAB_FARE, **fields})
    tour(page, handle)
    page.evaluate("location.hash = '#/rides'")
    page.get_by_label("Search").fill(fields["fareId"])
    expect(page.locator(".ride-row")).to_have_count(1)
    expect(page.locator(".ride-row .fare")).to_contain_text(fields["fareId"])
    nothing_ran(page)
    bad = ride(
        rides, console, {**LAB_FARE, "fareAmount": text, "cc": text, "expiryDate": text, "cvv": text, text: text}
    )
    tour(page, bad)


@pytest.mark.long
def test_no_name_of_a_state_and_no_cause_runs_as_script(page: Page, rides: Rides, console: Served) -> None:
    client = rides.account.client("stepfunctions")
    before = client.describe_state_machine(stateMachineArn=rides.outputs["StartHereArn"])["definition"]
    names = [f"{number} {text}"[:80] for number, text in enumerate(SCRIPTS.values())]
    states: dict[str, Any] = {name: {"Type": "Pass", "Next": after} for name, after in pairwise(names)}
    states[names[-1]] = {"Type": "Fail", "Error": SCRIPTS["image"], "Cause": SCRIPTS["svg"]}
    page.get_by_role("link", name="Your machine", exact=True).click()
    editor = page.get_by_label("Definition of", exact=False)
    try:
        editor.fill(json.dumps({"StartAt": names[0], "States": states}))
        page.get_by_role("button", name="Deploy to start-here").click()
        expect(page.get_by_text("Deployed.", exact=False).first).to_be_visible()
        page.get_by_role("button", name="Success", exact=True).click()
        expect(page.locator(".picture .state")).to_have_count(len(names))
        seen = tour(page, page.url.rpartition("/")[2])
        assert "0 &lt;script&gt;" in seen
    finally:
        client.update_state_machine(stateMachineArn=rides.outputs["StartHereArn"], definition=before)


@pytest.mark.long
@pytest.mark.parametrize("where", ["customerId", "fareId", "name", "extra", "nested"])
def test_a_card_in_any_field_is_shown_nowhere(page: Page, rides: Rides, console: Served, where: str) -> None:
    fields = {**LAB_FARE, **CARD, "fareId": f"wr_{uuid.uuid4().hex[:12]}"}
    unique = f"{DIGITS}{uuid.uuid4().int % 1000:03d}"
    name = unique if where == "name" else None
    if where == "nested":
        fields |= {"note": json.dumps({"deep": json.dumps(CARD)})}
    elif where == "extra":
        fields |= {unique: unique, "card": CARD["cc"]}
    elif where != "name":
        fields[where] = f"x {unique}"
    saga_id = rides.start(fields, name=name)
    rides.wait(saga_id)
    [found] = console.get(f"/rides?q={unique if name else fields['fareId'].replace(' ', '%20')}")["rides"]
    seen = tour(page, found["ride"])
    plain = re.sub(r"[\s-]", "", seen)
    assert DIGITS not in plain
    assert CARD["expiryDate"] not in seen
    assert f'"{CARD["cvv"]}"' not in seen
    assert "2424242424242424" not in plain


@pytest.mark.long
def test_a_card_that_is_typed_into_the_form_stays_there(page: Page) -> None:
    page.get_by_role("link", name="Start", exact=True).click()
    for name, value in CARD.items():
        page.locator(f"#field-{name}").fill(value)
    page.locator("#field-fareId").fill(f"wr_{uuid.uuid4().hex[:12]}")
    command = page.get_by_label("AWS CLI lines").inner_text()
    assert "LAB_CARD" in command
    assert not any(value in command for value in CARD.values())
    page.get_by_role("button", name="Start this ride").click()
    expect(page.locator("h1.verdict")).to_contain_text("completed")
    seen = tour(page, page.url.rpartition("/")[2])
    assert DIGITS not in re.sub(r"[\s-]", "", seen)
    assert CARD["expiryDate"] not in seen

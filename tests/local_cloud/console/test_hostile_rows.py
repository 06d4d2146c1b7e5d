"""Rows and messages that another program has stored, with script or a card in every field: none of it runs or shows."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.local_cloud.console.test_hostile_fields import DIGITS, SCRIPTS, VIEWS, nothing_ran
from tests.support.card import CARD
from tests.support.console.served import Served, served
from wild_rydes_saga.console.facts.messages import QUEUES
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.deployed.stacks import Outputs, Stack

TEXTS = {**SCRIPTS, "card": f"a card {CARD['cc']} and {DIGITS}"}
FARE = ("fareId", "sagaId", "customerId", "fareAmount", "fareStatus", "parkedAt", "recoveredBy", "startTime")
OUTCOME = ("sagaId", "work", "nextAt", "fareId", "recoveryArn", "foundBy", "closedAt", "failedError", "failedCause")
EXPRESS = ("openSince", "handedOverAt", "settledAt", "failedStep", "outcome", "fareStatus", "customerId", "startTime")
MESSAGE = ("sagaId", "fareId", "customerId", "fareAmount", "fareStatus", "eventId", "chargeId", "stillToDo", "trouble")


@pytest.fixture
def own(rides: Rides, outputs: Outputs) -> Iterator[Outputs]:
    """The stack's outputs with tables and queues of the test's own, all empty."""
    sqs = rides.account.client("sqs")
    urls = {one: sqs.create_queue(QueueName=f"own-{uuid.uuid4().hex}")["QueueUrl"] for one in QUEUES.values()}
    yield {**outputs, **urls}
    for url in urls.values():
        sqs.delete_queue(QueueUrl=url)


def store(rides: Rides, outputs: Outputs, text: str) -> None:
    """Writes the text into every field of every table and queue, in rows that the console takes for rides."""
    dynamodb, sqs = rides.account.client("dynamodb"), rides.account.client("sqs")

    def put(table: str, names: tuple[str, ...], **other: str) -> None:
        row = {name: {"S": text} for name in names} | {name: {"S": value} for name, value in other.items()}
        dynamodb.put_item(TableName=outputs[table], Item=row)

    standard = outputs["FareSagaArn"].replace(":stateMachine:", ":execution:")
    express = outputs["ExpressSagaArn"].replace(":stateMachine:", ":express:")
    put("FaresTableName", FARE, fareStatus="pending", unsettledSince="2020-01-01T00:00:00.000Z")
    put("FaresTableName", FARE, fareId=f"{text} parked", fareStatus="recovering", sagaId=f"{standard}:{text}")
    put("OutcomesTableName", OUTCOME, sagaId=f"{standard}:{text}", work="parked")
    put("OutcomesTableName", (*OUTCOME, *EXPRESS), sagaId=f"{express}:{text}", work="parked")
    put("OutcomesTableName", ("fareId", "failedCause"), sagaId=f"{express}:{text} open", openSince="2020-01-01")
    body = dict.fromkeys(MESSAGE, text)
    attribute = {"IsSuccessful": {"DataType": "String", "StringValue": text}}
    for url in (outputs[one] for one in QUEUES.values()):
        for one in (json.dumps({**body, "failure": body}), json.dumps({**body, "sagaId": f"{express}:{text}"}), text):
            sqs.send_message(QueueUrl=url, MessageBody=one, MessageAttributes=attribute)


def toured(context: BrowserContext, console: Served) -> str:
    """Opens every view and every ride that is listed, with all that is folded; returns what the pages had in them."""
    page, seen = context.new_page(), ""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(console.address)
    expect(page.locator(".ride-row").first).to_be_visible()
    listed: list[Any] = console.get("/rides")["rides"]
    waiting: list[Any] = console.get("/waiting")["rides"]
    for view in (*VIEWS, *(f"ride/{one['ride']}" for one in listed if "-express" in one["machine"])):
        page.evaluate("view => { location.hash = '#/' + view }", view)
        expect(page.locator("main h1")).to_be_visible()
        page.wait_for_timeout(300)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        seen += page.content()
        nothing_ran(page)
    assert waiting
    assert errors == []
    return seen


@pytest.mark.long
@pytest.mark.parametrize("kind", TEXTS)
def test_what_others_have_stored_neither_runs_nor_shows_a_card(
    context: BrowserContext, rides: Rides, own: Outputs, kind: str
) -> None:
    store(rides, own, TEXTS[kind])
    with served(Source(lambda: Stack(rides.account, own))) as console:
        seen = toured(context, console)
    plain = "".join(seen.split()).replace("-", "")
    assert DIGITS not in plain
    assert "wild-rydes-async-msg-4-express" in seen


@pytest.mark.long
def test_a_card_in_the_search_and_in_the_editor_goes_nowhere(
    context: BrowserContext, console: Served, rides: Rides
) -> None:
    before = rides.definition("StartHereArn")
    page = context.new_page()
    page.goto(console.address)
    for number in (CARD["cc"], DIGITS):
        page.get_by_label("Search").fill(number)
        expect(page.get_by_text("Nothing found")).to_be_visible()
        assert number not in page.locator("main").inner_html()
        calls = console.source.calls
        assert not [one for one in calls.of_last_minute() if number in one]
    page.get_by_role("link", name="Your machine", exact=True).click()
    definition = json.dumps({**before, "Comment": f"my card is {CARD['cc']}"})
    page.get_by_label("Definition of", exact=False).fill(definition)
    for name in ("Deploy to start-here", "Deploy and check"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_text("A number like a card's is in the definition", exact=False).first).to_be_visible()
    assert rides.definition("StartHereArn") == before
    client = rides.account.client("stepfunctions")
    client.update_state_machine(stateMachineArn=rides.outputs["StartHereArn"], definition=definition)
    try:
        shown = console.get("/machine")["definition"]
        assert "my card is [card data]" in shown
        assert CARD["cc"] not in shown
    finally:
        client.update_state_machine(stateMachineArn=rides.outputs["StartHereArn"], definition=json.dumps(before))

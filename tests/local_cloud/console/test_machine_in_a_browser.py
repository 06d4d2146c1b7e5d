"""A learner fails a chapter, sees why, corrects the machine and passes it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from wild_rydes_saga.deployed.rides import Rides
from wild_rydes_saga.lab import answer
from wild_rydes_saga.lab.page import answer_text

pytestmark = pytest.mark.long


BROKEN: str = r"""
(place) => {
  const broken = [];
  const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (text.parentElement.closest("pre")) continue;
    for (const word of text.data.matchAll(/[A-Za-z]+/g)) {
      const range = new Range();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
}
"""
"""A script that finds the words that go on in a second line; a definition may be as wide as it is."""


@pytest.fixture
def machine(page: Page, rides: Rides) -> Iterator[Page]:
    """The view, whose machine is the empty one again after the test."""
    client, arn = rides.account.client("stepfunctions"), rides.outputs["StartHereArn"]
    before = client.describe_state_machine(stateMachineArn=arn)["definition"]
    page.get_by_role("link", name="Your machine", exact=True).click()
    yield page
    client.update_state_machine(stateMachineArn=arn, definition=before)


def checked(page: Page, definition: str) -> Any:
    page.locator("#definition").fill(definition)
    page.get_by_role("button", name="Deploy and check", exact=True).click()
    result = page.get_by_role("region", name="Result")
    expect(result).to_be_visible(timeout=120_000)
    return result


def test_a_learner_fails_a_chapter_and_then_passes_it(machine: Page) -> None:
    forgotten: dict[str, Any] = answer(3)
    forgotten["States"]["CustomerAccountCredit"]["Arguments"]["Payload"].pop("sagaId")
    result = checked(machine, json.dumps(forgotten, indent=2))
    expect(result.get_by_role("heading", level=2)).to_contain_text("Chapter 2 of")
    expect(result).to_contain_text("sagaId")
    chapter = machine.locator(".chapter", has_text="3. Credit the customer's account")
    expect(chapter.get_by_role("img", name="failed")).to_be_visible()
    expect(chapter.locator(".inside").first).to_be_visible()
    result = checked(machine, answer_text(3))
    expect(result.get_by_role("heading", level=2)).to_contain_text("Chapter 3 of")
    expect(chapter.get_by_role("img", name="passed")).to_be_visible()


def test_the_rides_of_a_check_open_like_any_other(machine: Page) -> None:
    result = checked(machine, answer_text(6))
    expect(result.get_by_role("heading", level=2)).to_contain_text("_fail_credit")
    result.get_by_role("link", name="Credit refused").click()
    expect(machine.locator("h1.verdict")).to_contain_text("$20.00 captured")
    expect(machine.locator('.picture .state[data-state="CustomerAccountCredit"]')).to_have_class("state caught chosen")


def test_a_text_that_cannot_be_deployed_is_refused_with_its_line(machine: Page) -> None:
    machine.locator("#definition").fill('{\n  "StartAt": "A",\n  "States": {"A": }\n}')
    with machine.expect_response("**/api/machine/deploy"):
        machine.get_by_role("button", name="Deploy to start-here").click()
    expect(machine.get_by_text("Nothing was deployed", exact=False).first).to_contain_text("3")


@pytest.mark.parametrize("width", [1440, 1150, 390])
def test_no_word_of_the_chapters_is_broken(machine: Page, width: int) -> None:
    machine.set_viewport_size({"width": width, "height": 900})
    chapters = machine.get_by_role("region", name="Chapters")
    expect(chapters).to_be_visible()
    chapters.evaluate("(place) => place.querySelectorAll('.chapter').forEach((one) => { one.open = true; })")
    assert chapters.evaluate(BROKEN) == []
    wide = "(place) => [...place.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth)"
    assert chapters.evaluate(f"{wide}.length") == 0, "every row is in view"

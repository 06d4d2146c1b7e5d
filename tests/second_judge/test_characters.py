"""Machine and handlers accept the same characters, and SQS all that is sent, as the reference JSONata evaluates it."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from lambda_src.fare import CARD_FIELDS, CARDS, FARE_FIELDS, INPUT_FIELDS, TOKEN, TOKEN_RULE
from tests.conftest import REPORTED
from tests.second_judge.test_expressions import from_python
from tests.support.card import CARD
from tests.support.characters import carried, edges, refused
from tests.support.second_judge.hostile import EXECUTION, MOMENT, Given
from tests.support.second_judge.places import Place
from tests.support.second_judge.reference import Reference
from wild_rydes_saga.deployed.rides import LAB_FARE
from wild_rydes_saga.saga.rollback import READABLE_CAUSE
from wild_rydes_saga.services.fare_input import wrong_fields_cause

LONGEST_ID: Final = 128
RIGHT: Final = {**LAB_FARE, **CARD}
TOKENISED: Final = {**LAB_FARE, TOKEN: f"tok_{'0a' * 16}"}
SENDING: Final = ("Message", "MessageBody")
OF_PYTHON: Final = {"errorMessage": "", "errorType": "Error", "requestId": "1", "stackTrace": ['  File "a.py"\n']}
OF_NODE: Final = {"errorType": "Error", "errorMessage": "", "trace": ["Error: no"]}


def wrong(given: Any, judge: Reference) -> str:
    """What the machine says is wrong with an input."""
    states = {"context": {"Execution": {"Input": given}}}
    return str(judge.evaluate(wrong_fields_cause(CARDS), {"states": states}).value)


def full_ids() -> Iterator[str]:
    """Ids as long as they may be, with every character that they may have below U+10000, and some of each plane."""
    allowed = [chr(code) for code in (*range(0x10000), *range(0x10000, 0x110000, 61)) if carried(code)]
    for start in range(0, len(allowed), LONGEST_ID):
        yield "".join(allowed[start : start + LONGEST_ID])


def test_the_machine_accepts_the_characters_that_a_message_can_have(
    judge: Reference, record_property: Callable[[str, object], None]
) -> None:
    started, ids = time.monotonic(), list(full_ids())
    for one in ids:
        assert wrong({**RIGHT, "fareId": one, "customerId": one}, judge) == "", ascii(one)
        assert FARE_FIELDS["fareId"].accepts(one)
    record_property(
        REPORTED, f"ids: the characters of a message in {len(ids)} evaluations, {time.monotonic() - started:.1f} s"
    )


@pytest.mark.parametrize("field", ["customerId", "fareId"])
def test_the_machine_refuses_each_character_that_no_message_can_have(field: str, judge: Reference) -> None:
    for one in refused():
        assert wrong({**RIGHT, field: f"a{one}b"}, judge).startswith(f"{field} must be "), ascii(one)


@pytest.mark.parametrize("field", [*INPUT_FIELDS, TOKEN])
def test_machine_and_handlers_agree_on_a_field_with_any_class_of_character(field: str, judge: Reference) -> None:
    right = TOKENISED if field == TOKEN else RIGHT
    rule = {**FARE_FIELDS, **CARD_FIELDS, TOKEN: TOKEN_RULE}[field]
    for one in edges():
        for value in (f"{right[field]}{one}", f"{one}{right[field]}", one * len(right[field])):
            assert (wrong({**right, field: value}, judge) == "") is rule.accepts(value), ascii(one)


def test_the_engines_agree_on_an_id_with_any_class_of_character(judge: Reference) -> None:
    for one in edges():
        given = {"states": {"context": {"Execution": {"Input": {**RIGHT, "fareId": f"a{one}b"}}}}}
        answer = judge.evaluate(wrong_fields_cause(CARDS), given).value
        assert from_python(wrong_fields_cause(CARDS), Given("", given)).value == answer, ascii(one)


@pytest.mark.parametrize("form", [OF_PYTHON, OF_NODE], ids=["of-python", "of-node"])
@pytest.mark.parametrize("spaces", [(", ", ": "), (",", ":")], ids=["spaced", "dense"])
def test_the_message_of_a_failed_function_is_reported_whole(
    form: dict[str, Any], spaces: tuple[str, str], judge: Reference
) -> None:
    messages = [
        *(f"before{one}after" for one in edges() if carried(ord(one))),
        *(
            'a", b',
            'a"} b',
            '"errorMessage": "x"',
            "\\",
            '\\"',
            "\\n",
            "\\\\n\n",
            "C:\\new\\table",
            "",
            "$1$$0",
            "x" * 30_000,
        ),
    ]
    for message in messages:
        cause = json.dumps({**form, "errorMessage": message}, ensure_ascii=False, separators=spaces)
        # As JSON, a control character has no other form than its number, which is as good to read.
        reported = re.sub(r"[\x00-\x07\x0b\x0e-\x1f]", lambda one: f"\\u{ord(one[0]):04x}", message)
        given = {"states": {"errorOutput": {"Error": "E", "Cause": cause}}}
        assert judge.evaluate(READABLE_CAUSE, given).value == reported, ascii(message[:40])
        assert from_python(READABLE_CAUSE, Given("", given)).value == reported, ascii(message[:40])


@pytest.mark.parametrize("cause", ["", "no", '{"errorMessage', "Lambda timed out", '{"errorType": "E"}'])
def test_a_cause_without_a_message_is_reported_unchanged(cause: str, judge: Reference) -> None:
    given = {"states": {"errorOutput": {"Error": "E", "Cause": cause}}}
    assert judge.evaluate(READABLE_CAUSE, given).value == cause
    assert from_python(READABLE_CAUSE, Given("", given)).value == cause


def sent(places: list[Place]) -> list[Place]:
    """The expressions of what is sent to SNS and SQS."""
    return [one for one in places if one.field.removeprefix("Arguments.") in SENDING]


def with_text(text: str) -> dict[str, Any]:
    """Variables that have a text wherever a message takes one from."""
    failure = {"step": text, "error": text, "cause": text}
    ride = {"sagaId": text, "fareId": text, "customerId": text, "fareAmount": text}
    execution = {"Id": EXECUTION, "Name": "ride", "Input": {**RIGHT, "fareId": text}, "StartTime": MOMENT}
    states = {"context": {"Execution": execution, "State": {"Name": "S", "EnteredTime": MOMENT}}}
    known = {
        "failure": failure,
        "trouble": failure,
        "notUndone": [text],
        "outcome": text,
        "receipt": {"chargeId": text},
    }
    return {"states": states, "ride": ride, **known}


def test_what_is_sent_has_no_character_that_sqs_refuses(deployed_places: list[Place], judge: Reference) -> None:
    found = sent(deployed_places)
    assert {one.state for one in found} == {"NotifySuccess", "NotifyFailure", "ParkRide"}
    for place in found:
        for one in {*edges(), *list(refused())[:32]}:
            reported = judge.evaluate(place.text, with_text(f"a{one}b")).value
            assert all(carried(ord(character)) for character in reported), f"{place}: {one!a}"
            assert json.loads(reported)["sagaId"]

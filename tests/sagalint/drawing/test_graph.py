"""The pictures show what an execution did, and nothing secret."""

import re
from collections import Counter
from html import escape
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from sagalint.drawing.graph import draw
from sagalint.drawing.page import DrawnRide, page
from sagalint.drawing.path import Outcome, state_outcomes, taken_edges

Event = dict[str, Any]

MACHINE = {
    "StartAt": "Pay",
    "States": {
        "Pay": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Next": "Tell",
            "Catch": [
                {"ErrorEquals": ["Declined"], "Next": "GiveUp"},
                {"ErrorEquals": ["Shop.NoAnswer"], "Next": "GiveUp"},
                {"ErrorEquals": ["States.ALL"], "Next": "Refund"},
            ],
        },
        "Tell": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True},
        "Refund": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:dynamodb:updateItem",
            "Next": "GiveUp",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "GiveUp"}],
        },
        "GiveUp": {"Type": "Fail"},
    },
}
SUCCEEDED, CAUGHT, FAILED = Outcome.SUCCEEDED, Outcome.CAUGHT, Outcome.FAILED
IN_PROGRESS, NOT_ENTERED = Outcome.IN_PROGRESS, Outcome.NOT_ENTERED


def entered(name: str, kind: str = "Task") -> Event:
    return {"type": f"{kind}StateEntered", "stateEnteredEventDetails": {"name": name, "input": '{"secret": "input"}'}}


def exited(name: str) -> Event:
    return {"type": "TaskStateExited", "stateExitedEventDetails": {"name": name, "output": "secret output"}}


def failed(error: str, kind: str = "TaskFailed") -> Event:
    return {"type": kind, f"{kind[0].lower()}{kind[1:]}EventDetails": {"error": error, "cause": "secret cause"}}


STARTED, SCHEDULED, DONE = {"type": "ExecutionStarted"}, {"type": "TaskScheduled"}, {"type": "TaskSucceeded"}
PAID = [STARTED, entered("Pay"), SCHEDULED, DONE, exited("Pay")]
GAVE_UP = [entered("GiveUp", "Fail"), {"type": "ExecutionFailed"}]
SUCCESS = [*PAID, entered("Tell"), SCHEDULED, DONE, exited("Tell"), {"type": "ExecutionSucceeded"}]
DECLINED = [STARTED, entered("Pay"), SCHEDULED, failed("Declined"), exited("Pay"), *GAVE_UP]
UNDONE = [STARTED, entered("Pay"), SCHEDULED, failed("Boom"), exited("Pay"), entered("Refund"), SCHEDULED]


@pytest.mark.parametrize(
    ("events", "outcomes"),
    [
        pytest.param(SUCCESS, (SUCCEEDED, SUCCEEDED, NOT_ENTERED, NOT_ENTERED), id="success"),
        pytest.param(DECLINED, (CAUGHT, NOT_ENTERED, NOT_ENTERED, FAILED), id="caught, then the Fail state"),
        pytest.param(
            [
                STARTED,
                entered("Pay"),
                failed("States.QueryEvaluationError", "EvaluationFailed"),
                exited("Pay"),
                *GAVE_UP,
            ],
            (CAUGHT, NOT_ENTERED, NOT_ENTERED, FAILED),
            id="caught before any task was scheduled",
        ),
        pytest.param(
            [STARTED, entered("Pay"), exited("Pay"), *GAVE_UP],
            (CAUGHT, NOT_ENTERED, NOT_ENTERED, FAILED),
            id="caught, reported by the way taken alone",
        ),
        pytest.param(
            [STARTED, entered("Pay"), failed("Boom"), SCHEDULED, DONE, exited("Pay"), *SUCCESS[5:]],
            (SUCCEEDED, SUCCEEDED, NOT_ENTERED, NOT_ENTERED),
            id="succeeded at the second attempt",
        ),
        pytest.param(
            [*UNDONE, DONE, exited("Refund"), *GAVE_UP],
            (CAUGHT, NOT_ENTERED, SUCCEEDED, FAILED),
            id="next state and Catch target are the same: succeeded",
        ),
        pytest.param(
            [*UNDONE, failed("Boom", "TaskTimedOut"), exited("Refund"), *GAVE_UP],
            (CAUGHT, NOT_ENTERED, CAUGHT, FAILED),
            id="next state and Catch target are the same: caught",
        ),
        pytest.param(
            [*PAID, entered("Tell"), SCHEDULED, failed("Boom"), {"type": "ExecutionFailed"}],
            (SUCCEEDED, FAILED, NOT_ENTERED, NOT_ENTERED),
            id="uncaught",
        ),
        pytest.param(
            [*PAID, entered("Tell"), SCHEDULED, {"type": "ExecutionAborted"}],
            (SUCCEEDED, FAILED, NOT_ENTERED, NOT_ENTERED),
            id="aborted",
        ),
        pytest.param(
            [*UNDONE, {"type": "ExecutionTimedOut"}], (CAUGHT, NOT_ENTERED, FAILED, NOT_ENTERED), id="timed out"
        ),
        pytest.param(UNDONE, (CAUGHT, NOT_ENTERED, IN_PROGRESS, NOT_ENTERED), id="still running"),
        pytest.param([], (NOT_ENTERED,) * 4, id="no history yet"),
    ],
)
def test_outcomes(events: list[Event], outcomes: tuple[Outcome, ...]) -> None:
    assert state_outcomes(MACHINE, events) == dict(zip(MACHINE["States"], outcomes, strict=True))


def test_states_inside_a_parallel_state_are_not_states_of_the_machine() -> None:
    machine = {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": [], "End": True}}}
    inside = [entered("Inside"), failed("Boom"), exited("Inside")]
    events = [entered("Both", "Parallel"), *inside, {"type": "ParallelStateSucceeded"}, exited("Both")]
    assert state_outcomes(machine, [*events, {"type": "ExecutionSucceeded"}]) == {"Both": SUCCEEDED}
    assert taken_edges(machine, events) == ()


def test_taken_edges_are_the_path() -> None:
    events = [*UNDONE, DONE, exited("Refund"), *GAVE_UP]
    assert taken_edges(MACHINE, events) == (("Pay", "Refund"), ("Refund", "GiveUp"))


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    "events", [None, SUCCESS, DECLINED, UNDONE, []], ids=["plain", "success", "caught", "running", "new"]
)
def test_every_state_is_in_the_picture(events: list[Event] | None) -> None:
    shown = texts(draw(MACHINE, events))
    assert {*MACHINE["States"], "Start", "End"} <= set(shown)
    work = {"Lambda: Invoke", "SNS: Publish", "DynamoDB: UpdateItem", "Fail state"}
    assert work & set(shown) == (work if events is None else set())


def test_a_plain_picture_names_what_is_caught() -> None:
    shown = " ".join(texts(draw(MACHINE)))
    assert "Declined, NoAnswer" in shown
    assert shown.count("any other error") == 2


def test_a_path_names_only_the_error_that_was_caught() -> None:
    shown = texts(draw(MACHINE, DECLINED))
    assert "Declined" in shown
    assert "NoAnswer" not in shown


def test_every_path_has_the_same_layout() -> None:
    def places(svg: str) -> list[tuple[str, str, str]]:
        found = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
        return [
            (place.text or "", place.attrib["x"], place.attrib["y"])
            for place in found
            if place.text in MACHINE["States"]
        ]

    assert places(draw(MACHINE, SUCCESS)) == places(draw(MACHINE, DECLINED))


def test_a_picture_shows_no_data_of_the_execution() -> None:
    assert "secret" not in draw(MACHINE, DECLINED)


def test_a_picture_stands_by_itself() -> None:
    svg = draw(MACHINE, DECLINED, title='Rides & "fares" <1>')
    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == root[0].text == 'Rides & "fares" <1>'
    assert not re.search(r"\b(id|href|src)=|@import|url\(", svg)


@pytest.mark.parametrize(
    "name",
    [
        '"]; evil [label="',
        "a\\",
        "\\N\\n\\l",
        "&lt;b&gt;&amp;",
        "<b>bold</b>",
        "]]><script>alert(1)</script>",
        "Fähre 🚕 费",
    ],
)
def test_a_hostile_name_is_only_a_name(name: str) -> None:
    machine = {
        "StartAt": name,
        "States": {
            name: {"Type": "Pass", "Next": "Last", "Catch": [{"ErrorEquals": [name], "Next": "Last"}]},
            "Last": {"Type": "Succeed"},
        },
    }
    events = [
        entered(name),
        failed(name),
        exited(name),
        entered("Last"),
        exited("Last"),
        {"type": "ExecutionSucceeded"},
    ]
    for svg in (draw(machine), draw(machine, events, title=name)):
        assert any(name in (first, f"{first}{last}", f"{first} {last}") for first, last in pairwise(texts(svg)))
        assert len(re.findall(r"<script|<b>", svg)) == 0


def test_control_characters_are_left_out() -> None:
    events = [*DECLINED[:3], failed("Dec\x00lined\n\ud800"), *DECLINED[4:]]
    assert "Declined" in texts(draw(MACHINE, events, title="a\x0bb"))


RIDES = [
    DrawnRide("All is well", "SUCCEEDED", [("Path", "Pay, Tell"), ("Captured", "$20.00")], draw(MACHINE, SUCCESS)),
    DrawnRide("<script>1</script>", "FAILED", [("Error & cause", "<b>'Declined'</b>")], draw(MACHINE, DECLINED)),
    DrawnRide("Late", "TIMED_OUT", [], draw(MACHINE, UNDONE)),
]


def test_a_page_holds_every_ride() -> None:
    html = page(RIDES, title="Rides & more")
    assert "<title>Rides &amp; more</title>" in html
    for ride in RIDES:
        reported = [ride.title, ride.status, *(text for fact in ride.facts for text in fact)]
        assert all(escape(text) in html for text in reported)
        assert ride.svg in html


def test_a_page_explains_every_colour() -> None:
    assert all(f"</span>{outcome.value}</li>" in page([]) for outcome in Outcome)


def test_a_page_stands_by_itself() -> None:
    html = page(RIDES)
    assert "<script" not in html
    assert not re.search(r"\b(href|src)=|@import|url\(", html)
    ids = Counter(re.findall(r'\bid="([^"]*)"', html))
    assert len(ids) == len(RIDES)
    assert set(ids.values()) == {1}

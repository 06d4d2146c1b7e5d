"""The labels of a picture: choices and errors by the names that people know, and nothing lies on one."""

import json
from typing import Any

import pytest

from sagalint.drawing.graph import draw
from sagalint.drawing.labels import caught_errors, choices, few, reported_error
from tests.conftest import ROOT
from tests.support.sagalint.crossings import crossings

PICTURES = sorted(path for path in (ROOT / "docs" / "pictures").glob("*.svg") if path.stem != "architecture")
LOCKED = {"ErrorEquals": ["DynamoDB.Refused"], "Assign": {"failure": {"error": "FareLocked"}}, "Next": "Notify"}
OTHER = {
    "ErrorEquals": ["States.ALL"],
    "Assign": {"failure": {"error": "{% $states.errorOutput.Error %}"}},
    "Next": "Undo",
}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_nothing_lies_on_a_label_and_no_name_leaves_its_box(picture: Any) -> None:
    assert crossings(picture.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("machine", ["state_machine", "recovery_machine"])
def test_the_machines_own_pictures_have_free_labels(machine: str) -> None:
    definition = json.loads((ROOT / "tests" / "snapshots" / f"{machine}.json").read_text(encoding="utf-8"))
    assert crossings(draw(definition)) == []


def test_a_caught_error_has_the_name_by_which_it_is_reported() -> None:
    state = {"Type": "Task", "Catch": [LOCKED, OTHER]}
    assert caught_errors(state) == {"Notify": ("FareLocked",), "Undo": ("States.ALL",)}
    assert reported_error(state, "DynamoDB.Refused") == "FareLocked"
    assert reported_error(state, "States.Timeout") == "States.Timeout"


def test_a_long_list_of_errors_is_counted() -> None:
    assert few(["Lambda.ServiceException", "States.ALL"]) == ["ServiceException", "any other error"]
    assert few(["A.One", "Two", "Three", "Four"]) == ["One", "3 others"]


@pytest.mark.parametrize(
    ("choice", "asked"),
    [
        ({"Condition": "{% $verdict = 'settled' %}"}, "settled"),
        ({"Condition": "{% $rounds <= 3 %}"}, "rounds <= 3"),
        (
            {"Condition": "{% $count($all[price > 10 and open = true]) > 100 %}"},
            "count(all[price > 10 and open = true]) …",
        ),
        ({"Variable": "$.status", "StringEquals": "paid"}, "paid"),
        ({"Variable": "$.count", "NumericGreaterThanEquals": 3}, "count >= 3"),
        ({"Variable": "$.name", "IsPresent": False}, "name not present"),
        ({"Not": {"Variable": "$.status", "StringEquals": "paid"}}, "not paid"),
        (
            {"And": [{"Variable": "$.a", "NumericEquals": 1}, {"Variable": "$.b", "BooleanEquals": True}]},
            "a = 1 and b = True",
        ),
        ({}, "condition"),
    ],
)
def test_a_choice_is_labelled_with_what_it_asks(choice: dict[str, Any], asked: str) -> None:
    state = {"Type": "Choice", "Choices": [{**choice, "Next": "Yes"}], "Default": "No"}
    assert choices(state) == {"Yes": (asked,), "No": ("otherwise",)}
    machine = {"StartAt": "C", "States": {"C": state, "Yes": {"Type": "Succeed"}, "No": {"Type": "Fail"}}}
    assert "otherwise" in draw(machine)

"""A Choice in JSONata that asks whether something failed: the same is found however it asks."""

from typing import Any

import pytest

from tests.support.sagalint.small import ALL, Definition, rules_in

ERROR = "{% $states.errorOutput %}"
ADDED = "{% $append($seen, $states.errorOutput.Error) %}"
ASKS = [
    pytest.param({}, {}, asked, id=asked)
    for asked in (
        "$exists($trouble)",
        "$exists($trouble) and $trouble.Error != ''",
        "$exists($trouble) = true",
        "$exists($trouble.Error)",
        "$exists($trouble) ? true : false",
        "$type($trouble) = 'object'",
        "$trouble.Error = 'States.Timeout' or $exists($trouble)",
        "$not($not($exists($trouble)))",
    )
] + [
    pytest.param({"failed": False}, {"failed": True}, "$failed", id="a flag"),
    pytest.param({"failed": False}, {"failed": True}, "$failed = true", id="a flag that is compared"),
    pytest.param({"state": "open"}, {"state": "failed"}, "$state = 'failed'", id="a text"),
    pytest.param({"seen": []}, {"seen": ADDED}, "$count($seen) > 0", id="a list"),
    pytest.param({"trouble": None}, {}, "$trouble != null", id="null first"),
    pytest.param({"trouble": None}, {}, "$trouble ? true : false", id="null first, and its truth"),
    pytest.param({"trouble": ""}, {}, "$trouble != ''", id="an empty text first"),
    pytest.param({"trouble": {"Error": ""}}, {}, "$length($trouble.Error) > 0", id="an error without a name first"),
    pytest.param(
        {"how": {"ended": "well", "by": ""}},
        {"how": {"ended": "badly", "by": "{% $states.errorOutput.Error %}"}},
        "$how.ended = 'badly'",
        id="a field beside what is not known",
    ),
]  # fmt: skip


def _task(calls: str, then: str, caught: str, **assigned: Any) -> Definition:
    keeps = {"Output": "{% $states.input %}"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": calls, "Payload": "{% $states.input %}"},
        "TimeoutSeconds": 30,
        **keeps,
        "Catch": [{"ErrorEquals": [ALL], "Next": caught, **keeps, **({"Assign": assigned} if assigned else {})}],
        "Next": then,
    }


def _asking(first: Definition, then: Definition, asked: str, *, yes: str, no: str) -> Definition:
    """A saga whose Catches all lead to one Choice, as its good end does."""
    noted = {"trouble": ERROR, **then}
    states = {
        "Begin": {"Type": "Pass", "Assign": {"rental": "{% $states.input %}", **first}, "Next": "ReserveDrill"},
        "ReserveDrill": _task("reserve-drill", "ChargeDeposit", "Failed?", **noted),
        "ChargeDeposit": _task("charge-deposit", "Failed?", "Failed?", **noted),
        "Failed?": {"Type": "Choice", "Choices": [{"Condition": f"{{% {asked} %}}", "Next": yes}], "Default": no},
        "Rented": {"Type": "Succeed"},
        "RefundDeposit": _task("refund-deposit", "ReleaseDrill", "NotUndone"),
        "ReleaseDrill": _task("release-drill", "CalledOff", "NotUndone"),
        "CalledOff": {"Type": "Fail", "Error": "{% $trouble.Error %}"},
        "NotUndone": {"Type": "Fail", "Error": "RentalStuck"},
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Begin", "TimeoutSeconds": 3600, "States": states}


@pytest.mark.parametrize(("first", "then", "asked"), ASKS)
def test_a_right_question_finds_nothing(first: Definition, then: Definition, asked: str) -> None:
    found = rules_in(_asking(first, then, asked, yes="RefundDeposit", no="Rented"))
    assert not {"read-undefined", "ends-in-success", "kind-changes"} & {*found}


@pytest.mark.parametrize(("first", "then", "asked"), ASKS)
def test_a_question_turned_round_is_found(first: Definition, then: Definition, asked: str) -> None:
    found = rules_in(_asking(first, then, asked, yes="Rented", no="RefundDeposit"))
    assert "ends-in-success" in found
    assert ("read-undefined" in found) is ("trouble" not in first or first["trouble"] in (None, ""))


@pytest.mark.parametrize(("first", "then", "asked"), ASKS)
def test_the_opposite_question_with_the_ways_changed(first: Definition, then: Definition, asked: str) -> None:
    found = rules_in(_asking(first, then, f"({asked}) = false", yes="Rented", no="RefundDeposit"))
    assert not {"read-undefined", "ends-in-success", "kind-changes"} & {*found}


def test_a_question_about_something_else_decides_nothing() -> None:
    found = rules_in(_asking({}, {}, "$rental.insured", yes="RefundDeposit", no="Rented"))
    assert {"read-undefined", "ends-in-success"} <= {*found}


@pytest.mark.parametrize("way", ["{% $exists($trouble) ? $trouble.Error : 'none' %}", "{% $trouble.Error %}"])
def test_an_expression_that_asks_first_reads_what_is_there(way: str) -> None:
    definition = _asking({}, {}, "$exists($trouble)", yes="RefundDeposit", no="Rented")
    definition["States"]["Rented"]["Output"] = {"trouble": way}
    assert ("read-undefined" in rules_in(definition)) is ("exists" not in way)


@pytest.mark.parametrize(("first", "asked"), [("", "$trouble != ''"), (None, "$trouble != null"), (0, "$trouble != 0")])
def test_a_field_is_read_of_what_has_none(first: Any, asked: str) -> None:
    definition = _asking({"trouble": first}, {}, asked, yes="RefundDeposit", no="Rented")
    definition["States"]["Rented"]["Output"] = {"trouble": "{% $trouble.Error %}"}
    assert "read-undefined" in rules_in(definition)


def test_a_variable_that_nothing_assigns_is_found_where_it_is_asked() -> None:
    found = rules_in(_asking({}, {}, "$truble.Error != ''", yes="RefundDeposit", no="Rented"))
    assert "read-undefined" in found


def _report(read: str, asked: str = "") -> Definition:
    """A machine that undoes nothing: it lists the rentals of a day, and mails the list."""
    choice = {"Type": "Choice", "Choices": [{"Condition": f"{{% {asked} %}}", "Next": "MailList"}], "Default": "Done"}
    mail = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Arguments": f"{{% {read} %}}", "End": True}
    states: Definition = {
        "Begin": {"Type": "Pass", "Assign": {"office": "{% $states.input.office %}"}, "Next": "MailList"},
        "MailList": mail,
    }
    if asked:
        states = {**states, "Begin": {**states["Begin"], "Next": "Ask"}, "Ask": choice, "Done": {"Type": "Succeed"}}
    return {"QueryLanguage": "JSONata", "StartAt": "Begin", "States": states}


def test_what_fails_every_execution_is_found_in_any_machine() -> None:
    assert rules_in(_report("$offise")) == ["read-undefined"]
    assert not rules_in(_report("$office"))


def test_what_a_choice_leads_to_is_found_where_nothing_is_undone() -> None:
    """An execution that takes this way fails, though no state has failed before."""
    assert rules_in(_report("$offise", "$states.input.mail")) == ["read-undefined"]

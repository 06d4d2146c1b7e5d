"""What AWS would refuse is found, by state and field; what only a deployment knows is not."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sagalint import check
from sagalint.definition.refusals import Repeating, refusals
from sagalint.plan import Plan

EXAMPLE = Path(__file__).parents[1] / "examples" / "well-made-jsonata"
PLAN = Plan.from_json((EXAMPLE / "plan.json").read_text(encoding="utf-8"))
ACTION = "BookFlight"
_STATES = "arn:aws:states:eu-central-1:444455556666"


@pytest.fixture
def definition() -> dict[str, Any]:
    return dict(json.loads((EXAMPLE / "machine.asl.json").read_text(encoding="utf-8")))


def branch(**fields: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": [{"StartAt": "In", "States": {"In": {"Type": "Succeed"}}, **fields}]}


def choice(**fields: Any) -> dict[str, Any]:
    rule = {"Variable": "$.a", "Next": ACTION, **fields}
    return {"Type": "Choice", "QueryLanguage": "JSONPath", "Choices": [rule], "Default": ACTION}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("TimeoutSeconds", "10", "TimeoutSeconds of the state BookFlight is not what it must be: a number"),
        ("Resource", "arn:aws:lambda:invoke", "Resource of .* is only a part of an ARN: arn:aws:lambda:invoke: name"),
        ("Retry", None, "Retry of the state BookFlight is not what it must be: a list"),
        ("Retry", [{"MaxAttempts": 3}], "the Retry of the state BookFlight, entry 1, has no ErrorEquals: give it one"),
        ("Retry", [{"ErrorEquals": ["X"], "MaxAttempts": 1e12}], "MaxAttempts of .* is above 99999999"),
        ("Retry", [{"ErrorEquals": ["X"], "BackoffRate": 0.5}], "BackoffRate of .*: a number, not below 1"),
        ("Retry", [{"ErrorEquals": ["X"], "IntervalSeconds": 0}], "IntervalSeconds of .*: a whole number, not below 1"),
        ("Retry", [{"ErrorEquals": ["X"], "JitterStrategy": "Full"}], "JitterStrategy of .*: FULL or NONE"),
        (
            "Retry",
            [{"ErrorEquals": ["X", "States.ALL"]}],
            "entry 1, has States.ALL beside other names: leave the other",
        ),
        ("Resource", f"{_STATES}:stateMachine:pay", "is a state machine, which a Task cannot call by its ARN: call"),
        ("Resource", "${aws_sfn_state_machine.pay.arn}", "is a state machine, which a Task cannot call by its ARN"),
        ("Resource", "arn:aws:sns:eu-west-1:444455556666:sold", "is a topic, which .*: call arn:aws:states:::sns:pub"),
        ("Resource", "${var.sns_topic_arn}", "is a topic, which a Task cannot call by its ARN"),
        ("Resource", "${aws_sqs_queue.sold.arn}", "is a queue, which .*: call arn:aws:states:::sqs:sendMessage"),
        ("Resource", "arn:aws-cn:dynamodb:cn-north-1:444455556666:table/sold", "is a table, which a Task cannot"),
        ("Retry", [{"ErrorEquals": ["X"], "MaxAttempt": 1}], "entry 1, has the field MaxAttempt.*: write MaxAttempts"),
        ("Retry", [{"ErrorEquals": ["X"], "BackOffRate": 2}], "the field BackOffRate, .*: write BackoffRate"),
        ("Catch", [{"ErrorEquals": ["X"]}], "entry 1, has no Next: give it one"),
        ("Catch", [{"ErrorEquals": [], "Next": "TripFailed"}], "ErrorEquals of .* a list of the errors"),
        ("Next", "Nowhere", "BookFlight leads to 'Nowhere', and no state is called so"),
        ("Type", "Tusk", "the state BookFlight has the Type 'Tusk': use one of Task"),
        ("End", True, "the state BookFlight has both Next and End: keep one of them"),
        ("Timeoutseconds", 3, "the state BookFlight has the field Timeoutseconds, .*: write TimeoutSeconds"),
        ("ResultPath", "$.x", "the field ResultPath, .*: leave it out, or set the state's QueryLanguage"),
        ("HeartbeatSeconds", 9999, "HeartbeatSeconds of the state BookFlight is not below its TimeoutSeconds"),
        ("Whatever", 1, "the field Whatever, which AWS does not allow there: leave it out"),
        ("Output", "{% ( %}", "in the state BookFlight, .* is not JSONata"),
    ],
)
def test_a_wrong_field_is_named_with_its_state_and_its_fix(
    field: str, value: Any, said: str, definition: dict[str, Any]
) -> None:
    definition["States"][ACTION][field] = value
    first, *_ = check(definition, PLAN).findings
    assert (first.rule.id, first.level, first.states) == ("refused-by-aws", "error", (ACTION,))
    assert re.search(said, f"{first.message}: {first.fix}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: one.pop("StartAt"), "the machine has no StartAt: name the first state"),
        (lambda one: one.update(StartAt="Nowhere"), "StartAt names 'Nowhere', and no state is called so"),
        (lambda one: one.update(Timeout=3), "the machine has the field Timeout, .*: write TimeoutSeconds"),
        (lambda one: one["States"].update(In={"Type": "Succeed"}, P=branch() | {"End": True}), "2 states are called"),
        (lambda one: one["States"].update(P=branch(StartAt="Out") | {"End": True}), "StartAt names 'Out'"),
        (lambda one: one["States"].update(P=branch(TimeOut=1) | {"End": True}), "machine inside has the field TimeOut"),
        (lambda one: one["States"].update(W={"Type": "Wait", "End": True}), "W does not say in one way how long"),
        (lambda one: one["States"].update({"x" * 81: {"Type": "Succeed"}}), "a name of 81 characters: AWS allows 80"),
        (lambda one: one["States"].update(C=choice(StringEqual="a")), "entry 1, has .* StringEqual, .* StringEquals"),
        (lambda one: one["States"].update(C=choice(And=[{"Variabel": "$.a"}])), "Variabel, .*: write Variable"),
        (lambda one: one["States"][ACTION].pop("Next"), "BookFlight leads nowhere: give it a Next"),
    ],
)  # fmt: skip
def test_a_wrong_machine_is_refused(
    change: Callable[[dict[str, Any]], object], said: str, definition: dict[str, Any]
) -> None:
    changed = copy.deepcopy(definition)
    change(changed)
    found = [f"{one.message}: {one.fix}" for one in check(changed, PLAN).findings if one.rule.id == "refused-by-aws"]
    assert any(re.search(said, one) for one in found), found


def test_fields_that_are_wrong_for_one_reason_are_one_finding(definition: dict[str, Any]) -> None:
    for name in (ACTION, "BookHotel"):
        definition["States"][name] |= {"ResultPath": "$.x", "InputPath": "$.y"}
    definition |= {"_comment": "a", "_comment2": "b"}
    found = [one for one in check(definition, PLAN).findings if one.rule.id == "refused-by-aws"]
    assert sorted(one.message for one in found) == [
        "the machine has the fields _comment and _comment2, which AWS does not allow there",
        f"the state {ACTION} has the fields ResultPath and InputPath, which AWS does not allow there; "
        "BookHotel has the same fault",
    ]


def test_two_states_of_one_name_are_refused_though_the_last_holds(definition: dict[str, Any]) -> None:
    text = json.dumps({**definition, "States": {"#": 0}}).replace(
        '{"#": 0}', '{"A": {"Type": "Succeed"}, "A": {"Type": "Succeed"}}'
    )
    (found,) = refusals({**json.loads(text, object_pairs_hook=Repeating), "StartAt": "A"})
    assert (found.state, found.message) == ("A", "2 states are called A")


def test_a_misspelt_field_leaves_the_rest_to_be_checked(definition: dict[str, Any]) -> None:
    definition["States"][ACTION] |= {"Catched": 1, "Catch": []}
    rules = [one.rule.id for one in check(definition, PLAN).findings]
    assert rules[0] == "refused-by-aws"
    assert "doubt-not-compensated" in rules


def test_nothing_is_refused_for_what_only_a_deployment_knows(definition: dict[str, Any]) -> None:
    definition["TimeoutSeconds"] = "${Timeout}"
    for state in definition["States"].values():
        if "TimeoutSeconds" in state:
            state["TimeoutSeconds"] = "${Timeout}"
        for retrier in state.get("Retry", ()):
            retrier["IntervalSeconds"] = "${Interval}"
            if retrier.get("MaxAttempts") != 0:
                retrier["MaxAttempts"] = "${Attempts}"
    report = check(definition, PLAN)
    assert not report.findings, [one.message for one in report.findings]


@pytest.mark.parametrize(("catch", "refused"), [([], True), ("${var.catch}", False), (["${var.catch}"], False)])
def test_a_state_that_no_other_names_is_refused(catch: Any, refused: bool) -> None:
    """In a branch too; where only a deployment knows where a state leads, another may be named there."""
    work = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True, "Catch": catch}
    states = {"Work": work, "Undo": {"Type": "Pass", "Next": "Over"}, "Over": {"Type": "Fail"}}
    for machine in ({"StartAt": "Work", "States": states}, None):
        definition = machine or {
            "StartAt": "Fork",
            "States": {"Fork": {"Type": "Parallel", "End": True, "Branches": [{"StartAt": "Work", "States": states}]}},
        }
        found = [one.message for one in refusals(definition)]
        assert found == (["no state leads to Undo, which AWS refuses"] if refused else [])


@pytest.mark.parametrize(
    ("comparison", "value", "must"),
    [
        ("BooleanEquals", "yes", "true or false"),
        ("IsPresent", "true", "true or false"),
        ("NumericGreaterThan", "3", "a number"),
        ("NumericEquals", True, "a number"),
        ("StringEquals", 3, "a text"),
        ("TimestampLessThan", 2026, "a text"),
        ("BooleanEquals", False, ""),
        ("NumericEquals", 3.5, ""),
        ("NumericEquals", "${Limit}", ""),
        ("StringEqualsPath", "$.b", ""),
    ],
)
def test_what_is_compared_must_be_of_that_kind(comparison: str, value: Any, must: str) -> None:
    """YAML 1.2 takes `yes` for a text. Without a Task there is nothing else to check."""
    rule = {"Variable": "$.a", comparison: value, "Next": "Yes"}
    states = {"Asked": {"Type": "Choice", "Choices": [{"Not": rule, "Next": "Yes"}], "Default": "Yes"}}
    found = [one.message for one in refusals({"StartAt": "Asked", "States": {**states, "Yes": {"Type": "Succeed"}}})]
    part = "the Choices of the state Asked, entry 1"
    assert found == ([f"{comparison} of {part} must be {must}"] if must else [])


def test_a_way_that_is_missing_is_said_beside_a_catch_that_is_misspelt() -> None:
    """The Catch lacks its Next because that is misspelt; the state has none of its own."""
    catch = {"ErrorEquals": ["States.ALL"], "Nxt": "Over"}
    work = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Catch": [catch]}
    found = refusals({"StartAt": "Work", "States": {"Work": work, "Over": {"Type": "Fail"}}})
    assert [one.message for one in found] == [
        "Work leads nowhere",
        "the Catch of the state Work, entry 1, has the field Nxt, which AWS does not allow there",
    ]


@pytest.mark.parametrize(
    ("path", "right", "wrong"),
    [
        ((), "StartAt", "StartsAt"),
        (("States", "Work"), "Resource", "Ressource"),
        (("States", "Work"), "Next", "NextState"),
        (("States", "Work", "Catch", 0), "ErrorEquals", "ErrorEqual"),
        (("States", "Work", "Catch", 0), "Next", "Nxt"),
        (("States", "Asked"), "Choices", "Choice"),
    ],
)
def test_a_field_that_is_needed_and_misspelt_is_one_refusal(path: tuple[Any, ...], right: str, wrong: str) -> None:
    """What else is missing for it is not said beside it."""
    work = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Over"}],
        "Next": "Asked",
    }
    asked = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "Over"}], "Default": "Done"}
    ends = {"Done": {"Type": "Succeed"}, "Over": {"Type": "Fail"}}
    definition: Any = {"StartAt": "Work", "States": {"Work": work, "Asked": asked, **ends}}
    part = definition
    for step in path:
        part = part[step]
    part[wrong] = part.pop(right)
    (found,) = refusals(definition)
    assert (found.fix, found.readable) == (f"write {right}", False)
    assert f"has the field {wrong}, which AWS does not allow there" in found.message

"""A wrong value anywhere in a definition is reported in words, and raises no other exception."""

import contextlib
import copy
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagalint import check
from sagalint.command import main
from sagalint.guess.plan import guess_plan
from sagalint.input_error import InputError
from sagalint.plan import Plan, SagaPlanError
from tests.sagalint.rules.test_examples import EXHIBITS, machine

JUNK: tuple[Any, ...] = (None, "x", 0, -1, True, [], {}, [None], [{}], "{% ( %}", "{% $x.y %}", "$.a.b")
Where = tuple[str | int, ...]


def places(value: Any, where: Where = ()) -> Iterator[Where]:
    """Every place in a definition."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*where, key)
        yield from places(inner, (*where, key))


def misshapen(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The definition with junk in each place in turn, another kind each time."""
    junk = itertools.cycle(JUNK)
    for where in places(definition):
        changed = copy.deepcopy(definition)
        node: Any = changed
        for step in where[:-1]:
            node = node[step]
        node[where[-1]] = next(junk)
        yield changed


@pytest.mark.parametrize(
    "exhibit",
    [one for one in EXHIBITS if one.name in ("lab", "well-made", "well-made-jsonata", "success-without-a-step")],
    ids=lambda path: path.name,
)
def test_junk_anywhere_is_verified_or_refused_in_words(exhibit: Path) -> None:
    plan = Plan.from_json((exhibit / "plan.json").read_text(encoding="utf-8"))
    for changed in misshapen(machine(exhibit)):
        for attempt in (lambda one: check(one, plan), guess_plan):
            with contextlib.suppress(InputError):
                attempt(changed)


def test_attempts_without_end_are_counted_without_waiting() -> None:
    exhibit = next(one for one in EXHIBITS if one.name == "well-made-jsonata")
    definition = machine(exhibit)
    definition["States"]["BookFlight"]["Retry"][-1] |= {"MaxAttempts": 99_999_999, "BackoffRate": 2}
    rules = {
        one.rule.id
        for one in check(definition, Plan.from_json((exhibit / "plan.json").read_text(encoding="utf-8"))).findings
    }
    assert "machine-timeout-too-short" in rules


ONLY_A_LOOK = '{"action": "Look", "uncompensated_because": "it only looks"}'


@pytest.mark.parametrize(
    ("fields", "reported"),
    [
        ('"ending": "Failed"', "must be a list @ plan.ending"),
        ('"messages": {"success": "Told"}', "must be a list @ plan.messages.success"),
        ('"function_timeouts": {"Look": "10"}', "must be a number"),
        ('"recovered_by": 3', "must be a text @ plan.recovered_by"),
        ('"inputs": "orderId"', "must be a list @ plan.inputs"),
        ('"accepted": {}', "must be a list @ plan.accepted"),
    ],
)
def test_a_plan_with_another_kind_of_value_is_refused_with_its_place(fields: str, reported: str) -> None:
    with pytest.raises(SagaPlanError, match=reported):
        Plan.from_json(f'{{"steps": [{ONLY_A_LOOK}], {fields}}}')


@pytest.mark.parametrize(
    "fields",
    [
        '"ending": ["Nowhere"]',
        '"function_timeouts": {"Nowhere": 3}',
        '"transient": {"Nowhere": ["X"]}',
        '"accepted": [{"rule": "no-timeout", "state": "Nowhere", "because": "we know"}]',
    ],
)
def test_a_state_that_only_the_plan_names_is_a_finding(fields: str) -> None:
    look = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:look", "End": True}
    plan = Plan.from_json(f'{{"steps": [{ONLY_A_LOOK}], {fields}}}')
    found = [one.states for one in check({"StartAt": "Look", "States": {"Look": look}}, plan).findings]
    assert ("Nowhere",) in found


@pytest.mark.parametrize(
    "changed",
    [
        {"Arguments": {"FunctionName": "cancel", "InvocationType": "Event"}},
        {"Arguments": {"FunctionName": "cancel", "InvocationType": "DryRun"}},
        {"Resource": "arn:aws:states:::states:startExecution"},
    ],
    ids=["Event", "DryRun", "startExecution"],
)
def test_a_compensation_that_nobody_waits_for_is_found(changed: dict[str, Any]) -> None:
    exhibit = next(one for one in EXHIBITS if one.name == "well-made-jsonata")
    definition = machine(exhibit)
    definition["States"]["CancelFlight"] |= changed
    plan = Plan.from_json((exhibit / "plan.json").read_text(encoding="utf-8"))
    assert "not-waited-for" in {one.rule.id for one in check(definition, plan).findings}


@pytest.mark.parametrize("condition", ["{% ($f := function($x){$f($x)}; $f(1)) %}", "{% $count([1..9000000]) > 1 %}"])
def test_a_condition_that_never_ends_goes_every_way(condition: str) -> None:
    states = {
        "Ask": {"Type": "Choice", "Choices": [{"Condition": condition, "Next": "Look"}], "Default": "Look"},
        "Look": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:look", "End": True},
    }
    definition = {"StartAt": "Ask", "QueryLanguage": "JSONata", "States": states}
    assert check(definition, Plan.from_json(f'{{"steps": [{ONLY_A_LOOK}]}}')).seconds < 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "the plan is not a JSON object: give one"),
        ("{", "the plan is not JSON: .* in line 1, column 2"),
        ("{}", "give it the field steps @ plan.steps"),
        ('{"steps": [{"compensation": "Undo"}]}', r"give it the field action @ plan.steps\[0\].action"),
        (
            f'{{"steps": [{ONLY_A_LOOK}], "endings": []}}',
            "the field endings, which is not known: write ending",
        ),
        ('{"steps": [{"action": "Do", "compensated": "Undo"}]}', r"plan.steps\[0\] has .*: write compensation"),
        ('{"steps": [{"action": "Do", "zzz": 1}]}', "it may have action, compensation, "),
        ('{"steps": [{"action": "Do", "pivot": 1}]}', r"must be true or false @ plan.steps\[0\].pivot"),
        (f'{{"steps": [{ONLY_A_LOOK}], "rounds": {{"Look": 1.5}}}}', "must be a whole number"),
        (f'{{"steps": [{ONLY_A_LOOK}], "takes_over": {{"verdicts": {{"x": "y"}}}}}}', "must be one of undo, undo uncl"),
        ('{"steps": []}', "a saga needs at least one step"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused_with_the_fix(text: str, said: str) -> None:
    with pytest.raises(SagaPlanError, match=said):
        Plan.from_json(text)


def test_a_plan_may_name_its_schema_for_editors() -> None:
    assert Plan.from_json(f'{{"$schema": "plan.schema.json", "steps": [{ONLY_A_LOOK}]}}').steps[0].action == "Look"


@pytest.mark.parametrize(
    "text", ['{"StartAt": ["A"], "States": {"A": {"Type": "Succeed"}}}', '{"StartAt": 1, "States": 7}']
)
def test_the_report_is_written_whatever_a_machine_has(text: str, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text(text, encoding="utf-8")
    assert main([str(tmp_path / "odd.json")]) == 1

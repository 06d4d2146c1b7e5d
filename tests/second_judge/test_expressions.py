"""Deployed expressions bear hostile values, as the reference JSONata evaluates them."""

import contextlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import jsonata
import pytest
from aws_cdk.assertions import Template

from lambda_src.text import NOT_CARRIED
from tests.conftest import REPORTED
from tests.support.card import card_traces
from tests.support.second_judge.hostile import Given, givens
from tests.support.second_judge.places import Place
from tests.support.second_judge.reference import DEEPEST, Evaluation, Reference
from tests.support.second_judge.variables import good_variables
from tests.support.template.graph import Graph


@pytest.fixture(scope="session")
def variables(deployed: dict[str, Any], deployed_places: list[Place]) -> dict[str, dict[str, Any]]:
    """By machine, a good value of each of its variables."""
    machines = {place.machine for place in deployed_places}
    return {name: good_variables(Graph.of(Template.from_json(deployed), name).definition) for name in machines}


def once(places: list[Place]) -> list[Place]:
    """The places that differ in what they are evaluated with or in what is asked of them."""
    return list({(one.machine, one.text, one.caught, one.result, one.error, one.known): one for one in places}.values())


def from_python(text: str, given: Given) -> Evaluation:
    """What jsonata-python makes of it."""
    engine = jsonata.Jsonata(text)
    frame = engine.create_frame(engine.environment)
    for name, value in given.bindings.items():
        frame.bind(name, value)
    try:
        value = engine.evaluate(None, frame)
    except jsonata.JException as error:
        return Evaluation(error=str(error.error))
    return Evaluation(value=value, defined=value is not None)


def same(one: Evaluation, other: Evaluation) -> bool:
    """Whether two engines agree, but for how they escape."""
    if not (one.defined and other.defined):
        return True
    return one.value == other.value or _read(one.value) == _read(other.value)


def _read(value: Any) -> str:
    """A value as a reader has it: a message has U+FFFD for what SQS refuses, unless the engine has escaped that."""
    with contextlib.suppress(TypeError, ValueError):
        value = json.loads(value)
    return re.sub(NOT_CARRIED, "\ufffd", json.dumps(value, sort_keys=True, ensure_ascii=False))


def comes_there(place: Place, given: Given, judge: Reference) -> bool:
    """Whether the expressions that come before have a value: else the machine goes another way."""
    return all(judge.evaluate(text, given.bindings).defined for text in place.passed if "Execution.Input" in text)


def test_the_reference_is_of_the_version_that_aws_documents(judge: Reference) -> None:
    assert judge.version() == "2.0.6"


@dataclass
class Account:
    """What was evaluated, and what was found wrong, by place and value."""

    evaluated: int = 0
    compared: int = 0
    deepest: int = 0
    wrong: dict[str, str] = field(default_factory=dict)


def evaluate(place: Place, given: Given, judge: Reference, account: Account) -> None:
    """Evaluates an expression with both engines and notes what is wrong."""
    answer, other = judge.evaluate(place.text, given.bindings), from_python(place.text, given)
    account.evaluated += 1
    account.compared += answer.defined and other.defined
    account.deepest = max(account.deepest, answer.deepest)
    where = f"{place}: {given.label}"
    if card_traces(answer.message):
        account.wrong[where] = "its error, which becomes a cause, quotes the card"
    if answer.deepest > DEEPEST:
        account.wrong[where] = f"{answer.deepest} deep"
    if not same(answer, other):
        account.wrong[where] = "the engines differ"
    # What a function answers is the project's own, and checked by the trials.
    unchecked = "$states.result" in place.text or place.caught or answer.defined
    if not unchecked and comes_there(place, given, judge):
        account.wrong[where] = f"not caught: {answer.error or 'no value'}"


@pytest.mark.long
def test_no_expression_raises_what_its_state_does_not_catch(
    deployed_places: list[Place],
    variables: dict[str, dict[str, Any]],
    judge: Reference,
    record_property: Callable[[str, object], None],
) -> None:
    started, account = time.monotonic(), Account()
    for place in once(deployed_places):
        for given in givens(place, variables[place.machine]):
            evaluate(place, given, judge, account)
    assert account.compared
    assert account.wrong == {}
    record_property(
        REPORTED,
        f"hostile values: {account.evaluated} evaluations by the reference, {account.compared} of them compared, "
        f"{account.deepest} deep at most, in {time.monotonic() - started:.1f} s",
    )


def test_a_raise_that_is_not_caught_and_a_deep_expression_are_found(judge: Reference) -> None:
    account, deep = Account(), "(" * DEEPEST + "1" + ")" * DEEPEST
    place = Place("m", "S", "Cause", "$ride.fareId", caught=False, result=False, error=False, known=frozenset())
    evaluate(place, Given("no ride", {}), judge, account)
    evaluate(replace(place, text=deep), Given("all is well", {}), judge, account)
    assert sorted(account.wrong.values()) == [f"{DEEPEST + 1} deep", "not caught: no value"]

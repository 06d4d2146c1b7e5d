"""Bad input to the inspection, called by hand: a clear error, and nothing written."""

import json

import pytest

from tests.support.local_cloud.bad_inputs import (
    WRONG_SETTINGS,
    Case,
    invalid_arns,
    not_executions,
    not_objects,
    unknown_ride,
)
from tests.support.local_cloud.doors import (
    PYTHONS_OWN,
    Tables,
    function,
    inspection_settings,
    invoke,
    needed,
    quotes,
    refusal_problems,
)
from wild_rydes_saga.deployed.rides import Rides

pytestmark = pytest.mark.usefixtures("quiet")


def test_the_inspection_refuses_other_executions_and_writes_nothing(rides: Rides, tables: Tables) -> None:
    name, settings, before = function(rides, "InspectExecution"), inspection_settings(rides), tables.read()
    found = []
    for case in [Case("executionArn missing", {}), *not_executions(rides), *invalid_arns()]:
        assert isinstance(case.given, dict)
        answer = invoke(rides, name, Case(case.label, {**settings, **case.given}))
        found += refusal_problems(case, answer, "NotAnExecution", needed(rides))
    assert [*found, *tables.changed_since(before)] == []


def test_the_inspection_of_an_unknown_execution_says_so_and_writes_nothing(rides: Rides, tables: Tables) -> None:
    before = tables.read()
    case = Case("an unknown ride", {**inspection_settings(rides), "executionArn": unknown_ride(rides)["sagaId"]})
    answer = invoke(rides, function(rides, "InspectExecution"), case)
    assert answer.error is None
    found = json.loads(answer.text)
    assert (found["verdict"], found["failure"]["error"]) == ("unclear", "ExecutionDoesNotExist")
    assert tables.changed_since(before) == []


def test_the_inspection_names_a_setting_that_is_missing_or_wrong(rides: Rides, tables: Tables) -> None:
    name, settings, before = function(rides, "InspectExecution"), inspection_settings(rides), tables.read()
    right = {**settings, "executionArn": unknown_ride(rides)["sagaId"]}
    cases = not_objects(right, ())
    for one in settings:
        cases.append(Case(f"{one} missing", {field: right[field] for field in right if field != one}))
        cases += [Case(f"{one} is {label}", {**right, one: value}) for label, value in WRONG_SETTINGS.items()]
    answers = [(case, invoke(rides, name, case)) for case in cases]
    found = [f"{case.label}: {one.error}" for case, one in answers if one.error in PYTHONS_OWN]
    found += [f"{case.label}: quoted" for case, one in answers if quotes(one.text)]
    assert [*found, *tables.changed_since(before)] == []

"""A saga on Express fits into the five minutes that AWS gives it, or its synthesis is refused."""

import pytest
from aws_cdk.assertions import Template

from tests.stack.conftest import app_of
from tests.support.template.graph import Graph
from wild_rydes_saga.saga import SagaPlanError, express


def test_every_path_of_the_express_machine_fits_into_its_time(template: Template) -> None:
    """Computed here from the definition: each task takes all its time, once. What is cut off, the sweep recovers."""
    machine = Graph.of(template, "express")
    longest = max(sum(machine.states[name].get("TimeoutSeconds", 0) for name in path) for path in machine.paths())
    assert 0 < longest < machine.definition["TimeoutSeconds"] == express.LONGEST_SECONDS


AFTER_ANY_ERROR = {
    "FindRide": "SagaUnderWay",
    "HandOver": "SagaInDoubt",
    "CloseRide": "FareProcessingSucceeded",
    "CloseFailedRide": "FareProcessingFailed",
    "RefundFare": "SetFareStatusFailed",
}
"""What is not handed over: what only answers, or closes; and a compensation, whose giving up the settling notices."""


def test_any_error_on_express_is_handed_over_or_changes_no_answer(template: Template) -> None:
    """An error that no Catch takes would end the execution under its own name: callers would take it for an answer."""
    machine = Graph.of(template, "express")
    found = {name: machine.caught(name, "an unforeseen error") for name in machine.tasks}
    assert found == {name: AFTER_ANY_ERROR.get(name, "HandOver") for name in machine.tasks}
    assert {*AFTER_ANY_ERROR} <= {*found}


def test_what_express_gives_up_after_one_retry_its_recovery_does(template: Template) -> None:
    """A caller waits for the answer, and the retries of a recovery are patient."""
    tasks = Graph.of(template, "express").tasks.values()
    assert {retry["MaxAttempts"] for one in tasks for retry in one.get("Retry", [])} == {0, 1}


def test_a_saga_that_can_outlast_an_express_execution_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(express, "LONGEST_SECONDS", 100)
    with pytest.raises(SagaPlanError, match=r"takes \d+ s, and AWS ends it after 100 s: let tasks time out sooner"):
        app_of("workshop")

"""Trials of the saga and its recovery on moto's own interpreter, which must end as they do in the local cloud."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from lambda_src import environment
from tests.conftest import REPORTED
from tests.support.faults import campaign
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.matrix import OF_RECOVERY, one_each
from tests.support.faults.mutants import without_own_compensation
from tests.support.second_judge.on_moto.cloud import moto_cloud
from tests.support.second_judge.on_moto.deployed_stack import DeployedStack, read_stack
from tests.support.second_judge.on_moto.trials import Tried, chosen, on_express, tried
from tests.support.second_judge.reference import Reference

TRIALS: Final = 30
TRIALS_ON_EXPRESS: Final = 16

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def trials(faulty: FaultyCloud, sampled: campaign.Result) -> list[Tried]:
    """The trials, with what became of them in the local cloud."""
    return tried(faulty, sampled, TRIALS)


@pytest.fixture(scope="module")
def trials_on_express(faulty: FaultyCloud) -> list[Tried]:
    """Trials of the matrix of Express, with what became of them in the local cloud."""
    cloud = replace(faulty, express=True)
    cells = chosen(on_express(cloud, one_each(campaign.cells_of(cloud))), TRIALS_ON_EXPRESS)
    return tried(cloud, campaign.run(cloud, cells), TRIALS_ON_EXPRESS)


@pytest.fixture(scope="module")
def stack(faulty: FaultyCloud) -> DeployedStack:
    """What is deployed there."""
    return read_stack(faulty)


def differences(stack: DeployedStack, judge: Reference, folder: Path, trials: list[Tried]) -> dict[str, list[str]]:
    """By trial, what became of it in one interpreter and not in the other."""
    with moto_cloud(stack, judge, folder) as cloud:
        found = {one.ride.label: one.seen.differences(cloud.run(one)) for one in trials}
    return {label: lines for label, lines in found.items() if lines}


def without_own_step(stack: DeployedStack) -> DeployedStack:
    """After doubt, ChargeFare's own compensation is skipped."""
    definition = json.loads(stack.definitions["FareSagaArn"])
    without_own_compensation(definition["States"])
    return replace(stack, definitions={**stack.definitions, "FareSagaArn": json.dumps(definition)})


def without_forced_failures(stack: DeployedStack) -> DeployedStack:
    """The handlers succeed where they are asked to refuse."""
    functions = {
        name: {**one, "variables": {**one["variables"], environment.FORCED_FAILURES: "off"}}
        for name, one in stack.functions.items()
    }
    return replace(stack, functions=functions)


@pytest.mark.long
def test_two_interpreters_agree_on_trials_of_saga_and_recovery(
    stack: DeployedStack,
    trials: list[Tried],
    judge: Reference,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    started = time.monotonic()
    assert differences(stack, judge, tmp_path, trials) == {}
    recoveries = sum(len(one.seen.recoveries) for one in trials)
    record_property(
        REPORTED,
        f"second interpreter: {len(trials)} trials with {recoveries} recoveries end as in the local cloud, "
        f"in {time.monotonic() - started:.1f} s",
    )


@pytest.mark.long
def test_two_interpreters_agree_on_trials_on_express(
    stack: DeployedStack, trials_on_express: list[Tried], judge: Reference, tmp_path: Path
) -> None:
    assert differences(stack, judge, tmp_path, trials_on_express) == {}
    assert len(trials_on_express) == TRIALS_ON_EXPRESS
    ends = {one.seen.saga.path[-1] for one in trials_on_express}
    assert ends >= {"FareProcessingSucceeded", "FareProcessingFailed", "SagaInDoubt"}
    assert any(one.seen.recoveries for one in trials_on_express)


def test_the_trials_are_of_every_kind_of_fault_and_of_both_machines(trials: list[Tried]) -> None:
    assert TRIALS // 2 <= len(trials) <= TRIALS
    assert {"clean", "unknown", "timeout", "throttle", "crash", "stopped"} <= {one.cell.column for one in trials}
    assert {one.cell.row.startswith(OF_RECOVERY) for one in trials} == {True, False}
    assert {run.status for one in trials for run in (one.seen.saga, *one.seen.recoveries)} >= {"SUCCEEDED", "FAILED"}


def in_doubt_of_the_charge(one: Tried) -> bool:
    return one.cell.row == "ChargeFare" and "failed" in one.seen.saga.path[-1].lower()


def refused_by_a_handler(one: Tried) -> bool:
    return one.cell.column == "clean" and bool(one.cell.trial.faults)


@pytest.mark.parametrize(
    ("change", "concerned"),
    [(without_own_step, in_doubt_of_the_charge), (without_forced_failures, refused_by_a_handler)],
)
def test_a_machine_or_a_handler_that_does_something_else_is_found(
    change: Callable[[DeployedStack], DeployedStack],
    concerned: Callable[[Tried], bool],
    stack: DeployedStack,
    trials: list[Tried],
    judge: Reference,
    tmp_path: Path,
) -> None:
    some = [one for one in trials if concerned(one)][:1]
    assert some
    assert len(differences(change(stack), judge, tmp_path, some)) == len(some)

"""What is left in a machine without a compensation: by a message or a check that denies it, and of what it builds."""

from typing import Any

import pytest

from sagalint import check
from sagalint.guess.plan import guess_plan
from sagalint.rules.finding import Level
from tests.support.sagalint.small import ALL, DONE, FAILED, Definition, found_in, message, saga, task

NO = {"Catch": [{"ErrorEquals": [ALL], "ResultPath": "$.trouble", "Next": "CalledOff"}]}
ENDS = {"Rented": DONE, "CalledOff": FAILED}


def only(machine: Definition) -> tuple[str, Level, tuple[str, ...]]:
    (finding,) = found_in(machine)
    return finding.rule.id, finding.level, finding.states


@pytest.mark.parametrize("action", ["CreateOrder", "ChargeDeposit", "PlaceBooking", "ProvisionTenant"])
@pytest.mark.parametrize("beside", [message("Rented", "Renter", **NO), task("Rented", "CalledOff", calls="look")])
def test_what_a_failing_message_or_check_denies_is_a_warning(action: str, beside: Definition) -> None:
    """The execution ends as failed by a way of its own, and the order stands."""
    name = "SendReceipt" if beside.get("Parameters") else "CheckRenter"
    machine = saga(**{action: task(name), name: beside}, **ENDS)
    assert only(machine) == ("doubt-not-compensated", Level.WARNING, (action,))


@pytest.mark.parametrize("action", ["CreateOrder", "ChargeDeposit", "ProvisionTenant", "SaveWish"])
def test_a_message_that_nothing_catches_leaves_what_is_done(action: str) -> None:
    assert not found_in(saga(**{action: task("SendReceipt"), "SendReceipt": message("Rented", "Renter")}, Rented=DONE))


def test_a_message_without_which_the_order_is_done_denies_nothing() -> None:
    caught = [{"ErrorEquals": [ALL], "ResultPath": "$.unsent", "Next": "Rented"}]
    assert not found_in(saga(CreateOrder=task("SendReceipt"), SendReceipt=message("Rented", "Renter", Catch=caught),
                             Rented=DONE))  # fmt: skip


def calls(service: str) -> dict[str, Any]:
    return {"Resource": f"arn:aws:states:::{service}", "Parameters": {"Name.$": "$.name"}, "ResultPath": None}


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("CreateStackSet", calls("aws-sdk:cloudformation:createStackSet")),
        ("StartYard", calls("aws-sdk:ec2:runInstances")),
        ("OpenYard", calls("elasticmapreduce:createCluster.sync")),
        ("LaunchEnvironment", {}),
        ("ProvisionTenant", {}),
    ],
)
def test_resources_that_are_left_half_built_are_a_warning(name: str, more: dict[str, Any]) -> None:
    machine = saga(**{name: task("InstallTools", **more)}, InstallTools=task("Rented"), Rented=DONE)
    rule, level, (state, *_) = only(machine)
    assert (rule, level, state) == ("doubt-not-compensated", Level.WARNING, name)


@pytest.mark.parametrize(
    "machine",
    [
        saga(
            CreateCluster=task("InstallTools"),
            InstallTools=task("TerminateCluster", "TerminateCluster"),
            TerminateCluster=task(),
        ),
        saga(
            CreateCluster=task("InstallTools"),
            InstallTools=task("TerminateCluster", "TerminateClusterToo"),
            TerminateCluster=task(),
            TerminateClusterToo=task("CalledOff"),
            CalledOff=FAILED,
        ),
        saga(CreateCluster=task("DescribeCluster"), DescribeCluster=task()),
        saga(CreateEndpointConfig=task("CreateEndpoint"), CreateEndpoint=task()),
        saga(CreateReport=task("SaveReport"), SaveReport=task()),
    ],
    ids=[
        "it is taken away on one way",
        "it is taken away on each way",
        "nothing is done with it",
        "a setting",
        "a report",
    ],
)
def test_other_things_that_are_created_are_not_reported(machine: Definition) -> None:
    assert not found_in(machine)


def test_what_only_success_takes_away_is_left_when_the_work_fails() -> None:
    machine = saga(CreateCluster=task("InstallTools"), InstallTools=task("TerminateCluster"), TerminateCluster=task())
    assert only(machine) == ("doubt-not-compensated", Level.WARNING, ("CreateCluster",))
    assert "when InstallTools fails" in found_in(machine)[0].message
    held = saga(ReserveMachine=task("PrintLabel"), PrintLabel=task("ReleaseMachine"), ReleaseMachine=task())
    assert not found_in(held)


ASKS = {"Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "yard"}}
WORKER = {"Resource": "arn:aws:states:eu-central-1:444455556666:activity:Count"}


def asking(seconds: int | None, before: str = "OrderTools", **more: Any) -> Definition:
    count = task("Rented", **more)
    del count["TimeoutSeconds"]
    first = {before: task("CountTools")}
    return saga(seconds, **first, CountTools={**count, "ResultPath": "$.count"} | more, Rented=DONE)


@pytest.mark.parametrize("more", [ASKS, WORKER], ids=["a callback", "an activity"])
def test_who_waits_for_ever_with_something_done_is_a_warning(more: dict[str, Any]) -> None:
    assert only(asking(None, **more)) == ("waits-for-ever", Level.WARNING, ("CountTools",))


def test_who_is_asked_before_anything_is_done_waits_in_a_note() -> None:
    """An approval that nobody gives loses nothing, where the machine has only looked before."""
    approval = asking(None, "CheckRenter", **ASKS)
    assert not found_in(approval)
    notes = [one for one in check(approval, guess_plan(approval).plan).findings if "CountTools" in one.states]
    assert [(one.rule.id, one.level) for one in notes] == [("no-timeout", Level.NOTE)]


def test_who_takes_a_payment_by_a_queue_and_never_answers_is_a_warning() -> None:
    waiting: Definition = {name: value for name, value in task().items() if name != "TimeoutSeconds"} | ASKS
    machine = saga(None, ChargeDeposit={**waiting, "ResultPath": "$.paid"})
    assert only(machine) == ("waits-for-ever", Level.WARNING, ("ChargeDeposit",))


@pytest.mark.parametrize(
    ("seconds", "more"),
    [
        (3600, ASKS),
        (None, {**ASKS, "TimeoutSeconds": 60}),
        (None, {**ASKS, "HeartbeatSeconds": 60}),
        (None, {**ASKS, "TimeoutSecondsPath": "$.seconds"}),
        (None, {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "count"}}),
    ],
    ids=["the machine ends it", "a timeout", "heartbeats", "a computed timeout", "a function ends by itself"],
)
def test_what_ends_the_wait_in_a_machine_that_undoes_nothing_is_enough(seconds: Any, more: dict[str, Any]) -> None:
    assert not found_in(asking(seconds, **more))


@pytest.mark.parametrize("then", [{}, {"PackTools": task("Rented", "DeleteStack")}], ids=["no saga", "a saga"])
def test_a_timeout_below_the_functions_counts_only_in_a_saga(then: dict[str, Definition]) -> None:
    """The function goes on in both, and in a saga past its compensation; what is left is found in both."""
    states = {"CreateStack": task("PackTools", "DeleteStack" if then else None), "PackTools": task("Rented"), **then}
    undo = {"DeleteStack": task("CalledOff"), "CalledOff": FAILED} if then else {}
    machine = saga(**states, Rented=DONE, **undo)
    plan = guess_plan(machine).plan.with_timeouts({"CreateStack": 60})
    assert ("timeout-too-short" in {one.rule.id for one in check(machine, plan).findings}) is bool(then)

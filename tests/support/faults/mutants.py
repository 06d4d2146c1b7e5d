"""Removes one protection of a deployed stack at a time, and restores it: the campaign must find that it is gone."""

import contextlib
import io
import itertools
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.faults.cloud import FaultyCloud
from tests.support.publish import publish

Definition = dict[str, Any]


@contextlib.contextmanager
def changed_machine(cloud: FaultyCloud, output: str, change: Callable[[Definition], None]) -> Iterator[None]:
    """A machine with another definition for as long as the block lasts."""
    client, arn = cloud.account.client("stepfunctions"), cloud.outputs[output]
    before = client.describe_state_machine(stateMachineArn=arn)["definition"]
    definition = json.loads(before)
    change(definition["States"])
    after = json.dumps(definition)
    assert json.loads(after) != json.loads(before), "the change changes nothing"
    client.update_state_machine(stateMachineArn=arn, definition=after)
    publish(cloud.account, cloud.outputs)
    try:
        yield
    finally:
        client.update_state_machine(stateMachineArn=arn, definition=before)
        publish(cloud.account, cloud.outputs)


@contextlib.contextmanager
def changed_code(cloud: FaultyCloud, module: str, text: str, other: str) -> Iterator[None]:
    """The handlers with another text in a module of theirs for as long as the block lasts."""
    sources = _handlers(cloud.assembly)
    source = sources[module]
    assert source.count(text) == 1, f"{module} does not have this text exactly once: correct the test"
    _deploy(cloud, module, {**sources, module: source.replace(text, other)})
    try:
        yield
    finally:
        _deploy(cloud, module, sources)


@contextlib.contextmanager
def disabled_rule(cloud: FaultyCloud, part: str) -> Iterator[None]:
    """The one rule whose name has the part, switched off for as long as the block lasts."""
    client = cloud.account.client("events")
    (name,) = [rule["Name"] for rule in client.list_rules()["Rules"] if part in rule["Name"]]
    client.disable_rule(Name=name)
    try:
        yield
    finally:
        client.enable_rule(Name=name)


def _handlers(assembly: Path) -> dict[str, str]:
    """The source of each file in the handlers' archive."""
    for path in assembly.glob("asset.*.zip"):
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
            if any(name.startswith("lambda_src/") for name in names):
                return {name: package.read(name).decode() for name in names}
    raise FileNotFoundError(f"{assembly} has no archive of the handlers")


def _deploy(cloud: FaultyCloud, module: str, sources: Mapping[str, str]) -> None:
    """Deploys the sources to the functions of a module's service."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as file:
        for name, source in sources.items():
            file.writestr(name, source)
    service = module.rpartition("/")[0].replace("/", ".")
    client = cloud.account.client("lambda")
    for function in client.list_functions()["Functions"]:
        if function["Handler"].startswith(f"{service}."):
            client.update_function_code(FunctionName=function["FunctionName"], ZipFile=package.getvalue())
    publish(cloud.account, cloud.outputs)


def without_catch(states: Definition) -> None:
    """ChargeFare catches no doubt."""
    states["ChargeFare"]["Catch"] = [
        one for one in states["ChargeFare"]["Catch"] if one["ErrorEquals"] != ["States.ALL"]
    ]


def without_own_compensation(states: Definition) -> None:
    """After doubt, ChargeFare's own compensation is skipped."""
    for catcher in states["ChargeFare"]["Catch"]:
        if catcher["ErrorEquals"] == ["States.ALL"]:
            catcher["Next"] = states["RefundFare"]["Next"]


def in_the_order_of_the_steps(states: Definition) -> None:
    """The fare is settled first, and the steps are undone afterwards."""
    order = ["SetFareStatusFailed", "RefundFare", "ReverseAccountCredit", "NotifyFailure"]
    for name in ("ChargeFare", "CustomerAccountCredit"):
        for catcher in states[name]["Catch"]:
            catcher["Next"] = order[0]
    for name, following in itertools.pairwise(order):
        states[name]["Next"] = following
        for catcher in states[name].get("Catch", []):
            if catcher["Next"] != "SagaRollbackIncomplete":
                catcher["Next"] = following


def settling_whatever_was_noted(states: Definition) -> None:
    """The fare is settled although a compensation gave up."""
    arguments = states["SetFareStatusFailed"]["Arguments"]
    arguments["Key"]["fareId"]["S"] = "{% $states.context.Execution.Input.fareId %}"


def without_claim(states: Definition) -> None:
    """The recovery undoes a ride that it has not claimed."""
    for choice in states["ChooseRecovery"]["Choices"]:
        if choice["Next"] == "ClaimFare":
            choice["Next"] = states["ClaimFare"]["Next"]


MACHINE_EDITS: Mapping[str, tuple[str, Callable[[Definition], None]]] = {
    "a Catch": ("FareSagaArn", without_catch),
    "the own-step compensation": ("FareSagaArn", without_own_compensation),
    "the reverse order": ("FareSagaArn", in_the_order_of_the_steps),
    "the settling's check of what gave up": ("FareSagaArn", settling_whatever_was_noted),
    "the claim before recovery": ("RecoveryArn", without_claim),
}
"""By protection of a machine: the output that names the machine, and how to remove the protection."""

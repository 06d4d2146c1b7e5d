"""Takes one protection out of a deployed stack at a time, and puts it back: to see that the campaign misses it."""

import contextlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
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
    assert json.loads(after) != json.loads(before), "the mutant is no mutant"
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
    asset = _code_asset(cloud.assembly)
    source = (asset / module).read_text()
    assert source.count(text) == 1, f"{module} has changed: the mutant needs its text"
    _deploy(cloud, asset, module, source.replace(text, other))
    try:
        yield
    finally:
        _deploy(cloud, asset, module, source)


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


def _code_asset(assembly: Path) -> Path:
    (asset,) = [path for path in assembly.glob("asset.*") if (path / "lambda_src").is_dir()]
    return asset


def _deploy(cloud: FaultyCloud, asset: Path, module: str, source: str) -> None:
    """Deploys a module's source to the functions of its service."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as file:
        for path in sorted(asset.rglob("*.py")):
            name = str(path.relative_to(asset))
            file.writestr(name, source if name == module else path.read_text())
    service = module.rpartition("/")[0].replace("/", ".")
    client = cloud.account.client("lambda")
    for function in client.list_functions()["Functions"]:
        if function["Handler"].startswith(f"{service}."):
            client.update_function_code(FunctionName=function["FunctionName"], ZipFile=package.getvalue())
    publish(cloud.account, cloud.outputs)

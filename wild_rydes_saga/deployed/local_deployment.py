"""Deploys the stack to a local cloud, unless what is deployed there is up to date."""

import hashlib
import json
import platform
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.gateways import put_stripe_key
from wild_rydes_saga.deployed.stacks import DEFAULT_STACK_NAME
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.process import Emulator
from wild_rydes_saga.emulator.stripe_double.process import RunningDouble

Phase = Callable[[str], AbstractContextManager[None]]
"""Shows that a part of the work runs, for as long as the context lasts."""

ASSEMBLY: Final = "cdk.out"
_RECORD: Final = "deployed.json"
SOURCES: Final = ("app.py", "cdk.json", "cdk.context.json", "wild_rydes_saga", "sagalint", "lambda_src")
"""The app's files and folders, some of which may not be there."""
_LOCKS: Final = ("requirements.txt", "package-lock.json")
_USER_CONTEXT: Final = Path.home() / ".cdk.json"


@dataclass(frozen=True)
class Deployment:
    """What was deployed: a hash of all that the app is made of, and CloudFormation's own note of the change."""

    inputs: str
    stack_id: str
    changed_at: str


def launch_for(context: Mapping[str, str], plan: Emulator) -> Emulator:
    """Starts a planned local cloud, and Stripe's double in it if the stack's gateway is to be Stripe."""
    if not is_stripe(context):
        return emulator.launch(plan)
    double = RunningDouble.new()
    cloud = emulator.launch(plan, settings=double.settings)
    try:
        double.belong_to(cloud)
    except BaseException:
        cloud.stop()
        raise
    return cloud


def deploy_locally(
    phase: Phase,
    account: Account,
    assembly: Path,
    outputs_file: Path,
    *,
    context: Mapping[str, str] | None = None,
    double: RunningDouble | None = None,
) -> dict[str, str]:
    """Bootstraps the local cloud while the app is synthesised, then deploys; returns the outputs.

    Args:
        phase: Shows progress.
        account: The local cloud's.
        assembly: Where the cloud assembly goes.
        outputs_file: Where the outputs go.
        context: The app's context.
        double: Stripe's double, if the local cloud has one: the stack gets its address and its key.
    """
    given = {**(context or {}), **({"stripe_url": double.url} if double and is_stripe(context) else {})}
    with phase("Synthesising, and bootstrapping the local cloud"), ThreadPoolExecutor() as pool:
        bootstrap = partial(cdk.bootstrap_local, account, scratch=assembly.parent)
        try:
            for done in [pool.submit(partial(cdk.synth, assembly, context=given)), pool.submit(bootstrap)]:
                done.result()
        except BaseException:
            cdk.end_all()
            raise
    with phase("Deploying with the CDK CLI"):
        outputs = cdk.deploy(account, assembly, outputs_file)
    if double and is_stripe(context):
        put_stripe_key(account, outputs, double.key)
    return outputs


def is_stripe(context: Mapping[str, str] | None) -> bool:
    """Whether the stack's gateway is to be Stripe."""
    return (context or {}).get("gateway") == "stripe"


def keep_deployed(
    phase: Phase,
    account: Account,
    folder: Path,
    *,
    context: Mapping[str, str] | None = None,
    double: RunningDouble | None = None,
) -> dict[str, str]:
    """Deploys if anything has changed since the last time, and returns the outputs.

    Args:
        phase: Shows progress.
        account: The local cloud's.
        folder: Where the assembly, the outputs and the record of the deployment are kept.
        context: The app's context.
        double: Stripe's double, if the local cloud has one.
    """
    outputs_file = folder / "outputs.json"
    with phase("Comparing the app with what is deployed"):
        up_to_date = is_up_to_date(account, folder, context)
    if up_to_date:
        return cdk.read_outputs(outputs_file)
    inputs = fingerprint(context=context)
    outputs = deploy_locally(phase, account, folder / ASSEMBLY, outputs_file, context=context, double=double)
    if there := _deployed(account, inputs):
        (folder / ASSEMBLY / _RECORD).write_text(json.dumps(asdict(there)), encoding="utf-8")
    return outputs


def is_up_to_date(account: Account, folder: Path, context: Mapping[str, str] | None = None) -> bool:
    """Whether the account has what `keep_deployed` deployed last, and nothing that it depends on has changed since."""
    there = _deployed(account, fingerprint(context=context))
    return there is not None and there == _recorded(folder) and (folder / "outputs.json").exists()


def fingerprint(project: Path = cdk.ROOT, context: Mapping[str, str] | None = None) -> str:
    """A hash of all that a template depends on: sources, context, locked packages, the Python that reads them."""
    total = hashlib.sha256(f"{platform.python_version()} {sorted((context or {}).items())}".encode())
    for file in _inputs(project):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"\n{file.relative_to(project) if project in file.parents else file} {content}".encode())
    return total.hexdigest()


def _inputs(project: Path) -> Iterator[Path]:
    for start in [*(project / name for name in (*SOURCES, *_LOCKS)), _USER_CONTEXT]:
        if start.is_file():
            yield start
        yield from (file for file in sorted(start.rglob("*")) if file.is_file() and "__pycache__" not in file.parts)


def _deployed(account: Account, inputs: str) -> Deployment | None:
    """The deployment in the account, taken to be made of these inputs; None if there is none, or half of one."""
    try:
        [stack] = account.client("cloudformation").describe_stacks(StackName=DEFAULT_STACK_NAME)["Stacks"]
    except (ClientError, BotoCoreError):
        return None
    if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return None
    changed_at = stack.get("LastUpdatedTime") or stack["CreationTime"]
    return Deployment(inputs, stack["StackId"], str(changed_at))


def _recorded(folder: Path) -> Deployment | None:
    try:
        state: dict[str, Any] = json.loads((folder / ASSEMBLY / _RECORD).read_text(encoding="utf-8"))
        return Deployment(**state)
    except (OSError, ValueError, TypeError):
        return None

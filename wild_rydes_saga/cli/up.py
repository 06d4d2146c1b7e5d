"""`make up` and `make down`: a local cloud that stays until it is stopped."""

import json
import shlex
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from rich.console import Console

from wild_rydes_saga.cli.progress import phase
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.deployed.gateways import gateway_book
from wild_rydes_saga.deployed.local_deployment import is_stripe, keep_deployed, start_for
from wild_rydes_saga.deployed.rides import LAB_FARE
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator import record
from wild_rydes_saga.emulator.process import Emulator
from wild_rydes_saga.emulator.stripe_double.process import double_of


def up(console: Console, port: int, folder: Path = record.FOLDER, *, context: Mapping[str, str] | None = None) -> None:
    """Starts the local cloud, or finds it running, and deploys what has changed; writes what a shell needs to use it.

    Raises:
        EmulatorError: The port is taken by something else.
        CdkError: The deployment failed; the local cloud is stopped if it was started for it.
    """
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    cloud = record.running_cloud(folder)
    started = cloud is None
    if cloud is None:
        with phase(console, f"Starting the local cloud on 127.0.0.1:{port}"):
            cloud = start_for(context or {}, port)
        record.remember(cloud, folder)
    elif cloud.port != port:
        raise emulator.EmulatorError(f"the local cloud runs on port {cloud.port}: `make down` first")
    double = double_of(cloud)
    if is_stripe(context) and double is None:
        raise emulator.EmulatorError("the local cloud runs without Stripe's double: `make down` first")
    account = local_account(cloud)
    try:
        outputs = keep_deployed(partial(phase, console), account, folder, context=context, double=double)
    except BaseException:
        if started:
            down(console, folder)
        raise
    fare = gateway_book(account, outputs).paid_with(LAB_FARE)
    record.write_private(folder / "aws.env", _shell_settings(account, outputs))
    _explain(console, cloud, outputs, folder, fare)


def down(console: Console, folder: Path = record.FOLDER) -> None:
    """Stops the local cloud and everything in it; says so if there is none."""
    cloud = record.remembered(folder)
    if cloud is None or not cloud.is_running():
        console.print("No local cloud is running.")
    if cloud is not None:
        with phase(console, "Stopping the local cloud and clearing up after it"):
            cloud.stop()
    for name in (record.STATE, "aws.env", "outputs.json"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "cdk.out", ignore_errors=True)


def _shell_settings(account: Account, outputs: Mapping[str, str]) -> str:
    settings = {**account.variables, **outputs}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in settings.items()]
    lines.append(f"export PATH={shlex.quote(str(cdk.ROOT / '.venv' / 'bin'))}:$PATH")
    lines.append('export NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"; export no_proxy="$NO_PROXY"')
    lines.append("unset AWS_PROFILE AWS_SESSION_TOKEN")
    return "\n".join(lines) + "\n"


def _explain(
    console: Console, cloud: Emulator, outputs: Mapping[str, str], folder: Path, fare: Mapping[str, str]
) -> None:
    aws = f"aws --endpoint-url {cloud.endpoint_url}"
    lines = [
        f"source {shlex.quote(str(folder / 'aws.env'))}",
        f"{aws} stepfunctions start-execution --state-machine-arn {outputs['FareSagaAliasArn']}"
        f" --input {shlex.quote(json.dumps(fare))}",
        f"{aws} stepfunctions list-executions --state-machine-arn {outputs['FareSagaArn']}",
        f"{aws} sqs receive-message --queue-url {outputs['SuccessQueueUrl']}",
        f"{aws} sqs receive-message --queue-url {outputs['FailureQueueUrl']}",
        f"{aws} dynamodb scan --table-name {outputs['FaresTableName']}",
    ]
    console.print(f"\nThe saga runs at {cloud.endpoint_url}. In any shell:\n")
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    console.print("\nTo stop it: make down")

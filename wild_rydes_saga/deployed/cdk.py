"""The real CDK CLI, run for an account."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from wild_rydes_saga.deployed.account import LOCAL_ACCOUNT_ID, Account
from wild_rydes_saga.emulator.access_key import REGION

ROOT: Final = Path(__file__).resolve().parents[2]
_LAST_LINES: Final = 15
# No notices, version checks or telemetry: nothing but the account is called.
_QUIET: Final = {"CDK_DISABLE_VERSION_CHECK": "1", "CDK_DISABLE_CLI_TELEMETRY": "true", "CI": "true", "NO_COLOR": "1"}


class CdkError(Exception):
    """A CDK command failed. Carries the last lines it printed."""


def tools_path(path: str) -> str:
    """A PATH that finds the project's Python and Node tools first, whatever the caller's PATH is."""
    tools = [Path(sys.executable).parent, ROOT / "node_modules" / ".bin"]
    return os.pathsep.join([*map(str, tools), path])


def tools_environment() -> dict[str, str]:
    """This process's environment, with that PATH."""
    return {**os.environ, "PATH": tools_path(os.environ.get("PATH", ""))}


def bootstrap_local(account: Account) -> None:
    """Makes the local account ready for `cdk deploy`."""
    environment = f"aws://{LOCAL_ACCOUNT_ID}/{REGION}"
    # Outside the project: there, the CLI has no app to synthesise first.
    _cdk(["bootstrap", environment], account, folder=Path(tempfile.gettempdir()))


def synth(assembly: Path, *, context: Mapping[str, str] | None = None, project: Path = ROOT) -> None:
    """Synthesises the app of a project into a cloud assembly. Calls no AWS."""
    settings = [argument for name, value in (context or {}).items() for argument in ("-c", f"{name}={value}")]
    _cdk(["synth", "--quiet", "--output", str(assembly), *settings], Account(), folder=project)


def deploy(
    account: Account, assembly: Path, outputs_file: Path, *, parameters: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Deploys a cloud assembly, writes the outputs as `cdk deploy --outputs-file` does, and returns the stack's.

    Args:
        account: Where to.
        assembly: The cloud assembly.
        outputs_file: The file for the outputs.
        parameters: Parameters of the template that get another value than the deployed one.
    """
    arguments = ["--app", str(assembly), "--require-approval", "never", "--outputs-file", str(outputs_file)]
    given = [argument for name, value in (parameters or {}).items() for argument in ("--parameters", f"{name}={value}")]
    _cdk(["deploy", *arguments, *given, "--all"], account)
    return read_outputs(outputs_file)


def import_resources(account: Account, assembly: Path, mapping: Path) -> None:
    """Imports resources that exist into the assembly's stack; makes the stack if it is not there.

    Args:
        account: Whose.
        assembly: The cloud assembly.
        mapping: A file that gives each resource's identifier by its logical id, as `cdk import` reads it.
    """
    _cdk(["import", "--app", str(assembly), "--resource-mapping", str(mapping)], account)


def destroy(account: Account, assembly: Path) -> None:
    """Deletes the assembly's stack."""
    _cdk(["destroy", "--app", str(assembly), "--force", "--all"], account)


def diff(account: Account, assembly: Path) -> str:
    """What deploying the assembly would change, as `cdk diff` prints it."""
    return _cdk(["diff", "--app", str(assembly), "--method", "template"], account)


def read_outputs(outputs_file: Path) -> dict[str, str]:
    """Reads the one stack's outputs from an outputs file."""
    stacks: dict[str, dict[str, str]] = json.loads(outputs_file.read_text())
    (outputs,) = stacks.values()
    return outputs


def _cdk(arguments: Sequence[str], account: Account, *, folder: Path = ROOT) -> str:
    """Runs a command of the CDK CLI and returns what it printed."""
    environment = {**account.environment(), **_QUIET}
    environment["PATH"] = tools_path(environment.get("PATH", ""))
    try:
        done = subprocess.run(
            ["cdk", *arguments, "--no-notices"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise CdkError("the CDK CLI is not installed: run `make setup`") from None
    if done.returncode != 0:
        last = "\n".join(done.stdout.strip().splitlines()[-_LAST_LINES:])
        raise CdkError(f"`cdk {arguments[0]}` failed:\n{last}")
    return done.stdout

"""The real CDK CLI, run for an account."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from wild_rydes_saga.deployed.account import LOCAL_ACCOUNT_ID, Account
from wild_rydes_saga.emulator.access_key import REGION
from wild_rydes_saga.emulator.ending import end_group, processes, undisturbed

ROOT: Final = Path(__file__).resolve().parents[2]
_LAST_LINES: Final = 15
# No notices, version checks or telemetry: nothing but the account is called.
_SCRATCH: Final = "cdk-scratch-"
_RUNNING: Final[set[subprocess.Popen[str] | None]] = set()
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


def bootstrap_local(account: Account, *, scratch: Path | None = None) -> None:
    """Makes the local account ready for `cdk deploy`. What it generates goes into the folder `scratch`, and away."""
    environment = f"aws://{LOCAL_ACCOUNT_ID}/{REGION}"
    # Outside the project: there, the CLI has no app to synthesise first.
    _cdk(["bootstrap", environment], account, scratch=scratch, folder=None)


def synth(assembly: Path, *, context: Mapping[str, str] | None = None, project: Path = ROOT) -> None:
    """Synthesises the app of a project into a cloud assembly. Calls no AWS."""
    settings = [argument for name, value in (context or {}).items() for argument in ("-c", f"{name}={value}")]
    _cdk(["synth", "--quiet", "--output", str(assembly), *settings], Account(), scratch=assembly.parent, folder=project)


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
    _cdk(["deploy", *arguments, *given, "--all"], account, scratch=assembly.parent)
    return read_outputs(outputs_file)


def import_resources(account: Account, assembly: Path, mapping: Path) -> None:
    """Imports resources that exist into the assembly's stack; makes the stack if it is not there.

    Args:
        account: Whose.
        assembly: The cloud assembly.
        mapping: A file that gives each resource's identifier by its logical id, as `cdk import` reads it.
    """
    _cdk(["import", "--app", str(assembly), "--resource-mapping", str(mapping)], account, scratch=assembly.parent)


def destroy(account: Account, assembly: Path) -> None:
    """Deletes the assembly's stack."""
    _cdk(["destroy", "--app", str(assembly), "--force", "--all"], account, scratch=assembly.parent)


def diff(account: Account, assembly: Path) -> str:
    """What deploying the assembly would change, as `cdk diff` prints it."""
    return _cdk(["diff", "--app", str(assembly), "--method", "template"], account, scratch=assembly.parent)


def read_outputs(outputs_file: Path) -> dict[str, str]:
    """Reads the one stack's outputs from an outputs file."""
    stacks: dict[str, dict[str, str]] = json.loads(outputs_file.read_text(encoding="utf-8"))
    (outputs,) = stacks.values()
    return outputs


def end_left_behind(assembly: Path) -> None:
    """Ends commands that work on an assembly although the command that started them is gone, and their scratch."""
    for found in processes():
        if found.pid == found.group and f" {assembly} " in f"{found.command} " and "cdk" in found.command.split()[1]:
            end_group(found.pid)
    for scratch in assembly.parent.glob(f"{_SCRATCH}*"):
        shutil.rmtree(scratch, ignore_errors=True)


def _cdk(arguments: Sequence[str], account: Account, *, scratch: Path | None = None, folder: Path | None = ROOT) -> str:
    """Runs a command of the CDK CLI and returns what it printed.

    Args:
        arguments: The command.
        account: Where its AWS calls go.
        scratch: Where it keeps its temporary files while it runs; the system's temporary folder if None.
        folder: Where it runs; among its temporary files if None.
    """
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=scratch, ignore_cleanup_errors=True) as temporary:
        environment = {**account.environment(), **_QUIET, "TMPDIR": temporary}
        environment["PATH"] = tools_path(environment.get("PATH", ""))
        command = ["cdk", *arguments, "--no-notices"]
        code, printed = _run(command, environment, folder or Path(temporary))
    if code != 0:
        last = "\n".join(printed.strip().splitlines()[-_LAST_LINES:])
        raise CdkError(f"`cdk {arguments[0]}` failed:\n{last}")
    return printed


def _run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> tuple[int, str]:
    """Runs a command as a group of processes of its own, so that none of them outlives an interruption."""
    process = None
    try:
        with undisturbed():
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                process_group=0,
            )
            _RUNNING.add(process)
        printed, _ = process.communicate()
    except FileNotFoundError:
        raise CdkError("the CDK CLI is not installed: run `make setup`") from None
    except BaseException:
        if process is not None:
            end_group(process.pid)
        raise
    finally:
        _RUNNING.discard(process)
    return process.returncode, printed


def end_all() -> None:
    """Ends the commands that this process runs, in whichever thread."""
    with undisturbed():
        for process in list(_RUNNING):
            if process is not None:
                end_group(process.pid)

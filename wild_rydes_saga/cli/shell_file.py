"""The file that a shell sources to use a stack: its outputs as variables, and an `aws` that calls the right account."""

import json
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.console import Console

from lambda_src.fare import FARE_FIELDS
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.gateways import gateway_book
from wild_rydes_saga.deployed.rides import LAB_FARE
from wild_rydes_saga.emulator.access_key import ID_PREFIX, KEY_ID, SECRET
from wild_rydes_saga.emulator.record import write_private

LOCAL: Final = "aws.env"
"""For the local cloud."""
ON_AWS: Final = "real-aws.env"
"""For a stack on AWS."""
_CARD: Final = "LAB_CARD"
"""Variable: the fields of the lab's payload that pay, so that a line need not show them."""
_AWS: Final = "bin/aws"
LOCAL_FILES: Final = (LOCAL, _AWS)
"""What is written for the local cloud, and goes with it."""

# AWS CLI 1 ignores AWS_ENDPOINT_URL for some services, and sends `aws sqs` to the real one (aws/aws-cli#8737).
# A later --endpoint-url on the line wins, so that a line that names one itself means what it says.
_SHIM: Final = """\
#!/bin/sh
# The AWS CLI for the local cloud: the next `aws` on PATH, with --endpoint-url. Written by `make up`.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
own={own}
next=
set -f
IFS=:
for folder in $PATH; do
  if [ "$folder" -ef "$here" ]; then
    next=
  elif [ -z "$next" ] && [ -n "$folder" ] && [ -f "$folder/aws" ] && [ -x "$folder/aws" ]; then
    next=$folder/aws
  fi
done
unset IFS
# Some managers of versions put a script on PATH that finds this one again.
if [ -n "$LOCAL_CLOUD_AWS" ] || [ -z "$next" ]; then next=$own; fi
if [ ! -x "$next" ]; then
  echo "error: no AWS CLI on PATH, nor $own: run make setup" >&2
  exit 127
fi
export LOCAL_CLOUD_AWS=1
if [ -n "$AWS_ENDPOINT_URL" ]; then set -- --endpoint-url "$AWS_ENDPOINT_URL" "$@"; fi
exec "$next" "$@"
"""


def write_local(folder: Path, account: Account, outputs: Mapping[str, str]) -> Path:
    """Writes the file for the local cloud, and its `aws`; returns the file."""
    tools = cdk.ROOT / ".venv" / "bin"
    program = folder / _AWS
    program.parent.mkdir(exist_ok=True)
    write_private(program, _SHIM.format(own=shlex.quote(str(tools / "aws"))), mode=stat.S_IRWXU)
    lines = [
        *_exports({**account.variables, **outputs, _CARD: _lab_card(outputs)}),
        # Host prefixes, as of `stepfunctions start-sync-execution`, would make a name that no one resolves.
        "export AWS_DISABLE_HOST_PREFIX_INJECTION=true",
        f'export PATH={shlex.quote(str(program.parent.resolve()))}:"$PATH":{shlex.quote(str(tools))}',
        'export NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"; export no_proxy="$NO_PROXY"',
        "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN",
    ]
    return _write(folder / LOCAL, lines)


def _lab_card(outputs: Mapping[str, str]) -> str:
    """The part of the lab's payload that the stack's gateway is paid with, as JSON without braces."""
    paid = gateway_book(Account(), {"GatewayTableName": "", **outputs}).paid_with(LAB_FARE)
    return json.dumps({name: value for name, value in paid.items() if name not in FARE_FIELDS}).strip("{}")


def write_on_aws(folder: Path, outputs: Mapping[str, str], settings: Mapping[str, str]) -> Path:
    """Writes the file for a stack on AWS: no key, only what names the account's region and profile; returns the file.

    In a shell that has called the local cloud, what leads there goes.
    """
    folder.mkdir(exist_ok=True)
    lines = [
        "unset AWS_ENDPOINT_URL AWS_DISABLE_HOST_PREFIX_INJECTION",
        f'case "${{{KEY_ID}:-}}" in {ID_PREFIX}*) unset {KEY_ID} {SECRET} ;; esac',
        *_exports({**settings, **outputs, _CARD: _lab_card(outputs)}),
    ]
    return _write(folder / ON_AWS, lines)


def _exports(variables: Mapping[str, str]) -> list[str]:
    return [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]


def _write(path: Path, lines: list[str]) -> Path:
    write_private(path, "\n".join(lines) + "\n")
    return path


def print_lines(console: Console, title: str, file: Path, outputs: Mapping[str, str], fare: Mapping[str, str]) -> None:
    """Prints lines to copy into a shell: the file that it sources, a ride, and where to see what it did."""
    lines = [
        f"source {shlex.quote(str(file))}",
        f"aws stepfunctions start-execution --state-machine-arn {outputs['FareSagaAliasArn']}"
        f" --input {shlex.quote(json.dumps(fare))}",
        f"aws stepfunctions list-executions --state-machine-arn {outputs['FareSagaArn']}",
        f"aws sqs receive-message --queue-url {outputs['SuccessQueueUrl']}",
        f"aws sqs receive-message --queue-url {outputs['FailureQueueUrl']}",
        f"aws dynamodb scan --table-name {outputs['FaresTableName']}",
    ]
    console.print(f"\n{title}\n")
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)

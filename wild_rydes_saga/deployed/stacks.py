"""Which stack an operator's command is about: the one on the local cloud, or one on AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from botocore.exceptions import ClientError

from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.emulator.process import pass_no_proxy
from wild_rydes_saga.emulator.record import FOLDER, running_cloud

# The app's own name for it is in `settings`, which imports the CDK: a second that no operator should wait for.
DEFAULT_STACK_NAME: Final = "wild-rydes-async-msg-4"

Outputs = Mapping[str, str]


class OperatorError(Exception):
    """An operator's command cannot be carried out. Says why, and the mend."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack: where it is, and its outputs."""

    account: Account
    outputs: Outputs


def local_stack(folder: Path = FOLDER) -> Stack:
    """The stack that `make up` deployed; raises `OperatorError` if there is none."""
    cloud = running_cloud(folder)
    if cloud is None:
        raise OperatorError("no local cloud is running: `make up` starts one (--aws looks at your AWS account)")
    try:
        outputs = cdk.read_outputs(folder / "outputs.json")
    except (FileNotFoundError, ValueError):
        raise OperatorError("nothing is deployed to the local cloud yet: wait for `make up`, or run it") from None
    pass_no_proxy()
    return Stack(local_account(cloud), _complete(outputs))


def aws_stack(stack_name: str, account: Account | None = None) -> Stack:
    """A stack in the account that the caller's credentials open; raises `OperatorError` if it is not there."""
    account = account or Account()
    try:
        found = account.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise OperatorError(
            f"there is no stack {stack_name} in this account and region: `make deploy`, or name it (--stack-name)"
        ) from None
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found[0].get("Outputs", [])}
    return Stack(account, _complete(outputs))


def _complete(outputs: Outputs) -> Outputs:
    if not {"FareSagaAliasArn", "RecoveryAliasArn", "ParkedQueueUrl"} <= set(outputs):
        raise OperatorError("the stack is of an older version, or not deployed whole: deploy it again")
    return outputs

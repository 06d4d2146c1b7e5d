"""Which stack a command is about: the one on the local cloud, or one on AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from botocore.exceptions import ClientError

from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import LOCAL_ACCOUNT_ID, Account, local_account
from wild_rydes_saga.deployed.credentials import check_credentials
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.emulator.process import pass_no_proxy
from wild_rydes_saga.emulator.record import FOLDER, running_cloud

# The app's own name for it is in `settings`, which imports the CDK: a second that no operator should wait for.
DEFAULT_STACK_NAME: Final = "wild-rydes-async-msg-4"

Outputs = Mapping[str, str]


class StackOutputs(dict[str, str]):
    """A stack's outputs. One that is missing is an error that an operator can fix."""

    def __missing__(self, name: str) -> str:
        """Says what to do."""
        raise OperatorError(f"the stack has no output {name}: an older version is deployed, or a part. Deploy it again")


@dataclass(frozen=True)
class Stack:
    """A deployed stack: where it is, its outputs, and its name."""

    account: Account
    outputs: Outputs
    name: str = DEFAULT_STACK_NAME

    @property
    def place(self) -> str:
        """Where a change of it takes effect: account, region and stack."""
        _, _, _, region, account_id, *_ = self.outputs["FareSagaArn"].split(":")
        is_local = self.account.endpoint_url is not None and account_id == LOCAL_ACCOUNT_ID
        return f"{'local cloud' if is_local else f'account {account_id}'}, {region}, stack {self.name}"


def local_stack(folder: Path = FOLDER) -> Stack:
    """The stack that `make up` deployed; raises `OperatorError` if there is none."""
    account = running_account(folder)
    try:
        outputs = cdk.read_outputs(folder / "outputs.json")
    except (FileNotFoundError, ValueError):
        raise OperatorError("nothing is deployed to the local cloud yet: wait for `make up`, or run it") from None
    return Stack(account, StackOutputs(outputs))


def running_account(folder: Path = FOLDER) -> Account:
    """The account of the local cloud that runs; raises `OperatorError` if none does."""
    cloud = running_cloud(folder)
    if cloud is None:
        raise OperatorError("no local cloud is running. Start it: make up. For your AWS account, add ARGS=--aws")
    pass_no_proxy()
    return local_account(cloud)


def aws_account(what: str) -> Account:
    """The account that the caller's credentials open; raises `OperatorError` if they open none.

    Args:
        what: The command that needs it.
    """
    check_credentials(what)
    return Account()


def aws_stack(stack_name: str, account: Account | None = None) -> Stack:
    """A stack in the account that the caller's credentials open; raises `OperatorError` if it is not there."""
    if account is None:
        account = aws_account("a command on AWS")
    try:
        found = account.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise OperatorError(
            f"this account and region have no stack {stack_name}: make deploy,"
            ' or name another one (ARGS="--aws --stack-name NAME")'
        ) from None
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found[0].get("Outputs", [])}
    return Stack(account, StackOutputs(outputs), stack_name)

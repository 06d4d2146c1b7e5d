"""Whether this shell can reach an AWS account at all, before a command tries."""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import boto3

from wild_rydes_saga.deployed.errors import OperatorError

_THIS_MACHINE: Final = ("127.0.0.1", "localhost")
_SIGN_IN: Final = "sign in with `aws sso login` or `aws configure`, or set AWS_PROFILE"
_NO_ACCOUNT: Final = "Without an AWS account, use the local cloud: make up"


def check_credentials(what: str) -> None:
    """Raises `OperatorError` with the fix if this shell has no AWS credentials or no region.

    Args:
        what: The command that needs them.
    """
    session = boto3.Session()
    if session.get_credentials() is None:
        raise OperatorError(f"{what} needs AWS credentials, and this shell has none: {_SIGN_IN}. {_NO_ACCOUNT}")
    if session.region_name is None:
        raise OperatorError(f"{what} needs a region, and this shell names none: export AWS_REGION=us-east-1")


def refuse_local_cloud(what: str, environment: Mapping[str, str] = os.environ) -> None:
    """Raises `OperatorError` if AWS calls of this shell go to the local cloud."""
    endpoint = environment.get("AWS_ENDPOINT_URL", "")
    if urlsplit(endpoint).hostname in _THIS_MACHINE:
        raise OperatorError(f"{what} is for AWS, and this shell calls the local cloud ({endpoint}): open a new shell")

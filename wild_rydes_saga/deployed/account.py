"""Where AWS calls go: the local cloud, or the account that the caller's own credentials open."""

import functools
import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
from botocore.config import Config

from wild_rydes_saga.emulator.access_key import KEY_ID, REGION, SECRET
from wild_rydes_saga.emulator.process import Emulator

LOCAL_ACCOUNT_ID: Final = "000000000000"
FEWEST_SECONDS: Final = 5.0
"""Between two reads of AWS that wait for the same thing."""
_MOST_SECONDS: Final = 30.0
_CALLERS_OWN: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")


@dataclass(frozen=True)
class Account:
    """An account to deploy to and to call.

    Attributes:
        endpoint_url: The local cloud's, or None for AWS.
        variables: What a command's environment needs for the account, on top of the caller's.
    """

    endpoint_url: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A boto3 client of the account, made once for each service."""
        if self.endpoint_url is None:
            return _client(service, None, None, None)
        return _client(service, self.endpoint_url, self.variables[KEY_ID], self.variables[SECRET])

    def pauses(self, *, local_seconds: float = 0.1) -> Iterator[float]:
        """The seconds to wait between reads that repeat: on AWS five at least, and longer each time up to thirty.

        Other callers of the account share the rates of Step Functions' reads.
        """
        if self.endpoint_url is not None:
            yield from itertools.repeat(local_seconds)
        for count in itertools.count():
            yield min(FEWEST_SECONDS * 1.5**count, _MOST_SECONDS)

    def environment(self) -> dict[str, str]:
        """The whole environment for a command; for the local cloud with nothing of the caller's AWS settings."""
        if self.endpoint_url is None:
            return dict(os.environ)
        mine = {name: value for name, value in os.environ.items() if name not in _CALLERS_OWN}
        return {**mine, **self.variables, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def local_account(cloud: Emulator) -> Account:
    """The account of a local cloud, with its own access key."""
    return Account(
        cloud.endpoint_url,
        {
            **cloud.key.variables,
            "AWS_ENDPOINT_URL": cloud.endpoint_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        },
    )


@functools.cache
def _client(service: str, endpoint_url: str | None, key_id: str | None, secret: str | None) -> Any:
    if endpoint_url is None:
        return boto3.Session().client(service)
    session = boto3.Session(aws_access_key_id=key_id, aws_secret_access_key=secret, region_name=REGION)
    # The host of `StartSyncExecution` begins with `sync-`, which no name of the local cloud does.
    return session.client(service, endpoint_url=endpoint_url, config=Config(inject_host_prefix=False))

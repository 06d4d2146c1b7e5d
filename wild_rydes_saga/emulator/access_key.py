"""The access key of one local cloud: made anew at each start, and the only one that the cloud obeys."""

import os
import secrets
import urllib.request
from dataclasses import dataclass, field
from typing import Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY_ID: Final = "AWS_ACCESS_KEY_ID"
SECRET: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105  # a variable's name
REGION: Final = "us-east-1"
ID_PREFIX: Final = "LOCAL"
"""How the id of a local cloud's access key begins; AWS's own begin otherwise."""


@dataclass(frozen=True)
class AccessKey:
    """An access key. It shows no secret when it is printed. A session's has a token too."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def new(cls) -> "AccessKey":
        """A random one."""
        return cls(f"{ID_PREFIX}{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30))

    @classmethod
    def of_environment(cls) -> "AccessKey":
        """That of the process: a process's environment is read by its user alone, unlike its command line."""
        return cls(os.environ[KEY_ID], os.environ[SECRET])

    @property
    def variables(self) -> dict[str, str]:
        """Its environment variables, by which every SDK of AWS knows it."""
        return {KEY_ID: self.key_id, SECRET: self.secret}

    def signed(self, url: str, *, service: str = "ministack") -> urllib.request.Request:
        """A signed GET request."""
        request = AWSRequest(method="GET", url=url)
        SigV4Auth(Credentials(self.key_id, self.secret), service, REGION).add_auth(request)
        return urllib.request.Request(url, headers=dict(request.headers.items()))  # noqa: S310  # always http

"""The restricted key: read once by each execution environment, and again when Stripe refuses it."""

import functools
import re
from typing import Any, Final

from botocore.exceptions import ClientError

from lambda_src.errors import GatewayBusy, GatewayKeyRefused
from lambda_src.sdk import NOT_ANSWERED, is_busy, make_client

_FORM: Final = re.compile(r"[!-~]+")
"""What a header can carry. The error that a header refuses any other key with quotes it."""


@functools.cache
def secrets_manager() -> Any:
    """The one Secrets Manager client of this execution environment."""
    return make_client("secretsmanager")


@functools.cache
def restricted_key(secret: str) -> "RestrictedKey":
    """The key that a secret holds, as this execution environment knows it."""
    return RestrictedKey(secret)


class RestrictedKey:
    """A key of Stripe's in Secrets Manager. Shows none of itself when printed.

    To rotate it, put the new key into the secret, and let Stripe end the old one: no deployment.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._key: str | None = None

    def value(self) -> str:
        """The key. Raises `GatewayBusy` if it cannot be read just now, `GatewayKeyRefused` if not at all."""
        if self._key is None:
            self._key = self._read()
        return self._key

    def has_changed(self) -> bool:
        """Reads the secret again; tells whether it holds another key by now."""
        before, self._key = self._key, self._read()
        return self._key != before

    def _read(self) -> str:
        try:
            answer = secrets_manager().get_secret_value(SecretId=self._secret)
        except NOT_ANSWERED as error:
            raise GatewayBusy(f"Secrets Manager did not answer: {type(error).__name__}") from None
        except ClientError as error:
            if is_busy(error):
                raise GatewayBusy("Secrets Manager is busy") from None
            code = error.response["Error"]["Code"]
            raise GatewayKeyRefused(f"the gateway's key cannot be read ({code}): put it into its secret") from None
        key = str(answer["SecretString"]).strip()
        if not _FORM.fullmatch(key):
            raise GatewayKeyRefused("the secret does not hold one key, and nothing else: put that there")
        return key

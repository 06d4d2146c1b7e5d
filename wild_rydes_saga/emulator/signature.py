"""What a request says of its signature (AWS Signature Version 4), and whether that is true."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

from ministack.core import sigv4

from wild_rydes_saga.emulator.access_key import AccessKey

Scope = MutableMapping[str, Any]
FindKey = Callable[[str], AccessKey | None]
"""Finds the access key of an id, if the local cloud has given it and it has not expired."""

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_TOKEN: Final = "x-amz-security-token"  # noqa: S105  # the header's name
_HASH: Final = "x-amz-content-sha256"
_UNSIGNED_BODIES: Final = frozenset({sigv4.UNSIGNED_PAYLOAD, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})
_SIGNED_CHUNKS: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
"""These stand in place of a body's hash, in S3 and nowhere else."""
_SKEW: Final = timedelta(minutes=15)
"""A link's date may be later than the clock by as much, as AWS allows."""
_LONGEST_LINK: Final = timedelta(days=7)


class Refused(Exception):
    """A request that the local cloud does not obey. Says why."""


@dataclass(frozen=True)
class SignedRequest:
    """A request and the signature that it claims to have. `presigned` is a link's."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    signature: sigv4.HeaderSignature
    presigned: bool

    def check_head(self, find_key: FindKey) -> AccessKey:
        """Checks what needs no body; returns the key that must have signed the request.

        Raises:
            Refused: The key is unknown, the time is over, or a header is not covered by the signature.
        """
        key = find_key(self.signature.access_key_id)
        if key is None:
            raise Refused("it is signed with an access key that is not the local cloud's")
        if key.token and not hmac.compare_digest(key.token.encode(), self._token.encode()):
            raise Refused("its session token is not its access key's")
        if self._is_expired():
            raise Refused("its signature has expired")
        covered = self.signature.signed_headers.lower().split(";")
        if not {"host", *(name for name in self.headers if name.startswith("x-amz-"))}.issubset(covered):
            raise Refused("its signature does not cover its Host and all its X-Amz headers")
        return key

    def check_body(self, key: AccessKey, hosts: Collection[str], body: bytes) -> None:
        """Checks the signature over all that was sent; raises `Refused` if another one was made, or of other bytes."""
        declared = self.headers.get(_HASH, "")
        if self.signature.service != "s3" or not self._leaves_the_body_out(declared):
            actual = hashlib.sha256(body).hexdigest()
            if declared and not hmac.compare_digest(declared.encode(), actual.encode()):
                raise Refused("its body is not the one that was signed")
        # A proxy that a test puts in front may pass its own Host on, or the emulator's: the caller signed either.
        if not any(self._is_signed(key, host, body) for host in {self.headers["host"], *hosts}):
            raise Refused("its signature is wrong")

    @property
    def _token(self) -> str:
        linked = [value for name, values in self.query.items() if name.lower() == _TOKEN for value in values]
        return (linked or [""])[-1] if self.presigned else self.headers.get(_TOKEN, "")

    def _leaves_the_body_out(self, declared: str) -> bool:
        return declared in _UNSIGNED_BODIES or declared.startswith(_SIGNED_CHUNKS)

    def _is_signed(self, key: AccessKey, host: str, body: bytes) -> bool:
        return not sigv4.header_signature_failure(
            self.signature,
            key.secret,
            self.method,
            self.path,
            self.query,
            {**self.headers, "host": host},
            body,
            presigned=self.presigned,
        )

    def _is_expired(self) -> bool:
        now = datetime.now(UTC)
        try:
            signed_at = datetime.strptime(self.signature.amz_date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            if not self.presigned:
                return sigv4.request_time_failure(self.signature, now=now) is not None
            [seconds] = self.query["X-Amz-Expires"]
            lasts = timedelta(seconds=int(seconds))
        except (KeyError, ValueError, OverflowError):
            return True
        return not timedelta() < lasts <= _LONGEST_LINK or now > signed_at + lasts or signed_at > now + _SKEW


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers by their names in lower case; raises `Refused` if one is there twice."""
    pairs = [(name.decode("latin-1").lower(), sigv4.decode_header_value(value)) for name, value in scope["headers"]]
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        # The guard would check one of them, and the emulator might obey the other.
        raise Refused("it has a header twice")
    return dict(pairs)


def signed_request(scope: Scope, headers: Mapping[str, str]) -> SignedRequest:
    """Reads a request's signature; raises `Refused` if there is none, or more than one."""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    linked = any(name.lower() in ("x-amz-signature", "x-amz-credential") for name in query)
    presigned = "authorization" not in headers
    parsed = sigv4.parse_query_signature(query) if presigned else sigv4.parse_header_signature(headers)
    algorithm = query.get("X-Amz-Algorithm", [""])[-1] if presigned else headers["authorization"].partition(" ")[0]
    if isinstance(parsed, tuple) or parsed.region_set is not None or algorithm != _ALGORITHM:
        raise Refused("it is not signed with the local cloud's access key")
    if linked is not presigned:
        raise Refused("it is signed twice")
    if not parsed.signature.isascii():
        raise Refused("its signature is wrong")
    return SignedRequest(scope["method"], _path_of(scope), query, headers, parsed, presigned)


def _path_of(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").partition("?")[0]

"""Temporary credentials are obeyed only if the emulator's STS has given them to a holder of the key."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from ministack.services import sts

from tests.local_cloud.emulator.outsiders import FUNCTIONS, HEALTH, REFUSED, ask
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.access_key import REGION, AccessKey
from wild_rydes_saga.emulator.patches.sessions import session_key
from wild_rydes_saga.emulator.process import Emulator

ROLE = "arn:aws:iam::000000000000:role/any"
SECRETS = ("SecretAccessKey", "SessionToken")
SESSIONS = ["AssumeRole", "GetSessionToken", "GetFederationToken"]


@pytest.fixture(scope="module")
def other() -> Iterator[Emulator]:
    with emulator.running() as cloud:
        yield cloud


def session(cloud: Emulator, how: str, **options: Any) -> Credentials:
    """Credentials that the emulator gives to its owner."""
    client = local_account(cloud).client("sts")
    given = {
        "AssumeRole": lambda: client.assume_role(RoleArn=ROLE, RoleSessionName="any", **options),
        "GetSessionToken": lambda: client.get_session_token(**options),
        "GetFederationToken": lambda: client.get_federation_token(Name="any", **options),
    }[how]()["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def status(cloud: Emulator, credentials: Credentials, *, link: bool = False) -> int:
    """The status of a request that is signed with the credentials, in its headers or as a link."""
    request = AWSRequest(method="GET", url=f"{cloud.endpoint_url}{HEALTH}")
    if link:
        SigV4QueryAuth(credentials, "lambda", REGION, expires=60).add_auth(request)
        return ask(cloud, str(request.url).removeprefix(cloud.endpoint_url)).status
    SigV4Auth(credentials, "lambda", REGION).add_auth(request)
    return ask(cloud, HEALTH, headers=dict(request.headers.items())).status


@pytest.mark.parametrize("link", [False, True], ids=["signed", "linked"])
@pytest.mark.parametrize("how", SESSIONS)
def test_a_session_that_the_emulator_gave_is_obeyed(running: Emulator, how: str, *, link: bool) -> None:
    assert status(running, session(running, how), link=link) != REFUSED


@pytest.mark.parametrize("link", [False, True], ids=["signed", "linked"])
@pytest.mark.parametrize("how", SESSIONS)
def test_a_session_with_another_secret_or_token_is_refused(running: Emulator, how: str, *, link: bool) -> None:
    given = session(running, how)
    for secret, token in ((given.secret_key, "another"), (given.secret_key, None), ("another", given.token)):
        assert status(running, Credentials(given.access_key, secret, token), link=link) == REFUSED


def test_a_made_up_session_is_refused(running: Emulator) -> None:
    for key_id in ("ASIA0123456789ABCDEF", "ASIA", "AKIAIOSFODNN7EXAMPLE", "test"):
        assert status(running, Credentials(key_id, "test", "token")) == REFUSED


@pytest.mark.parametrize("how", SESSIONS)
def test_a_session_of_another_cloud_is_refused(running: Emulator, other: Emulator, how: str) -> None:
    assert status(running, session(other, how)) == REFUSED


@pytest.mark.parametrize(
    ("changed", "given"),
    [({}, True), ({"Expiration": 1}, False), *(({name: value}, False) for name in SECRETS for value in ("", None))],
)
def test_a_session_that_has_expired_or_has_no_secret_has_no_key(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], given: bool
) -> None:
    """Reads the emulator's own record of sessions: none expires within a test's time."""
    record = {"SecretAccessKey": "secret", "SessionToken": "token", "Expiration": time.time() + 60, **changed}
    monkeypatch.setattr(sts, "_sessions", {"ASIA0": record})
    assert session_key("ASIA0") == (AccessKey("ASIA0", "secret", "token") if given else None)


def test_a_key_of_the_emulators_iam_is_refused(running: Emulator) -> None:
    """The emulator enforces no policy, so a key with fewer rights would be obeyed in everything."""
    iam = local_account(running).client("iam")
    iam.create_user(UserName="any")
    key = iam.create_access_key(UserName="any")["AccessKey"]
    assert status(running, Credentials(key["AccessKeyId"], key["SecretAccessKey"])) == REFUSED


ACTIONS = {
    "GetSessionToken": {},
    "AssumeRole": {"RoleArn": ROLE, "RoleSessionName": "any"},
    "AssumeRoleWithWebIdentity": {"RoleArn": ROLE, "RoleSessionName": "any", "WebIdentityToken": "any"},
    "AssumeRoleWithSAML": {"RoleArn": ROLE, "PrincipalArn": ROLE, "SAMLAssertion": "any"},
    "GetFederationToken": {"Name": "any"},
}


@pytest.mark.parametrize("action", ACTIONS)
def test_no_session_is_given_without_a_signature(running: Emulator, action: str) -> None:
    body = urlencode({"Action": action, "Version": "2011-06-15", **ACTIONS[action]})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(running, "/", method="POST", body=body.encode(), headers=form).status == REFUSED
    assert ask(running, f"/?{body}").status == REFUSED


@pytest.mark.parametrize(
    "path", ["/latest/meta-data/iam/security-credentials/any", "/latest/api/token", "/v2/credentials/x"]
)
def test_no_credentials_are_given_as_an_instances_or_containers(running: Emulator, path: str) -> None:
    for method in ("GET", "PUT"):
        assert ask(running, path, method=method).status == REFUSED


def test_no_identity_pool_gives_credentials_without_a_signature(running: Emulator) -> None:
    for action in ("GetId", "GetCredentialsForIdentity"):
        target = {"X-Amz-Target": f"AWSCognitoIdentityService.{action}", "Content-Type": "application/x-amz-json-1.1"}
        assert ask(running, "/", method="POST", body=b"{}", headers=target).status == REFUSED


def test_a_session_with_the_id_of_another_key_is_refused(running: Emulator) -> None:
    given = session(running, "AssumeRole")
    key = AccessKey(running.key.key_id, str(given.secret_key))
    assert status(running, Credentials(key.key_id, key.secret, given.token)) == REFUSED
    assert ask(running, FUNCTIONS).status == REFUSED

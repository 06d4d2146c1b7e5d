"""The local cloud obeys only its own access key, and no browser: real attacks against a real local cloud."""

import asyncio
import io
import json
import stat
import time
import zipfile
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from rich.console import Console

from tests.local_cloud.emulator.outsiders import FUNCTIONS, HEALTH, REFUSED, ask, signed
from tests.support.local_cloud.listening import listening, loopback, on_linux_alone
from wild_rydes_saga.cli.down import down
from wild_rydes_saga.cli.up import up
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.access_key import REGION, AccessKey
from wild_rydes_saga.emulator.guard import Guard, Message, Receive, Send
from wild_rydes_saga.emulator.process import MORE_HOSTS, Emulator
from wild_rydes_saga.emulator.record import running_cloud
from wild_rydes_saga.emulator.signature import Scope

FOREIGN: Final = {"Origin": "http://evil.example", "Content-Type": "text/plain"}


def a_function(mark: Path) -> bytes:
    """The body of a form that creates a function; the function writes a file as its mark."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("evil.py", f"def handler(event, context):\n    open({str(mark)!r}, 'w').close()\n")
    asked = {
        "FunctionName": "evil",
        "Runtime": "python3.11",
        "Role": "arn:aws:iam::000000000000:role/evil",
        "Handler": "evil.handler",
        "Code": {"ZipFile": b64encode(code.getvalue()).decode()},
    }
    return json.dumps(asked).encode()


def functions(cloud: Emulator) -> list[str]:
    found = local_account(cloud).client("lambda").list_functions()["Functions"]
    return [str(one["FunctionName"]) for one in found]


def test_a_form_of_a_foreign_page_creates_and_runs_nothing(running: Emulator, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    created = ask(running, FUNCTIONS, method="POST", body=a_function(mark), headers=FOREIGN)
    invoked = ask(running, f"{FUNCTIONS}/evil/invocations", method="POST", body=b"{}", headers=FOREIGN)
    assert (created.status, invoked.status) == (REFUSED, REFUSED)
    assert created.getheader("Access-Control-Allow-Origin") is None
    assert functions(running) == []
    assert not mark.exists()


def test_the_same_calls_with_the_key_succeed(running: Emulator, tmp_path: Path) -> None:
    """The attack would succeed with the key: only the key is missing."""
    mark = tmp_path / "ran"
    client = local_account(running).client("lambda")
    asked: dict[str, Any] = json.loads(a_function(mark))
    asked["Code"] = {"ZipFile": b64decode(asked["Code"]["ZipFile"])}
    client.create_function(**asked)
    client.invoke(FunctionName="evil")
    client.delete_function(FunctionName="evil")
    assert mark.exists()


@pytest.mark.parametrize("name", ["Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode"])
def test_a_browsers_request_is_refused_even_if_it_is_signed(running: Emulator, name: str) -> None:
    headers = {**signed(running, HEALTH), name: "cross-site"}
    assert ask(running, HEALTH, headers=headers).status == REFUSED


def test_a_preflight_is_refused(running: Emulator) -> None:
    answer = ask(running, FUNCTIONS, method="OPTIONS", headers={**FOREIGN, "Access-Control-Request-Method": "POST"})
    assert answer.status == REFUSED
    assert [name for name, _ in answer.getheaders() if name.lower().startswith("access-control")] == []


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}"])
def test_a_host_that_is_not_its_own_is_refused_even_if_it_is_signed(running: Emulator, host: str) -> None:
    named = {"Host": host.format(port=running.port)}
    headers = signed(running, HEALTH, headers=named)
    assert ask(running, HEALTH, headers={**headers, **named}).status == REFUSED


@pytest.mark.parametrize(
    "path", [HEALTH, "/_ministack/reset", FUNCTIONS, "/", "/bucket/key", "/2021-10-31/functions/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_request_without_a_signature_is_refused(running: Emulator, path: str, method: str) -> None:
    assert ask(running, path, method=method).status == REFUSED


@pytest.mark.parametrize("which", ["another id", "another secret", "the account's number"])
def test_another_key_is_refused(running: Emulator, which: str) -> None:
    key = {
        "another id": AccessKey("LOCAL0000000000000000", running.key.secret),
        "another secret": AccessKey(running.key.key_id, "wrong"),
        "the account's number": AccessKey("000000000000", "test"),
    }[which]
    assert ask(running, HEALTH, headers=signed(running, HEALTH, key)).status == REFUSED
    assert ask(running, HEALTH, headers=signed(running, HEALTH)).status != REFUSED


def test_a_key_id_of_any_letters_is_refused(running: Emulator) -> None:
    headers = signed(running, HEALTH)
    headers["Authorization"] = headers["Authorization"].replace(running.key.key_id, "LOCAL\u00e9")
    assert ask(running, HEALTH, headers=headers).status == REFUSED


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads a process's environment as Linux shows it")
def test_neither_the_callers_aws_settings_nor_hosts_reach_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "the-callers-own")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the-callers-own")
    monkeypatch.setenv(MORE_HOSTS, "evil.example")
    with emulator.running() as cloud:
        inherited = b"the-callers-own" in Path(f"/proc/{cloud.pid}/environ").read_bytes()
        assert not inherited  # in a variable of its own: a failure must not print the environment, which has the key
        named = {"Host": "evil.example"}
        assert ask(cloud, HEALTH, headers={**signed(cloud, HEALTH, headers=named), **named}).status == REFUSED


def test_a_body_that_was_not_signed_is_refused(running: Emulator) -> None:
    headers = signed(running, FUNCTIONS, method="POST", body=b"{}")
    assert ask(running, FUNCTIONS, method="POST", body=b'{"x": 1}', headers=headers).status == REFUSED


@pytest.mark.parametrize(("seconds", "refused"), [(60, False), (0, True)])
def test_a_link_is_obeyed_until_it_expires_if_the_key_signed_it(running: Emulator, seconds: int, refused: bool) -> None:
    def link(key: AccessKey) -> str:
        request = AWSRequest(method="GET", url=f"{running.endpoint_url}{HEALTH}")
        S3SigV4QueryAuth(Credentials(key.key_id, key.secret), "s3", REGION, expires=seconds).add_auth(request)
        return str(request.url).removeprefix(running.endpoint_url)

    own, other = link(running.key), link(AccessKey(running.key.key_id, "wrong"))
    time.sleep(1.1 if refused else 0)
    assert (ask(running, own).status == REFUSED) is refused
    assert ask(running, other).status == REFUSED


def test_no_websocket_reaches_the_emulator() -> None:
    """Tests the guard itself: the emulator alone also refuses a WebSocket of an unknown API."""
    reached, sent = [], []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        reached.append(scope)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message["type"])

    host = f"{emulator.HOST}:1"
    scope: Scope = {"type": "websocket", "path": "/", "headers": [(b"host", host.encode())]}
    asyncio.run(Guard(app, [host], lambda key_id: AccessKey(key_id, "secret"))(scope, receive, send))
    assert (reached, sent) == ([], ["websocket.close"])


@pytest.mark.long
@on_linux_alone
def test_a_deployed_cloud_listens_once_and_only_on_this_machine(tmp_path: Path) -> None:
    folder = tmp_path / ".local"
    console = Console(file=io.StringIO())
    port = emulator.free_port()
    up(console, port, folder)
    try:
        state = json.loads((folder / "cloud.json").read_text(encoding="utf-8"))
        cloud = running_cloud(folder)
        assert cloud is not None
        assert listening(cloud.pid) == {loopback(port)}
        for name in ("cloud.json", "aws.env"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
        secret = state["key"]["secret"]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        shown = secret.encode() in Path(f"/proc/{cloud.pid}/cmdline").read_bytes()
        assert not shown
        written = secret in (folder / "aws.env").read_text(encoding="utf-8")
        assert written
    finally:
        down(console, folder)

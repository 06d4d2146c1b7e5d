"""No form on the wire passes the guard: a header twice, pipelining, chunks, HTTP/2."""

import json
from datetime import UTC, datetime, timedelta

import botocore.auth
import h2.config
import h2.connection
import h2.events
import pytest

from tests.local_cloud.emulator.outsiders import FUNCTIONS, HEALTH, REFUSED, raw, send_raw, signed, statuses
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.access_key import AccessKey
from wild_rydes_saga.emulator.process import Emulator

OBEYED, MALFORMED = 200, 400
CLOSE = {"Connection": "close"}


def own(cloud: Emulator) -> str:
    return f"{emulator.HOST}:{cloud.port}"


def good(cloud: Emulator, path: str = HEALTH, **options: str) -> dict[str, str]:
    """The headers of a request that is obeyed."""
    return {"Host": own(cloud), **signed(cloud, path, **options)}  # type: ignore[arg-type]  # of one type each


def test_the_request_that_the_attacks_change_is_obeyed(running: Emulator) -> None:
    assert statuses(send_raw(running, raw(HEALTH, {**good(running), **CLOSE}))) == [OBEYED]


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("name", ["Host", "Authorization", "X-Amz-Date", "X-Amz-Target", "Content-Type"])
def test_a_header_that_comes_twice_is_refused(running: Emulator, name: str, *, first: bool) -> None:
    changed = {"Host": "evil.example", "Authorization": "Bearer x", "X-Amz-Date": "20200101T000000Z"}
    headers = list({"X-Amz-Target": "a", "Content-Type": "a", **good(running), **CLOSE}.items())
    headers.insert(0 if first else len(headers), (name, changed.get(name, "b")))
    assert statuses(send_raw(running, raw(HEALTH, headers))) in ([REFUSED], [MALFORMED])


@pytest.mark.parametrize("method", ["GET", "HEAD", "TRACE", "CONNECT", "PATCH", "MADEUP"])
def test_no_method_is_obeyed_without_a_signature(running: Emulator, method: str) -> None:
    answer = send_raw(running, raw(HEALTH, {"Host": own(running), **CLOSE}, method))
    assert statuses(answer) in ([REFUSED], [MALFORMED])
    assert method != "HEAD" or answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("target", ["http://{own}{path}", "http://evil.example{path}", "//evil.example{path}", "*"])
def test_a_target_that_names_a_host_is_not_obeyed(running: Emulator, target: str) -> None:
    named = target.format(own=own(running), path=HEALTH)
    for headers in ({"Host": own(running), **CLOSE}, {**good(running), **CLOSE}):
        assert OBEYED not in statuses(send_raw(running, raw(named, headers)))


def test_a_host_that_is_missing_is_refused(running: Emulator) -> None:
    headers = {name: value for name, value in good(running).items() if name != "Host"}
    for request in (raw(HEALTH, headers), raw(HEALTH, headers).replace(b"HTTP/1.1", b"HTTP/1.0")):
        assert statuses(send_raw(running, request)) in ([REFUSED], [MALFORMED])


@pytest.mark.parametrize("name", ["origin", "ORIGIN", "sec-ch-ua", "Sec-GPC", "Access-Control-Request-Method"])
def test_any_header_that_browsers_alone_send_is_refused(running: Emulator, name: str) -> None:
    assert statuses(send_raw(running, raw(HEALTH, {**good(running), name: "x", **CLOSE}))) == [REFUSED]


def test_a_request_behind_a_signed_one_needs_its_own_signature(running: Emulator) -> None:
    both = raw(HEALTH, good(running)) + raw(HEALTH, {"Host": own(running), **CLOSE})
    assert statuses(send_raw(running, both)) == [OBEYED, REFUSED]


def test_a_request_in_the_body_of_a_refused_one_is_not_read(running: Emulator) -> None:
    inner = raw(HEALTH, {**good(running), **CLOSE})
    outer = {"Host": own(running), "Content-Length": str(len(inner))}
    assert statuses(send_raw(running, raw("/", outer, "POST") + inner)) == [REFUSED]


def test_a_body_of_two_lengths_smuggles_no_request(running: Emulator) -> None:
    inner = raw(HEALTH, {"Host": own(running), **CLOSE})
    headers = {**good(running, FUNCTIONS, method="POST"), "Content-Length": "5", "Transfer-Encoding": "chunked"}
    answer = send_raw(running, raw(FUNCTIONS, headers, "POST") + b"0\r\n\r\n" + inner)
    assert OBEYED not in statuses(answer)


def test_chunks_are_covered_by_the_signature(running: Emulator) -> None:
    body = json.dumps({"FunctionName": "smuggled"}).encode()
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    headers = {**good(running, FUNCTIONS, method="POST"), "Transfer-Encoding": "chunked", **CLOSE}
    assert statuses(send_raw(running, raw(FUNCTIONS, headers, "POST") + chunks)) == [REFUSED]


def test_an_aws_header_that_was_added_to_a_signed_request_is_refused(running: Emulator) -> None:
    headers = {**good(running), "X-Amz-Target": "DynamoDB_20120810.ListTables", **CLOSE}
    assert statuses(send_raw(running, raw(HEALTH, headers))) == [REFUSED]


@pytest.mark.parametrize("declared", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", "0" * 64])
def test_a_body_that_is_not_signed_is_refused_outside_s3(running: Emulator, declared: str) -> None:
    headers = signed(running, FUNCTIONS, method="POST", headers={"X-Amz-Content-SHA256": declared})
    request = raw(FUNCTIONS, {"Host": own(running), **headers, "Content-Length": "2", **CLOSE}, "POST") + b"{}"
    assert statuses(send_raw(running, request)) == [REFUSED]


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        ("AWS4-HMAC-SHA256", "Bearer"),
        ("Signature=", "Signature=\u00e9"),
        ("Signature=", "Nothing="),
        ("SignedHeaders=host;", "SignedHeaders="),
        ("/us-east-1/", "/eu-west-1/"),
    ],
)
def test_a_signature_that_was_changed_is_refused(running: Emulator, part: str, changed: str) -> None:
    headers = good(running)
    assert part in headers["Authorization"]
    headers["Authorization"] = headers["Authorization"].replace(part, changed)
    assert statuses(send_raw(running, raw(HEALTH, {**headers, **CLOSE}))) == [REFUSED]


@pytest.mark.parametrize("seconds", [-1000, 1000])
def test_a_request_of_another_time_is_refused(running: Emulator, monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    shift_the_signers_clock(monkeypatch, seconds)
    assert statuses(send_raw(running, raw(HEALTH, {**good(running), **CLOSE}))) == [REFUSED]


def shift_the_signers_clock(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    now = datetime.now(UTC) + timedelta(seconds=seconds)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: now)


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_no_upgrade_reaches_the_emulator(running: Emulator, upgrade: str) -> None:
    asked = {"Upgrade": upgrade, "Connection": "Upgrade", "HTTP2-Settings": "AAMAAABkAAQAoAAAAAIAAAAA"}
    socket_key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    extra = socket_key if upgrade == "websocket" else {}
    answer = send_raw(running, raw(HEALTH, {**good(running), **asked, **extra}), seconds=2)
    assert OBEYED not in statuses(answer)
    assert b"services" not in answer


@pytest.mark.parametrize("who", ["the owner", "a stranger", "of another host"])
def test_http2_is_refused(running: Emulator, who: str) -> None:
    """No SDK uses HTTP/2 without TLS, and it has its own ways to name a host."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    connection.initiate_connection()
    host = "evil.example" if who == "of another host" else own(running)
    mine = {} if who == "a stranger" else signed(running, HEALTH)
    lower = [(name.lower(), value) for name, value in mine.items()]
    pseudo = [(":method", "GET"), (":authority", host), (":scheme", "http"), (":path", HEALTH)]
    connection.send_headers(1, [*pseudo, *lower], end_stream=True)
    received = h2_statuses(send_raw(running, connection.data_to_send(), seconds=2), connection)
    assert received in ([], [REFUSED])


def h2_statuses(answer: bytes, connection: h2.connection.H2Connection) -> list[int]:
    responses = [one for one in connection.receive_data(answer) if isinstance(one, h2.events.ResponseReceived)]
    return [int(dict(one.headers or [])[b":status"]) for one in responses]


def test_a_link_that_is_also_signed_in_a_header_is_refused(running: Emulator) -> None:
    target = f"{HEALTH}?X-Amz-Signature=0&X-Amz-Credential=x"
    headers = good(running, target)
    assert statuses(send_raw(running, raw(target, {**headers, **CLOSE}))) == [REFUSED]


def test_an_empty_key_id_and_secret_are_refused(running: Emulator) -> None:
    for key in (AccessKey(" ", "x"), AccessKey("None", "None"), AccessKey(running.key.key_id, "x")):
        headers = {"Host": own(running), **signed(running, HEALTH, key), **CLOSE}
        assert statuses(send_raw(running, raw(HEALTH, headers))) == [REFUSED]

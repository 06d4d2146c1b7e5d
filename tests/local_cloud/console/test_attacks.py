"""What a foreign page, a rebound name, and a program without the key get from the console: nothing."""

import http.client
import json
from collections.abc import Mapping

import pytest

from tests.support.console.routes import CHANGES, READS, filled
from tests.support.console.served import KEY, Served
from wild_rydes_saga.console.guard import HEADERS, KEY_HEADER, TARGET_HEADER
from wild_rydes_saga.console.views.rides import PAGE
from wild_rydes_saga.deployed.rides import LAB_FARE

RIDE = json.dumps({name: LAB_FARE[name] for name in ("customerId", "fareId", "fareAmount")})
FORGED: Mapping[str, Mapping[str, str | None]] = {
    "a foreign origin": {"Origin": "http://evil.example"},
    "another port of this machine": {"Origin": "http://127.0.0.1:1"},
    "the origin null of a sandbox": {"Origin": "null"},
    "no origin": {"Origin": None},
    "a foreign site": {"Sec-Fetch-Site": "cross-site"},
    "another port, as the browser says it": {"Sec-Fetch-Site": "same-site"},
    "a name that was rebound to 127.0.0.1": {"Host": "evil.example", "Origin": "http://evil.example"},
    "a rebound name with the port": {"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"},
    "no host": {"Host": ""},
    "no key": {KEY_HEADER: None},
    "an old key": {KEY_HEADER: "a-key-of-yesterday"},
    "a key that is not ASCII": {KEY_HEADER: "schlüssel"},
    "the form of a foreign page": {"Content-Type": "application/x-www-form-urlencoded"},
    "text, as a form can send it": {"Content-Type": "text/plain"},
    "another account": {TARGET_HEADER: "account 111111111111, us-east-1, stack other"},
    "no target": {TARGET_HEADER: None},
}
FOR_READS = [name for name in FORGED if not {"Content-Type", TARGET_HEADER} & set(FORGED[name]) and name != "no origin"]


def forged(console: Served, name: str) -> dict[str, str]:
    """The page's own headers, but for those of the attack."""
    changed = {**console.headers(), **FORGED[name]}
    return {one: value.format(port=console.port) for one, value in changed.items() if value is not None}


def test_the_routes_are_those_that_the_page_uses() -> None:
    """Fails if the attacks below try nothing."""
    assert {"/start", "/ride/{ride}/recover", "/machine/check"} <= {*CHANGES}
    assert {"/rides", "/ride/{ride}/logs", "/events"} <= {*READS}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_change_is_refused_and_changes_nothing(console: Served, name: str) -> None:
    before = [one["ride"] for one in console.get("/rides")["rides"]]
    for path in map(filled, CHANGES):
        answer = console.ask("POST", path, forged(console, name), RIDE)
        assert answer.status == 403, (path, answer.status)
        assert set(answer.data) == {"error"}
    assert [one["ride"] for one in console.get("/rides")["rides"]] == before


@pytest.mark.parametrize("name", FOR_READS)
def test_a_forged_read_shows_nothing(console: Served, name: str) -> None:
    for path in map(filled, READS):
        answer = console.ask("GET", path, forged(console, name))
        assert answer.status == 403, (path, answer.status)
        assert set(answer.data) == {"error"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_no_other_method_is_answered(console: Served, method: str) -> None:
    answer = console.ask(method, "/api/start")
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_every_answer_has_the_policy_and_lets_no_other_page_read_it(console: Served) -> None:
    for path in ("/", "/static/main.js", "/static/../site.py", "/nowhere", "/api/about", "/api/nowhere"):
        answer = console.ask("GET", path)
        assert {name: answer.headers.get(name) for name in HEADERS} == dict(HEADERS), path
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "unsafe" not in HEADERS["content-security-policy"]


def test_the_page_itself_has_no_key_no_script_and_no_style_in_it(console: Served) -> None:
    text = console.ask("GET", "/", {"Host": f"127.0.0.1:{console.port}"}).text
    assert KEY not in text
    assert "<style" not in text
    assert " style=" not in text
    assert text.count("<script") == 1
    assert '<script type="module" src="/static/main.js"></script>' in text


@pytest.mark.parametrize(
    "path", ["/static/../site.py", "/static/%2e%2e/site.py", "/static/..%2fsite.py", "//etc/passwd"]
)
def test_no_file_but_the_pages_own_is_given(console: Served, path: str) -> None:
    answer = console.ask("GET", path)
    assert answer.status in (400, 403, 404)
    assert "import" not in answer.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/start", "not json"),
        ("/api/start", "[]"),
        ("/api/start", '{"customerId": 3}'),
        ("/api/start", '{"customerId": "a", "fareId": "b", "fareAmount": "c", "machine": "other"}'),
        ("/api/start", "[" * 20_000),
        ("/api/machine/deploy", '{"definition": "{"}'),
        ("/api/machine/deploy", '{"definition": "[]"}'),
        ("/api/ride/unknown/cancel", "{}"),
        ("/api/ride/unknown/recover", "{}"),
    ],
)
def test_a_wrong_change_gets_a_reason_and_no_stack_trace(console: Served, path: str, body: str) -> None:
    answer = console.ask("POST", path, body=body)
    assert 400 <= answer.status < 500
    assert set(answer.data) == {"error"}
    assert "Traceback" not in answer.text
    assert answer.data["error"].endswith((".", "instead"))


@pytest.mark.parametrize("limit", ["", "0", "-1", "x", "1e3", "10000", "%D9%A3", "9" * 5000])
def test_a_strange_limit_of_a_list_is_answered_as_none(console: Served, limit: str) -> None:
    answer = console.ask("GET", f"/api/rides?limit={limit}")
    assert (answer.status, len(answer.data["rides"]) <= PAGE) == (200, True)


def test_a_body_that_is_too_long_is_refused_before_it_is_read(console: Served) -> None:
    answer = console.ask("POST", "/api/machine/deploy", {**console.headers(), "Content-Length": "1300000"})
    assert answer.status == 403


@pytest.mark.parametrize("topics", ["", "rides,rides", "ride:unknown", "nothing", "ride:../../x", "%00", "x" * 5000])
def test_a_strange_topic_opens_a_stream_that_ends_nothing(console: Served, topics: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", console.port, timeout=20)
    connection.request("GET", f"/api/events?topics={topics}", headers=console.headers())
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.readline().strip() == b"event: open"
    connection.close()
    assert console.get("/about")["isLocal"] is True

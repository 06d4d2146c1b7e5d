"""The double is as strict, as forgetful and as late as Stripe, and answers nobody without its key."""

import http.client
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.gateways.stripe_double import StripeSubject
from tests.support.gateways.suite import FARE
from wild_rydes_saga.emulator.stripe_double.objects import ACCEPTED, DAY

INTENTS = "/v1/payment_intents"
NEW = {
    "amount": str(FARE),
    "currency": "usd",
    "capture_method": "manual",
    "allowed_payment_method_types[0]": "card",
    "metadata[sagaId]": "saga-1",
}


class Caller:
    """Asks the double without the SDK."""

    def __init__(self, subject: StripeSubject) -> None:
        self.address = subject.base.removeprefix("http://")
        self.headers = {"Authorization": f"Bearer {subject.double.api_keys[0]}"}

    def ask(
        self, method: str, path: str, fields: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, dict[str, Any], bool]:
        """Status, answer, and whether it is an earlier one."""
        connection = http.client.HTTPConnection(self.address, timeout=5)
        given = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path, urlencode(fields or {}), {k: v for k, v in given.items() if v})
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return answer.status, content, answer.headers.get("Idempotent-Replayed") == "true"


@pytest.fixture
def caller(stripe_double: StripeSubject) -> Caller:
    return Caller(stripe_double)


def held(caller: Caller) -> str:
    """Makes a payment with a hold; returns its path."""
    _, intent, _ = caller.ask("POST", INTENTS, NEW)
    path = f"{INTENTS}/{intent['id']}"
    status, _, _ = caller.ask("POST", f"{path}/confirm", {"payment_method": ACCEPTED})
    assert status == 200
    return path


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Authorization": ""}, 401, id="no-key"),
        pytest.param({"Authorization": "Bearer wrong"}, 401, id="wrong-key"),
        pytest.param({"Origin": "http://127.0.0.1"}, 403, id="a-page"),
        pytest.param({"Host": "stripe.example"}, 403, id="another-host"),
    ],
)
@pytest.mark.parametrize("path", [INTENTS, "/_double/book"])
def test_nobody_is_answered_without_the_key(path: str, headers: dict[str, str], status: int, caller: Caller) -> None:
    assert caller.ask("POST", path, NEW, **headers)[0] == status


def test_a_key_gives_its_first_answer_for_a_day_and_is_then_forgotten(
    caller: Caller, stripe_double: StripeSubject
) -> None:
    _, first, new = caller.ask("POST", INTENTS, NEW, Idempotency_Key="one")
    _, again, replayed = caller.ask("POST", INTENTS, NEW, Idempotency_Key="one")
    stripe_double.later(DAY)
    _, later, forgotten = caller.ask("POST", INTENTS, NEW, Idempotency_Key="one")
    assert first["id"] == again["id"] != later["id"]
    assert (new, replayed, forgotten) == (False, True, False)


def test_a_key_with_other_parameters_is_refused(caller: Caller) -> None:
    caller.ask("POST", INTENTS, NEW, Idempotency_Key="one")
    status, answer, _ = caller.ask("POST", INTENTS, {**NEW, "amount": "1"}, Idempotency_Key="one")
    assert (status, answer["error"]["type"]) == (400, "idempotency_error")


def test_an_error_is_repeated_under_its_key_too(caller: Caller) -> None:
    path = held(caller)
    caller.ask("POST", f"{path}/cancel")
    for replayed in (False, True):
        status, answer, was = caller.ask("POST", f"{path}/capture", Idempotency_Key="two")
        assert (status, answer["error"]["code"], was) == (400, "payment_intent_unexpected_state", replayed)


def test_a_request_that_is_not_valid_keeps_no_key(caller: Caller) -> None:
    assert caller.ask("POST", INTENTS, {**NEW, "amount": "0"}, Idempotency_Key="one")[0] == 400
    assert caller.ask("POST", INTENTS, NEW, Idempotency_Key="one")[0] == 200


@pytest.mark.parametrize(
    ("moves", "illegal"),
    [
        pytest.param([], "capture", id="capture-without-a-hold"),
        pytest.param(["cancel"], "confirm", id="confirm-after-cancel"),
        pytest.param(["confirm", "cancel"], "capture", id="capture-after-cancel"),
        pytest.param(["confirm", "capture"], "cancel", id="cancel-after-capture"),
        pytest.param(["confirm", "capture"], "capture", id="capture-twice"),
        pytest.param(["confirm"], "confirm", id="confirm-twice"),
    ],
)
def test_only_legal_moves_are_made(moves: list[str], illegal: str, caller: Caller) -> None:
    _, intent, _ = caller.ask("POST", INTENTS, NEW)
    path = f"{INTENTS}/{intent['id']}"
    for move in moves:
        assert caller.ask("POST", f"{path}/{move}", {"payment_method": ACCEPTED})[0] == 200
    before = caller.ask("GET", path)[1]
    status, answer, _ = caller.ask("POST", f"{path}/{illegal}", {"payment_method": ACCEPTED})
    assert (status, answer["error"]["code"]) == (400, "payment_intent_unexpected_state")
    assert caller.ask("GET", path)[1] == before


def test_refunds_are_at_most_what_was_captured(caller: Caller) -> None:
    path = held(caller)
    caller.ask("POST", f"{path}/capture")
    payment = {"payment_intent": path.rpartition("/")[2]}
    assert caller.ask("POST", "/v1/refunds", {**payment, "amount": str(FARE + 1)})[0] == 400
    assert caller.ask("POST", "/v1/refunds", {**payment, "amount": "500"})[0] == 200
    assert caller.ask("POST", "/v1/refunds", payment)[1]["amount"] == FARE - 500
    status, answer, _ = caller.ask("POST", "/v1/refunds", payment)
    assert (status, answer["error"]["code"]) == (400, "charge_already_refunded")


def test_a_search_is_a_minute_late_and_reading_by_id_is_not(caller: Caller, stripe_double: StripeSubject) -> None:
    path = held(caller)
    search = f"{INTENTS}/search?" + urlencode({"query": "metadata['sagaId']:'saga-1'"})
    assert caller.ask("GET", search)[1]["data"] == []
    assert caller.ask("GET", path)[1]["status"] == "requires_capture"
    stripe_double.later(60)
    assert [one["status"] for one in caller.ask("GET", search)[1]["data"]] == ["requires_capture"]

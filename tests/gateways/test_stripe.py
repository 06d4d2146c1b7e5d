"""Stripe as the gateway: what its SDK answers when something is wrong, and what the payments service makes of it."""

import contextlib
import dataclasses
import threading
import time
from types import SimpleNamespace

import pytest

from lambda_src.errors import GatewayBusy, GatewayError
from lambda_src.fare import GatewayMethod
from lambda_src.payments.gateway import Declined, Payment, RefundState
from lambda_src.payments.stripe import http
from tests.support.gateways.stripe_double import StripeSubject, new_key
from tests.support.gateways.suite import FARE, authorised, captured, prepared
from tests.support.handlers.rides import CARD, card_fields_in
from wild_rydes_saga.emulator.stripe_double.faults import AFTER, BEFORE, Fault
from wild_rydes_saga.emulator.stripe_double.objects import (
    DAY,
    FAILING_REFUND,
    HOLD_SECONDS,
    NEEDS_3DS,
    PENDING_REFUND,
    REFUND_SECONDS,
)

CONFIRM = "POST /v1/payment_intents/[^/]+/confirm"
CAPTURE = "POST /v1/payment_intents/[^/]+/capture"
CANCEL = "POST /v1/payment_intents/[^/]+/cancel"
REFUND = "POST /v1/refunds"
ANY = ".*"


def paid_with(subject: StripeSubject, method: str) -> Payment:
    """A captured payment that was made with a method."""
    payment = prepared(subject)
    code = subject.gateway.authorise(payment, GatewayMethod(method))
    payment = dataclasses.replace(payment, authorisation_code=code)
    return dataclasses.replace(payment, charge_id=subject.gateway.capture(payment), captured_minor=FARE)


@pytest.mark.parametrize("method", [NEEDS_3DS, "pm_unknown"])
def test_a_method_that_cannot_be_charged_now_is_declined_and_cancelled(
    method: str, stripe_double: StripeSubject
) -> None:
    payment = prepared(stripe_double)
    with pytest.raises(Declined):
        stripe_double.gateway.authorise(payment, GatewayMethod(method))
    asks_the_rider = stripe_double.double.store.intent(payment.payment_id).status == "requires_action"
    assert not asks_the_rider, "nobody waits for the answer"
    stripe_double.gateway.void(payment)
    assert stripe_double.double.store.intent(payment.payment_id).status == "canceled"
    stripe_double.later(DAY)
    with pytest.raises(Declined):
        stripe_double.gateway.authorise(payment, stripe_double.accepted)
    assert stripe_double.book(payment.saga_id) == {}


def test_a_raw_card_never_reaches_stripe(stripe_double: StripeSubject) -> None:
    payment = prepared(stripe_double)
    with pytest.raises(GatewayError, match="no card") as error:
        stripe_double.gateway.authorise(payment, CARD)
    assert card_fields_in(str(error.value)) == []


def test_a_pending_refund_is_pending_until_the_bank_has_decided(stripe_double: StripeSubject) -> None:
    payment = paid_with(stripe_double, PENDING_REFUND)
    first = stripe_double.gateway.refund(payment)
    assert (first.state, first.amount_minor) == (RefundState.PENDING, FARE)
    known = dataclasses.replace(payment, refund_id=first.refund_id)
    stripe_double.later(DAY)
    assert stripe_double.gateway.refund(known) == first
    stripe_double.later(REFUND_SECONDS)
    assert stripe_double.gateway.refund(known) == dataclasses.replace(first, state=RefundState.SUCCEEDED)
    assert stripe_double.book(payment.saga_id)["refund"] == [FARE]


def test_a_refund_that_failed_is_followed_by_another(stripe_double: StripeSubject) -> None:
    payment = paid_with(stripe_double, FAILING_REFUND)
    first = stripe_double.gateway.refund(payment)
    stripe_double.later(REFUND_SECONDS)
    second = stripe_double.gateway.refund(dataclasses.replace(payment, refund_id=first.refund_id))
    assert second.refund_id != first.refund_id
    assert second.state == RefundState.PENDING


def test_a_refund_that_stripe_does_not_know_is_doubt(stripe_double: StripeSubject) -> None:
    payment = dataclasses.replace(captured(stripe_double), refund_id="re_of_another_account")
    with pytest.raises(GatewayError, match="does not know the refund"):
        stripe_double.gateway.refund(payment)


def test_a_hold_that_expired_is_refused_and_released(stripe_double: StripeSubject) -> None:
    payment = authorised(stripe_double)
    stripe_double.later(HOLD_SECONDS)
    assert stripe_double.gateway.void(payment)
    assert stripe_double.book(payment.saga_id) == {"authorise": [FARE], "void": [FARE]}


CALLS = {
    CONFIRM: lambda subject, payment: subject.gateway.authorise(payment, subject.accepted),
    CAPTURE: lambda subject, payment: subject.gateway.capture(payment),
    CANCEL: lambda subject, payment: subject.gateway.void(payment),
    REFUND: lambda subject, payment: subject.gateway.refund(payment),
}


@pytest.mark.parametrize("path", CALLS)
def test_a_rate_limit_did_nothing(path: str, stripe_double: StripeSubject) -> None:
    payment = captured(stripe_double)
    before = stripe_double.book(payment.saga_id)
    stripe_double.later(DAY)
    stripe_double.double.faults.set(Fault(path, status=429))
    with pytest.raises(GatewayBusy):
        CALLS[path](stripe_double, payment)
    assert stripe_double.book(payment.saga_id) == before


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("status", [pytest.param(0, id="dropped"), 500, 503])
def test_a_lost_answer_is_doubt_and_its_repeat_moves_nothing_more(
    status: int, when: str, stripe_double: StripeSubject
) -> None:
    payment = captured(stripe_double)
    stripe_double.double.faults.set(Fault(REFUND, when=when, status=status))
    with pytest.raises(GatewayError):
        stripe_double.gateway.refund(payment)
    for _ in range(2):
        assert stripe_double.gateway.refund(payment).amount_minor == FARE
        stripe_double.later(DAY)
    assert stripe_double.book(payment.saga_id)["refund"] == [FARE]


def test_an_error_that_stripe_repeats_for_a_day_stops_no_refund(stripe_double: StripeSubject) -> None:
    payment = captured(stripe_double)
    stripe_double.double.faults.set(Fault(REFUND, status=500))
    with pytest.raises(GatewayError):
        stripe_double.gateway.refund(payment)
    assert stripe_double.gateway.refund(payment).state == RefundState.SUCCEEDED


def test_an_answer_that_comes_too_late_is_doubt(stripe_double: StripeSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CALL_SECONDS", 0.6)
    payment = prepared(stripe_double)
    stripe_double.double.faults.set(Fault(CONFIRM, when=AFTER, status=None, delay_seconds=1.2))
    with pytest.raises(GatewayError, match="did not answer"):
        stripe_double.gateway.authorise(payment, stripe_double.accepted)


def test_a_step_whose_time_is_over_asks_nothing_more(
    stripe_double: StripeSubject, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = stripe_double.gateway
    payment = prepared(stripe_double)
    late = time.monotonic() + http.BUDGET_SECONDS
    monkeypatch.setattr(http, "time", SimpleNamespace(monotonic=lambda: late))
    with pytest.raises(GatewayError, match="did not answer"):
        gateway.authorise(payment, stripe_double.accepted)
    assert stripe_double.book(payment.saga_id) == {}


def test_a_repeat_while_the_first_runs_is_asked_to_come_again(stripe_double: StripeSubject) -> None:
    payment = prepared(stripe_double)
    stripe_double.double.faults.set(Fault(CONFIRM, status=None, delay_seconds=1.0))
    first = threading.Thread(target=lambda: stripe_double.gateway.authorise(payment, stripe_double.accepted))
    first.start()
    time.sleep(0.3)
    with pytest.raises(GatewayBusy):
        stripe_double.gateway.authorise(payment, stripe_double.accepted)
    first.join()
    assert stripe_double.book(payment.saga_id) == {"authorise": [FARE]}


def test_two_refunds_at_once_give_back_once(stripe_double: StripeSubject) -> None:
    payment = captured(stripe_double)

    def refund() -> None:
        with contextlib.suppress(GatewayBusy, GatewayError):
            stripe_double.gateway.refund(payment)

    threads = [threading.Thread(target=refund) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stripe_double.gateway.refund(payment).amount_minor == FARE
    assert stripe_double.book(payment.saga_id)["refund"] == [FARE]


def test_a_key_that_was_rotated_is_read_again_without_a_deployment(stripe_double: StripeSubject) -> None:
    payment, other = prepared(stripe_double), new_key()
    reads = stripe_double.key.reads
    stripe_double.double.control("rotate", {"key": other})
    stripe_double.key.secret_value = other
    assert stripe_double.gateway.authorise(payment, stripe_double.accepted)
    assert stripe_double.gateway.void(payment)
    assert stripe_double.key.reads == reads + 1


def test_a_key_that_stripe_refuses_is_doubt_and_is_not_shown(stripe_double: StripeSubject) -> None:
    good = stripe_double.double.api_keys[0]
    stripe_double.double.control("rotate", {"key": new_key()})
    with pytest.raises(GatewayError, match="put it there") as refused:
        stripe_double.gateway.prepare("saga", FARE)
    stripe_double.double.control("rotate", {"key": good})
    assert good not in repr(refused.value) + str(vars(refused.value))


@pytest.mark.parametrize("status", [0, 402, 404, 429, 500])
def test_no_error_shows_the_key_or_the_payment_method(status: int, stripe_double: StripeSubject) -> None:
    payment = prepared(stripe_double)
    stripe_double.double.faults.set(Fault(ANY, status=status))
    with pytest.raises(Exception) as refused:  # noqa: PT011  # whatever it is, it shows nothing
        stripe_double.gateway.authorise(payment, stripe_double.accepted)
    shown = f"{refused.value!r} {refused.value.__cause__!r}"
    assert stripe_double.key.secret_value not in shown
    assert "pm_" not in shown

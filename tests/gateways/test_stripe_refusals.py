"""What Stripe refuses: a listed refusal is a clean failure, any other is doubt, and a refused key says what to do."""

import dataclasses
from collections.abc import Callable

import pytest

from lambda_src.errors import (
    GatewayError,
    GatewayKeyRefused,
    PaymentAuthException,
    PaymentChargeException,
)
from lambda_src.fare import GatewayMethod
from lambda_src.payments import charge_fare
from tests.support.gateways.staged_ride import LEDGER, Stage
from tests.support.gateways.stripe_double import new_key
from tests.support.handlers.rides import RIDE
from wild_rydes_saga.emulator.stripe_double.objects import (
    ACCEPTED,
    DAY,
)

CREATE = "POST /v1/payment_intents"
CONFIRM = "POST /v1/payment_intents/[^/]+/confirm"
CAPTURE = "POST /v1/payment_intents/[^/]+/capture"
REFUSALS = [
    (CREATE, "amount_too_small", PaymentAuthException),
    (CREATE, "amount_too_large", PaymentAuthException),
    (CREATE, "no_code_that_is_listed", GatewayError),
    (CONFIRM, "payment_method_currency_mismatch", PaymentAuthException),
    (CONFIRM, "payment_intent_authentication_failure", PaymentAuthException),
    (CONFIRM, "charge_exceeds_transaction_limit", PaymentAuthException),
    (CONFIRM, "no_code_that_is_listed", GatewayError),
    (CAPTURE, "capture_charge_authorization_expired", PaymentChargeException),
    (CAPTURE, "charge_expired_for_capture", PaymentChargeException),
    (CAPTURE, "no_code_that_is_listed", GatewayError),
]


@pytest.mark.parametrize(("path", "code", "raised"), REFUSALS)
def test_a_listed_refusal_is_a_clean_failure_and_another_is_doubt(
    path: str, code: str, raised: type[Exception], stage: Stage
) -> None:
    stage.fault(path, status=400, code=code)
    with pytest.raises(raised):
        stage.charge()
    if raised is not GatewayError:
        assert stage.tables.payment()["status"] in ("declined", "voided")
        with pytest.raises(raised):
            stage.charge()  # an attempt that wakes up late finds the row closed
        assert stage.wrong() == []
    stage.subject.later(DAY)
    stage.refund()
    assert stage.wrong() == []


def test_an_amount_below_the_smallest_says_so_and_holds_nothing(stage: Stage) -> None:
    small = dataclasses.replace(RIDE, amount_minor=49)
    for _ in range(2):
        with pytest.raises(PaymentAuthException, match="does not take this amount in usd: amount_too_small"):
            charge_fare.charge(small, GatewayMethod(ACCEPTED), ledger=LEDGER, gateway=stage.subject.gateway)
    assert stage.tables.payment()["status"] == "declined"
    assert stage.subject.double.store.intents == {}


def refused_with(stage: Stage, call: Callable[[], object], status: int) -> str:
    """The text of the error when Stripe answers a call with a status."""
    stage.fault(".*", status=status)
    with pytest.raises(GatewayKeyRefused) as refused:
        call()
    return str(refused.value)


@pytest.mark.parametrize(("status", "says"), [(401, "make another one, and put it there"), (403, "let it write")])
def test_a_refused_key_says_what_to_do_and_the_next_one_is_used(status: int, says: str, stage: Stage) -> None:
    key, counted, good = stage.subject.key, stage.subject.keys_refused, new_key()
    assert says in refused_with(stage, stage.charge, status)
    assert stage.subject.keys_refused == counted + 1
    stage.charge()
    stage.subject.double.control("rotate", {"key": good})
    with pytest.raises(GatewayKeyRefused):
        stage.refund()
    key.secret_value = good
    stage.refund()
    assert stage.wrong() == []

"""A ride on Stripe in nasty cases: the ledger and Stripe agree, or the ride stays in doubt to be parked."""

import dataclasses
import threading
import time
from collections.abc import Callable

import pytest

from lambda_src.errors import (
    GatewayBusy,
    GatewayError,
    GatewayKeyRefused,
    PaymentAuthException,
    PaymentChargeException,
    RefundPending,
)
from lambda_src.fare import GatewayMethod
from lambda_src.payments import charge_fare, refund_fare
from lambda_src.payments.gateway import Gateway
from lambda_src.payments.ledger import PaymentsLedger
from tests.support.gateways.money import wrong_with
from tests.support.gateways.stripe_double import StripeSubject, new_key
from tests.support.handlers.rides import FARE, RIDE
from tests.support.handlers.tables import PAYMENTS, Tables
from wild_rydes_saga.emulator.stripe_double.faults import AFTER, BEFORE
from wild_rydes_saga.emulator.stripe_double.objects import (
    ACCEPTED,
    DAY,
    DISPUTED,
    FAILING_REFUND,
    HOLD_SECONDS,
    NEEDS_3DS,
    PENDING_REFUND,
    REFUND_SECONDS,
    Intent,
)

LEDGER = PaymentsLedger(PAYMENTS)
CREATE = "POST /v1/payment_intents"
CONFIRM = "POST /v1/payment_intents/[^/]+/confirm"
CAPTURE = "POST /v1/payment_intents/[^/]+/capture"
REFUND = "POST /v1/refunds"
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


class Stage:
    """One ride, its ledger and Stripe."""

    def __init__(self, subject: StripeSubject, tables: Tables) -> None:
        self.subject = subject
        self.tables = tables

    def charge(self, method: str = ACCEPTED, gateway: Gateway | None = None) -> str:
        """ChargeFare."""
        given = gateway or self.subject.gateway
        return charge_fare.charge(RIDE, GatewayMethod(method), ledger=LEDGER, gateway=given)

    def refund(self) -> None:
        """RefundFare."""
        refund_fare.refund(RIDE, ledger=LEDGER, gateway=self.subject.gateway)

    def fault(self, path: str, **how: object) -> None:
        """Sets a fault."""
        self.subject.double.control("faults", {"path": path, **how})

    @property
    def intent(self) -> Intent:
        """The payment that the ledger names."""
        return self.subject.double.store.intent(str(self.tables.payment()["paymentId"]))

    def wrong(self) -> list[str]:
        """What is wrong with the money, once the ride is closed."""
        return wrong_with(self.tables.payment(), self.subject.book(RIDE.saga_id), FARE)


@pytest.fixture
def stage(stripe_double: StripeSubject, tables: Tables) -> Stage:
    return Stage(stripe_double, tables)


@pytest.mark.parametrize(("path", "code", "raised"), REFUSALS)
def test_a_listed_refusal_is_a_clean_failure_and_any_other_is_doubt(
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


def test_a_capture_whose_answer_is_lost_is_refunded_after_the_hold_would_have_expired(stage: Stage) -> None:
    stage.fault(CAPTURE, when=AFTER)
    with pytest.raises(GatewayError):
        stage.charge()
    stage.subject.later(HOLD_SECONDS + DAY)
    stage.refund()
    assert stage.wrong() == []
    assert stage.subject.book(RIDE.saga_id)["refund"] == [FARE]


def test_a_capture_that_never_arrived_leaves_a_hold_that_expires(stage: Stage) -> None:
    stage.fault(CAPTURE, when=BEFORE)
    with pytest.raises(GatewayError):
        stage.charge()
    stage.subject.later(HOLD_SECONDS + DAY)
    with pytest.raises(PaymentChargeException):
        stage.charge()
    stage.refund()
    assert stage.wrong() == []


@pytest.mark.parametrize("dies", [False, True], ids=["recorded", "died-before-the-record"])
def test_a_part_captured_by_hand_is_given_back_and_no_more(*, dies: bool, stage: Stage) -> None:
    stage.fault(CAPTURE, when=BEFORE)
    with pytest.raises(GatewayError):
        stage.charge()
    stage.subject.client.v1.payment_intents.capture(stage.intent.id, {"amount_to_capture": 500})
    with pytest.raises(GatewayError, match="another amount"):
        stage.charge()
    if dies:
        stage.subject.client.v1.refunds.create({"payment_intent": stage.intent.id})
    stage.refund()
    assert stage.subject.book(RIDE.saga_id)["refund"] == [500]
    assert stage.wrong() == []


def test_a_part_refunded_by_hand_is_made_up_to_the_whole_fare(stage: Stage) -> None:
    stage.charge()
    stage.subject.client.v1.refunds.create({"payment_intent": stage.intent.id, "amount": 700})
    stage.refund()
    assert stage.subject.book(RIDE.saga_id)["refund"] == [700, 1300]
    row = stage.tables.payment()
    assert (row["status"], row["refundedMinor"]) == ("refunded", FARE)


def test_a_disputed_charge_is_refused_and_stays_with_a_person(stage: Stage) -> None:
    stage.charge(DISPUTED)
    for _ in range(2):
        with pytest.raises(GatewayError, match="charge_disputed"):
            stage.refund()
        stage.subject.later(DAY)
    assert stage.tables.payment()["status"] == "refunding"
    assert "refund" not in stage.subject.book(RIDE.saga_id)


def test_a_refund_that_fails_after_it_was_pending_is_made_again(stage: Stage) -> None:
    stage.charge(FAILING_REFUND)
    for _ in range(2):
        with pytest.raises(RefundPending):
            stage.refund()
    stage.subject.later(REFUND_SECONDS)
    stage.intent.payment_method = ACCEPTED
    stage.refund()
    assert stage.wrong() == []
    assert len(stage.subject.double.store.refunds) == 2


def test_a_refund_that_needs_an_action_waits_and_is_made_once(stage: Stage) -> None:
    stage.charge(PENDING_REFUND)
    with pytest.raises(RefundPending):
        stage.refund()
    [made] = stage.subject.double.store.refunds.values()
    made.waits_as = "requires_action"
    with pytest.raises(RefundPending):
        stage.refund()
    stage.subject.later(REFUND_SECONDS)
    stage.refund()
    assert stage.wrong() == []


def test_a_method_detached_after_the_hold_changes_nothing(stage: Stage) -> None:
    stage.fault(CAPTURE, when=BEFORE)
    with pytest.raises(GatewayError):
        stage.charge()
    stage.subject.later(DAY)
    stage.charge("pm_detached")
    assert stage.wrong() == []
    assert stage.tables.payment()["status"] == "captured"


@pytest.mark.parametrize("late", ["requires_capture", "canceled"])
def test_a_payment_that_is_processing_is_doubt_until_stripe_has_decided(late: str, stage: Stage) -> None:
    stage.fault(CONFIRM, when=AFTER)
    with pytest.raises(GatewayError):
        stage.charge()
    stage.intent.status = "processing"
    stage.subject.later(DAY)
    for step in (stage.charge, stage.refund, stage.refund):
        with pytest.raises(GatewayError):
            step()
    if late == "canceled":
        stage.intent.status = "requires_capture"
        stage.subject.double.store.release(stage.intent)
    else:
        stage.intent.status = late
    stage.refund()
    assert stage.wrong() == []


def test_3d_secure_holds_nothing_and_the_payment_is_cancelled(stage: Stage) -> None:
    with pytest.raises(PaymentAuthException):
        stage.charge(NEEDS_3DS)
    assert stage.intent.status == "canceled"
    assert stage.wrong() == []


def test_a_stack_that_changes_its_currency_leaves_a_started_ride_in_doubt(stage: Stage) -> None:
    stage.fault(CONFIRM, when=AFTER)
    with pytest.raises(GatewayError):
        stage.charge()
    with pytest.raises(GatewayError):  # the key of the first payment was used with another currency
        stage.charge(gateway=stage.subject.gateway_in("eur"))
    stage.refund()
    assert stage.wrong() == []


def test_charges_at_once_take_the_fare_once(stage: Stage) -> None:
    ended: list[object] = []

    def charging() -> None:
        try:
            ended.append(stage.charge())
        except GatewayBusy as busy:
            ended.append(busy)

    stage.fault(CONFIRM, status=None, delay_seconds=0.5)
    first = threading.Thread(target=charging)
    first.start()
    time.sleep(0.2)
    charging()
    first.join()
    assert sorted(type(one) for one in ended if not isinstance(one, str)) == [GatewayBusy]
    stage.charge()
    assert stage.wrong() == []
    assert stage.subject.book(RIDE.saga_id)["capture"] == [FARE]


def refused_with(stage: Stage, call: Callable[[], object], status: int) -> str:
    """The text of the error when Stripe answers a call with a status."""
    stage.fault(".*", status=status)
    with pytest.raises(GatewayKeyRefused) as refused:
        call()
    return str(refused.value)


@pytest.mark.parametrize(("status", "says"), [(401, "make another one, and put it there"), (403, "let it write")])
def test_a_refused_key_says_what_to_do_and_the_ride_goes_on_with_the_next(status: int, says: str, stage: Stage) -> None:
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

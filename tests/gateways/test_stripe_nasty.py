"""A ride on Stripe when something nasty happens: the ledger and Stripe agree, or the ride stays in doubt."""

import threading
import time

import pytest

from lambda_src.errors import (
    GatewayBusy,
    GatewayError,
    PaymentAuthException,
    PaymentChargeException,
    RefundPending,
)
from tests.support.gateways.staged_ride import Stage
from tests.support.handlers.rides import FARE, RIDE
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
)

CREATE = "POST /v1/payment_intents"
CONFIRM = "POST /v1/payment_intents/[^/]+/confirm"
CAPTURE = "POST /v1/payment_intents/[^/]+/capture"
REFUND = "POST /v1/refunds"


def test_a_capture_whose_answer_is_lost_is_refunded_days_later(stage: Stage) -> None:
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


def test_a_changed_currency_leaves_a_started_ride_in_doubt(stage: Stage) -> None:
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
    assert [type(one) for one in ended if not isinstance(one, str)] == [GatewayBusy]
    stage.charge()
    assert stage.wrong() == []
    assert stage.subject.book(RIDE.saga_id)["capture"] == [FARE]

"""The suite: what the payments service needs of a gateway, as tests. A test class of each gateway inherits it."""

import dataclasses
import uuid

import pytest

from lambda_src.errors import GatewayError
from lambda_src.payments.gateway import (
    AlreadyCaptured,
    CaptureRefused,
    Declined,
    Payment,
    Refund,
    RefundState,
    release,
)
from tests.support.gateways.subject import DAY_AND_AN_HOUR, MINUTE, THREE_DAYS, Subject

FARE = 2000
GAPS = [
    pytest.param(0, id="at-once"),
    pytest.param(MINUTE, id="1-minute-later"),
    pytest.param(DAY_AND_AN_HOUR, id="25-hours-later"),
    pytest.param(THREE_DAYS, id="3-days-later"),
]


def prepared(subject: Subject) -> Payment:
    """A payment of a new saga that holds nothing."""
    saga_id = f"arn:aws:states:eu-west-1:123456789012:execution:suite:{uuid.uuid4()}"
    payment_id = subject.gateway.prepare(saga_id, FARE)
    return Payment(saga_id=saga_id, amount_minor=FARE, payment_id=payment_id)


def authorised(subject: Subject) -> Payment:
    """A payment with a hold."""
    payment = prepared(subject)
    code = subject.gateway.authorise(payment, subject.accepted)
    return dataclasses.replace(payment, authorisation_code=code)


def captured(subject: Subject) -> Payment:
    """A payment whose money was taken."""
    payment = authorised(subject)
    charge_id = subject.gateway.capture(payment)
    return dataclasses.replace(payment, charge_id=charge_id, captured_minor=FARE)


class GatewaySuite:
    """What must hold for every gateway. The fixture `subject` is the gateway."""

    def test_a_prepared_payment_holds_and_takes_nothing(self, subject: Subject) -> None:
        assert subject.book(prepared(subject).saga_id) == {}

    def test_money_is_held_then_taken_then_given_back(self, subject: Subject) -> None:
        payment = authorised(subject)
        assert subject.book(payment.saga_id) == {"authorise": [FARE]}
        assert subject.gateway.capture(payment)
        assert subject.book(payment.saga_id) == {"authorise": [FARE], "capture": [FARE]}
        refund = subject.gateway.refund(payment)
        assert (refund.amount_minor, refund.state) == (FARE, RefundState.SUCCEEDED)
        assert refund.refund_id
        assert subject.book(payment.saga_id) == {"authorise": [FARE], "capture": [FARE], "refund": [FARE]}

    @pytest.mark.parametrize("gap", GAPS)
    def test_an_authorisation_repeated_gives_its_code_and_holds_once(self, gap: int, subject: Subject) -> None:
        payment = authorised(subject)
        subject.later(gap)
        assert subject.gateway.authorise(payment, subject.accepted) == payment.authorisation_code
        assert subject.book(payment.saga_id) == {"authorise": [FARE]}

    @pytest.mark.parametrize("gap", GAPS)
    def test_a_capture_repeated_gives_its_charge_and_takes_once(self, gap: int, subject: Subject) -> None:
        payment = captured(subject)
        subject.later(gap)
        assert subject.gateway.capture(payment) == payment.charge_id
        assert subject.book(payment.saga_id) == {"authorise": [FARE], "capture": [FARE]}

    @pytest.mark.parametrize("recorded", [pytest.param(False, id="not-recorded"), pytest.param(True, id="recorded")])
    @pytest.mark.parametrize("gap", GAPS)
    def test_a_refund_repeated_gives_back_once(self, gap: int, recorded: bool, subject: Subject) -> None:
        payment = captured(subject)
        first = subject.gateway.refund(payment)
        subject.later(gap)
        known = dataclasses.replace(payment, refund_id=first.refund_id) if recorded else payment
        assert subject.gateway.refund(known) == first
        assert subject.book(payment.saga_id)["refund"] == [FARE]

    @pytest.mark.parametrize("gap", GAPS)
    def test_a_void_repeated_releases_once(self, gap: int, subject: Subject) -> None:
        payment = authorised(subject)
        assert subject.gateway.void(payment)
        subject.later(gap)
        assert subject.gateway.void(payment)
        assert subject.book(payment.saga_id) == {"authorise": [FARE], "void": [FARE]}

    def test_a_void_without_a_hold_says_that_there_was_none(self, subject: Subject) -> None:
        payment = prepared(subject)
        assert not subject.gateway.void(payment)
        assert subject.book(payment.saga_id) == {}

    @pytest.mark.parametrize("gap", GAPS)
    def test_a_voided_hold_cannot_be_captured(self, gap: int, subject: Subject) -> None:
        payment = authorised(subject)
        subject.gateway.void(payment)
        subject.later(gap)
        with pytest.raises(CaptureRefused):
            subject.gateway.capture(payment)
        assert "capture" not in subject.book(payment.saga_id)

    @pytest.mark.parametrize("gap", GAPS)
    def test_a_captured_hold_cannot_be_voided(self, gap: int, subject: Subject) -> None:
        payment = captured(subject)
        subject.later(gap)
        with pytest.raises(AlreadyCaptured):
            subject.gateway.void(payment)
        assert subject.book(payment.saga_id) == {"authorise": [FARE], "capture": [FARE]}

    def test_a_capture_without_a_hold_is_refused(self, subject: Subject) -> None:
        payment = prepared(subject)
        with pytest.raises(CaptureRefused):
            subject.gateway.capture(payment)
        assert subject.book(payment.saga_id) == {}

    def test_only_a_capture_can_be_refunded(self, subject: Subject) -> None:
        payment = authorised(subject)
        with pytest.raises(GatewayError):
            subject.gateway.refund(payment)
        assert subject.book(payment.saga_id) == {"authorise": [FARE]}

    def test_a_declined_payment_holds_nothing(self, subject: Subject) -> None:
        if subject.declined is None:
            pytest.skip("this gateway declines nobody")
        payment = prepared(subject)
        for _ in range(2):
            with pytest.raises(Declined):
                subject.gateway.authorise(payment, subject.declined)
        subject.gateway.void(payment)
        assert {"authorise", "capture"}.isdisjoint(subject.book(payment.saga_id))

    def test_two_sagas_share_no_payment(self, subject: Subject) -> None:
        one, other = authorised(subject), authorised(subject)
        assert one.payment_id != other.payment_id
        subject.gateway.void(one)
        assert subject.book(other.saga_id) == {"authorise": [FARE]}

    def test_a_payment_unknown_to_the_gateway_is_doubt_and_never_zero(self, subject: Subject) -> None:
        known = captured(subject)
        saga_id = f"{known.saga_id}-unknown"
        with pytest.raises(GatewayError):
            release(subject.gateway, dataclasses.replace(known, saga_id=saga_id, payment_id=f"{known.payment_id}0"))

    @pytest.mark.parametrize("gap", GAPS)
    def test_release_undoes_what_there_is_however_often(self, gap: int, subject: Subject) -> None:
        for made, back in ((prepared, 0), (authorised, 0), (captured, FARE)):
            payment = made(subject)
            first: Refund = release(subject.gateway, payment)
            subject.later(gap)
            assert release(subject.gateway, payment) == first
            assert first.amount_minor == back
            book = subject.book(payment.saga_id)
            assert sum(book.get("capture", ())) == sum(book.get("refund", ())) == back
            assert len(book.get("authorise", ())) == len([*book.get("void", ()), *book.get("capture", ())])

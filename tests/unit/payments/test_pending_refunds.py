"""A refund that is pending, or fails, or contradicts the ledger: what the row says, and what is raised."""

import inspect
import re
from dataclasses import dataclass, field

import pytest

from lambda_src.dynamodb import Refused
from lambda_src.errors import GatewayError, RefundException, RefundPending
from lambda_src.payments import ledger
from lambda_src.payments.charge_fare import charge
from lambda_src.payments.gateway import Payment, Refund, RefundState
from lambda_src.payments.ledger import PaymentsLedger
from lambda_src.payments.refund_fare import refund
from tests.support.handlers.forgetful import ForgetfulGateway
from tests.support.handlers.rides import CARD, FARE, RIDE
from tests.support.handlers.steps import PAYMENTS_LEDGER
from tests.support.handlers.tables import Tables

pytestmark = pytest.mark.usefixtures("stepper")


@dataclass
class SlowBank(ForgetfulGateway):
    """A gateway whose refunds come as far as the test says, and that notes what it is asked with."""

    states: list[RefundState] = field(default_factory=list)
    asked: list[Payment] = field(default_factory=list)

    def refund(self, payment: Payment) -> Refund:
        """See `Gateway.refund`."""
        self.asked.append(payment)
        state = self.states.pop(0)
        made = f"re_{sum(one == RefundState.FAILED for one in self.seen())}"
        self._seen.append(state)
        return Refund(amount_minor=FARE, refund_id=made, state=state)

    def seen(self) -> list[RefundState]:
        """What it has answered."""
        return self._seen

    _seen: list[RefundState] = field(default_factory=list)


def charged(*states: RefundState) -> SlowBank:
    """A gateway that has taken the fare."""
    gateway = SlowBank(states=list(states))
    charge(RIDE, CARD, ledger=PAYMENTS_LEDGER, gateway=gateway)
    return gateway


def give_back(gateway: ForgetfulGateway) -> object:
    return refund(RIDE, ledger=PAYMENTS_LEDGER, gateway=gateway)


def test_a_pending_refund_has_a_state_and_is_asked_for_by_its_id(tables: Tables) -> None:
    gateway = charged(RefundState.PENDING, RefundState.PENDING, RefundState.SUCCEEDED)
    for _ in range(2):
        with pytest.raises(RefundPending):
            give_back(gateway)
        row = tables.payment()
        assert (row["status"], row["refundId"]) == ("refund_pending", "re_0")
        assert (row["capturedMinor"], row["refundedMinor"]) == (FARE, 0)
    give_back(gateway)
    assert (tables.payment()["status"], tables.payment()["refundedMinor"]) == ("refunded", FARE)
    assert [one.refund_id for one in gateway.asked] == [None, "re_0", "re_0"]


def test_a_failed_refund_is_raised_and_the_next_one_is_another(tables: Tables) -> None:
    gateway = charged(RefundState.PENDING, RefundState.FAILED, RefundState.SUCCEEDED)
    with pytest.raises(RefundPending):
        give_back(gateway)
    with pytest.raises(RefundException):
        give_back(gateway)
    assert tables.payment()["status"] == "refunding"
    give_back(gateway)
    assert (tables.payment()["status"], tables.payment()["refundId"]) == ("refunded", "re_1")


def test_every_id_that_was_recorded_is_given_to_the_gateway() -> None:
    gateway = charged(RefundState.SUCCEEDED)
    give_back(gateway)
    [payment] = gateway.asked
    assert payment.payment_id in gateway.payments
    assert payment.authorisation_code == f"auth_{payment.payment_id}"
    assert payment.charge_id == f"ch_{payment.payment_id}"


@pytest.mark.parametrize("state", ["prepared", "held", "void"])
def test_a_capture_that_the_gateway_does_not_know_is_doubt_and_never_zero(state: str, tables: Tables) -> None:
    gateway = ForgetfulGateway()
    charge(RIDE, CARD, ledger=PAYMENTS_LEDGER, gateway=gateway)
    for payment in gateway.payments.values():
        payment.state = state
    for _ in range(2):
        with pytest.raises(GatewayError):
            give_back(gateway)
        row = tables.payment()
        assert (row["status"], row["capturedMinor"], row["refundedMinor"]) == ("refunding", FARE, 0)


def test_another_amount_than_was_captured_is_doubt(tables: Tables) -> None:
    gateway = ForgetfulGateway()
    charge(RIDE, CARD, ledger=PAYMENTS_LEDGER, gateway=gateway)
    for payment in gateway.payments.values():
        payment.amount_minor = FARE - 1
    with pytest.raises(GatewayError):
        give_back(gateway)
    assert tables.payment()["status"] == "refunding"


MOVES = {name: inspect.signature(one) for name, one in vars(PaymentsLedger).items() if inspect.isfunction(one)}
GIVEN = {"ride": RIDE, "refund": Refund(amount_minor=FARE)}
"""What a move of the ledger is given, by the parameter's name; an id if it is none of these."""


@pytest.mark.parametrize("move", [name for name in MOVES if not name.startswith("_") and name != "record_refunded"])
def test_nothing_moves_a_row_whose_money_is_back(move: str, tables: Tables) -> None:
    """Two refunds may run at the same time, and the answer of one of them come late."""
    give_back(charged(RefundState.SUCCEEDED))
    before = tables.payment()
    names = [name for name in MOVES[move].parameters if name != "self"]
    with pytest.raises(Refused):
        getattr(PAYMENTS_LEDGER, move)(*(GIVEN.get(name, "an-id") for name in names))
    assert tables.payment() == before


def test_every_status_can_stand_in_an_expression_of_dynamodb() -> None:
    """Moto takes a hyphen there, and DynamoDB does not."""
    statuses = [value for name, value in vars(ledger).items() if name.isupper() and isinstance(value, str)]
    assert "refund_pending" in statuses
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", status) for status in statuses)

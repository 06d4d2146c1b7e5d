"""The payments service: what a charge and its refund do, and what is doubt."""

import dataclasses

import pytest

from lambda_src import environment
from lambda_src.errors import GatewayError, PaymentAuthException, PaymentChargeException
from lambda_src.forced_failures import FAIL_AUTH, FAIL_CHARGE
from lambda_src.payments import charge_fare, refund_fare
from lambda_src.payments.failing_gateway import FailingGateway
from lambda_src.payments.gateway import Payment
from lambda_src.payments.simulated_gateway import SimulatedGateway
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import CARD, CONTEXT, FARE, RIDE, SAME_NAME_LATER, event
from tests.support.handlers.stepping import Attempt, Stepper
from tests.support.handlers.steps import PAYMENTS_LEDGER, charging, is_clean, refunding
from tests.support.handlers.tables import GATEWAY, Tables

CHARGE = charging()
DECLINED = charging(FAIL_AUTH)
NOT_CAPTURED = charging(FAIL_CHARGE)
REFUND = refunding()


class VoidTimesOut(FailingGateway):
    """A gateway that refuses the capture, and then does not answer the void."""

    def void(self, payment: Payment) -> bool:
        """Times out."""
        raise TimeoutError(payment.saga_id)


@pytest.mark.usefixtures("stepper")
def test_the_handlers_take_the_fare_and_give_it_back(tables: Tables) -> None:
    charged = charge_fare.handler(event(), CONTEXT)
    row = tables.payment()
    assert charged == {"chargeId": row["chargeId"]}
    assert (row["status"], row["amountMinor"], row["capturedMinor"], row["refundedMinor"]) == (
        "captured",
        FARE,
        FARE,
        0,
    )
    assert audit(tables) == []
    assert refund_fare.handler(event(), CONTEXT) == charged
    row = tables.payment()
    assert (row["status"], row["capturedMinor"], row["refundedMinor"]) == ("refunded", FARE, FARE)
    assert audit(tables) == []


def test_the_capture_uses_the_authorisation_that_the_ledger_recorded(tables: Tables, stepper: Stepper) -> None:
    stepper.run(CHARGE)
    [authorisation] = [row for row in tables.rows(GATEWAY) if row["operation"] == "authorise"]
    assert tables.payment()["authorisationCode"] == authorisation["operationId"]


@pytest.mark.parametrize("done", [pytest.param(number, id=f"{number}-calls") for number in range(6)])
def test_no_money_is_captured_before_its_authorisation_is_recorded(done: int, tables: Tables, stepper: Stepper) -> None:
    stepper.run_with_lost_call(CHARGE, done + 1, arrives=False)
    if "capture" in tables.operations():
        assert tables.payment()["status"] in ("authorised", "captured")


def test_a_declined_card_is_a_clean_failure_without_a_hold(tables: Tables, stepper: Stepper) -> None:
    assert isinstance(stepper.run(DECLINED).error, PaymentAuthException)
    assert tables.operations() == []
    assert tables.payment()["status"] == "declined"
    assert audit(tables) == []


def test_a_refused_capture_is_a_clean_failure_with_its_hold_voided(tables: Tables, stepper: Stepper) -> None:
    assert isinstance(stepper.run(NOT_CAPTURED).error, PaymentChargeException)
    assert tables.operations() == ["authorise", "void"]
    assert tables.payment()["status"] == "voided"
    assert audit(tables) == []


@pytest.mark.parametrize("failed", [pytest.param(DECLINED, id="declined"), pytest.param(NOT_CAPTURED, id="voided")])
def test_a_refund_after_a_clean_failure_has_no_charge_to_name(
    failed: Attempt, tables: Tables, stepper: Stepper
) -> None:
    stepper.run(failed)
    assert stepper.run(REFUND).answer == {}
    assert tables.payment()["status"] == "refunded"
    assert audit(tables) == []


def test_a_void_that_fails_is_doubt_and_a_refund_clears_it_up(tables: Tables, stepper: Stepper) -> None:
    gateway = VoidTimesOut(SimulatedGateway(GATEWAY), FAIL_CHARGE)
    outcome = stepper.run(
        Attempt("void fails", lambda: charge_fare.charge(RIDE, CARD, ledger=PAYMENTS_LEDGER, gateway=gateway))
    )
    assert isinstance(outcome.error, TimeoutError)
    assert tables.operations() == ["authorise"]
    assert tables.payment()["status"] == "authorised"
    assert stepper.run(REFUND).error is None
    assert tables.operations() == ["authorise", "void"]
    assert audit(tables) == []


def test_a_capture_refused_after_it_was_made_is_doubt(tables: Tables, stepper: Stepper) -> None:
    stepper.run_with_lost_call(CHARGE, 5, arrives=False)
    assert tables.operations() == ["authorise", "capture"]
    outcome = stepper.run(NOT_CAPTURED)
    assert outcome.error is not None
    assert not is_clean(outcome)
    assert stepper.run(REFUND).error is None
    assert audit(tables) == []


@pytest.mark.parametrize("arrives", [pytest.param(True, id="answer-lost"), pytest.param(False, id="call-lost")])
@pytest.mark.parametrize(
    "charge",
    [
        pytest.param(CHARGE, id="captured"),
        pytest.param(DECLINED, id="declined"),
        pytest.param(NOT_CAPTURED, id="capture-refused"),
    ],
)
def test_a_lost_call_of_a_charge_is_doubt_and_a_refund_clears_it_up(
    charge: Attempt, arrives: bool, tables: Tables, stepper: Stepper
) -> None:
    lost = 1
    while outcome := stepper.run_with_lost_call(charge, lost, arrives=arrives):
        assert outcome.error is not None
        assert not is_clean(outcome)
        assert stepper.run(REFUND).error is None
        assert tables.payment()["status"] == "refunded"
        assert audit(tables) == []
        tables.clear()
        lost += 1
    assert lost > 2


@pytest.mark.parametrize("arrives", [pytest.param(True, id="answer-lost"), pytest.param(False, id="call-lost")])
def test_the_next_refund_completes_one_whose_call_was_lost(arrives: bool, tables: Tables, stepper: Stepper) -> None:
    charge_id = stepper.run(CHARGE).answer
    lost = 1
    while outcome := stepper.run_with_lost_call(REFUND, lost, arrives=arrives):
        assert outcome.error is not None
        assert stepper.run(REFUND).answer == {"chargeId": charge_id}
        assert audit(tables) == []
        tables.clear()
        charge_id = stepper.run(CHARGE).answer
        lost += 1
    assert lost > 4


def test_a_repeat_with_another_amount_takes_nothing_more(tables: Tables, stepper: Stepper) -> None:
    stepper.run_with_lost_call(CHARGE, 3, arrives=False)
    dearer = dataclasses.replace(RIDE, amount_minor=FARE * 2)
    assert isinstance(stepper.run(charging(ride=dearer)).error, GatewayError)
    assert stepper.run(REFUND).error is None
    assert tables.operations() == ["authorise", "void"]
    assert audit(tables) == []


EARLIER_EXECUTIONS = [
    pytest.param([CHARGE], id="captured"),
    pytest.param([DECLINED], id="declined"),
    pytest.param([NOT_CAPTURED], id="voided"),
    pytest.param([REFUND], id="buried"),
    pytest.param([CHARGE, REFUND], id="refunded"),
]


@pytest.mark.parametrize("earlier", EARLIER_EXECUTIONS)
def test_an_execution_name_used_again_leaves_the_earlier_row_untouched(
    earlier: list[Attempt], tables: Tables, stepper: Stepper
) -> None:
    for attempt in earlier:
        stepper.run(attempt)
    before = tables.everything()
    charged = stepper.run(charging(ride=SAME_NAME_LATER))
    refunded = stepper.run(refunding(ride=SAME_NAME_LATER))
    assert isinstance(charged.error, PaymentAuthException)
    assert refunded.error is None
    assert tables.everything() == before


def test_an_execution_name_used_again_is_not_reported_the_earlier_charge(tables: Tables, stepper: Stepper) -> None:
    stepper.run(CHARGE)
    assert stepper.run(refunding(ride=SAME_NAME_LATER)).answer == {}


@pytest.mark.usefixtures("stepper")
@pytest.mark.parametrize("variable", [environment.PAYMENTS_TABLE, environment.GATEWAY_TABLE])
def test_a_missing_setting_is_named(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "")
    with pytest.raises(RuntimeError, match=variable):
        charge_fare.handler(event(), CONTEXT)

"""Every fence of the payments service: repeated, late, reversed first, crashed and at once, at every DynamoDB call."""

import pytest

from lambda_src.errors import StepAlreadyCompensated
from lambda_src.forced_failures import FAIL_AUTH, FAIL_CHARGE
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import FARE
from tests.support.handlers.stepping import Attempt, Stepper
from tests.support.handlers.steps import charging, is_clean, refunding
from tests.support.handlers.tables import Tables

CHARGE = charging()
CHARGE_AGAIN = charging(name="charge-again")
DECLINED = charging(FAIL_AUTH, name="declined")
NOT_CAPTURED = charging(FAIL_CHARGE, name="not-captured")
REFUND = refunding()
REFUND_AGAIN = refunding("refund-again")

CHARGES = [
    pytest.param(CHARGE, id="captured"),
    pytest.param(DECLINED, id="declined"),
    pytest.param(NOT_CAPTURED, id="capture-refused"),
]


def test_a_charge_after_its_refund_is_refused_and_takes_nothing(tables: Tables, stepper: Stepper) -> None:
    refunded = stepper.run(REFUND)
    late = stepper.run(CHARGE)
    assert refunded.answer == {}
    assert isinstance(late.error, StepAlreadyCompensated)
    assert tables.operations() == []
    assert tables.payment()["status"] == "refunded"


def test_a_charge_and_its_repeat_take_the_fare_once(tables: Tables, stepper: Stepper) -> None:
    first, repeat = stepper.run(CHARGE), stepper.run(CHARGE_AGAIN)
    assert first.answer
    assert first.answer == repeat.answer
    assert tables.operations() == ["authorise", "capture"]
    assert tables.payment()["capturedMinor"] == FARE
    assert audit(tables) == []


def test_a_refund_and_its_repeat_give_the_fare_back_once(tables: Tables, stepper: Stepper) -> None:
    charge_id = stepper.run(CHARGE).answer
    first, repeat = stepper.run(REFUND), stepper.run(REFUND_AGAIN)
    assert first.answer == repeat.answer == {"chargeId": charge_id}
    assert tables.operations() == ["authorise", "capture", "refund"]
    assert tables.payment()["refundedMinor"] == FARE
    assert audit(tables) == []


@pytest.mark.parametrize("failing", CHARGES[1:])
def test_a_clean_failure_is_answered_alike_by_every_repeat(failing: Attempt, tables: Tables, stepper: Stepper) -> None:
    first, repeat, unforced = stepper.run(failing), stepper.run(failing), stepper.run(CHARGE)
    assert is_clean(first)
    assert type(first.error) is type(repeat.error) is type(unforced.error)
    assert audit(tables) == []


@pytest.mark.parametrize("charge", CHARGES)
def test_a_charge_and_a_refund_at_once_leave_nothing_taken(charge: Attempt, tables: Tables, stepper: Stepper) -> None:
    ends = 0
    for charged, refunded in stepper.every_end(charge, REFUND):
        ends += 1
        assert refunded.error is None
        assert charged.error is None or is_clean(charged) or isinstance(charged.error, StepAlreadyCompensated)
        assert tables.payment()["status"] == "refunded"
        assert audit(tables) == []
    assert ends > 2


@pytest.mark.long
def test_two_charges_at_once_take_the_fare_once_and_answer_alike(tables: Tables, stepper: Stepper) -> None:
    for first, second in stepper.every_end(CHARGE, CHARGE_AGAIN):
        assert first.answer
        assert first.answer == second.answer
        assert tables.operations() == ["authorise", "capture"]
        assert audit(tables) == []


def test_two_refunds_at_once_give_the_fare_back_once(tables: Tables, stepper: Stepper) -> None:
    charge_id = stepper.run(CHARGE).answer
    for first, second in stepper.every_end(REFUND, REFUND_AGAIN):
        assert first.answer == second.answer == {"chargeId": charge_id}
        assert tables.operations() == ["authorise", "capture", "refund"]
        assert audit(tables) == []


@pytest.mark.parametrize("charge", CHARGES)
@pytest.mark.parametrize(
    "repeats",
    [
        pytest.param([CHARGE_AGAIN], id="charge"),
        pytest.param([REFUND], id="refund"),
        pytest.param([CHARGE_AGAIN, REFUND], id="charge-then-refund"),
        pytest.param([REFUND, CHARGE_AGAIN], id="refund-then-charge"),
    ],
)
def test_a_charge_that_crashed_anywhere_is_made_good_by(
    repeats: list[Attempt], charge: Attempt, tables: Tables, stepper: Stepper
) -> None:
    for crashed in stepper.every_crash(charge):
        for repeat in repeats:
            outcome = stepper.run(repeat)
            if repeat is REFUND:
                assert outcome.error is None, crashed
        assert audit(tables) == [], crashed
        if REFUND in repeats:
            assert tables.payment()["status"] == "refunded", crashed


@pytest.mark.parametrize("charge", CHARGES)
@pytest.mark.parametrize(
    "repeats",
    [
        pytest.param([REFUND_AGAIN], id="refund"),
        pytest.param([CHARGE_AGAIN, REFUND_AGAIN], id="charge-then-refund"),
        pytest.param([REFUND_AGAIN, CHARGE_AGAIN], id="refund-then-charge"),
    ],
)
def test_a_refund_that_crashed_anywhere_is_made_good_by(
    repeats: list[Attempt], charge: Attempt, tables: Tables, stepper: Stepper
) -> None:
    stepper.run(charge)
    for crashed in stepper.every_crash(REFUND):
        for repeat in repeats:
            outcome = stepper.run(repeat)
            assert outcome.error is None or repeat is CHARGE_AGAIN, crashed
        assert tables.payment()["status"] == "refunded", crashed
        assert audit(tables) == [], crashed


@pytest.mark.parametrize("charge", CHARGES)
def test_repeating_a_crashed_charge_and_a_crashed_refund_settles_both(
    charge: Attempt, tables: Tables, stepper: Stepper
) -> None:
    for crashed in stepper.every_crash(charge, REFUND):
        stepper.run(CHARGE_AGAIN)
        assert stepper.run(REFUND_AGAIN).error is None, crashed
        assert audit(tables) == [], crashed


@pytest.mark.parametrize("charge", CHARGES)
def test_a_repeated_refund_frees_the_hold_of_a_late_charge_that_died(
    charge: Attempt, tables: Tables, stepper: Stepper
) -> None:
    for crashed in stepper.every_crash(charge, REFUND):
        assert stepper.run(REFUND_AGAIN).error is None, crashed
        assert audit(tables) == [], crashed


@pytest.mark.parametrize("failing", CHARGES[1:])
def test_a_clean_failure_after_an_attempt_that_crashed_holds_nothing(
    failing: Attempt, tables: Tables, stepper: Stepper
) -> None:
    clean = 0
    for crashed in stepper.every_crash(CHARGE):
        outcome = stepper.run(failing)
        clean += is_clean(outcome)
        if outcome.error and not is_clean(outcome):
            stepper.run(REFUND)
        assert audit(tables) == [], crashed
    assert clean


@pytest.mark.long
@pytest.mark.parametrize(
    "later",
    [
        pytest.param(NOT_CAPTURED, id="capture-refused"),
        pytest.param(DECLINED, id="declined"),
    ],
)
@pytest.mark.parametrize("earlier", CHARGES)
def test_a_charge_that_wakes_up_after_a_clean_failure_takes_nothing(
    earlier: Attempt, later: Attempt, tables: Tables, stepper: Stepper
) -> None:
    clean = 0
    for outcomes in stepper.every_end(earlier, later):
        if any(is_clean(outcome) for outcome in outcomes):
            clean += 1
            assert all(outcome.error for outcome in outcomes)
        elif any(outcome.error for outcome in outcomes):
            stepper.run(REFUND)
        assert audit(tables) == []
    assert clean

"""The accounts service: a credit, its reversal, and the fences between them."""

import dataclasses

import pytest

from lambda_src.accounts import credit_customer_account, reverse_account_credit
from lambda_src.errors import AccountCreditException, LedgerBusy, StepAlreadyCompensated
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import CONTEXT, FARE, RIDE, SAME_NAME_LATER, event
from tests.support.handlers.stepping import Attempt, Stepper
from tests.support.handlers.steps import crediting, is_clean, reversing
from tests.support.handlers.tables import ACCOUNTS, Tables

CREDIT = crediting()
CREDIT_AGAIN = crediting("credit-again")
REJECTED = crediting("rejected", refuse=True)
REVERSE = reversing()
REVERSE_AGAIN = reversing("reverse-again")

CREDITS = [pytest.param(CREDIT, id="credited"), pytest.param(REJECTED, id="rejected")]


def saga_status(tables: Tables) -> str:
    """The status of the only saga's row."""
    [status] = [row["status"] for row in tables.rows(ACCOUNTS) if "status" in row]
    return str(status)


@pytest.mark.usefixtures("stepper")
def test_the_handlers_credit_the_customer_and_take_it_back(tables: Tables) -> None:
    assert credit_customer_account.handler(event(), CONTEXT) == {}
    assert tables.balance() == FARE
    assert reverse_account_credit.handler(event(), CONTEXT) == {}
    assert tables.balance() == 0
    assert audit(tables) == []


def test_a_customer_is_credited_for_every_saga(tables: Tables, stepper: Stepper) -> None:
    another = dataclasses.replace(RIDE, saga_id="another", amount_minor=150)
    stepper.run(CREDIT)
    stepper.run(crediting(ride=another))
    assert tables.balance() == FARE + 150
    stepper.run(REVERSE)
    assert tables.balance() == 150
    assert audit(tables) == []


def test_a_credit_after_its_reversal_is_refused(tables: Tables, stepper: Stepper) -> None:
    reversed_first, late = stepper.run(REVERSE), stepper.run(CREDIT)
    assert reversed_first.error is None
    assert isinstance(late.error, StepAlreadyCompensated)
    assert saga_status(tables) == "reversed"
    assert tables.balance() == 0


def test_a_credit_and_its_repeat_credit_once(tables: Tables, stepper: Stepper) -> None:
    assert stepper.run(CREDIT).error is stepper.run(CREDIT_AGAIN).error is None
    assert tables.balance() == FARE
    assert audit(tables) == []


def test_a_reversal_and_its_repeat_reverse_once(tables: Tables, stepper: Stepper) -> None:
    stepper.run(CREDIT)
    assert stepper.run(REVERSE).error is stepper.run(REVERSE_AGAIN).error is None
    assert tables.balance() == 0
    assert audit(tables) == []


def test_a_rejected_credit_stays_rejected(tables: Tables, stepper: Stepper) -> None:
    outcomes = [stepper.run(REJECTED), stepper.run(REJECTED), stepper.run(CREDIT)]
    assert [type(outcome.error) for outcome in outcomes] == [AccountCreditException] * 3
    assert stepper.run(REVERSE).error is None
    assert saga_status(tables) == "rejected"
    assert tables.balance() == 0


@pytest.mark.parametrize("credit", CREDITS)
def test_a_credit_and_a_reversal_at_once_leave_nothing_credited(
    credit: Attempt, tables: Tables, stepper: Stepper
) -> None:
    credits_in_between = 0
    for credited, undone in stepper.every_end(credit, REVERSE):
        assert credited.error is None or is_clean(credited) or isinstance(credited.error, StepAlreadyCompensated)
        if undone.error:
            assert isinstance(undone.error, LedgerBusy)
            credits_in_between += 1
            assert stepper.run(REVERSE_AGAIN).error is None
        assert saga_status(tables) in ("reversed", "rejected")
        assert tables.balance() == 0
        assert audit(tables) == []
    assert credits_in_between == (1 if credit is CREDIT else 0)


def test_two_credits_at_once_credit_once(tables: Tables, stepper: Stepper) -> None:
    for first, second in stepper.every_end(CREDIT, CREDIT_AGAIN):
        assert first.error is second.error is None
        assert tables.balance() == FARE
        assert audit(tables) == []


@pytest.mark.parametrize("credit", CREDITS)
def test_two_reversals_at_once_reverse_once(credit: Attempt, tables: Tables, stepper: Stepper) -> None:
    stepper.run(credit)
    for first, second in stepper.every_end(REVERSE, REVERSE_AGAIN):
        assert first.error is second.error is None
        assert tables.balance() == 0
        assert audit(tables) == []


def test_a_credit_that_wakes_up_after_a_rejection_credits_nothing(tables: Tables, stepper: Stepper) -> None:
    for outcomes in stepper.every_end(CREDIT, REJECTED):
        rejected = any(is_clean(outcome) for outcome in outcomes)
        assert all(is_clean(outcome) for outcome in outcomes) == rejected
        assert tables.balance() == (0 if rejected else FARE)
        assert audit(tables) == []


@pytest.mark.parametrize("credit", CREDITS)
@pytest.mark.parametrize(
    "repeats",
    [
        pytest.param([CREDIT_AGAIN], id="credit"),
        pytest.param([REVERSE_AGAIN], id="reversal"),
        pytest.param([CREDIT_AGAIN, REVERSE_AGAIN], id="credit-then-reversal"),
        pytest.param([REVERSE_AGAIN, CREDIT_AGAIN], id="reversal-then-credit"),
    ],
)
def test_repeats_complete_a_credit_and_a_reversal_that_crashed(
    repeats: list[Attempt], credit: Attempt, tables: Tables, stepper: Stepper
) -> None:
    for crashed in stepper.every_crash(credit, REVERSE):
        for repeat in repeats:
            outcome = stepper.run(repeat)
            assert outcome.error is None or repeat is CREDIT_AGAIN, crashed
        if REVERSE_AGAIN in repeats:
            assert tables.balance() == 0, crashed
        assert audit(tables) == [], crashed


@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param([CREDIT], id="credited"),
        pytest.param([REJECTED], id="rejected"),
        pytest.param([REVERSE], id="buried"),
        pytest.param([CREDIT, REVERSE], id="reversed"),
    ],
)
def test_an_execution_name_used_again_leaves_the_earlier_row_untouched(
    earlier: list[Attempt], tables: Tables, stepper: Stepper
) -> None:
    for attempt in earlier:
        stepper.run(attempt)
    before = tables.everything()
    credited = stepper.run(crediting(ride=SAME_NAME_LATER))
    rejected = stepper.run(crediting(ride=SAME_NAME_LATER, refuse=True))
    undone = stepper.run(reversing(ride=SAME_NAME_LATER))
    assert isinstance(credited.error, AccountCreditException)
    assert isinstance(rejected.error, AccountCreditException)
    assert undone.error is None
    assert tables.everything() == before


@pytest.mark.parametrize("arrives", [pytest.param(True, id="answer-lost"), pytest.param(False, id="call-lost")])
@pytest.mark.parametrize("attempt", [*CREDITS, pytest.param(REVERSE, id="reversal")])
def test_a_lost_call_is_doubt_and_reversing_again_clears_it_up(
    attempt: Attempt, arrives: bool, tables: Tables, stepper: Stepper
) -> None:
    lost = 1
    while outcome := stepper.run_with_lost_call(attempt, lost, arrives=arrives):
        assert outcome.error is not None
        assert not is_clean(outcome)
        assert stepper.run(REVERSE_AGAIN).error is None
        assert tables.balance() == 0
        assert audit(tables) == []
        tables.clear()
        lost += 1
    assert lost > 1

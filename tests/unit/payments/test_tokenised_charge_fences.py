"""ChargeFare with a token, repeated, crashed, lost and at once, at every call: no card is left, no money is lost."""

import pytest

from lambda_src.errors import StepAlreadyCompensated
from lambda_src.forced_failures import FAIL_AUTH
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import RIDE
from tests.support.handlers.stepping import Stepper
from tests.support.handlers.steps import is_clean
from tests.support.handlers.tables import PAYMENTS, Tables
from tests.support.handlers.token_steps import ARRIVES, FAILURES, REFUND, asks_for_a_new_token, charging
from tests.support.handlers.vaults import (
    ANOTHER_RIDE,
    Cards,
)


def test_a_repeat_completes_a_crashed_charge_and_leaves_no_card(cards: Cards, tables: Tables, stepper: Stepper) -> None:
    token = cards.keep()
    crashes = 0
    for crashed in stepper.every_crash(charging(cards, token)):
        crashes += 1
        repeat = stepper.run(charging(cards, token, name="repeat"))
        assert repeat.answer == tables.payment()["chargeId"], crashed
        assert tables.operations() == ["authorise", "capture"], crashed
        assert cards.rows() == [], crashed
        assert audit(tables) == [], crashed
    assert crashes > 6


@pytest.mark.parametrize("failure", FAILURES[1:])
def test_a_repeated_clean_failure_ends_the_same_and_holds_nothing(
    failure: str, cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    token = cards.keep()
    whole = stepper.run(charging(cards, token, failure))
    cards.clear()
    token = cards.keep()
    for crashed in stepper.every_crash(charging(cards, token, failure)):
        repeat = stepper.run(charging(cards, token, failure, name="repeat"))
        assert type(repeat.error) is type(whole.error), crashed
        assert is_clean(repeat), crashed
        assert audit(tables) == [], crashed


@pytest.mark.parametrize("failure", FAILURES[:2])
def test_a_charge_that_crashed_anywhere_is_undone_by_a_refund(
    failure: str | None, cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    token = cards.keep()
    for crashed in stepper.every_crash(charging(cards, token, failure)):
        assert stepper.run(REFUND).error is None, crashed
        late = stepper.run(charging(cards, token, name="late"))
        assert isinstance(late.error, StepAlreadyCompensated), crashed
        assert tables.payment()["status"] == "refunded", crashed
        assert audit(tables) == [], crashed


@pytest.mark.parametrize("arrives", ARRIVES)
@pytest.mark.parametrize("failure", FAILURES[:2])
def test_a_lost_call_of_a_charge_is_never_a_clean_failure(
    failure: str | None, arrives: bool, cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    lost = 1
    while outcome := stepper.run_with_lost_call(charging(cards, cards.keep(), failure), lost, arrives=arrives):
        if is_clean(outcome):
            assert tables.payment()["status"] in ("declined", "voided"), lost
            assert audit(tables) == [], lost
        if outcome.error is None:
            assert tables.payment()["status"] == "captured", lost
            assert audit(tables) == [], lost
        assert stepper.run(REFUND).error is None, lost
        assert audit(tables) == [], lost
        cards.clear()
        lost += 1
    assert lost > 4


@pytest.mark.parametrize("arrives", ARRIVES)
def test_a_repeat_ends_a_charge_whose_call_was_lost_and_leaves_no_card(
    arrives: bool, cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    lost, token = 1, cards.keep()
    while stepper.run_with_lost_call(charging(cards, token), lost, arrives=arrives):
        repeat = stepper.run(charging(cards, token, name="repeat"))
        assert repeat.error is None or is_clean(repeat), lost
        held_or_taken = set(tables.operations()) - {"authorise", "void"}
        assert held_or_taken == (set() if repeat.error else {"capture"}), lost
        assert cards.rows() == [], lost
        assert audit(tables) == [], lost
        cards.clear()
        lost, token = lost + 1, cards.keep()
    assert lost > 6


@pytest.mark.parametrize("failure", FAILURES)
def test_a_card_deleted_after_its_charge_crashed_anywhere_leaves_no_hold(
    failure: str | None, cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    token = cards.keep()
    ends = set()
    for crashed in stepper.every_crash(charging(cards, token, failure)):
        cards.delete()
        repeat = stepper.run(charging(cards, token, failure, name="repeat"))
        assert repeat.error is None or is_clean(repeat), crashed
        assert audit(tables) == [], crashed
        ends.add(str(tables.payment()["status"]))
    assert ends == {None: {"declined", "captured"}, FAIL_AUTH: {"declined"}}.get(failure, {"declined", "voided"})


def test_a_hold_of_an_attempt_that_crashed_is_voided_when_its_card_is_gone(
    cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    token = cards.keep()
    assert stepper.run_with_lost_call(charging(cards, token), 3, arrives=True)
    assert tables.operations() == ["authorise"]
    cards.delete()
    assert asks_for_a_new_token(stepper.run(charging(cards, token, name="repeat")))
    assert tables.operations() == ["authorise", "void"]
    assert audit(tables) == []


@pytest.mark.long
def test_two_rides_at_once_with_one_token_are_charged_once(cards: Cards, tables: Tables, stepper: Stepper) -> None:
    token = cards.keep()
    charged = set()
    attempts = charging(cards, token), charging(cards, token, name="another", ride=ANOTHER_RIDE)
    for outcomes in stepper.every_end(*attempts):
        assert sorted(asks_for_a_new_token(outcome) for outcome in outcomes) == [False, True]
        assert [outcome.error for outcome in outcomes].count(None) == 1
        assert tables.operations() == ["authorise", "capture"]
        assert cards.rows() == []
        assert audit(tables) == []
        charged |= {row["sagaId"] for row in tables.rows(PAYMENTS) if row["status"] == "captured"}
    assert charged == {RIDE.saga_id, ANOTHER_RIDE.saga_id}


@pytest.mark.long
def test_a_charge_and_a_refund_at_once_leave_nothing_taken(cards: Cards, tables: Tables, stepper: Stepper) -> None:
    token, ends = cards.keep(), 0
    for charged, refunded in stepper.every_end(charging(cards, token), REFUND):
        ends += 1
        assert refunded.error is None
        assert charged.error is None or is_clean(charged) or isinstance(charged.error, StepAlreadyCompensated)
        assert tables.payment()["status"] == "refunded"
        assert audit(tables) == []
    assert ends > 2


@pytest.mark.long
def test_of_two_attempts_at_once_neither_spoils_the_others_ride(cards: Cards, tables: Tables, stepper: Stepper) -> None:
    """The slower one finds no card, for the faster one has authorised and forgotten it: it goes on with that hold."""
    token, ends = cards.keep(), 0
    for outcomes in stepper.every_end(charging(cards, token), charging(cards, token, name="again")):
        assert [one.error for one in outcomes] == [None, None]
        assert tables.operations() == ["authorise", "capture"]
        assert cards.rows() == []
        assert audit(tables) == []
        ends += 1
    assert ends > 5

"""A charge and its refund, stopped before any call or losing any answer, repeated a minute to days later."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambda_src.errors import Refusal
from lambda_src.payments.charge_fare import charge
from lambda_src.payments.ledger import PaymentsLedger
from lambda_src.payments.refund_fare import refund
from tests.support.gateways.money import wrong_with
from tests.support.gateways.mortal import AnswerLost, Fate, Stopped
from tests.support.gateways.subject import DAY_AND_AN_HOUR, MINUTE, THREE_DAYS, Subject
from tests.support.handlers.rides import FARE, RIDE
from tests.support.handlers.tables import PAYMENTS, Tables

GAPS = [
    pytest.param(MINUTE, id="1-minute"),
    pytest.param(DAY_AND_AN_HOUR, id="25-hours"),
    pytest.param(THREE_DAYS, id="3-days"),
]
LEDGER = PaymentsLedger(PAYMENTS)

Step = Callable[[Subject, Fate], object]
Ending = Callable[[int], Fate]
ENDINGS = [
    pytest.param(lambda call: Fate(stops_before=call), id="stopped"),
    pytest.param(lambda call: Fate(loses=call), id="answer-lost"),
]


def charging(subject: Subject, fate: Fate) -> object:
    """ChargeFare, whose calls meet a fate."""
    return charge(RIDE, subject.accepted, ledger=fate.over(LEDGER), gateway=fate.over(subject.gateway))


def refunding(subject: Subject, fate: Fate) -> object:
    """RefundFare, whose calls meet a fate."""
    return refund(RIDE, ledger=fate.over(LEDGER), gateway=fate.over(subject.gateway))


def attempt(step: Step, subject: Subject, fate: Fate) -> BaseException | None:
    """Runs a step; returns what ended it."""
    try:
        step(subject, fate)
    except (Stopped, AnswerLost, Refusal) as end:
        return end
    except Exception as error:  # doubt, which a refund undoes
        return error
    return None


def every_fate(step: Step, subject: Subject, ending: Ending, begin: Callable[[], None]) -> Iterator[list[str]]:
    """Runs a step once for each of its calls, each time from the beginning; yields the calls it made."""
    for call in itertools.count(1):
        begin()
        fate = ending(call)
        attempt(step, subject, fate)
        if len(fate.calls) < call:
            return
        yield fate.calls


@pytest.fixture
def start(tables: Tables, subject: Any) -> Callable[[], None]:
    """Empties the ledger and, where that can be done, the gateway."""

    def begin() -> None:
        tables.clear()
        forget = getattr(subject, "forget", None)
        if forget:
            forget()

    return begin


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("gap", GAPS)
def test_a_charge_that_ended_anywhere_is_undone_once(
    gap: int, ending: Ending, subject: Subject, tables: Tables, start: Callable[[], None]
) -> None:
    ends = 0
    for calls in every_fate(charging, subject, ending, start):
        subject.later(gap)
        for _ in range(2):
            assert attempt(refunding, subject, Fate()) is None, calls
            subject.later(gap)
        if tables.rows(PAYMENTS):
            assert tables.payment()["status"] == "refunded", calls
        assert wrong_with(tables.payment(), subject.book(RIDE.saga_id), FARE) == [], calls
        ends += 1
    assert ends > 5


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("gap", GAPS)
def test_a_charge_that_ended_anywhere_is_completed_or_undone(
    gap: int, ending: Ending, subject: Subject, tables: Tables, start: Callable[[], None]
) -> None:
    ends = 0
    for calls in every_fate(charging, subject, ending, start):
        subject.later(gap)
        error = attempt(charging, subject, Fate())
        if error is not None and not isinstance(error, Refusal):
            subject.later(gap)
            assert attempt(refunding, subject, Fate()) is None, calls
        assert wrong_with(tables.payment(), subject.book(RIDE.saga_id), FARE) == [], calls
        ends += 1
    assert ends > 5


def untroubled(step: Step, subject: Subject) -> list[str]:
    """The calls that a step makes where nothing goes wrong."""
    fate = Fate()
    assert attempt(step, subject, fate) is None
    return fate.calls


def test_the_calls_to_strike_at_are_those_that_the_steps_make(subject: Subject, start: Callable[[], None]) -> None:
    """What the combined test tries is recorded, and the records have all that moves money, and each id's record."""
    start()
    assert untroubled(charging, subject) == [
        *("prepare", "open", "authorise", "record_authorised"),
        *("capture", "record_captured"),
    ]
    assert untroubled(refunding, subject) == ["fence_refund", "void", "refund", "record_refunded"]


@pytest.mark.long
@pytest.mark.parametrize("refund_ending", ENDINGS)
@pytest.mark.parametrize("charge_ending", ENDINGS)
@pytest.mark.parametrize("gap", GAPS)
def test_a_charge_and_its_refund_that_both_ended_anywhere_are_undone_once(
    gap: int,
    charge_ending: Ending,
    refund_ending: Ending,
    subject: Subject,
    tables: Tables,
    start: Callable[[], None],
) -> None:
    start()
    last = len(untroubled(charging, subject)) + 1  # a strike after the last call strikes at none
    for charge_call in range(1, last + 1):

        def begin(call: int = charge_call) -> None:
            start()
            attempt(charging, subject, charge_ending(call))
            subject.later(gap)

        ends = 0
        for calls in every_fate(refunding, subject, refund_ending, begin):
            subject.later(gap)
            assert attempt(refunding, subject, Fate()) is None, (charge_call, calls)
            assert tables.payment()["status"] == "refunded", (charge_call, calls)
            assert wrong_with(tables.payment(), subject.book(RIDE.saga_id), FARE) == [], (charge_call, calls)
            ends += 1
        assert ends > 1, charge_call

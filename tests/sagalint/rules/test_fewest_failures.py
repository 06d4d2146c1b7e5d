"""A story has no failure that it does not need, and a doubt is reported only where one failure leaves it."""

from collections.abc import Sequence

import pytest

from sagalint import check
from sagalint.paths import explorer
from sagalint.paths.happening import Happening, Moment
from sagalint.plan import Plan, PlannedStep
from tests.support.sagalint.small import DONE, FAILED, choice, found_in, saga, task

BEGINS = {
    "ReserveDrill": task("ChargeDeposit", "ReleaseDrill"),
    "ChargeDeposit": task("PackDrill", "ReleaseDrill"),
    "PackDrill": task("Rented", "RefundDeposit"),
    "Rented": DONE,
}
UNDOES_ALL_BUT_CHARGE = {
    "RefundDeposit": task("ReleaseDrill", "ReleaseDrill"),
    "ReleaseDrill": task("Noted"),
    "Noted": task("NotedInBook"),
    "NotedInBook": task("CalledOff"),
    "CalledOff": FAILED,
}
"""A long rollback: a second failure would end the story sooner."""
STOPS = {
    "ReserveDrill": task("ChargeDeposit", "ReleaseDrill"),
    "ChargeDeposit": task("Rented", "ReleaseDrill"),
    "Rented": DONE,
    "ReleaseDrill": task("RefundDeposit"),
    "RefundDeposit": task("CalledOff"),
    "CalledOff": FAILED,
}


def failures(story: Sequence[Moment]) -> int:
    return sum(one.what in (Happening.DOUBT, Happening.GAVE_UP) for one in story)


def test_a_long_story_with_one_failure_comes_before_a_short_one_with_two() -> None:
    first, *_ = found_in(saga(**BEGINS, **UNDOES_ALL_BUT_CHARGE))
    assert (first.rule.id, first.states[0], failures(first.story)) == ("doubt-not-compensated", "ChargeDeposit", 1)
    assert [one.state for one in first.story][-2:] == ["NotedInBook", "CalledOff"]


def test_what_a_choice_shows_needs_no_failure() -> None:
    machine = saga(
        **{**BEGINS, "ChargeDeposit": task("Packed", "RefundDeposit"), "Packed": choice("ReleaseDrill", d="PackDrill")},
        **UNDOES_ALL_BUT_CHARGE,
    )
    first, *_ = found_in(machine)
    assert (first.rule.id, failures(first.story)) == ("doubt-not-compensated", 0)


def test_a_compensation_that_gives_up_is_not_reported_as_a_doubt() -> None:
    """A Catch of ChargeDeposit that led to RefundDeposit would leave the drill reserved."""
    (found,) = found_in(saga(**STOPS))
    assert (found.rule.id, found.states[0]) == ("rollback-stops", "ReleaseDrill")
    assert found.fix.endswith("leads on to RefundDeposit")


def test_the_same_where_its_catch_leads_past_the_others() -> None:
    machine = saga(**{**STOPS, "ReleaseDrill": task("RefundDeposit", "Stuck")}, Stuck=FAILED)
    (found,) = found_in(machine)
    assert (found.rule.id, found.states[0]) == ("rollback-stops", "ReleaseDrill")


def test_where_there_is_too_much_to_follow_an_early_failure_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each Choice doubles the ways on which nothing fails: these alone are more than is followed."""
    states = {"ChargeDeposit": task("Ask0", "CalledOff")}
    for number in range(8):
        after = f"Ask{number + 1}" if number < 7 else "Rented"
        states[f"Ask{number}"] = choice(after, **{f"tool{number}": f"Reserve{number}"})
        states[f"Reserve{number}"] = task(after, "RefundDeposit")
    ends = {"Rented": DONE, "RefundDeposit": task("CalledOff"), "CalledOff": FAILED}
    monkeypatch.setattr(explorer, "MOST_SITUATIONS", 60)
    deposit = PlannedStep(action="ChargeDeposit", compensation="RefundDeposit")
    drills = [PlannedStep(action=f"Reserve{one}", uncompensated_because="it lapses", optional=True) for one in range(8)]
    found = {one.rule.id for one in check(saga(**states, **ends), Plan((deposit, *drills))).findings}
    assert {"too-large", "doubt-not-compensated"} <= found

"""Which chapters a machine passes: judged by what its rides did, and the last ones by sagalint as well."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from wild_rydes_saga.lab.chapters import CHAPTERS
from wild_rydes_saga.lab.checked import ChapterResult, LintFinding
from wild_rydes_saga.lab.reasons import Judged
from wild_rydes_saga.lab.roles import CHARGE, CREDIT, REGISTER
from wild_rydes_saga.lab.text.sentences import card_in

_ROW: Final = ("sagaId", "startTime", "customerId", "fareAmount", "fareStatus")
_UNDO_RULES: Final = (
    "doubt-not-compensated",
    "nothing-to-compensate",
    "clean-failure-compensated",
    "out-of-order",
    "compensated-twice",
    "undone-after-pivot",
    "step-left-out",
)
"""The rules of sagalint's that chapter 7 is about."""

Findings = Sequence[LintFinding] | None


def chapters_passed(judged: Sequence[Judged], findings: Findings) -> tuple[ChapterResult, ...]:
    """Whether the machine passes each chapter; none of them if nothing was ridden."""
    rides = {one.ridden.ride.title: one for one in judged}
    found = []
    for chapter in CHAPTERS:
        why = _JUDGES[chapter.name](rides, findings) if rides else ""
        found.append(ChapterResult(number=chapter.number, title=chapter.title, passed=bool(rides) and not why, why=why))
    return tuple(found)


Rides = Mapping[str, Judged]
_SUCCESS: Final = "Success"


def _registered(rides: Rides, _: Findings) -> str:
    ride = rides[_SUCCESS]
    row = ride.ridden.fare
    if not row:
        return f"no fare was registered, because {ride.why_not(REGISTER)}."
    if missing := [name for name in _ROW if name not in row]:
        return f"the fare's row has no {', '.join(missing)}."
    if row["sagaId"] != ride.ridden.saga_id:
        return "the fare's sagaId is not the execution's ARN."
    if row["fareStatus"] == "pending" and "unsettledSince" not in row:
        return "the fare's row has no unsettledSince, so no recovery would find an unfinished ride."
    return _no_card(ride)


def _charged(rides: Rides, _: Findings) -> str:
    ride = rides[_SUCCESS]
    if ride.captured != ride.ridden.ride.expected.captured:
        return f"the rider was not charged, because {ride.why_not(CHARGE)}."
    return _no_card(ride)


def _credited(rides: Rides, _: Findings) -> str:
    ride = rides[_SUCCESS]
    if ride.ridden.credited != ride.ridden.ride.expected.credited:
        return f"the customer's account was not credited, because {ride.why_not(CREDIT)}."
    return ""


def _completed(rides: Rides, _: Findings) -> str:
    ride = rides[_SUCCESS]
    if ride.fare_status != "completed":
        return ride.wrong_fare("completed")
    if "unsettledSince" in ride.ridden.own_fare:
        return "the completed fare still has unsettledSince: a recovery would take it for an open ride."
    return ""


def _right(*titles: str) -> Callable[[Rides, Findings], str]:
    """Whether some rides are as the lab says."""

    def judge(rides: Rides, _: Findings) -> str:
        wrong = (rides[title].result for title in titles if rides[title].problems)
        return next((f"`{one.label}`: {one.sentence}" for one in wrong), "")

    return judge


def _undone(rides: Rides, findings: Findings) -> str:
    if wrong := _right("Credit refused")(rides, findings):
        return wrong
    if findings is None:
        return "sagalint could not check the machine: it needs each of the five steps, once."
    return next((one.sentence for one in findings if one.rule in _UNDO_RULES), "")


def _retried(_: Rides, findings: Findings) -> str:
    if findings is None:
        return "sagalint could not check the machine: it needs each of the five steps, once."
    return findings[0].sentence if findings else ""


def _no_card(ride: Judged) -> str:
    leak = card_in(ride.ridden)
    return f"a part of the card is in {leak}. Pass on only the fields that the next step needs." if leak else ""


_JUDGES: Final[Mapping[str, Callable[[Rides, Findings], str]]] = {
    "register": _registered,
    "charge": _charged,
    "credit": _credited,
    "complete": _completed,
    "notify": _right(_SUCCESS),
    "catch": _right("Card not authorised", "Charge refused"),
    "undo": _undone,
    "retry": _retried,
}
"""By chapter: why a machine does not pass it; nothing if it does."""

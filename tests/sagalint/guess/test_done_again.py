"""A compensation that is written twice for one function, and either can follow the other: both undo the same step."""

import pytest

from tests.support.sagalint.small import ALL, DONE, FAILED, Definition, fork, found_in, part, rules_in, saga, task


def failing(error: str) -> Definition:
    return {"Type": "Fail", "Error": error}


CHARGES = part(
    ChargeDeposit=task(None, "RefundDeposit"),
    RefundDeposit=task("NotCharged", "NotCharged"),
    NotCharged=failing("NotCharged"),
)
RESERVES = part(
    ReserveTools=task(None, "ReleaseTools"),
    ReleaseTools=task("NotReserved", "NotReserved"),
    NotReserved=failing("NotReserved"),
)


def at_once(undo: Definition, *, by_name: bool) -> Definition:
    """Two branches that each undo their own step and fail, and what undoes the step of the other one."""
    refund, release, both = ("DepositBack", "ToolsBack", "DepositFirst") if by_name else ("DepositBack",) * 3
    catches = {"NotCharged": release, "NotReserved": refund, ALL: both}
    rented = fork(CHARGES, RESERVES, then="Rented")
    rented["Catch"] = [
        {"ErrorEquals": [error], "ResultPath": "$.trouble", "Next": then} for error, then in catches.items()
    ]
    return saga(Rent=rented, Rented=DONE, **undo, CalledOff=FAILED)


def refund(then: str) -> Definition:
    return task(then, then, calls="RefundDeposit")


def release(then: str) -> Definition:
    return task(then, then, calls="ReleaseTools")


RIGHT = at_once(
    {"ToolsBack": release("CalledOff"), "DepositBack": refund("CalledOff"), "DepositFirst": refund("ToolsBack")},
    by_name=True,
)
TWICE = at_once({"DepositBack": refund("ToolsBack"), "ToolsBack": release("CalledOff")}, by_name=False)
OTHERS = {
    "another function": {"DepositBack": task("CalledOff", "CalledOff", calls="LogDeposit")},
    "one function for everything": {"DepositBack": task("CalledOff", "CalledOff", calls="clerk")},
}


def test_what_another_branch_has_done_is_undone_by_the_same_function() -> None:
    assert {*rules_in(RIGHT)} <= {"wrong-ending"}


def test_a_refund_that_runs_again_after_its_branch_is_said_to_run_twice() -> None:
    (twice,) = [one for one in found_in(TWICE) if one.rule.id != "wrong-ending"]
    assert (twice.rule.id, twice.states) == ("compensated-twice", ("DepositBack",))
    assert "DepositBack calls the function of RefundDeposit a second time" in twice.message


def test_what_is_released_again_loses_nothing() -> None:
    """Only money that is given back twice is lost."""
    machine = at_once({"DepositBack": release("CalledOff")}, by_name=False)
    machine["States"]["Rent"]["Branches"][0] = part(OpenGate=task(None, "NotOpen"), NotOpen=failing("NotOpen"))
    assert {*rules_in(machine)} <= {"wrong-ending"}


@pytest.mark.parametrize("undo", OTHERS.values(), ids=OTHERS)
def test_what_only_looks_alike_undoes_nothing(undo: Definition) -> None:
    assert "doubt-not-compensated" in rules_in(at_once(undo, by_name=False))


def with_reasons(**payloads: dict[str, str]) -> Definition:
    """One function releases the tools on two ways, and is given more than the rental."""

    def told(payload: dict[str, str], then: str) -> Definition:
        arguments = {"FunctionName": "tools", "Payload": {"id.$": "$.rentalId", **payload}}
        return task(then, then) | {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": arguments}

    first, second = payloads["first"], payloads["second"]
    return saga(
        ReserveTools=task("ChargeDeposit", "ReleaseReserved"),
        ChargeDeposit=task("ShipTools", "ReleaseReserved"),
        ShipTools=task("Rented", "RefundDeposit"),
        Rented=DONE,
        RefundDeposit=task("ReleaseTools", "ReleaseTools"),
        ReleaseReserved=told(first, "CalledOff"),
        ReleaseTools=told(second, "CalledOff"),
        CalledOff=FAILED,
    )


def left(machine: Definition) -> bool:
    return any(
        "ReserveTools is done" in one.message or "ReserveTools may be" in one.message for one in found_in(machine)
    )


def test_why_a_function_is_called_does_not_make_it_another() -> None:
    why = {"first": {"reason": "the card was declined"}, "second": {"reason": "no van was free"}}
    what = {"first": {"action": "label"}, "second": {"action": "release"}}
    assert not left(with_reasons(**why))
    assert left(with_reasons(**what))


def repeated(**again: Definition) -> Definition:
    """A Parallel undoes both steps, and its Catch leads to the same compensations, one by one."""
    return saga(
        ReserveTools=task("ChargeDeposit", "UndoAll"),
        ChargeDeposit=task("Rented", "UndoAll"),
        Rented=DONE,
        UndoAll=fork(
            part(RefundDeposit=task()),
            part(ReleaseTools=task()),
            then="CalledOff",
            caught=next(iter(again), "CalledOff"),
        ),
        CalledOff=FAILED,
        **again,
    )


def test_a_rollback_that_is_repeated_one_by_one_stops_at_nothing() -> None:
    once_more = repeated(
        RefundDepositAgain=refund("ReleaseToolsAgain"), ReleaseToolsAgain=task("CalledOff", calls="ReleaseTools")
    )
    assert {*rules_in(once_more)} <= {"wrong-ending"}


@pytest.mark.parametrize("again", [{}, {"RefundDepositAgain": refund("CalledOff")}], ids=["nothing", "half of it"])
def test_a_rollback_that_is_not_repeated_whole_stops(again: dict[str, Definition]) -> None:
    assert "rollback-stops" in rules_in(repeated(**again))

"""The campaign bites: without any one protection it finds a broken promise; with all of them it finds none."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.support.faults.auditor import Finding
from tests.support.faults.campaign import conclude
from tests.support.faults.cloud import FaultyCloud, Trial
from tests.support.faults.fault import RECOVERY, SAGA, Fault, new_fare_id
from tests.support.faults.mutants import changed_code, changed_machine, disabled_rule
from tests.support.faults.walks import Move, play

Without = Callable[[FaultyCloud], AbstractContextManager[None]]

LEDGER = "lambda_src/payments/ledger.py"
REVERSE = "lambda_src/accounts/reverse_account_credit.py"
IN_ORDER = "AND #status IN ({', '.join(starts)})"
FENCED = '            values={":amount": ride.amount_minor, ":zero": 0, ":refunding": REFUNDING},'


@dataclass(frozen=True)
class Bite:
    """A protection, how to take it away, what the campaign tries, and the promise that it then finds broken."""

    protection: str
    without: Without
    trial: Trial
    broken: str
    sweeps: bool = True


def without_catch(states: dict[str, Any]) -> None:
    states["ChargeFare"]["Catch"] = [
        one for one in states["ChargeFare"]["Catch"] if one["ErrorEquals"] != ["States.ALL"]
    ]


def without_own_compensation(states: dict[str, Any]) -> None:
    for catcher in states["ChargeFare"]["Catch"]:
        if catcher["ErrorEquals"] == ["States.ALL"]:
            catcher["Next"] = states["RefundFare"]["Next"]


def in_the_order_of_the_steps(states: dict[str, Any]) -> None:
    """Settles first, and undoes afterwards."""
    order = ["SetFareStatusFailed", "RefundFare", "ReverseAccountCredit", "NotifyFailure"]
    for name in ("ChargeFare", "CustomerAccountCredit"):
        for catcher in states[name]["Catch"]:
            catcher["Next"] = order[0]
    for name, following in itertools.pairwise(order):
        states[name]["Next"] = following
        for catcher in states[name].get("Catch", []):
            if catcher["Next"] != "SagaRollbackIncomplete":
                catcher["Next"] = following


def settling_whatever_was_noted(states: dict[str, Any]) -> None:
    arguments = states["SetFareStatusFailed"]["Arguments"]
    arguments["Key"]["fareId"]["S"] = "{% $states.context.Execution.Input.fareId %}"


def without_claim(states: dict[str, Any]) -> None:
    for choice in states["ChooseRecovery"]["Choices"]:
        if choice["Next"] == "ClaimFare":
            choice["Next"] = states["ClaimFare"]["Next"]


MACHINE_EDITS: Mapping[str, tuple[str, Callable[[dict[str, Any]], None]]] = {
    "a Catch": ("FareSagaArn", without_catch),
    "the own-step compensation": ("FareSagaArn", without_own_compensation),
    "the reverse order": ("FareSagaArn", in_the_order_of_the_steps),
    "the settling's look at what gave up": ("FareSagaArn", settling_whatever_was_noted),
    "the claim before recovery": ("RecoveryArn", without_claim),
}
"""By protection that a machine has: the output that names the machine, and how to take the protection out of it."""


def machine(protection: str, one_trial: Trial, broken: str) -> Bite:
    output, change = MACHINE_EDITS[protection]
    return Bite(protection, lambda cloud: changed_machine(cloud, output, change), one_trial, broken)


def code(module: str, text: str, other: str) -> Without:
    return lambda cloud: changed_code(cloud, module, text, other)


def lost(state: str, **more: Any) -> Fault:
    """The call of a state happens, and its answer never arrives."""
    return Fault(state=state, error="States.Timeout", after=True, **more)


CREDIT_IN_DOUBT = lost("CustomerAccountCredit")
LATE_CHARGE = Fault(state="ChargeFare", kind="late", error="States.Timeout", until=(SAGA, "RefundFare"))
LATE_CREDIT = Fault(
    state="CustomerAccountCredit", kind="late", error="States.Timeout", until=(SAGA, "ReverseAccountCredit")
)
LATE_PIVOT = Fault(state="SetFareStatusCompleted", kind="stop", times=1, until=(RECOVERY, "RefundFare"))
REFUND_GIVES_UP = Fault(state="RefundFare")
DECLINED = Fault(state="ChargeFare", kind="clean", suffix="_fail_auth")
NOT_CAPTURED = Fault(state="ChargeFare", kind="clean", suffix="_fail_charge")
REJECTED = Fault(state="CustomerAccountCredit", kind="clean", suffix="_fail_credit")
UNTOLD = Fault(state="NotifyFailure")
STOPPED = Fault(state="ChargeFare", kind="stop", after=True, times=1)


def trial(*faults: Fault, **more: Any) -> Trial:
    return Trial(label="bite", faults=faults, **more)


BITES = [
    machine("a Catch", trial(lost("ChargeFare"), by_itself=True), "by itself"),
    machine("the own-step compensation", trial(lost("ChargeFare")), "money"),
    machine("the reverse order", trial(CREDIT_IN_DOUBT, REFUND_GIVES_UP), "money"),
    machine("the settling's look at what gave up", trial(CREDIT_IN_DOUBT, REFUND_GIVES_UP), "money"),
    Bite(
        "a fence's condition",
code(LEDGER, IN_ORDER, f"AND (#status <> :start OR {IN_ORDER[4:]})"),
        trial(LATE_CHARGE),
        "money",
    ),
    Bite(
        "the tombstone of a charge",
        code(LEDGER, f"            or_new=True,\n{FENCED}", FENCED),
        trial(LATE_CHARGE),
        "money",
    ),
    Bite(
        "the tombstone of a credit",
        code(REVERSE, "            _leave_tombstone(ride, ledger)", "            pass"),
        trial(LATE_CREDIT),
        "money",
    ),
    Bite(
        "the row closed before a card is declined",
        code("lambda_src/payments/charge_fare.py", "    ledger.close_declined(ride)\n", ""),
        trial(DECLINED, again=True),
        "money",
    ),
    Bite(
        "the row closed before a capture is refused",
        code("lambda_src/payments/charge_fare.py", "        ledger.close_voided(ride)\n", ""),
        trial(NOT_CAPTURED, again=True),
        "ledgers",
    ),
    Bite(
        "the row closed before a credit is rejected",
        code("lambda_src/accounts/credit_customer_account.py", "            ledger.close_rejected(ride)\n", ""),
        trial(REJECTED, again=True),
        "money",
    ),
    machine("the claim before recovery", trial(LATE_PIVOT), "settled"),
    Bite(
        "the recovery rule",
        lambda cloud: disabled_rule(cloud, "EndedBadly"),
        trial(UNTOLD, CREDIT_IN_DOUBT),
        "one message",
    ),
    Bite(
        "the recovery rule and the sweep",
        lambda cloud: disabled_rule(cloud, "EndedBadly"),
        trial(STOPPED),
        "settled",
        sweeps=False,
    ),
]  # fmt: skip


def found(cloud: FaultyCloud, trials: Sequence[Trial], *, sweeps: bool = True) -> list[Finding]:
    """What the campaign finds wrong with the rides of these trials."""
    rides = cloud.run([replace(one, fare_id=new_fare_id()) for one in trials])
    mine = {ride.saga_id for ride in rides}
    return [finding for finding in conclude(cloud, rides, sweeps=sweeps) if finding.saga_id in mine]


def test_with_every_protection_no_promise_is_broken(breakable: FaultyCloud) -> None:
    assert [str(finding) for finding in found(breakable, [bite.trial for bite in BITES])] == []


def test_a_random_walk_bites_as_well(breakable: FaultyCloud) -> None:
    walk = (Move("ride", faults=(lost("ChargeFare"),)), Move("ride", fare=1))
    assert play(breakable, walk) == []
    with changed_machine(breakable, "FareSagaArn", without_own_compensation):
        assert play(breakable, walk) != []


@pytest.mark.parametrize("bite", BITES, ids=lambda bite: bite.protection)
def test_without_a_protection_a_promise_is_broken(breakable: FaultyCloud, bite: Bite) -> None:
    with bite.without(breakable):
        findings = found(breakable, [bite.trial], sweeps=bite.sweeps)
    assert bite.broken in {finding.rule for finding in findings}

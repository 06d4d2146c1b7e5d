"""The campaign notices each protection that is removed, and finds nothing while all of them are there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.support.faults.audit.auditor import Finding
from tests.support.faults.campaign import conclude
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.injection.fault import RECOVERY, SAGA, Fault, new_fare_id
from tests.support.faults.mutants import (
    MACHINE_EDITS,
    changed_code,
    changed_machine,
    disabled_rule,
    without_own_compensation,
)
from tests.support.faults.trial import Trial
from tests.support.faults.walks import Move, play

Without = Callable[[FaultyCloud], AbstractContextManager[None]]

LEDGER = "lambda_src/payments/ledger.py"
REVERSE = "lambda_src/accounts/reverse_account_credit.py"
IN_ORDER = "AND #status IN ({', '.join(starts)})"
FENCED = '            values={":amount": ride.amount_minor, ":zero": 0, ":refunding": REFUNDING},'


@dataclass(frozen=True)
class Protection:
    """A protection, how to remove it, a trial that needs it, and the rule that then does not hold."""

    name: str
    without: Without
    trial: Trial
    rule: str
    sweeps: bool = True


def machine(name: str, one_trial: Trial, rule: str) -> Protection:
    output, change = MACHINE_EDITS[name]
    return Protection(name, lambda cloud: changed_machine(cloud, output, change), one_trial, rule)


def code(module: str, text: str, other: str) -> Without:
    return lambda cloud: changed_code(cloud, module, text, other)


def both(one: Without, other: Without) -> Without:
    """Two protections that stand in for each other."""

    @contextmanager
    def without(cloud: FaultyCloud) -> Iterator[None]:
        with one(cloud), other(cloud):
            yield

    return without


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
NOT_REPORTED = Fault(state="NotifyFailure")
STOPPED = Fault(state="ChargeFare", kind="stop", after=True, times=1)


def trial(*faults: Fault, **more: Any) -> Trial:
    return Trial(label="protection", faults=faults, **more)


PROTECTIONS = [
    machine("a Catch", trial(lost("ChargeFare"), by_itself=True), "by itself"),
    machine("the own-step compensation", trial(lost("ChargeFare")), "money"),
    machine("the reverse order", trial(CREDIT_IN_DOUBT, REFUND_GIVES_UP), "money"),
    machine("the settling's check of what gave up", trial(CREDIT_IN_DOUBT, REFUND_GIVES_UP), "money"),
    Protection(
        "a fence's condition",
        code(LEDGER, IN_ORDER, f"AND (#status <> :start OR {IN_ORDER[4:]})"),
        trial(LATE_CHARGE),
        "money",
    ),
    Protection(
        "the tombstone of a charge",
        code(LEDGER, f"            or_new=True,\n{FENCED}", FENCED),
        trial(LATE_CHARGE),
        "money",
    ),
    Protection(
        "the tombstone of a credit",
        code(REVERSE, "            _leave_tombstone(ride, ledger)", "            pass"),
        trial(LATE_CREDIT),
        "money",
    ),
    Protection(
        "the row closed before a card is declined",
        code("lambda_src/payments/charge_fare.py", "    ledger.close_declined(ride)\n", ""),
        trial(DECLINED, again=True),
        "money",
    ),
    Protection(
        "the row closed before a capture is refused",
        code("lambda_src/payments/charge_fare.py", "        ledger.close_voided(ride)\n", ""),
        trial(NOT_CAPTURED, again=True),
        "ledgers",
    ),
    Protection(
        "the row closed before a credit is rejected",
        code("lambda_src/accounts/credit_customer_account.py", "            ledger.close_rejected(ride)\n", ""),
        trial(REJECTED, again=True),
        "money",
    ),
    machine("the claim before recovery", trial(LATE_PIVOT), "all or nothing"),
    Protection(
        "the recovery rule and the list of lost events",
        both(
            lambda cloud: disabled_rule(cloud, "EndedBadly"),
            code("lambda_src/recovery/sweep_fares.py", "queued += _queue_lost(", "queued += 0 and _queue_lost("),
        ),
        trial(NOT_REPORTED, CREDIT_IN_DOUBT),
        "one message",
    ),
    Protection(
        "the recovery rule and the sweep",
        lambda cloud: disabled_rule(cloud, "EndedBadly"),
        trial(STOPPED),
        "settled",
        sweeps=False,
    ),
]


def found(cloud: FaultyCloud, trials: Sequence[Trial], *, sweeps: bool = True) -> list[Finding]:
    """What the campaign finds wrong with the rides of these trials."""
    rides = cloud.run([replace(one, fare_id=new_fare_id()) for one in trials])
    mine = {ride.saga_id for ride in rides}
    return [finding for finding in conclude(cloud, rides, sweeps=sweeps) if finding.saga_id in mine]


@pytest.mark.long
def test_with_every_protection_nothing_is_found(breakable: FaultyCloud) -> None:
    assert [str(finding) for finding in found(breakable, [one.trial for one in PROTECTIONS])] == []


def test_each_protection_that_a_machine_has_is_removed_once() -> None:
    assert MACHINE_EDITS.keys() <= {protection.name for protection in PROTECTIONS}


@pytest.mark.long
def test_a_random_walk_notices_a_missing_protection(breakable: FaultyCloud) -> None:
    walk = (Move("ride", faults=(lost("ChargeFare"),)), Move("ride", fare=1))
    assert play(breakable, walk) == []
    with changed_machine(breakable, "FareSagaArn", without_own_compensation):
        assert play(breakable, walk) != []


@pytest.mark.long
@pytest.mark.parametrize("removed", PROTECTIONS, ids=lambda protection: protection.name)
def test_the_campaign_notices_a_missing_protection(breakable: FaultyCloud, removed: Protection) -> None:
    with removed.without(breakable):
        findings = found(breakable, [removed.trial], sweeps=removed.sweeps)
    assert removed.rule in {finding.rule for finding in findings}

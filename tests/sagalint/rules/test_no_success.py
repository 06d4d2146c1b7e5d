"""A machine in which no way leads to a success: a finding, and the rest is checked all the same."""

from sagalint import check
from sagalint.plan import Plan, PlannedStep
from sagalint.rules.finding import Level
from tests.support.sagalint.small import DONE, FAILED, choice, found_in, saga, task


def test_a_way_that_leads_back_to_the_start_is_the_first_finding() -> None:
    machine = saga(
        ReserveVan=task("ChargeDeposit", "ReleaseVan"),
        ChargeDeposit=task("ReserveVan", "RefundDeposit"),
        HandOver=task("Rented"),
        Rented=DONE,
        RefundDeposit=task("ReleaseVan"),
        ReleaseVan=task("CalledOff", "CalledOff"),
        CalledOff=FAILED,
    )
    first, *others = found_in(machine)
    assert (first.rule.id, first.level) == ("no-success", Level.ERROR)
    assert first.states == ("ChargeDeposit", "ReserveVan", "HandOver", "Rented")
    assert first.fix == "let ChargeDeposit lead on to HandOver"
    rules = [one.rule.id for one in others]
    assert "rollback-stops" in rules
    assert "doubt-not-compensated" not in rules, "what only a second round leaves is not reported"


def test_a_machine_that_can_only_fail_is_one() -> None:
    machine = saga(CountTools=task("CalledOff"), CalledOff=FAILED)
    plan = Plan(steps=(PlannedStep(action="CountTools", uncompensated_because="it only counts"),))
    assert "no-success" in [one.rule.id for one in check(machine, plan).findings]


def test_a_loop_with_a_way_out_has_a_success() -> None:
    machine = saga(
        CountTools=task("Counted"),
        Counted=choice("Later", CountTools="Rented"),
        Later={"Type": "Wait", "Seconds": 5, "Next": "CountTools"},
        Rented=DONE,
    )
    assert "no-success" not in [one.rule.id for one in found_in(machine)]


def test_a_success_that_only_a_failure_leads_to_is_none() -> None:
    machine = saga(
        ReserveVan=task("ReserveVan", "ReportFailure"),
        HandOver=task("Rented"),
        Rented=DONE,
        ReportFailure=task(),
    )
    first, *_ = found_in(machine)
    assert (first.rule.id, first.states) == ("no-success", ("ReserveVan", "HandOver", "Rented"))

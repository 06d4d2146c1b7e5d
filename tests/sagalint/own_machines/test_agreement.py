"""What the fault campaign shows by losing money, sagalint says without running anything."""

import copy
from pathlib import Path

import pytest

from sagalint import check
from tests.support.faults.mutants import MACHINE_EDITS
from tests.support.sagalint.own_machines import own_machine

RULE_BROKEN = {
    "a Catch": "doubt-not-compensated",
    "the own-step compensation": "doubt-not-compensated",
    "the reverse order": "out-of-order",
    "the settling's check of what gave up": "settled-too-early",
    "the claim before recovery": "taken-over-too-early",
}
NAMES = {"FareSagaArn": "the saga", "RecoveryArn": "the recovery"}


@pytest.mark.parametrize("protection", MACHINE_EDITS)
def test_a_machine_that_fails_the_campaign_is_flagged(protection: str, assembly: Path) -> None:
    output, edit = MACHINE_EDITS[protection]
    original, plan = own_machine(NAMES[output], assembly)
    edited = copy.deepcopy(original)
    edit(edited["States"])
    assert edited != original
    assert RULE_BROKEN[protection] in {finding.rule.id for finding in check(edited, plan).findings}


def test_every_edit_of_a_machine_that_bites_is_compared() -> None:
    assert MACHINE_EDITS.keys() == RULE_BROKEN.keys()

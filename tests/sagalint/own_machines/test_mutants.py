"""Every single edit of our own machines is flagged, or checked to change nothing."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sagalint import check
from sagalint.plan import Plan
from tests.conftest import REPORTED
from tests.support.sagalint.equality import why_equal
from tests.support.sagalint.mutants import Definition, mutants
from tests.support.sagalint.own_machines import OWN_MACHINES, WITH_EXPRESS, own_machine


@pytest.fixture(params=WITH_EXPRESS)
def machine(request: pytest.FixtureRequest, assembly: Path) -> tuple[str, Definition, Plan]:
    return request.param, *own_machine(request.param, assembly)


def test_nothing_is_found_in_our_machines_and_quickly(machine: tuple[str, Definition, Plan]) -> None:
    _, definition, plan = machine
    report = check(definition, plan)
    assert not report.findings
    assert not report.accepted
    assert report.seconds < 1


@pytest.mark.long
@pytest.mark.timeout(900)  # 1,741 edits of the recovery, each followed along every path
@pytest.mark.parametrize("name", OWN_MACHINES)
def test_every_single_edit_is_flagged_or_equal(
    name: str, assembly: Path, record_property: Callable[[str, object], None]
) -> None:
    definition, plan = own_machine(name, assembly)
    every = mutants(definition)
    counts: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    neither = []
    for mutant in every:
        found = {finding.rule.id for finding in check(mutant.definition, plan).findings}
        reason = None if found else why_equal(definition, mutant.definition, plan)
        counts["flagged" if found else reason or "neither"] += 1
        rules.update(found)
        if not found and not reason:
            neither.append(f"{mutant.kind}: {mutant.edit}")
    lines = [f"{count:5} {reported}" for reported, count in counts.most_common()]
    by_rule = ", ".join(f"{rule} {count}" for rule, count in rules.most_common())
    record_property(REPORTED, "\n".join([f"{len(every)} single edits of {name}:", *lines, f"  flagged by {by_rule}"]))
    assert not neither
    assert len(every) > 500

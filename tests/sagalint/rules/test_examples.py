"""Exhibits: the lab's machine and small ones with one mistake each; the verifier finds exactly what is wrong."""

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sagalint import RULES, Report, check
from sagalint.plan import Plan
from sagalint.rules.finding import Level

EXHIBITS = sorted(path for path in (Path(__file__).parents[1] / "examples").iterdir() if path.is_dir())
NOTES = {rule.id for rule in RULES.values() if rule.level is Level.NOTE}
"""Rules whose findings are one, which names all states."""
BY_ITSELF = {
    "answer-retried",
    "error-cannot-occur",
    "failure-unnamed",
    "kind-changes",
    "never-matches",
    "no-timeout",
    "not-retried",
    "not-waited-for",
    "query-not-clean",
    "timeout-too-short",
    "transient-not-retried",
    "unreachable",
}
"""Rules that a state breaks by itself: there is no path to show."""


@pytest.fixture(params=EXHIBITS, ids=lambda path: path.name)
def exhibit(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def report(exhibit: Path) -> Report:
    return check(machine(exhibit), Plan.from_json((exhibit / "plan.json").read_text(encoding="utf-8")))


def machine(exhibit: Path) -> dict[str, Any]:
    return dict(json.loads((exhibit / "machine.asl.json").read_text(encoding="utf-8")))


def test_exactly_the_mistakes_are_found(exhibit: Path, report: Report) -> None:
    expected = json.loads((exhibit / "expected.json").read_text(encoding="utf-8"))
    graver = Counter((one.rule.id, one.states[:1]) for one in report.findings if one.level is not Level.NOTE)
    hygiene = [one for one in expected if one["rule"] in NOTES and "level" not in one]
    assert graver == Counter((one["rule"], tuple(one["states"][:1])) for one in expected if one not in hygiene)
    notes = {(one.rule.id, state) for one in report.findings if one.level is Level.NOTE for state in one.states}
    assert notes == {(one["rule"], state) for one in hygiene for state in one["states"]}
    assert {one.rule.id for one in report.findings} == {one["rule"] for one in expected}


def test_every_finding_has_a_fix_and_a_story_from_the_start(exhibit: Path, report: Report) -> None:
    definition = machine(exhibit)
    for finding in report.findings:
        assert finding.message
        assert finding.fix
        assert bool(finding.story) or finding.rule.id in BY_ITSELF, finding.rule.id
        if not finding.story or finding.rule.id == "machine-timeout-too-short":
            continue
        assert finding.story[0].state == definition["StartAt"]
        for moment, following in zip(finding.story, finding.story[1:], strict=False):
            assert moment.next == following.state
            assert moment.state in moment.text


def test_the_linters_pass_what_the_verifier_does_not(exhibit: Path) -> None:
    """Or else an exhibit would show nothing new."""
    done = subprocess.run(
        ["asl-validator", "--json-path", str(exhibit / "machine.asl.json")],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("published", "rules"),
    [
        ("1: only named errors are caught", {"doubt-not-compensated"}),
        ("2: RefundFare has no way out", {"rollback-stops"}),
        ("3: card data in the table, the output and the message", {"secret-leaks"}),
        ("4: retriers name errors that never occur", {"error-cannot-occur"}),
        ("7: the message has lost what it should report", {"read-undefined"}),
    ],
)
def test_the_labs_published_mistakes_are_shown(published: str, rules: set[str]) -> None:
    lab = Path(__file__).parents[1] / "examples" / "lab"
    report = check(machine(lab), Plan.from_json((lab / "plan.json").read_text(encoding="utf-8")))
    assert rules <= {one.rule.id for one in report.findings if one.level is not Level.NOTE}, published

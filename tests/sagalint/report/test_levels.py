"""The level of a finding: that of its rule, or a warning where it rests on a guess; it is shown in every format."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sagalint import RULES, Finding, check
from sagalint.inputs.lines import Place
from sagalint.plan import Plan
from sagalint.report.checked import CheckedMachine
from sagalint.report.data import as_json
from sagalint.report.html import as_html
from sagalint.report.sarif import as_sarif
from sagalint.report.text import as_text
from sagalint.rules.finding import Level
from sagalint.rules.registry import in_order

EXAMPLE = Path(__file__).parents[1] / "examples" / "own-step-forgotten"
GUESS = "BookFlight is taken for an action, by its name"


def finding(rule: str, *rests_on: str) -> Finding:
    return Finding(RULES[rule], ("BookFlight",), "something is wrong", "correct it", rests_on=rests_on)


@pytest.fixture
def guessed() -> CheckedMachine:
    definition = json.loads((EXAMPLE / "machine.asl.json").read_text(encoding="utf-8"))
    plan = Plan.from_json((EXAMPLE / "plan.json").read_text(encoding="utf-8"))
    report = check(definition, plan)
    (found,) = report.findings
    report = replace(report, findings=(replace(found, rests_on=(GUESS,)),))
    return CheckedMachine("trip", Place(EXAMPLE / "machine.asl.json"), definition, plan, report, guessed=True)


@pytest.mark.parametrize(
    ("rule", "rests_on", "level"),
    [
        ("doubt-not-compensated", (), Level.ERROR),
        ("doubt-not-compensated", (GUESS,), Level.WARNING),
        ("no-timeout", (), Level.NOTE),
        ("no-timeout", (GUESS,), Level.NOTE),
    ],
)
def test_a_guess_lowers_an_error_to_a_warning(rule: str, rests_on: tuple[str, ...], level: Level) -> None:
    assert finding(rule, *rests_on).level is level


def test_of_the_same_harm_errors_come_first_and_notes_last() -> None:
    error, warning, note = finding("kind-changes"), finding("wrong-ending", GUESS), finding("no-timeout")
    assert sorted([note, warning, error], key=in_order) == [error, warning, note]


@pytest.mark.parametrize("error", ["rollback-stops", "never-ends", "kind-changes", "read-undefined"])
def test_a_warning_of_what_is_left_comes_before_an_error_of_less_harm(error: str) -> None:
    lost, less = finding("doubt-not-compensated", GUESS), finding(error)
    assert sorted([less, lost], key=in_order) == [lost, less]


def test_what_never_ends_comes_before_what_takes_two_failures() -> None:
    endless, waits, stops = finding("never-ends"), finding("waits-for-ever", GUESS), finding("rollback-stops")
    assert sorted([stops, waits, endless], key=in_order) == [endless, waits, stops]


def test_text_says_on_what_a_warning_rests(guessed: CheckedMachine) -> None:
    shown = " ".join(as_text([guessed]).split())
    assert "warning doubt-not-compensated" in shown
    assert f"Rests on a guess: {GUESS}." in shown


def test_json_says_on_what_a_warning_rests(guessed: CheckedMachine) -> None:
    (machine,) = json.loads(as_json([guessed]))["machines"]
    (found,) = machine["findings"]
    assert found["level"] == "warning"
    assert found["message"].endswith(f". This rests on a guess: {GUESS}")


def test_sarif_says_on_what_a_warning_rests(guessed: CheckedMachine) -> None:
    (run,) = json.loads(as_sarif([guessed]))["runs"]
    (result,) = run["results"]
    assert result["level"] == "warning"
    assert f"This rests on a guess: {GUESS}." in result["message"]["text"]


def test_the_page_says_on_what_a_warning_rests(guessed: CheckedMachine) -> None:
    page = as_html([guessed])
    assert f"<strong>Rests on a guess:</strong> {GUESS}." in page
    assert "<code>doubt-not-compensated (warning)</code>" in page


def test_the_verdict_stays_short_however_long_its_finding_is(guessed: CheckedMachine) -> None:
    (found,) = guessed.report.findings
    many = tuple(f"State{number}" for number in range(100))
    long = replace(found, states=many, message=f"when {' or '.join(many)} gives up, nothing undoes BookFlight")
    shown = as_text([replace(guessed, report=replace(guessed.report, findings=(long,)))])
    head, _, rest = shown.partition("\n\n")
    assert len(head) < 400
    assert "State0, State1, State2, State3, State4, State5, 94 more (line" in rest
    assert "State99" in rest

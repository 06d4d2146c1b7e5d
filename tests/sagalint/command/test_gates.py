"""A gate can become green: levels, acceptance in the plan, and a baseline decide the exit code."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sagalint.command.running import EXAMPLES, FINE, FORGOTTEN, machines, of, sagalint

ACTION = "BookFlight"


@pytest.fixture
def careless(tmp_path: Path) -> Path:
    """The well-made machine without a single timeout: only notes are found, and one is about the whole machine."""
    definition = json.loads((FINE / "machine.asl.json").read_text(encoding="utf-8"))
    del definition["TimeoutSeconds"]
    for state in definition["States"].values():
        state.pop("TimeoutSeconds", None)
    machine = tmp_path / "machine.asl.json"
    machine.write_text(json.dumps(definition, indent=2))
    return machine


@pytest.fixture
def forgetful(tmp_path: Path) -> Path:
    """An example with one error, and its plan, to be changed."""
    for name in ("machine.asl.json", "plan.json"):
        (tmp_path / name).write_text((FORGOTTEN / name).read_text(encoding="utf-8"))
    return tmp_path


def accept(folder: Path, *accepted: dict[str, str]) -> None:
    plan: dict[str, Any] = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    (folder / "plan.json").write_text(json.dumps({**plan, "accepted": accepted}))


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 0), ("note", 1)])
def test_the_exit_code_depends_on_the_level(level: str, code: int, careless: Path) -> None:
    (checked,) = machines(careless, "--plan", FINE / "plan.json")
    assert {finding["level"] for finding in checked["findings"]} == {"note"}
    assert sagalint(careless, "--plan", FINE / "plan.json", "--fail-on", level).returncode == code


def test_the_notes_of_a_rule_are_one_finding_with_every_state(careless: Path) -> None:
    (checked,) = machines(careless, "--plan", FINE / "plan.json")
    (found,) = [finding for finding in checked["findings"] if finding["rule"] == "no-timeout"]
    definition = json.loads(careless.read_text(encoding="utf-8"))["States"]
    assert {*found["states"]} == {name for name, state in definition.items() if state["Type"] == "Task"}


def test_notes_are_only_counted_unless_somebody_asks_for_them(careless: Path) -> None:
    shown = {
        options: sagalint(careless, "--plan", FINE / "plan.json", *options).stdout
        for options in ((), ("--show", "note"), ("--fail-on", "note"))
    }
    (line,) = [line for line in shown["--show", "note"].splitlines() if "no-timeout" in line]
    assert line.startswith("  note no-timeout: ")
    assert line in shown["--fail-on", "note"]
    assert "no-timeout" not in shown[()]
    assert "note is not shown: add --show note" in shown[()]


def test_a_level_above_the_errors_shows_warnings_too() -> None:
    assert "1. error" in sagalint(*of(FORGOTTEN), "--show", "error").stdout


@pytest.mark.parametrize("state", [{}, {"state": ACTION}], ids=["by rule", "by rule and state"])
def test_an_accepted_finding_does_not_fail_and_is_shown_as_such(state: dict[str, str], forgetful: Path) -> None:
    accept(forgetful, {"rule": "doubt-not-compensated", "because": "the airline releases seats", **state})
    done = sagalint(*of(forgetful))
    assert done.returncode == 0, done.stdout
    assert "Accepted by the plan: doubt-not-compensated" in done.stdout
    assert "the airline releases seats" in " ".join(done.stdout.split())


def test_another_state_of_the_rule_is_not_accepted(forgetful: Path) -> None:
    accept(forgetful, {"rule": "doubt-not-compensated", "because": "known", "state": "BookCar"})
    assert sagalint(*of(forgetful)).returncode == 1


def test_a_finding_about_the_whole_machine_is_accepted_by_rule(careless: Path, tmp_path: Path) -> None:
    plan = json.loads((FINE / "plan.json").read_text(encoding="utf-8"))
    accepted = {"accepted": [{"rule": "no-timeout", "because": "others watch it"}]}
    (tmp_path / "plan.json").write_text(json.dumps({**plan, **accepted}))
    done = sagalint(careless, "--plan", tmp_path / "plan.json", "--fail-on", "note")
    assert done.returncode == 0, done.stdout


def test_an_accepted_rule_that_is_not_there_is_refused_with_its_likeness(forgetful: Path) -> None:
    accept(forgetful, {"rule": "doubt-not-compensate", "because": "known"})
    done = sagalint(*of(forgetful))
    assert done.returncode == 2
    assert "doubt-not-compensated" in done.stderr


def test_a_finding_of_the_baseline_does_not_fail(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    assert sagalint(*of(FORGOTTEN), "--format", "json", "--output", baseline).returncode == 1
    assert sagalint(*of(FORGOTTEN), "--baseline", baseline).returncode == 0
    assert sagalint(*of(EXAMPLES / "lab"), "--baseline", baseline).returncode == 1


def test_the_baseline_knows_each_state_of_a_note(careless: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    command = (careless, "--plan", FINE / "plan.json", "--fail-on", "note")
    definition = json.loads(careless.read_text(encoding="utf-8"))
    one = definition["States"][definition["StartAt"]]
    careless.write_text(
        json.dumps(
            {**definition, "States": {**definition["States"], definition["StartAt"]: {**one, "TimeoutSeconds": 60}}}
        )
    )
    assert sagalint(*command, "--format", "json", "--output", baseline).returncode == 1
    assert sagalint(*command, "--baseline", baseline).returncode == 0
    careless.write_text(json.dumps(definition))
    assert sagalint(*command, "--baseline", baseline).returncode == 1


def test_a_baseline_is_for_its_file_however_that_is_named(forgetful: Path) -> None:
    other = forgetful / "other"
    other.mkdir()
    (other / "machine.asl.json").write_text((FORGOTTEN / "machine.asl.json").read_text(encoding="utf-8"))
    plan = ("--plan", forgetful / "plan.json")
    baseline = forgetful / "baseline.json"
    sagalint("machine.asl.json", *plan, "--format", "json", "--output", baseline, cwd=forgetful)
    assert sagalint(forgetful / "machine.asl.json", *plan, "--baseline", baseline, cwd=forgetful).returncode == 0
    assert sagalint("other/machine.asl.json", *plan, "--baseline", baseline, cwd=forgetful).returncode == 1

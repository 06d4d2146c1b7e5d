"""The command `sagalint`: what it reports in each format, its exit codes, and that bad input gets a clear error."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sagalint import RULES
from sagalint.report.rules_page import rules_page
from tests.conftest import ROOT
from tests.sagalint.command.running import EXAMPLES, FINE, FORGOTTEN, LAB, machines, of, sagalint

FIELDS = {"rule", "level", "states", "message", "story", "fix", "line"}


def test_a_machine_without_findings_ends_with_0() -> None:
    done = sagalint(*of(FINE))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing found." in done.stdout


def test_a_finding_has_its_story_its_line_and_its_fix_and_ends_with_1() -> None:
    done = sagalint(*of(FORGOTTEN))
    assert (done.returncode, done.stderr) == (1, "")
    shown = " ".join(done.stdout.split())
    assert "machine.asl.json): 1 error. Fix first: when BookFlight fails with States.Timeout," in shown
    assert "1. error doubt-not-compensated: BookFlight" in shown
    assert "(line 39)" in shown
    assert "2. BookFlight gets no answer in time (States.Timeout; 8 other errors lead this way)" in shown
    assert "To fix: let the Catch of BookFlight that takes States.Timeout lead to CancelFlight." in shown
    lines = (FORGOTTEN / "machine.asl.json").read_text(encoding="utf-8").splitlines()
    assert lines[39 - 1].strip().startswith('"BookFlight"')


def test_json_has_each_machine_with_its_findings() -> None:
    (machine,) = machines(*of(FORGOTTEN))
    assert set(machine) == {"file", "machine", "saga", "plan", "findings"}
    assert (machine["file"], machine["machine"]) == ((FORGOTTEN / "machine.asl.json").as_posix(), "machine")
    assert (machine["saga"], machine["plan"]) == (True, "given")
    (finding,) = machine["findings"]
    assert set(finding) == FIELDS
    assert (finding["rule"], finding["level"], finding["line"]) == ("doubt-not-compensated", "error", 39)
    assert finding["states"][0] == "BookFlight"
    assert finding["story"][1].startswith("BookFlight gets no answer in time")


def test_sarif_has_each_finding_with_its_place_level_and_story(tmp_path: Path) -> None:
    output = tmp_path / "findings.sarif"
    done = sagalint(*of(FORGOTTEN), "--format", "sarif", "--output", output)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"the report is in {output}" in done.stderr
    (run,) = json.loads(output.read_text(encoding="utf-8"))["runs"]
    (result,) = run["results"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [*RULES]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "doubt-not-compensated"
    assert result["level"] == "error"
    where = result["locations"][0]["physicalLocation"]
    assert where["region"] == {"startLine": 39}
    assert ROOT / where["artifactLocation"]["uri"] == FORGOTTEN / "machine.asl.json"
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert steps[1]["location"]["message"]["text"].startswith("BookFlight gets no answer in time")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)


def test_the_page_has_a_picture_for_every_story_and_fetches_nothing(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    sagalint(*of(EXAMPLES / "lab"), "--format", "html", "--output", page)
    (machine,) = machines(*of(EXAMPLES / "lab"))
    parsed = _Page()
    parsed.feed(page.read_text(encoding="utf-8"))
    assert parsed.tags.count("svg") == sum(
        bool(finding["story"]) for finding in machine["findings"] if finding["level"] != "note"
    )
    assert not {"script", "link", "img", "iframe"} & {*parsed.tags}
    assert not re.search(r'(?:src|href)="', page.read_text(encoding="utf-8"))


def test_a_guessed_plan_is_written_once_and_gives_the_same_findings(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    done = sagalint(LAB, "--write-plan", plan)
    assert done.returncode == 1
    assert "ChargeFare is undone by RefundFare" in done.stderr
    guessed, given = machines(LAB), machines(LAB, "--plan", plan)
    assert (guessed[0]["plan"], given[0]["plan"]) == ("guessed", "given")
    assert guessed[0]["findings"] == given[0]["findings"]
    before = plan.read_text(encoding="utf-8")
    again = sagalint(LAB, "--write-plan", plan)
    assert (again.returncode, plan.read_text(encoding="utf-8")) == (2, before)
    assert "is there already: name another file" in again.stderr


def test_every_machine_of_our_own_cdk_out_is_checked_without_findings(assembly: Path) -> None:
    found = machines(assembly)
    plans = {one["machine"].removeprefix("wild-rydes-async-msg-4-"): (one["saga"], one["plan"]) for one in found}
    ours = dict.fromkeys(["completed", "express", "recovery"], (True, "given"))
    assert plans == {**ours, "start-here": (False, "guessed")}
    assert [one["findings"] for one in found] == [[]] * len(plans)


def test_a_rule_is_explained() -> None:
    rule = RULES["doubt-not-compensated"]
    done = sagalint("--explain", rule.id)
    assert done.returncode == 0
    shown = " ".join(done.stdout.split())
    assert rule.statement in shown
    assert rule.fix in shown


def test_the_schema_of_plans_is_written() -> None:
    done = sagalint("--plan-schema")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["$defs"]["Plan"]["required"] == ["steps"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("nowhere.json", "--plan", FINE / "plan.json"), "nowhere.json does not exist"),
        ((FINE / "machine.asl.json", "--plan", "nowhere.json"), "nowhere.json: No such file"),
        ((FINE / "plan.json", "--plan", FINE / "plan.json"), "is neither a state machine nor a template"),
        ((FINE / "machine.asl.json", "--plan", FINE / "machine.asl.json"), "which is not known"),
        ((FINE / "machine.asl.json", "--plan", EXAMPLES / "README.md"), "the plan is not JSON"),
        ((*of(FINE), "--output", ROOT / "tests"), "Is a directory"),
        ((*of(FINE), "--baseline", FINE / "plan.json"), "is not a JSON report of sagalint"),
        ((ROOT / "tools",), "name a folder with ASL, a template"),
        ((), "name what to check"),
        (("--explain", "timeout-short"), "the rule timeout-short is unknown: did you mean timeout-too-short"),
        (("--explain", "xyz"), "the rules are refused-by-aws, "),
    ],
)
def test_what_cannot_be_checked_gets_a_clear_error_and_ends_with_2(arguments: tuple[object, ...], text: str) -> None:
    done = sagalint(*arguments)
    assert done.returncode == 2
    assert text in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("no_success", [False, True], ids=["no Task", "no success"])
def test_a_refusal_is_reported_where_no_plan_can_be_guessed(tmp_path: Path, no_success: bool) -> None:
    asks = {"Type": "Choice", "Choices": [{"Variable": "$.ok", "BooleanEquals": "yes", "Next": "Lost"}]}
    charge = {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:charge", "Next": "Lost"}
    states = {"Asks": asks, "Lost": {"Type": "Fail"}}
    if no_success:
        asks["Default"] = "Charge"
        states["Charge"] = charge
    file = tmp_path / "machine.asl.json"
    file.write_text(json.dumps({"StartAt": "Asks", "States": states}), encoding="utf-8")
    [machine] = machines(file)
    assert [one["rule"] for one in machine["findings"]] == ["refused-by-aws"]


def test_the_page_of_rules_is_that_of_the_registry() -> None:
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8") == rules_page()


def test_a_report_is_shown_in_any_encoding_and_a_closed_pipe_is_one_line(tmp_path: Path) -> None:
    machine = tmp_path / "machine.asl.json"
    machine.write_text(LAB.read_text(encoding="utf-8").replace("ChargeFare", "收费"), encoding="utf-8")
    plan = tmp_path / "machine.plan.json"
    plan.write_text(
        LAB.with_name("plan.json").read_text(encoding="utf-8").replace("ChargeFare", "收费"), encoding="utf-8"
    )
    command = [sys.executable, "-m", "sagalint", str(machine)]
    latin = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, cwd=ROOT, env=latin, capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
    assert rb"\u6536\u8d39" in done.stdout
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as closed:
        done = subprocess.run(command, cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith(b"error: the output: Broken pipe\n")

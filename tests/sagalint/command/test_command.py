"""The command `verify`: what it reports, in each format, how it ends, and that bad input is told and not traced."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sagalint import RULES
from tests.conftest import ROOT

EXHIBITS = ROOT / "tests" / "sagalint" / "examples"
FORGOTTEN = EXHIBITS / "own-step-forgotten"
FINE = EXHIBITS / "well-made"


def verify_command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wild_rydes_saga.cli", "verify", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def of(exhibit: Path) -> tuple[object, ...]:
    return (exhibit / "machine.asl.json", "--plan", exhibit / "plan.json")


def test_a_machine_that_keeps_its_promises_ends_with_0() -> None:
    done = verify_command(*of(FINE))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing found: no path breaks any of the promises." in done.stdout


def test_a_finding_is_told_as_a_story_with_its_line_and_mend_and_ends_with_1() -> None:
    done = verify_command(*of(FORGOTTEN))
    assert (done.returncode, done.stderr) == (1, "")
    told = " ".join(done.stdout.split())
    assert "1 promise is broken:" in told
    assert "1. BookFlight (line 39)" in told
    assert "2. BookFlight gets no answer in time (States.Timeout; 8 other errors lead this way)" in told
    assert "To mend: let the Catch of BookFlight that takes States.Timeout lead to CancelFlight." in told
    lines = (FORGOTTEN / "machine.asl.json").read_text().splitlines()
    assert lines[39 - 1].strip().startswith('"BookFlight"')


def test_json_has_what_the_text_has() -> None:
    done = verify_command(*of(FORGOTTEN), "--format", "json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert done.returncode == 1
    assert (finding["rule"], finding["states"][0], finding["line"]) == ("doubt-not-compensated", "BookFlight", 39)
    assert [moment["state"] for moment in finding["story"]][:2] == ["RegisterTrip", "BookFlight"]
    assert finding["story"][1]["errors"][0] == "States.Timeout"


def test_sarif_has_a_result_with_its_place_and_story_for_each_finding(tmp_path: Path) -> None:
    output = tmp_path / "verify.sarif"
    done = verify_command(*of(FORGOTTEN), "--format", "sarif", "--output", output)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"1 finding; the report is in {output}" in done.stderr
    sarif = json.loads(output.read_text())
    (run,) = sarif["runs"]
    (result,) = run["results"]
    assert sarif["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [*RULES]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "doubt-not-compensated"
    where = result["locations"][0]["physicalLocation"]
    assert (where["region"], ROOT / where["artifactLocation"]["uri"]) == (
        {"startLine": 39},
        FORGOTTEN / "machine.asl.json",
    )
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert steps[1]["location"]["message"]["text"].startswith("BookFlight gets no answer in time")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)


def test_the_page_has_a_picture_for_every_story_and_asks_for_nothing(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    findings = json.loads(verify_command(*of(EXHIBITS / "lab"), "--format", "json", "--html", page).stdout)["findings"]
    text = page.read_text()
    parsed = _Page()
    parsed.feed(text)
    assert parsed.tags.count("svg") == sum(bool(finding["story"]) for finding in findings)
    assert not {"script", "link", "img", "iframe"} & {*parsed.tags}
    assert not re.search(r'(?:src|href)="', text)


def test_a_guess_is_written_told_verified_and_never_written_over(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    lab = EXHIBITS / "lab" / "machine.asl.json"
    done = verify_command(lab, "--guess", plan)
    assert done.returncode == 1
    assert "ChargeFare is taken for compensated by RefundFare" in done.stderr
    assert verify_command(lab, "--plan", plan).stdout.partition("\n")[2] == done.stdout.partition("\n")[2]
    before = plan.read_text()
    again = verify_command(lab, "--guess", plan)
    assert (again.returncode, plan.read_text()) == (2, before)
    assert "is there already: name another file" in again.stderr


def test_a_machine_out_of_our_own_template_has_no_finding(assembly: Path) -> None:
    for machine, plan in (("FareSaga", "WildRydesSaga"), ("Recovery", "WildRydesSaga.recovery")):
        done = verify_command(
            "--template", assembly / "WildRydesSaga.template.json", "--machine", machine,
            "--plan", assembly / f"{plan}.plan.json",
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, ""), machine


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere.json", "--plan", FINE / "plan.json"), "there is no file nowhere.json"),
        ((FINE / "machine.asl.json", "--plan", "nowhere.json"), "there is no file nowhere.json"),
        ((FINE / "plan.json", "--plan", FINE / "plan.json"), "this is no state machine"),
        ((FINE / "machine.asl.json", "--plan", FINE / "machine.asl.json"), "plan.steps"),
        ((FINE / "machine.asl.json", "--plan", EXHIBITS / "README.md"), "the plan is no JSON"),
        (("--template", FINE / "machine.asl.json", "--plan", FINE / "plan.json"), "no CloudFormation template"),
        ((*of(FINE), "--machine", "FareSaga"), "give the template with --template"),
        ((*of(FINE), "--output", ROOT / "tests"), "Is a directory"),
        (("--plan", FINE / "plan.json"), "one of the arguments"),
        ((FINE / "machine.asl.json",), "one of the arguments --plan --guess is required"),
    ],
)
def test_what_cannot_be_verified_is_told_without_a_trace_and_ends_with_2(
    arguments: tuple[object, ...], told: str
) -> None:
    done = verify_command(*arguments)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_the_documentation_has_every_rule_in_the_words_of_the_reports() -> None:
    page = (ROOT / "docs" / "verifier.md").read_text()
    for rule in RULES.values():
        assert f"| `{rule.id}` | {rule.promise} | {rule.reason} |" in page

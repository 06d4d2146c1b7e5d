"""All that is installed is pinned, hashed and licensed; an audit that learnt nothing is no pass; CI runs `.ci/run`."""

import io
import json
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from tests.conftest import ROOT
from tools import supply_chain
from tools.supply_chain import LICENCES, LOCK_FILES, Answer, Run, SupplyChainError, audit, licences

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
PINNED = re.compile(r"([\w.-]+)==([\w.!+-]+)(?: ; (?:(?!--hash).)+)?(?: +--hash=sha256:[0-9a-f]{64})+")
ROW = re.compile(r"^\| (Python|npm) \| (\S+) \| (\S+) \| (.*) \|$", re.MULTILINE)
STRONG_COPYLEFT = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)


def requirements(file: str) -> list[str]:
    """A requirement file's entries, each with its hashes on one line."""
    lines = (ROOT / file).read_text().replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def npm_locked() -> dict[str, Any]:
    packages: dict[str, Any] = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    return {path.rpartition("node_modules/")[2]: package for path, package in packages.items() if path}


def listed(heading: str = "") -> dict[tuple[str, str, str], str]:
    """The licences under a heading of the list, or under all: of kind, name and version."""
    sections = LICENCES.read_text().split("\n## ")
    rows = ROW.findall("".join(section for section in sections if section.startswith(heading)))
    return {(kind, name, version): licence for kind, name, version, licence in rows}


def test_no_requirement_file_is_overlooked() -> None:
    assert sorted(path.name for path in ROOT.glob("*requirements*")) == sorted(LOCK_FILES)


@pytest.mark.parametrize("file", LOCK_FILES)
def test_every_requirement_is_pinned_with_hashes(file: str) -> None:
    entries = requirements(file)
    assert entries
    assert [entry for entry in entries if not PINNED.fullmatch(entry)] == []


def test_make_installs_nothing_without_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text()
    pinned = re.search(r"^PINNED := (.*)$", makefile, re.MULTILINE)
    assert pinned is not None
    installs = re.findall(r"pip install\b.*", makefile.replace("$(PINNED)", pinned[1]))
    assert len(installs) == 3  # uv, the others by uv, and by pip if uv cannot
    for install in installs:
        assert re.search(r"--require-hashes( -r requirements[\w-]*\.txt)+(;|$| \\)", install), install
    assert re.findall(r"npm (?:ci|i|install|add)\b", makefile) == ["npm ci"]


def test_the_node_tools_are_exact_and_locked_with_their_hashes() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    packages = npm_locked()
    assert "aws-cdk" in wanted
    for name, version in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert packages[name]["version"] == version
    assert [name for name, each in packages.items() if not each.get("integrity", "").startswith("sha512-")] == []


def test_every_locked_package_is_listed_with_its_locked_version_and_licence() -> None:
    locked = {("npm", name, package["version"]) for name, package in npm_locked().items()}
    for file in LOCK_FILES:
        for entry in requirements(file):
            pin = PINNED.fullmatch(entry)
            assert pin is not None
            locked.add(("Python", pin[1], pin[2]))
    rows = listed()
    assert set(rows) == locked, "the list is stale: make licences"
    assert [name for name, licence in rows.items() if licence.strip().upper() in ("", "UNKNOWN", "NONE")] == []


def test_the_list_is_what_make_licences_writes() -> None:
    assert licences() == LICENCES.read_text(), "the list is stale: make licences"


def test_what_runs_on_aws_has_no_strong_copyleft() -> None:
    rows = listed("What runs on AWS")
    deployed = requirements("lambda_src/requirements.txt")
    assert {f"{name}=={version}" for _, name, version in rows} == set(deployed)
    assert [name for name, licence in rows.items() if STRONG_COPYLEFT.search(licence)] == []


@pytest.mark.parametrize(
    ("licence", "strong"),
    [("GPL-3.0-only", True), ("AGPL-3.0", True), ("GNU General Public License v2 (GPLv2)", True), ("LGPL-3.0", False)],
)
def test_a_strong_copyleft_is_known_when_seen(licence: str, strong: bool) -> None:
    assert bool(STRONG_COPYLEFT.search(licence)) is strong


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"License": "UNKNOWN"}, "boto3 does not name its licence"),
        ({"License": "Permission is hereby granted\nto anybody"}, "boto3 does not name its licence"),
        ({"Version": "0.0.1"}, "boto3 .* is locked, but not what is installed: make setup"),
    ],
)
def test_a_list_that_would_be_wrong_is_not_written(change: dict[str, str], told: str) -> None:
    def run(command: Sequence[str]) -> Answer:
        found = json.loads(supply_chain.run_tool(command).output)
        return Answer(json.dumps([each | change if each["Name"] == "boto3" else each for each in found]), "")

    with pytest.raises(SupplyChainError, match=told):
        licences(run)


def test_a_pin_without_a_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in LOCK_FILES:
        (tmp_path / file).write_text("# none\n")
    (tmp_path / LOCK_FILES[0]).write_text("uv==1.0\n")
    monkeypatch.setattr(supply_chain, "ROOT", tmp_path)
    with pytest.raises(SupplyChainError, match=r"'uv==1\.0' is not a version pinned with its hashes: make lock"):
        supply_chain.locked()


Service = Callable[[list[str]], Answer]
"""What pip-audit answers for the packages that it is asked for."""

NPM_CLEAN = Answer(json.dumps({"auditReportVersion": 2, "vulnerabilities": {}}), "")
NPM_REFUSED = Answer(json.dumps({"message": "405 Method Not Allowed", "error": {}}), "npm error")
NPM_FOUND = Answer(
    json.dumps(
        {
            "vulnerabilities": {
                "ajv": {"severity": "high", "via": [{"title": "Too open", "url": "https://advisory"}]},
                "asl-validator": {"severity": "high", "via": ["ajv"]},
            }
        }
    ),
    "",
)


def clean(names: list[str]) -> Answer:
    return Answer(json.dumps({"dependencies": [{"name": name, "vulns": []} for name in names]}), "")


def skipped(names: list[str]) -> Answer:
    return Answer(json.dumps({"dependencies": [{"name": name, "skip_reason": "not found"} for name in names]}), "")


def broken(names: list[str]) -> Answer:
    return Answer("", "Traceback (most recent call last):\n  File ...\nConnectionError: no such host\n")


def left_out(names: list[str]) -> Answer:
    return Answer(json.dumps({"dependencies": []}), "")


def only(name: str, service: Service, others: Service) -> Service:
    """Answers for one package as one service does, and for the others as another."""

    def answer(names: list[str]) -> Answer:
        parts = service([name] if name in names else []), others([each for each in names if each != name])
        return Answer(
            json.dumps({"dependencies": [d for p in parts for d in json.loads(p.output)["dependencies"]]}), ""
        )

    return answer


def vulnerable(names: list[str]) -> Answer:
    found = {"id": "GHSA-1", "fix_versions": ["9.9"], "aliases": [], "description": ""}
    return Answer(json.dumps({"dependencies": [{"name": name, "vulns": [found]} for name in names]}), "")


def tools(pypi: Service, osv: Service, npm: Answer) -> Run:
    services = {"-s=pypi": pypi, "-s=osv": osv}

    def run(command: Sequence[str]) -> Answer:
        if command[0] == "npm":
            return npm
        file = next(each for each in command if each.startswith("--requirement=")).partition("=")[2]
        names = re.findall(r"^([\w.-]+)==", Path(file).read_text(), re.MULTILINE)
        assert len(names) == len(set(names)), "pip-audit refuses a name that is there twice"
        assert {"--require-hashes", "--disable-pip"} <= set(command)
        return next(services[each] for each in command if each in services)(names)

    return run


@pytest.mark.parametrize(
    ("run", "code", "lines"),
    [
        pytest.param(
            tools(clean, broken, NPM_CLEAN),
            0,
            [r"Python: \d+ locked packages audited, 0 vulnerabilities", r"npm: \d+ locked packages audited, 0 .*"],
            id="clean",
        ),
        pytest.param(
            tools(only("boto3", skipped, clean), clean, NPM_CLEAN),
            0,
            ["Python: .* audited, 0 .*", "npm: .*"],
            id="the second service answers for the rest",
        ),
        pytest.param(
            tools(skipped, broken, NPM_REFUSED),
            2,
            [
                r"✗ Python: NOT AUDITED: .* (\d+) of \1 .* \(pypi: not found; osv: ConnectionError: no such host\)",
                r"✗ npm: NOT AUDITED: .* (\d+) of \1 .* \(405 Method Not Allowed\)",
            ],
            id="no data at all",
        ),
        pytest.param(
            tools(only("boto3", skipped, clean), broken, NPM_CLEAN),
            2,
            ["✗ Python: NOT AUDITED: .* 1 of .*", "npm: .*"],
            id="one package skipped",
        ),
        pytest.param(
            tools(left_out, left_out, NPM_CLEAN),
            2,
            [r"✗ Python: NOT AUDITED: .* \(left out of the answer\)", "npm: .*"],
            id="packages left out without a word",
        ),
        pytest.param(
            tools(clean, clean, Answer("", "[Errno 2] no npm")),
            2,
            ["Python: .*", r"✗ npm: NOT AUDITED: .* \(\[Errno 2\] no npm\)"],
            id="no npm",
        ),
        pytest.param(
            tools(only("boto3", vulnerable, clean), clean, NPM_CLEAN),
            1,
            [r"✗ Python: boto3 \S+ has GHSA-1, mended in 9\.9", "Python: .* audited, 1 .*", "npm: .*"],
            id="a vulnerable Python package",
        ),
        pytest.param(
            tools(clean, clean, NPM_FOUND),
            1,
            [
                "Python: .*",
                r"✗ npm: ajv \d[\d.]+, severity high: Too open \(https://advisory\)",
                r"✗ npm: asl-validator \d[\d.]+, severity high: depends on ajv",
                "npm: .* audited, 2 .*",
            ],
            id="a vulnerable npm package",
        ),
        pytest.param(
            tools(only("boto3", vulnerable, skipped), broken, NPM_REFUSED),
            1,
            ["✗ Python: boto3 .*", "✗ Python: NOT AUDITED.*", "✗ npm: NOT AUDITED.*"],
            id="a vulnerable package, and no data of others",
        ),
    ],
)
def test_an_audit_passes_only_if_every_package_was_answered_for_and_none_is_vulnerable(
    run: Run, code: int, lines: list[str]
) -> None:
    told = io.StringIO()
    assert audit(Console(file=told), run) == code
    printed = told.getvalue().splitlines()
    assert len(printed) == len(lines), printed
    for line, pattern in zip(printed, lines, strict=True):
        assert re.fullmatch(pattern, line), line


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text())
    return loaded


def test_ci_runs_what_must_pass_before_anything_lands(workflow: dict[Any, Any]) -> None:
    triggers = workflow[True]  # YAML reads the key `on` as true
    assert {"push", "pull_request"} <= set(triggers)
    assert "${{ github.ref }}" in workflow["concurrency"]["group"]
    assert workflow["concurrency"]["cancel-in-progress"] is True
    job = workflow["jobs"]["ci"]
    assert job["if"] == "github.event_name != 'schedule'"
    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]
    assert "make lint\nmake test\n" in (ROOT / ".ci" / "run").read_text()


def test_the_weekly_audit_does_not_hide_its_failure(workflow: dict[Any, Any]) -> None:
    (schedule,) = workflow[True]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", schedule["cron"])
    job = workflow["jobs"]["audit"]
    assert job["if"] == "github.event_name == 'schedule'"
    assert [step["run"] for step in job["steps"] if "run" in step] == ["make audit"]
    assert "continue-on-error" not in WORKFLOW.read_text()


def test_the_workflow_may_only_read_and_keeps_no_credentials(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        (checkout,) = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert checkout["with"]["persist-credentials"] is False


def test_every_job_has_the_python_of_the_pins(workflow: dict[Any, Any]) -> None:
    for job in workflow["jobs"].values():
        (python,) = [step for step in job["steps"] if step.get("uses", "").startswith("actions/setup-python@")]
        assert python["with"] == {"python-version": "3.11"}
        assert job["timeout-minutes"] == 90


def test_every_action_is_pinned_by_its_commit() -> None:
    for file in WORKFLOW.parent.iterdir():
        uses = re.findall(r"\buses:(.*)", file.read_text())
        assert uses
        for action in uses:
            assert re.fullmatch(r" [\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_zizmor_finds_nothing_in_the_workflows() -> None:
    options = ["--offline", "--no-progress", "--strict-collection", "--no-ignores", "--persona=pedantic"]
    done = subprocess.run(["zizmor", *options, WORKFLOW.parent], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout

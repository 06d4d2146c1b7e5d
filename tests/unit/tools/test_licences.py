"""Every installed package is pinned, hashed and licensed."""

import json
import re
import tomllib
from collections.abc import Sequence
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.conftest import ROOT
from tools.licences import LICENCES, LicenceError, licences
from tools.locked import LOCK_FILES, run_tool

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


def test_every_locked_package_is_listed_with_its_version_and_licence() -> None:
    locked = {("npm", name, package["version"]) for name, package in npm_locked().items()}
    for file in LOCK_FILES:
        for entry in requirements(file):
            pin = PINNED.fullmatch(entry)
            assert pin is not None
            locked.add(("Python", pin[1], pin[2]))
    rows = listed()
    assert set(rows) == locked, "the list is stale: make licences"
    assert [name for name, licence in rows.items() if licence.strip().upper() in ("", "UNKNOWN", "NONE")] == []


def test_the_list_is_equal_to_the_output_of_make_licences() -> None:
    assert licences() == LICENCES.read_text(), "the list is stale: make licences"


def test_no_package_that_runs_on_aws_has_strong_copyleft() -> None:
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
    ("change", "error"),
    [
        ({"License": "UNKNOWN"}, "boto3 does not name its licence"),
        ({"License": "Permission is hereby granted\nto anybody"}, "boto3 does not name its licence"),
        ({"Version": "0.0.1"}, "boto3 .* is locked, but not what is installed: make setup"),
    ],
    ids=["no licence", "a text instead of a name", "another version"],
)
def test_a_list_that_would_be_wrong_is_not_written(change: dict[str, str], error: str) -> None:
    def run(command: Sequence[str]) -> CompletedProcess[str]:
        found = json.loads(run_tool(command).stdout)
        changed = [each | change if each["Name"] == "boto3" else each for each in found]
        return CompletedProcess(command, 0, json.dumps(changed), "")

    with pytest.raises(LicenceError, match=error):
        licences(run)


def test_the_licence_is_the_one_in_the_projects_files() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("MIT License\n")
    assert "Wild Rydes Saga contributors" in text
    assert json.loads((ROOT / "package.json").read_text())["license"] == "MIT"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (project["license"], project["license-files"]) == ("MIT", ["LICENSE"])

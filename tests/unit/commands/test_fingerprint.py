"""`make up` deploys again after any change of the stack's inputs, and only then."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wild_rydes_saga.deployed.local_deployment import SOURCES, fingerprint

PARTS = [name for name in (*SOURCES, "requirements.txt", "package-lock.json") if (ROOT / name).exists()]


def append(name: str) -> Callable[[Path], None]:
    """Changes a file by one line."""

    def change(project: Path) -> None:
        with (project / name).open("a") as file:
            file.write("\n")

    return change


def rename_a_module(project: Path) -> None:
    (project / "lambda_src" / "fare.py").rename(project / "lambda_src" / "fares.py")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the stack's inputs."""
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copyfile(source, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        append("app.py"),
        append("cdk.json"),
        append("requirements.txt"),
        append("package-lock.json"),
        append("cdk.context.json"),
        append("wild_rydes_saga/settings.py"),
        append("lambda_src/payments/charge_fare.py"),
        append("lambda_src/requirements.txt"),
        append("sagalint/plan.py"),
        rename_a_module,
    ],
    ids=[
        "app",
        "context",
        "python lock",
        "node lock",
        "saved context",
        "settings",
        "handler",
        "layer",
        "sagalint",
        "renamed module",
    ],
)
def test_every_change_of_an_input_changes_the_fingerprint(project: Path, change: Callable[[Path], None]) -> None:
    before = fingerprint(project)
    change(project)
    assert fingerprint(project) != before


def test_a_change_of_other_files_keeps_the_fingerprint(project: Path) -> None:
    before = fingerprint(project)
    for name in ("README.md", "tests.py", "lambda_src/__pycache__/fare.cpython-311.pyc"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text("changed")
    assert fingerprint(project) == before == fingerprint(project)


def test_every_folder_that_the_app_imports_is_in_the_fingerprint() -> None:
    """Fails when the app imports a package at the top level that is not in the list."""
    packages = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "tools"} == {name for name in SOURCES if (ROOT / name).is_dir()}

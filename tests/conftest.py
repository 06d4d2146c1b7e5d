"""Keeps tests that share a deployment or a template in one process, so that it is made once."""

import fcntl
from pathlib import Path

import pytest

from wild_rydes_saga.local import cdk

ROOT = Path(__file__).resolve().parent.parent
SHARED = ("cloud", "workshop", "faulty", "breakable")
"""Fixtures that are dear to make: the local clouds with the stack deployed, and the synthesised template."""

TOLD = "told"
"""Property of a test for what it has counted or measured, told at the end of the run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write the snapshots anew")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist, which reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        assert isinstance(item, pytest.Function)
        shared = next((name for name in SHARED if name in item.fixturenames), item.path.stem)
        item.add_marker(pytest.mark.xdist_group(shared))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == TOLD and report.when == "call":
                    terminalreporter.write_line(f"{value}\n")


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app, synthesised once for all of pytest-xdist's processes."""
    shared = tmp_path_factory.getbasetemp().parent
    path, done = shared / "cdk.out", shared / "cdk.out.done"
    with (shared / "cdk.out.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            cdk.synth(path)
            done.touch()
    return path

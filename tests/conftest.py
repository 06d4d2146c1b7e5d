"""Runs tests that share a deployment or a template in one process, so that it is made once."""

import fcntl
import os
from pathlib import Path

import pytest

from wild_rydes_saga.deployed import cdk

ROOT = Path(__file__).resolve().parent.parent
# Powertools reads these when the handlers are imported, which is before any fixture.
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "wild-rydes")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "wild-rydes")
os.environ.setdefault("POWERTOOLS_TRACE_DISABLED", "1")
# Tests call `cdk`, `npm` and linters by name: put the project's own on PATH.
os.environ["PATH"] = cdk.tools_path(os.environ.get("PATH", ""))
SHARED = ("cloud", "workshop", "faulty", "breakable")
"""Fixtures that take long to make: the local clouds with the stack deployed, and the synthesised template."""

ALARM_EMAIL = "night@example.com"
"""Where the alarms of the synthesised production stack go."""

REPORTED = "reported"
"""Property of a test: a line with its figures, printed at the end of the run."""


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
                if name == REPORTED and report.when == "call":
                    terminalreporter.write_line(f"{value}\n")


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app, synthesised by the CDK CLI once for all of pytest-xdist's processes."""
    return _synthesised(tmp_path_factory, "workshop", {})


@pytest.fixture(scope="session")
def production_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app, synthesised for production."""
    return _synthesised(tmp_path_factory, "production", {"stage": "production", "alarm_email": ALARM_EMAIL})


def _synthesised(tmp_path_factory: pytest.TempPathFactory, name: str, context: dict[str, str]) -> Path:
    base = tmp_path_factory.getbasetemp()
    # Without pytest-xdist the parent is shared by all runs: its files are old.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    path, done = shared / f"{name}.out", shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            cdk.synth(path, context=context)
            done.touch()
    return path

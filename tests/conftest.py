"""Runs tests that share a deployment or a template in one process, so that it is made once."""

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.faults import campaign
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.deployment.started import faulty_cloud
from wild_rydes_saga.deployed import cdk

ROOT = Path(__file__).resolve().parent.parent
# Powertools reads these when the handlers are imported, which is before any fixture.
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "wild-rydes")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "wild-rydes")
# Tests call `cdk`, `npm` and linters by name: put the project's own on PATH.
os.environ["PATH"] = cdk.tools_path(os.environ.get("PATH", ""))
CLOUDS = ("breakable", "cloud", "faulty")
"""Fixtures: local clouds with the stack deployed."""
EMULATOR = "emulator"
"""The folder of the emulator's own tests."""
LAST = ("breakable", "cloud", EMULATOR, "faulty")
"""What ends a run, in this order: a cloud runs on until its process ends, so each process has one. The last of them,
with the emulator's tests, takes about as long as the one before."""
SHARED = (*CLOUDS, "workshop")
"""Fixtures that take long to make: the clouds, and the synthesised template."""
RECORDED = "calls_of"
"""What tests share that evaluate the calls of the handlers: a process records them once."""

ALARM_EMAIL = "night@example.com"
"""Where the alarms of the synthesised production stack go."""

REPORTED = "reported"
"""Property of a test: a line with its figures, printed at the end of the run."""


def pytest_configure(config: pytest.Config) -> None:
    """Keeps all that a run generates in one folder, which goes with the run: jsii, the CDK and pytest leave some."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="wr-"))  # short: a socket's path has 108 characters at most
    before = os.environ.get("TMPDIR")
    _use_temporary_folder(str(folder))
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))

    def clear() -> None:
        _use_temporary_folder(before)
        shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(clear)


def _use_temporary_folder(name: str | None) -> None:
    tempfile.tempdir = None
    if name is None:
        del os.environ["TMPDIR"]
    else:
        os.environ["TMPDIR"] = name


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist, which reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        assert isinstance(item, pytest.Function)
        own = RECORDED if hasattr(item.module, RECORDED) else item.path.stem
        shared = next((name for name in SHARED if name in item.fixturenames), own)
        item.add_marker(pytest.mark.xdist_group(shared))
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    """Where a test comes in the order of a run."""
    [group] = [mark.args[0] for mark in item.iter_markers("xdist_group")][:1]
    part = group if group in CLOUDS else item.path.parent.name
    return LAST.index(part) + 1 if part in LAST else 0


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


@pytest.fixture(scope="session")
def faulty(assembly: Path) -> Iterator[FaultyCloud]:
    """A local cloud whose deployed stack can be made to fail."""
    with faulty_cloud(assembly) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def breakable(assembly: Path) -> Iterator[FaultyCloud]:
    """Another one, for tests that change what is deployed."""
    with faulty_cloud(assembly) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def sampled(faulty: FaultyCloud) -> campaign.Result:
    """A sample of the campaign, run once: the auditor and the second judge both read its result."""
    return campaign.run(faulty, campaign.sample(campaign.cells_of(faulty)))


def _synthesised(tmp_path_factory: pytest.TempPathFactory, name: str, context: dict[str, str]) -> Path:
    base = tmp_path_factory.getbasetemp()
    # Without pytest-xdist the parent is shared by all runs: its files are old.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    path, done = shared / f"{name}.out", shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            cdk.synth(path, context=context)
            done.touch()
    return path

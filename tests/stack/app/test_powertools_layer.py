"""The layer is built from what is installed, once, and says what is missing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.template.calls import SCENARIOS
from wild_rydes_saga.foundation.assets.layer import LayerError, layer_path

HANDLERS = ROOT / "lambda_src"
REQUIREMENTS = HANDLERS / "requirements.txt"


def test_the_layer_holds_no_compiled_file_and_runs_by_itself(tmp_path: Path) -> None:
    layer = layer_path(REQUIREMENTS, tmp_path, used_by=HANDLERS)
    files = [path for path in layer.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".py", ".typed", ".json", ".txt", ""}
    program = "from aws_lambda_powertools import Logger, Metrics, __file__; print(__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(layer / "python")},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.startswith(str(layer))


def test_the_layer_is_built_once_for_the_same_requirements(tmp_path: Path) -> None:
    first = layer_path(REQUIREMENTS, tmp_path, used_by=HANDLERS)
    made = first.stat().st_mtime_ns
    assert layer_path(REQUIREMENTS, tmp_path, used_by=HANDLERS) == first
    assert first.stat().st_mtime_ns == made
    changed = tmp_path / "requirements.txt"
    changed.write_text(REQUIREMENTS.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert layer_path(changed, tmp_path) != first


@pytest.mark.parametrize(
    ("line", "reported"),
    [
        ("aws-lambda-powertools>=3", "is not an exact pin"),
        ("aws-lambda-powertools==0.0.1", "needs aws-lambda-powertools==0.0.1, but .* is installed: install"),
        ("no-such-package-here==1.0", "needs no-such-package-here==1.0, which is not installed: install"),
    ],
)
def test_a_layer_that_cannot_be_built_says_why_and_leaves_nothing(line: str, reported: str, tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(LayerError, match=reported):
        layer_path(requirements, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_layer_pins_what_the_app_pins() -> None:
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            assert f"{line} " in locked


def test_stripes_layer_is_its_sdk_with_its_certificates_and_no_other(tmp_path: Path) -> None:
    requirements = REQUIREMENTS.with_name("requirements-stripe.txt")
    layer = layer_path(requirements, tmp_path)
    assert (layer / "python" / "stripe" / "data" / "ca-certificates.crt").stat().st_size > 10_000
    assert {re.split(r"[-.]", path.name)[0] for path in (layer / "python").iterdir()} == {"stripe", "typing_extensions"}
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for name in ("stripe", "typing-extensions"):
        [pin] = [line for line in locked if line.startswith(f"{name}==")]
        assert pin.split()[0] in requirements.read_text(encoding="utf-8")


@pytest.mark.parametrize("module", SCENARIOS)
def test_a_handler_starts_with_nothing_that_it_does_not_use(module: str, tmp_path: Path) -> None:
    layer = layer_path(REQUIREMENTS, tmp_path, used_by=HANDLERS)
    heavy = ["boto3", "s3transfer", "pydantic", "requests", "aiohttp", "aws_cdk", "aws_xray_sdk", "wrapt", "stripe"]
    program = f"import sys, lambda_src.{module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(layer / "python")},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_in_a_checkout_that_cannot_be_written_the_layer_is_built_elsewhere(tmp_path: Path) -> None:
    no_folder = tmp_path / "file"
    no_folder.touch()
    layer = layer_path(REQUIREMENTS, no_folder / ".cache", used_by=HANDLERS)
    assert (layer / "python" / "aws_lambda_powertools").is_dir()
    shutil.rmtree(layer.parent)

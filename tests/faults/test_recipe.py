"""The recipe "Add a step" of CONTRIBUTING.md works as it is written. FAULTS=all runs the whole matrix with it."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.support.recipe.blocks import Block, RecipeError, blocks_of
from tests.support.recipe.campaign import Order, Tried, read_result
from tests.support.recipe.project import copy_project, run
from wild_rydes_saga.deployed.cdk import ROOT

WHOLE = os.environ.get("FAULTS") == "all"
UNDO = "        move(ride, RELEASED, may_start_from=(RESERVED, RELEASED))"
ORDER = Order(
    action="ReserveSeat",
    compensation="ReleaseSeat",
    module="lambda_src/seats/release_seat.py",
    text=UNDO,
    other="        pass",
    whole=WHOLE,
)


pytestmark = pytest.mark.timeout(900)  # for the whole matrix, on a busy machine


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the recipe's blocks in it."""
    copy = tmp_path_factory.mktemp("recipe") / "project"
    copy_project(ROOT, copy)
    for block in blocks_of((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "Add a step"):
        block.paste(copy)
    run(copy, "ruff", "check", "--quiet", "--fix", ".")
    run(copy, "ruff", "format", "--quiet", ".")
    return copy


@pytest.fixture(scope="module")
def tried(project: Path) -> dict[str, Tried]:
    """The new step's cells on a local cloud: as written, and with a compensation that does nothing."""
    order, result = project / "order.json", project / "result.json"
    order.write_text(json.dumps(asdict(ORDER)), encoding="utf-8")
    run(project, sys.executable, "-m", "tests.support.recipe.campaign", str(order), str(result))
    return dict(read_result(result))


@pytest.mark.long
def test_the_recipes_code_fits_the_project(project: Path) -> None:
    run(project, "ruff", "check", ".")
    run(project, "lint-imports")
    if WHOLE:
        run(project, "mypy")


@pytest.mark.long
def test_the_new_step_passes_its_cells(tried: dict[str, Tried]) -> None:
    as_written = tried["as written"]
    assert as_written.findings == []
    assert "SeatTaken" in as_written.errors
    assert as_written.cells >= 20


@pytest.mark.long
def test_a_compensation_that_does_nothing_fails_and_is_named(tried: dict[str, Tried]) -> None:
    findings = tried["changed"].findings
    assert any("ReserveSeat is done, and ReleaseSeat has not undone it" in finding for finding in findings), findings


def test_a_block_that_fits_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("one = 1\none = 1\n", encoding="utf-8")
    for place, why in {
        "below `two = 2`": "0 times",
        "in place of `one = 1`": "2 times",
        "somewhere": "is not understood",
        "(new file)": "exists already",
    }.items():
        with pytest.raises(RecipeError, match=why):
            Block("module.py", place, "three = 3\n").paste(tmp_path)


def test_a_block_without_its_file_is_refused() -> None:
    with pytest.raises(RecipeError, match="1 code blocks, 0 of which say where they go"):
        blocks_of("## Add\n\n```python\none = 1\n```\n", "Add")

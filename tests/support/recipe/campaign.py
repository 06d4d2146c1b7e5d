"""Tries a new step of a copied project: `python -m tests.support.recipe.campaign ORDER RESULT`.

Runs the step's cells as the step is written, and some of them with one text of one module changed.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.support.faults import campaign
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.deployment.started import faulty_cloud
from tests.support.faults.matrix import Cell, one_each
from tests.support.faults.mutants import changed_code

_SOME: Final = 3
"""Of the compensation's places, every third shows what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to try.

    Attributes:
        action: The step's action.
        compensation: Its compensation.
        module: The module to change after the first run.
        text: What to replace there.
        other: What to write there.
        whole: Whether to run every cell of the saga and of its recovery first, and not only one in each place.
    """

    action: str
    compensation: str
    module: str
    text: str
    other: str
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Tried:
    """The result of one run."""

    cells: int
    errors: Sequence[str]
    findings: Sequence[str]


def main() -> None:
    """Reads the order, and writes the results of both runs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("order", type=Path)
    parser.add_argument("result", type=Path)
    arguments = parser.parse_args()
    order = Order(**json.loads(arguments.order.read_text(encoding="utf-8")))
    with faulty_cloud() as cloud:
        as_written = _try(cloud, _cells(cloud, order))
        with changed_code(cloud, order.module, order.text, order.other):
            changed = _try(cloud, _cells_of(cloud, order.compensation)[::_SOME])
    arguments.result.write_text(
        json.dumps({"as written": asdict(as_written), "changed": asdict(changed)}), encoding="utf-8"
    )


def read_result(path: Path) -> Mapping[str, Tried]:
    """Reads what `main` wrote."""
    return {name: Tried(**one) for name, one in json.loads(path.read_text(encoding="utf-8")).items()}


def _cells(cloud: FaultyCloud, order: Order) -> list[Cell]:
    return campaign.cells_of(cloud) if order.whole else _cells_of(cloud, order.action, order.compensation)


def _cells_of(cloud: FaultyCloud, *tasks: str) -> list[Cell]:
    return one_each([cell for cell in campaign.cells_of(cloud) if cell.task in tasks])


def _try(cloud: FaultyCloud, cells: Sequence[Cell]) -> Tried:
    result = campaign.run(cloud, cells)
    errors = {cell.trial.must_report for cell in cells if cell.trial.must_report}
    return Tried(cells=len(cells), errors=sorted(errors), findings=[str(one) for one in result.findings])


if __name__ == "__main__":
    main()

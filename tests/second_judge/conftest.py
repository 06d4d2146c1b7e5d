"""The reference JSONata, and the machines as they are deployed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.second_judge.places import Place, places
from tests.support.second_judge.reference import Reference, reference


@pytest.fixture(scope="session")
def judge() -> Iterator[Reference]:
    """The reference JSONata."""
    with reference() as made:
        yield made


@pytest.fixture(scope="session")
def deployed(assembly: Path) -> dict[str, Any]:
    """The template as it is deployed."""
    return dict(json.loads((assembly / "WildRydesSaga.template.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def deployed_places(deployed: dict[str, Any]) -> list[Place]:
    """Every expression of it."""
    return places(deployed)

"""Links, anchors, files and make targets in the documents exist, and the README stays short."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import ROOT
from tests.support.documents import anchors, documents, links, named_paths, named_targets
from tests.support.recipe.blocks import blocks_of

README: Final = ROOT / "README.md"
README_BYTES: Final = 6 * 1024
PAGES: Final = documents()
NAMED: Final = [str(page.relative_to(ROOT)) for page in PAGES]


def test_the_readme_has_at_most_6_kb() -> None:
    assert len(README.read_bytes()) <= README_BYTES


def test_the_readme_leads_to_every_page_of_docs() -> None:
    reached = {path for path, _ in links(README)}
    assert set((ROOT / "docs").glob("*.md")) - reached == set()


@pytest.mark.parametrize("page", PAGES, ids=NAMED)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    found = list(links(page))
    assert [str(path) for path, _ in found if not path.exists()] == []
    pointed = [(path, anchor) for path, anchor in found if anchor]
    assert [f"{path.name}#{anchor}" for path, anchor in pointed if anchor not in anchors(path)] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMED)
def test_every_named_path_exists(page: Path) -> None:
    created = {block.file for block in blocks_of((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "Add a step")}
    folders = {f"{parent}/" for file in created for parent in Path(file).parents}
    missing = [path for path in named_paths(page) if not list(ROOT.glob(path))]
    assert [path for path in missing if path not in created | folders] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMED)
def test_every_named_target_of_make_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+(?:-[a-z]+)*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named_targets(page) - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=NAMED)
def test_every_picture_has_a_text_beside_it(page: Path) -> None:
    assert re.findall(r"!\[\s*\]", page.read_text(encoding="utf-8")) == []


def test_every_picture_is_in_a_document() -> None:
    shown = {path for page in PAGES for path, _ in links(page)}
    assert set((ROOT / "docs" / "pictures").glob("*.svg")) - shown == set()


def test_the_architecture_shows_each_kind_of_machine_and_its_recovery() -> None:
    resources = json.loads((ROOT / "tests" / "snapshots" / "template.json").read_text(encoding="utf-8"))["Resources"]
    kinds = {
        one["Properties"].get("StateMachineType", "STANDARD").capitalize()
        for one in resources.values()
        if one["Type"] == "AWS::StepFunctions::StateMachine"
    }
    shown = re.findall(r"<text[^>]*>([^<]*)", (ROOT / "docs/pictures/architecture.svg").read_text(encoding="utf-8"))
    assert kinds == {kind for text in shown for kind in re.findall(r"\((\w+)\)$", text)}
    assert kinds == {text.partition(":")[0] for text in shown} & kinds
    assert "rides queue" in shown


def test_the_documents_name_something() -> None:
    """Fails if the tests above check nothing."""
    runbook = ROOT / "docs" / "runbook.md"
    assert {"rides", "ride", "recover"} <= named_targets(runbook)
    assert "wild_rydes_saga/machines/fare_saga.py" in named_paths(README)
    assert "why-a-ride-is-parked" in anchors(runbook)
    assert any(anchor for _, anchor in links(runbook))

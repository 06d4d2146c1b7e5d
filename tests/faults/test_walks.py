"""Random walks end well. WALKS=200 takes that many; one with findings is kept as a file under `stories`."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.walks import Walk, from_json, in_words, play, to_json, walks

STORIES = Path(__file__).parent / "stories"
WALKS = os.environ.get("WALKS")
FEW = 4
KEPT = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.long] if path.parent != STORIES else [])
    for path in sorted(STORIES.rglob("*.json"))
]
"""Those in a folder of their own wait for a minute, in which a row counts as newer than what the sweep has read."""


@pytest.mark.long
def test_a_random_walk_ends_well(faulty: FaultyCloud) -> None:
    failed: list[Walk] = []

    @settings(
        max_examples=int(WALKS or FEW),
        derandomize=WALKS is None,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def walk_anywhere(data: st.DataObject) -> None:
        walk = data.draw(walks(faulty))
        findings = play(faulty, walk)
        if findings:
            failed.append(walk)
        assert findings == [], in_words(walk)

    try:
        walk_anywhere()
    finally:
        if failed:  # the last one is the shortest
            text = to_json(failed[-1])
            (STORIES / f"found-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("story", KEPT)
def test_a_kept_story_ends_well(faulty: FaultyCloud, story: Path) -> None:
    walk = from_json(story.read_text(encoding="utf-8"))
    assert play(faulty, walk) == [], in_words(walk)


def test_a_walk_survives_json(faulty: FaultyCloud) -> None:
    for story in STORIES.rglob("*.json"):
        walk = from_json(story.read_text(encoding="utf-8"))
        assert from_json(to_json(walk)) == walk
        assert len(in_words(walk).splitlines()) == len(walk)

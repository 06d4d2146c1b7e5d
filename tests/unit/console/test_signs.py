"""The sign of a state lies on no arrow and no label, and within the picture."""

import json
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import ROOT
from wild_rydes_saga.console.facts.picture import _points_of, picture

SVG = "{http://www.w3.org/2000/svg}"
SNAPSHOTS = ROOT / "tests" / "snapshots"
MACHINES = sorted(SNAPSHOTS.glob("*_machine.json"))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda path: path.stem)
def test_no_arrow_and_no_label_lies_on_a_sign(machine: Path) -> None:
    """Each state was entered, in the order of the definition, and the first one has failed."""
    definition = json.loads(machine.read_text(encoding="utf-8"))
    states = definition["States"]
    events = [{"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}} for name in states]
    failed = {"type": "TaskFailed", "taskFailedEventDetails": {"error": "AnErrorWithALongName"}}
    drawn = ElementTree.fromstring(picture(definition, [events[0], failed, *events[1:]], title="all"))
    points = [one for group in drawn.iter(f"{SVG}g") if group.get("class") == "edge" for one in _points_of(group)]
    badges = [one for one in drawn.iter(f"{SVG}circle") if one.get("class") == "badge"]
    assert len(badges) == len(states)
    crossed = 0
    for badge in badges:
        centre, radius = (float(badge.attrib["cx"]), float(badge.attrib["cy"])), float(badge.attrib["r"])
        crossed += any(math.dist(centre, point) < radius for point in points)
    assert crossed == 0


def test_a_sign_at_the_border_is_within_the_picture() -> None:
    drawn = ElementTree.fromstring(picture({"StartAt": "A", "States": {"A": {"Type": "Fail"}}}, ENTERED, title="one"))
    left, _, width, _ = (float(one) for one in drawn.attrib["viewBox"].split())
    [whole, *_] = drawn.findall(f"{SVG}g")
    [moved] = re.findall(r"translate\(([-\d.]+)", whole.attrib["transform"])
    [badge] = drawn.iter(f"{SVG}circle")
    at, radius = float(badge.attrib["cx"]) + float(moved), float(badge.attrib["r"])
    assert left <= at - radius
    assert at + radius <= left + width


ENTERED = [{"type": "FailStateEntered", "stateEnteredEventDetails": {"name": "A"}}]

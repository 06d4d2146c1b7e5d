"""The picture of an execution: Graphviz's, with what a page needs to open a state by mouse and by keyboard."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from threading import Lock
from typing import Any, Final
from xml.etree import ElementTree

from sagalint.drawing.graph import draw
from sagalint.drawing.path import Events, Outcome, state_outcomes
from sagalint.drawing.placing import Point, points_along

_SVG: Final = "{http://www.w3.org/2000/svg}"
SIGNS: Final = {
    Outcome.SUCCEEDED: "✓",
    Outcome.CAUGHT: "!",
    Outcome.FAILED: "✗",
    Outcome.IN_PROGRESS: "…",
    Outcome.NOT_ENTERED: "",
}
"""How an outcome is marked for those who do not see its colour."""
CLASSES: Final = {
    Outcome.SUCCEEDED: "done",
    Outcome.CAUGHT: "caught",
    Outcome.FAILED: "failed",
    Outcome.IN_PROGRESS: "running",
    Outcome.NOT_ENTERED: "ahead",
}
_GRAPHVIZ: Final = Lock()
"""Graphviz has one memory for all: two drawings at once spoil each other."""
_NUMBER: Final = re.compile(r"-?[0-9.]+")
_BADGE: Final = 8.5
"""The radius of a sign's circle."""
_LETTER: Final = 0.6
"""A letter's mean width, by the font's size."""


def picture(definition: Mapping[str, Any], events: Events, *, title: str) -> str:
    """The machine as SVG with the execution's path; each state is a button that carries its name."""
    with _GRAPHVIZ:
        svg = draw(definition, events, title=title)
    drawn = ElementTree.fromstring(svg)  # noqa: S314 - just drawn, from escaped text
    named = {
        _printable(f"{name}: {one.value}"): (name, one) for name, one in state_outcomes(definition, events).items()
    }
    drawn.attrib["role"] = "group"
    whole = next(group for group in drawn.iter(f"{_SVG}g") if group.find(f"{_SVG}g") is not None)
    edges = [group for group in whole.findall(f"{_SVG}g") if group.find(f"{_SVG}title") is None]
    points = [point for edge in edges for point in _points_of(edge)]
    for group in edges:
        group.attrib["class"] = "edge"
    for group in [one for one in whole.findall(f"{_SVG}g") if one not in edges]:
        caption = group.find(f"{_SVG}title")
        if caption is not None and caption.text in named:
            _make_button(group, caption, *named[caption.text], points)
        else:
            group.attrib["class"] = "end"
        whole.remove(group)  # and last, to lie on the arrows
        whole.append(group)
    _widen(drawn, _BADGE)
    return ElementTree.tostring(drawn, encoding="unicode")


def _widen(drawn: ElementTree.Element, by: float) -> None:
    """Adds a margin on all sides, for the signs of the outermost states."""
    left, top, width, height = (float(one) for one in drawn.attrib["viewBox"].split())
    drawn.attrib["viewBox"] = f"{left - by} {top - by} {width + 2 * by} {height + 2 * by}"
    drawn.attrib |= {"width": str(width + 2 * by), "height": str(height + 2 * by)}


def _points_of(edge: ElementTree.Element) -> Iterator[Point]:
    """The points along an edge, those of its arrowhead, and those of its label."""
    for path in edge.findall(f"{_SVG}path"):
        yield from points_along(path.attrib["d"])
    for head in edge.findall(f"{_SVG}polygon"):
        numbers = [float(one) for one in _NUMBER.findall(head.attrib["points"])]
        yield from zip(numbers[::2], numbers[1::2], strict=True)
    for line in edge.findall(f"{_SVG}text"):
        size, x, y = (float(line.attrib[name]) for name in ("font-size", "x", "y"))
        half = round(len(line.text or "") * size * _LETTER / 2)
        yield from ((x + across, y - size / 3) for across in range(-half, half + 1, 4))


def warm_up() -> None:
    """Graphviz is compiled at its first use, which takes more than a second."""
    with _GRAPHVIZ:
        draw({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})


def _make_button(
    group: ElementTree.Element, caption: ElementTree.Element, name: str, outcome: Outcome, points: Sequence[Point]
) -> None:
    group.attrib |= {
        "class": f"state {CLASSES[outcome]}",
        "data-state": name,
        "tabindex": "0",
        "role": "button",
        "aria-label": caption.text or name,
    }
    shape = group.find(f"{_SVG}path")
    if shape is None or not SIGNS[outcome]:
        return
    x, y = _place(shape, points)
    badge = ElementTree.SubElement(group, f"{_SVG}circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=str(_BADGE))
    badge.attrib["class"] = "badge"
    sign = ElementTree.SubElement(group, f"{_SVG}text", x=f"{x:.1f}", y=f"{y + 4.2:.1f}")
    sign.attrib |= {"class": "sign", "text-anchor": "middle", "font-size": "11.5", "font-weight": "700"}
    sign.text = SIGNS[outcome]


def _place(shape: ElementTree.Element, points: Sequence[Point]) -> Point:
    """Where a box has its sign: the first place, of its corners and sides, that is free, or else the freest one."""
    numbers = [float(one) for one in _NUMBER.findall(shape.attrib["d"])]
    left, right, top, bottom = min(numbers[::2]), max(numbers[::2]), min(numbers[1::2]), max(numbers[1::2])
    places = [(x, y) for y in (top - 1, bottom + 1, (top + bottom) / 2) for x in (right + 2, left - 2)]
    return max(places, key=lambda place: min((*(math.dist(place, one) for one in points), _BADGE + 3)))


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def ridden(definition: Mapping[str, Any], events: Events) -> Mapping[str, Any]:
    """The definition that an execution runs, or what its history says of it if the machine was changed meanwhile.

    AWS keeps the definition with the execution. The emulator gives that of the machine as it is now.
    """
    visited = [
        (event["stateEnteredEventDetails"]["name"], event["type"].removesuffix("StateEntered"))
        for event in events
        if "stateEnteredEventDetails" in event
    ]
    if {name for name, _ in visited} <= set(_names(definition)):
        return definition
    names = [name for name, _ in visited]
    following = {name: {"Next": after} for name, after in pairwise(names) if name != after}
    states = {name: {"Type": kind, **following.get(name, {"End": True})} for name, kind in visited}
    return {"StartAt": names[0], "States": states}


def _names(definition: Mapping[str, Any]) -> Iterator[str]:
    """The names of all states, also of those inside others."""
    for name, state in definition.get("States", {}).items():
        yield name
        inside = (*state.get("Branches", []), state.get("ItemProcessor"), state.get("Iterator"))
        for one in filter(None, inside):
            yield from _names(one)

"""Finds labels of a picture that a way or a box lies on, with the widths of a wide font."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

_SVG: Final = "{http://www.w3.org/2000/svg}"
_LETTER: Final = 0.6
"""A letter's mean width in DejaVu Sans, by the font's size: wider than Arial's."""
_FAINT: Final = "#d5dbdb"
"""The colour of ways that an execution did not take. A label has a white halo on top of them."""
_STEPS: Final = 24

Point = tuple[float, float]


@dataclass(frozen=True)
class Area:
    """A rectangle of the picture, with what is in it."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def has(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.left < x < self.right and self.top < y < self.bottom

    def meets(self, other: "Area") -> bool:
        """Whether it overlaps another one."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def crossings(svg: str) -> list[str]:
    """The labels of ways that another way crosses, or that lie on a box or on each other; names that leave a box."""
    root = ElementTree.fromstring(svg)
    groups = [group for group in root.iter(f"{_SVG}g") if group.find(f"{_SVG}g") is None]
    boxes = [area for group in groups if _is_box(group) for area in _box(group)]
    ways = [group for group in groups if not _is_box(group) and group.find(f"{_SVG}path") is not None]
    labels = {number: [*_texts(way)] for number, way in enumerate(ways)}
    found = [f"{text.text} leaves its box" for group in groups if _is_box(group) for text in _leaving(group)]
    for number, areas in labels.items():
        for area in areas:
            found += [f"{area.text} lies on the box {box.text}" for box in boxes if area.meets(box)]
            others = [one for other, texts in labels.items() if other > number for one in texts]
            found += [f"{area.text} lies on {other.text}" for other in others if area.meets(other)]
            found += [
                f"a way crosses {area.text}"
                for way in (group.find(f"{_SVG}path") for group in ways)
                if way is not None and way.attrib["stroke"] != _FAINT
                if any(area.has(*point) for point in _points(way.attrib["d"]))
            ]
    return found


def _is_box(group: ElementTree.Element) -> bool:
    return group.find(f"{_SVG}title") is not None


def _texts(group: ElementTree.Element) -> Iterator[Area]:
    for text in group.findall(f"{_SVG}text"):
        words = (text.text or "").strip()
        if words:
            size, x, y = (float(text.attrib[name]) for name in ("font-size", "x", "y"))
            middle, half = x + float(text.attrib.get("dx", 0)), len(words) * size * _LETTER / 2
            yield Area(words, middle - half, y - size * 0.72, middle + half, y + size * 0.1)


def _box(group: ElementTree.Element) -> Iterator[Area]:
    shape = group.find(f"{_SVG}path")
    if shape is not None:
        points = _numbers(shape.attrib["d"])
        across, down = [x for x, _ in points], [y for _, y in points]
        name = next(iter(_texts(group))).text
        yield Area(name, min(across), min(down), max(across), max(down))


def _leaving(group: ElementTree.Element) -> Iterator[Area]:
    for box in _box(group):
        yield from (text for text in _texts(group) if text.left < box.left + 2 or text.right > box.right - 2)


def _points(written: str) -> Iterator[Point]:
    """Points along a path of cubic curves."""
    numbers = _numbers(written)
    for first in range(0, len(numbers) - 3, 3):
        curve = numbers[first : first + 4]
        for step in range(_STEPS + 1):
            share = step / _STEPS
            parts = ((1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3)
            yield (
                sum(part * x for part, (x, _) in zip(parts, curve, strict=True)),
                sum(part * y for part, (_, y) in zip(parts, curve, strict=True)),
            )


def _numbers(written: str) -> list[Point]:
    found = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", written)]
    return list(zip(found[::2], found[1::2], strict=True))

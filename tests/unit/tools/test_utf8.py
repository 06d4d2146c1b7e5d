"""Every text file, and every command's output, is read and written as UTF-8, whatever the machine's locale is."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

_SOURCES = sorted(
    {*ROOT.glob("*.py"), *(file for one in ROOT.glob("*/__init__.py") for file in one.parent.rglob("*.py"))}
)
_OF_COMMANDS = ("text", "universal_newlines")
_MODE = re.compile(r"[rwax+t]+")


def _keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {one.arg: one.value for one in call.keywords if one.arg}


def _is_text(call: ast.Call, mode_at: int) -> bool:
    """Whether a call of something named `open` names a mode of text, or none where a file's would be."""
    mode = _keywords(call).get("mode", call.args[mode_at] if len(call.args) > mode_at else ast.Constant("r"))
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(_MODE.fullmatch(mode.value))


def _is_of_text(call: ast.Call) -> bool:
    """Whether a call reads or writes text, or runs a command whose output is text."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="os"), attr="open"):
            found = False
        case ast.Attribute(value=ast.Name(id="os"), attr="fdopen") | ast.Name(id="open"):
            found = _is_text(call, 1)
        case ast.Attribute(attr="open"):
            found = _is_text(call, 0)
        case ast.Attribute(attr="read_text"):
            found = not call.args
        case ast.Attribute(attr="write_text"):
            found = len(call.args) < 2
        case ast.Attribute(attr="NamedTemporaryFile" | "TemporaryFile" | "SpooledTemporaryFile"):
            found = "mode" in _keywords(call) and _is_text(call, 0)
        case _:
            options = [_keywords(call).get(name, ast.Constant(None)) for name in _OF_COMMANDS]
            found = any(ast.unparse(option) == "True" for option in options)
    return found


def unnamed_encodings(source: str) -> Iterator[int]:
    """The lines with a call that leaves the encoding of a text to the machine."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _is_of_text(node) and "encoding" not in _keywords(node):
            yield node.lineno


def test_every_text_is_read_and_written_as_utf_8() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in _SOURCES
        for line in unnamed_encodings(file.read_text(encoding="utf-8"))
    ]
    assert len(_SOURCES) > 100
    assert found == []


@pytest.mark.parametrize(
    "call", ["open(a)", "a.open('w')", "os.fdopen(a, 'w')", "a.read_text()", "a.write_text(b)", "run(a, text=True)"]
)
def test_a_text_without_an_encoding_is_found(call: str) -> None:
    assert list(unnamed_encodings(call)) == [1]

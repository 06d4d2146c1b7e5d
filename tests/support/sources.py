"""The project's Python files as data: their functions, names of tests, docstrings and comments."""

import ast
import functools
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from tests.conftest import ROOT

_CODE = re.compile(r"`[^`]*`")
_FIELD = re.compile(r"^\s*\w+:", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """A Python file.

    Attributes:
        path: Its path from the project's root.
        text: Its content.
        tree: Its syntax tree.
    """

    path: str
    text: str
    tree: ast.Module

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """All functions and methods, also nested ones."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    @property
    def tests(self) -> list[str]:
        """The names of the tests."""
        return [function.name for function in self.functions if function.name.startswith("test_")]

    def prose(self) -> Iterator[str]:
        """Yields docstrings, comments and names of tests, without code and without the names of arguments."""
        yield from (one.replace("_", " ") for one in self.tests)
        yield from (_FIELD.sub("", without_code(one)) for one in self._docstrings())
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        yield from (without_code(token.string) for token in tokens if token.type == tokenize.COMMENT)

    def _docstrings(self) -> Iterator[str]:
        """Yields the docstrings, also those below a variable."""
        for node in ast.walk(self.tree):
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                yield node.value.value


def source_of(path: str, text: str) -> Source:
    """A Python file from its content."""
    return Source(path, text, ast.parse(text))


@functools.cache
def sources() -> tuple[Source, ...]:
    """Every Python file that git knows, or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [path for path in sorted(set(listed.splitlines())) if (ROOT / path).exists()]
    return tuple(source_of(path, (ROOT / path).read_text()) for path in paths)


def without_code(text: str) -> str:
    """A text without the parts in backticks."""
    return _CODE.sub("", text)

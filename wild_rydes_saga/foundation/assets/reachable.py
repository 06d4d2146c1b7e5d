"""Finds the files of a folder of packages that some code imports, directly or through another of those files."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path


def reachable(code: Iterable[Path], packages: Path) -> set[Path]:
    """Returns the files of the packages that the code imports, and those that these import when they are loaded.

    A package's imports for another Python version count, since the layer is built by another version
    than runs it. Imports that only a type checker makes do not count. Nor do imports within a
    function of a package: they are for features that are not used here.

    Args:
        code: Files whose imports count wherever they are.
        packages: The folder that the packages are in.
    """
    found: set[Path] = set()
    waiting = [file for one in code for file in _imported(one, packages, within_functions=True)]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _imported(file, packages, within_functions=False)
    return found


def _imported(file: Path, packages: Path, *, within_functions: bool) -> Iterator[Path]:
    """The files of the packages that a file imports, with the packages that each is in."""
    module = file.relative_to(packages).with_suffix("").parts if file.is_relative_to(packages) else ()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in _imports(tree, within_functions=within_functions):
        for name in _names(node, module):
            for length in range(1, len(name) + 1):
                yield from _file_of(packages.joinpath(*name[:length]))


def _imports(node: ast.AST, *, within_functions: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for other in child.orelse:
                yield from _imports(ast.Module([other], []), within_functions=within_functions)
        elif within_functions or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _imports(child, within_functions=within_functions)


def _names(node: ast.Import | ast.ImportFrom, module: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What an import may load: a module, and what is taken from it, which may be a module too."""
    if isinstance(node, ast.Import):
        yield from (tuple(alias.name.split(".")) for alias in node.names)
        return
    package = module[:-1]  # also of a package's own file, which is its __init__
    start = package[: len(package) - (node.level - 1)] if node.level else ()
    base = (*start, *(node.module.split(".") if node.module else ()))
    yield base
    yield from ((*base, alias.name) for alias in node.names)


def _file_of(path: Path) -> Iterator[Path]:
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            yield file

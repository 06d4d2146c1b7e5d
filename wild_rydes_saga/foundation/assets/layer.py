"""The layer with Powertools: copied from the installed packages at synth, with no Docker and no network."""

import atexit
import contextlib
import hashlib
import importlib.metadata
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wild_rydes_saga.foundation.assets.reachable import reachable

_REQUIREMENT: Final = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)$")
_STAND_INS: Final = Path(__file__).with_name("stand_ins")
_LICENCE: Final = re.compile(r"(LICEN[CS]E|NOTICE|COPYING|AUTHORS)", re.IGNORECASE)
_LAYOUT: Final = "2"
"""Goes into the hash: raise it when what is copied changes."""
_PURE_SUFFIXES: Final = {".py", ".typed", ".json", ".txt", ".crt", ""}


class LayerError(Exception):
    """The layer cannot be built. Says why, and the fix."""


def layer_path(requirements: Path, cache: Path, *, used_by: Path | None = None) -> Path:
    """Returns a folder with the layer's content, built once for each state of the requirements.

    Only Python files are copied, so that one layer serves every processor and
    Python version, and what runs locally is byte for byte what runs on AWS.

    Args:
        requirements: A file of exact pins, `name==version` a line, dependencies included.
        cache: Where built layers are kept.
        used_by: A folder of code: only what that imports is kept of the packages, with their licences, and a stand-in
            for a package that is not pinned. Everything if None, and no stand-in.

    Raises:
        LayerError: A pin is not exact, or the installed package has another version.
    """
    text = requirements.read_text(encoding="utf-8")
    code = sorted(used_by.rglob("*.py")) if used_by else []
    stand_ins = [file for file in sorted(_STAND_INS.glob("*.py")) if code and file.name != "__init__.py"]
    sources = [_LAYOUT, text, *(file.read_text(encoding="utf-8") for file in (*code, *stand_ins))]
    target = cache / f"layer-{hashlib.sha256(chr(0).join(sources).encode()).hexdigest()[:16]}"
    if target.is_dir():
        return target
    target = _writable(cache) / target.name
    with tempfile.TemporaryDirectory(dir=target.parent) as building:
        content = Path(building) / "layer"
        for name, version in _pins(text, requirements):
            _copy_package(name, version, content / "python")
        for file in stand_ins:
            shutil.copyfile(file, content / "python" / file.name)
        if code:
            _keep(content / "python", reachable(code, content / "python"))
        try:
            content.rename(target)
        except OSError:  # another synth was faster
            if not target.is_dir():
                raise
    return target


def _keep(packages: Path, used: set[Path]) -> None:
    """Deletes what is not used, but for the metadata, by which a scanner knows the packages, and the licences."""
    for path in sorted(packages.rglob("*"), reverse=True):
        if path.is_dir():
            with contextlib.suppress(OSError):  # it still holds something
                path.rmdir()
        elif path not in used and not any(part.endswith(".dist-info") for part in path.parts):
            path.unlink()


def _writable(cache: Path) -> Path:
    """The cache; in a checkout that cannot be written, a temporary folder that lasts as long as this process."""
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
    if os.access(cache, os.W_OK):
        return cache
    folder = tempfile.mkdtemp(prefix="wild-rydes-layer-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _pins(text: str, requirements: Path) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        pin = _REQUIREMENT.match(line.strip())
        if pin is None:
            raise LayerError(f"{requirements}: {line!r} is not an exact pin: write name==version")
        yield pin[1], pin[2]


def _copy_package(name: str, version: str, target: Path) -> None:
    fix = "install the project's requirements: pip install -r requirements.txt"
    try:
        package = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        raise LayerError(f"the functions' layer needs {name}=={version}, which is not installed: {fix}") from None
    if package.version != version:
        raise LayerError(f"the functions' layer needs {name}=={version}, but {package.version} is installed: {fix}")
    for file in package.files or []:
        if file.parts[0] in ("..", "bin") or "__pycache__" in file.parts or file.suffix not in _PURE_SUFFIXES:
            continue
        if file.parts[0].endswith(".dist-info") and file.name != "METADATA" and not _LICENCE.match(file.name):
            continue
        destination = target / file
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(file.locate()), destination)

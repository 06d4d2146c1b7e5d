"""Archives of the code and the layer: whoever builds one from the same files gets the same bytes."""

import atexit
import functools
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FILE_MODE: Final = stat.S_IFREG | 0o644
"""Readable by all, as Lambda requires (AWS, "Deploying Python Lambda functions with .zip file archives")."""
_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that an archive can hold."""
_UNIX: Final = 3
"""The system that made an archive: only its entries have modes."""


def archive(name: str, root: Path, files: Iterable[Path]) -> Path:
    """Writes files into an archive and returns its path, which is there for as long as this process.

    Guarantee: the archive depends on the files' paths and contents alone, not on
    their modes and times, the umask, or the order of a folder. It is not
    compressed, since versions of zlib write different bytes.

    Args:
        name: The archive's name.
        root: The folder that is the archive's root.
        files: Files under that folder.
    """
    path = Path(tempfile.mkdtemp(dir=_folder())) / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as package:
        for file in sorted(files, key=lambda one: one.relative_to(root).as_posix()):
            package.writestr(_entry(file.relative_to(root).as_posix()), file.read_bytes())
    return path


@functools.cache
def _folder() -> Path:
    """Where this process keeps its archives. The CDK copies each into the cloud assembly."""
    folder = tempfile.mkdtemp(prefix="wild-rydes-assets-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = FILE_MODE << 16
    return entry

"""Archives of the code and the layer: whoever builds one from the same files gets the same bytes."""

import hashlib
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

FILE_MODE: Final = stat.S_IFREG | 0o644
"""Readable by all, as Lambda requires (AWS, "Deploying Python Lambda functions with .zip file archives")."""
_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that an archive can hold."""
_UNIX: Final = 3
"""The system that made an archive: only its entries have modes."""


def archive(name: str, root: Path, files: Iterable[Path], cache: Path) -> Path:
    """Writes files into an archive and returns its path.

    Guarantee: the archive depends on the files' paths and contents alone, not on
    their modes and times, the umask, or the order of a folder. It is not
    compressed, since versions of zlib write different bytes.

    Args:
        name: The archive's name begins with it. A hash of the archive follows.
        root: The folder that is the archive's root.
        files: Files under that folder.
        cache: Where archives are kept.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=cache, suffix=".zip", delete=False) as building:
        path = Path(building.name)
        try:
            with zipfile.ZipFile(building, "w") as package:
                for file in sorted(files, key=lambda one: one.relative_to(root).as_posix()):
                    package.writestr(_entry(file.relative_to(root).as_posix()), file.read_bytes())
            building.flush()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            return path.replace(cache / f"{name}-{digest}.zip")
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = FILE_MODE << 16
    return entry

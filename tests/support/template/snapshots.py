"""Snapshots of the templates and machines: one JSON file each, without hashes of the handlers' code."""

import re
from pathlib import Path
from typing import Any, Final

from syrupy.extensions.json import JSONSnapshotExtension
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

SNAPSHOTS: Final = Path(__file__).parents[2] / "snapshots"
ASSET_HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
VERSION_HASH: Final = re.compile(r"(?<=CurrentVersion[0-9A-F]{8})[0-9a-f]{32}\b")


class NamedJson(JSONSnapshotExtension):
    """Keeps `snapshot(name="saga")` in `tests/snapshots/saga.json`, with its keys in order.

    A placeholder stands for the hash of an asset or of a function's version.
    """

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:  # noqa: ARG003, syrupy passes it
        """One folder for all, since other tests read the machines from it."""
        return str(SNAPSHOTS)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:  # noqa: ARG003, syrupy passes it
        """The name that the test gives."""
        return str(index)

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:  # noqa: ARG003, syrupy passes it
        """A file's name says its content, and not which test made it."""
        return Path(snapshot_location).parent == SNAPSHOTS

    def serialize(self, data: Any, **options: Any) -> str:
        """JSON with placeholders for hashes, also in keys: a version's logical id ends with one."""
        text = str(super().serialize(data, **options))
        return VERSION_HASH.sub("VersionHash", ASSET_HASH.sub("asset-hash", text))

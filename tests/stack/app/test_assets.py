"""What is uploaded does not depend on who synthesises: modes are fixed, and the same files give the same asset."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from aws_cdk import FileSystem

from tests.conftest import ROOT
from tests.support.template.app import app_command
from wild_rydes_saga.deployed.local_deployment import SOURCES

READABLE: Final = 0o644
HARDENED: Final = ("077", "027")


def uploads(assembly: Path) -> dict[str, Path]:
    """The files and folders of an assembly that are uploaded, by their hash, without the templates."""
    (manifest,) = assembly.glob("*.assets.json")
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"].items()
    found = {name: assembly / one["source"]["path"] for name, one in files}
    return {name: path for name, path in found.items() if not path.name.endswith(".template.json")}


def modes(path: Path) -> Iterator[int]:
    """The modes of the files that Lambda gets of an upload."""
    if path.is_dir():
        yield from (file.stat().st_mode & 0o7777 for file in path.rglob("*") if file.is_file())
    else:
        with zipfile.ZipFile(path) as package:
            yield from (entry.external_attr >> 16 & 0o7777 for entry in package.infolist())


def with_modes(path: Path, mode: int, target: Path) -> Path:
    """A copy of an archive in which every file has a mode."""
    with zipfile.ZipFile(path) as package, zipfile.ZipFile(target, "w") as other:
        for entry in package.infolist():
            content = package.read(entry)
            entry.external_attr = (0o100000 | mode) << 16
            other.writestr(entry, content)
    return target


@pytest.fixture(scope="module", params=HARDENED)
def hardened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assembly of a project that was checked out, and is synthesised, under a hardened umask."""
    folder = tmp_path_factory.mktemp(f"umask-{request.param}")
    before = os.umask(int(request.param, base=8))
    try:
        project = copied(folder / "project")
        synthesise(project, folder / "cdk.out")
    finally:
        os.umask(before)
    assert (project / "app.py").stat().st_mode & int(request.param, base=8) == 0
    return folder / "cdk.out"


def copied(project: Path) -> Path:
    """A copy of the app's sources, with modes as the umask leaves them."""
    for file in (ROOT / name for name in (*SOURCES, "requirements.txt")):
        for source in [file] if file.is_file() else [one for one in file.rglob("*.*") if one.is_file()]:
            if "__pycache__" not in source.parts:
                target = project / source.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
    return project


def synthesise(project: Path, assembly: Path) -> None:
    """Synthesises a project as the CDK CLI does."""
    settings: Mapping[str, str] = {
        "CDK_OUTDIR": str(assembly),
        "CDK_CONTEXT_JSON": json.dumps(json.loads((project / "cdk.json").read_text(encoding="utf-8"))["context"]),
    }
    subprocess.run(app_command(project), cwd=project, env={**os.environ, **settings}, check=True)


@pytest.mark.long
def test_every_uploaded_file_is_readable_by_all_whatever_the_umask(hardened: Path) -> None:
    found = {name: set(modes(path)) for name, path in uploads(hardened).items()}
    assert all(one == {READABLE} for one in found.values())
    assert len(found) >= 2, "the code and a layer"


@pytest.mark.long
def test_the_same_files_are_the_same_assets_whatever_the_umask(hardened: Path, assembly: Path) -> None:
    assert uploads(hardened).keys() == uploads(assembly).keys()


def test_an_asset_with_other_modes_has_another_hash(assembly: Path, tmp_path: Path) -> None:
    for name, path in uploads(assembly).items():
        assert FileSystem.fingerprint(str(with_modes(path, READABLE, tmp_path / path.name))) == name
        assert FileSystem.fingerprint(str(with_modes(path, 0o600, tmp_path / path.name))) != name

"""The sockets that listen on the network, as Linux lists them."""

import contextlib
from pathlib import Path

import pytest

on_linux_alone = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's table of sockets")


def loopback(port: int) -> str:
    """127.0.0.1:PORT as Linux writes it."""
    return f"0100007F:{port:04X}"


def listening(session: int) -> set[str]:
    """The addresses on which the processes of a session listen, as Linux lists them."""
    inodes = set()
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and _session_of(process) == session:
            for descriptor in (process / "fd").glob("*"):
                with contextlib.suppress(FileNotFoundError):  # it was closed since it was listed
                    target = str(descriptor.readlink())
                    if target.startswith("socket:["):
                        inodes.add(target[len("socket:[") : -1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="utf-8").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1])
    return found


def _session_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[3])
    except (OSError, IndexError):
        return 0

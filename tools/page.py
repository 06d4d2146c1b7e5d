"""Runs the commands of a page of the docs, so that what it says is what happens."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT_CODE: Final = re.compile(r"^(.*?)\s+# exit code (\d)$", re.MULTILINE)
_MUST_END_WITH: Final = (
    r'\1 && code=0 || code=$?; [ $code = \2 ] || { echo "\1 ended with $code, not \2" >&2; exit 1; }'
)


@dataclass(frozen=True)
class Block:
    """A block of a page.

    Attributes:
        language: What it is in: `bash` runs in an empty folder, `sh` in the project's, `text` is the output.
        text: What it holds.
    """

    language: str
    text: str

    @property
    def script(self) -> str:
        """A script that fails unless each command ends as the comment behind it says, or with 0."""
        return "set -e\n" + _EXIT_CODE.sub(_MUST_END_WITH, self.text)


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    return [Block(found[1], found[2]) for found in _FENCE.finditer(page.read_text("utf-8"))]


def wrong_on(page: Path, folder: Path, root: Path, tools: Path) -> Iterator[str]:
    """Runs a page's commands, one block after the other, and says what is not as the page says.

    Args:
        page: The page.
        folder: An empty folder, in which a reader tries it.
        root: The project's folder.
        tools: The folder with the commands that the page needs.
    """
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    said = ""
    for block in blocks_of(page):
        if block.language in ("bash", "sh"):
            where = folder if block.language == "bash" else root
            done = subprocess.run(
                ["bash", "-c", block.script],
                cwd=where,
                env=environment,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            said = " ".join(done.stdout.split())
            if done.returncode:
                yield f"{block.text}\n{done.stderr}{done.stdout}"
        elif block.language == "text":
            yield from (f"no line is: {line}" for line in block.text.splitlines() if " ".join(line.split()) not in said)

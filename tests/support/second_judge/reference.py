"""The reference JSONata, in one long-lived Node process."""

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

WORKER: Final = Path(__file__).with_name("worker.js")
LONGEST_SECONDS: Final = 5
"""An evaluation on AWS fails after that, as third parties measured."""
DEEPEST: Final = 80
"""An evaluation on AWS fails near a depth of 100, as third parties measured: a deployed one stays well below it."""


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation came to.

    Attributes:
        value: Its value; None also where there is none.
        defined: Whether it has a value.
        error: The code of JSONata's error; empty if it raised none.
        message: The error's text.
        deepest: How deep the evaluation went.
    """

    value: Any = None
    defined: bool = False
    error: str = ""
    message: str = ""
    deepest: int = 0


class Reference:
    """Evaluates and parses expressions; threads may share it."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._lock = threading.Lock()
        self.evaluations = 0

    def evaluate(self, expression: str, bindings: Mapping[str, Any]) -> Evaluation:
        """Evaluates an expression with variables, `states` among them."""
        self.evaluations += 1
        return Evaluation(
            **self._ask({"expression": expression, "bindings": dict(bindings), "seconds": LONGEST_SECONDS})
        )

    def tree(self, expression: str) -> dict[str, Any]:
        """The tree of an expression.

        Raises:
            ValueError: The reference cannot parse it.
        """
        answer = self._ask({"expression": expression})
        if "tree" not in answer:
            raise ValueError(f"{answer['error']}: {answer['message']}")
        return dict(answer["tree"])

    def version(self) -> str:
        """The version that the process has loaded."""
        return str(self._ask({})["version"])

    def _ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the Node process of the reference JSONata ended")
        return dict(json.loads(answer))


@contextlib.contextmanager
def reference() -> Iterator[Reference]:
    """The reference, for as long as the block lasts."""
    with subprocess.Popen(["node", str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Reference(process)
        assert process.stdin is not None
        process.stdin.close()

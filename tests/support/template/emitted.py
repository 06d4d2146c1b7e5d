"""Runs handlers in every way, with the settings of their function, and reads what they give CloudWatch.

`python -m tests.support.template.emitted MODULE...`: handlers read the settings when they are imported.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lambda_src import environment
from lambda_src.payments.gateways import SIMULATED
from tests.support.template.calls import run_scenario


@dataclass(frozen=True, order=True)
class Emitted:
    """A metric, as CloudWatch gets it."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


def emitted_by(modules: Iterable[str], settings: Mapping[str, str]) -> set[Emitted]:
    """The metrics that handlers emit, with the settings of Powertools, and the gateway, that their functions have."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, *modules],
        env={**os.environ, **settings},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return {
        metric for line in done.stdout.splitlines() if line.startswith("{") for metric in _metrics(json.loads(line))
    }


def _metrics(told: Mapping[str, object]) -> Iterable[Emitted]:
    """The metrics of a line in the embedded metric format; none of any other line."""
    match told:
        case {"_aws": {"CloudWatchMetrics": list(directives)}}:
            for one in directives:
                for names in one["Dimensions"]:
                    values = tuple(sorted((name, str(told[name])) for name in names))
                    yield from (Emitted(one["Namespace"], metric["Name"], values) for metric in one["Metrics"])


if __name__ == "__main__":
    for module in sys.argv[1:]:
        run_scenario(module, os.environ.get(environment.GATEWAY, SIMULATED))

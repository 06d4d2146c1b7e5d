"""Findings that are known already: those of an earlier report. Only new ones count."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from sagalint.input_error import InputError
from sagalint.report.checked import CheckedMachine
from sagalint.rules.finding import Finding, Level


class Known(NamedTuple):
    """A finding of an earlier report.

    A note names every state of its rule, so that each of them is known by itself.
    """

    file: str
    machine: str
    rule: str
    states: tuple[str, ...]


@dataclass(frozen=True)
class Baseline:
    """The findings of an earlier JSON report."""

    known: frozenset[Known] = field(default_factory=frozenset)

    @classmethod
    def read(cls, path: Path) -> "Baseline":
        """Reads a report; raises `InputError` if it is none."""
        try:
            report: Any = json.loads(path.read_text("utf-8-sig"))
            return cls(frozenset(known for machine in report["machines"] for known in _of(machine)))
        except FileNotFoundError:
            raise InputError(f"{path} does not exist: write it with --format json --output {path}") from None
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{path} is not a JSON report of sagalint: write one with --format json") from None

    def without(self, checked: CheckedMachine) -> CheckedMachine:
        """A checked machine without the findings that are known."""
        new = tuple(finding for finding in checked.report.findings if not self._knows(checked, finding))
        return replace(checked, report=replace(checked.report, findings=new))

    def _knows(self, checked: CheckedMachine, finding: Finding) -> bool:
        where = (_place(checked.source.as_posix()), checked.name, finding.rule.id)
        return all(Known(*where, states) in self.known for states in _parts(finding.level, finding.states))


def _of(machine: Mapping[str, Any]) -> Iterator[Known]:
    for finding in machine["findings"]:
        states = tuple(map(str, finding["states"]))
        parts = {*_parts(Level(finding["level"]), states)}
        # The note of a rule also names no state where it is about the machine as a whole.
        for part in parts | {()} if finding["level"] == Level.NOTE else parts:
            yield Known(_place(str(machine["file"])), str(machine["machine"]), str(finding["rule"]), part)


def _parts(level: Level, states: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [(state,) for state in states] if level is Level.NOTE and states else [states]


def _place(file: str) -> str:
    """A file as it is seen from here, however it was named."""
    return os.path.relpath(file)

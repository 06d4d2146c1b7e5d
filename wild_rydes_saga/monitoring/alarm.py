"""An alarm: what it watches, what it means to the person woken, and what that person is to do."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch

_RUNBOOK: Final = "docs/runbook.md"

Watched = cloudwatch.Metric | cloudwatch.MathExpression


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm.

    Attributes:
        name: Its name, after the stack's; also the heading in the runbook that says more.
        metric: What it watches, over one period.
        threshold: From which value on it is wrong.
        periods: For how many periods in a row.
        happened: What it means, for the person woken.
        do: What that person is to do.
        silence_is_wrong: Whether no value at all is wrong too.
        part: Which part of the functions or tables it watches, from 1.
    """

    name: str
    metric: Watched
    threshold: float
    periods: int
    happened: str
    do: str
    silence_is_wrong: bool = False
    part: int = 1

    @property
    def full_name(self) -> str:
        """The name, with its part's number from the second part on."""
        return self.name if self.part == 1 else f"{self.name}{self.part}"

    @property
    def says(self) -> str:
        """What the alarm's message says."""
        return f"{self.happened} To do: {self.do} More: {_RUNBOOK}#{self.name.lower()}"

"""Checks, before anything is deployed, whether each path of a state machine undoes what it may have done."""

from sagalint.checker import check
from sagalint.paths.happening import Happening, Moment
from sagalint.rules.finding import Finding, Report, Rule
from sagalint.rules.registry import RULES

__all__ = ["RULES", "Finding", "Happening", "Moment", "Report", "Rule", "check"]

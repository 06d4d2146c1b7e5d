"""Proves, before anything is deployed, that a state machine keeps the promises of a saga."""

from sagalint.checker import check
from sagalint.paths.happening import Happening, Moment
from sagalint.rules.finding import Finding, Report, Rule
from sagalint.rules.registry import RULES

__all__ = ["RULES", "Finding", "Happening", "Moment", "Report", "Rule", "check"]

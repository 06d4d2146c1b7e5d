"""Proves, before anything is deployed, that a state machine keeps the promises of a saga."""

from wild_rydes_saga.saga.verify.findings import Finding, Happening, Moment, Report
from wild_rydes_saga.saga.verify.proof import verify
from wild_rydes_saga.saga.verify.rules import RULES, Rule

__all__ = ["RULES", "Finding", "Happening", "Moment", "Report", "Rule", "verify"]

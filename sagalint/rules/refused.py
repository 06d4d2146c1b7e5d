"""The rule that comes before all others: AWS creates the machine."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sagalint.definition.refusals import refusals
from sagalint.rules.finding import Finding, Rule

REFUSED_BY_AWS: Final = Rule(
    id="refused-by-aws",
    statement="AWS accepts the definition: its fields are known, hold what they must, and lead to states that it has.",
    consequence="The deployment fails.",
    fix="Correct the field that the finding names.",
)


def refused_by_aws(definition: Mapping[str, Any]) -> Iterator[tuple[Finding, bool]]:
    """Each reason for a refusal, and whether the rest can be checked all the same.

    What an example leaves out on purpose, such as an account's number, comes after what loses something.
    """
    for one in refusals(definition):
        states = (one.state,) if one.state is not None else ()
        later = "rollback-stops" if one.field == "Resource" and one.readable else ""
        finding = Finding(REFUSED_BY_AWS, states, one.message, one.fix, cause=one.cause, weighs_as=later)
        yield finding, one.readable

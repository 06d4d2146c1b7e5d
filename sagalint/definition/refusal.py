"""What AWS would refuse a definition for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """One reason for which AWS would not create a machine.

    Attributes:
        state: The state that it is in; None for the machine as a whole.
        field: The field that is wrong or missing; None if it is none.
        message: What is wrong, in a sentence that names them.
        fix: What to do.
        readable: Whether the rest of the machine can be checked all the same.
        cause: What it has in common with others: those of one cause are one finding. Empty if it stands alone.
        lacks: How the messages begin that only follow from it: a field that is missing since it is misspelt.
    """

    state: str | None
    field: str | None
    message: str
    fix: str
    readable: bool = False
    cause: str = ""
    lacks: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Both in one sentence."""
        return f"{self.message}: {self.fix}"

"""One chapter of the lab."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One chapter.

    Attributes:
        number: Its number, from 1.
        name: Its name in a file's name.
        title: Its title.
        goal: What the machine does after it, and what `make check` inspects.
        payload: What the call needs: each field, and what it is.
        change: What to change in the states that are there, in a sentence; empty if nothing.
        hint: What helps without giving the answer.
        holes: What the learner writes: the places in what it adds, from `States` on, with `/` between the names.
    """

    number: int
    name: str
    title: str
    goal: str
    payload: tuple[tuple[str, str], ...]
    change: str = ""
    hint: str
    holes: tuple[str, ...]

    @property
    def file(self) -> str:
        """The name of its files, without an ending."""
        return f"{self.number}-{self.name}"

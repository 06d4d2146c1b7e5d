"""The situations that a machine can come into, and the moves between them."""

from enum import IntEnum, StrEnum
from typing import NamedTuple

from sagalint.definition.machine import State
from sagalint.paths.happening import Happening
from sagalint.paths.knowledge import Known
from sagalint.plan import Meaning


class Did(IntEnum):
    """What is known of a step's action."""

    NOT_RUN = 0
    DONE = 1
    MAYBE = 2
    NOTHING = 3
    """It ran, and checked that it did nothing."""
    SAID_NO = 4
    """It ran, and its result says that it did nothing: a compensation is neither owed nor wrong."""


class End(StrEnum):
    """How an execution ends."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNCAUGHT = "uncaught"


class Reported(NamedTuple):
    """How often each outcome was reported, up to twice."""

    success: int = 0
    failure: int = 0


class Forgotten(NamedTuple):
    """What is still known of steps that nothing which can follow asks for again."""

    undone: bool = False
    """Whether a compensation of one of them ran."""
    failed: bool = False
    """Whether one of them has failed: cleanly, or in doubt."""
    done: bool = False
    """Whether one of them was done, or may have been."""
    in_doubt: bool = False
    """Whether one of them that a success needs may have been done."""


class Situation(NamedTuple):
    """What matters of a path for what may follow."""

    at: str
    """The state that is entered next."""
    did: tuple[Did, ...]
    """By step."""
    undone: tuple[int, ...]
    """By step, how often its compensation ran, up to twice."""
    gave_up: bool = False
    """Whether a compensation gave up."""
    unseen: bool = False
    """Whether one has given up of which nothing may show that it did."""
    reported: Reported = Reported()
    unreported: bool = False
    """Whether a message gave up."""
    known: Known = ()
    meaning: Meaning | None = None
    """Of a machine that takes over: what its verdict means."""
    claimed: bool = False
    """Of a machine that takes over: whether the other execution is barred from going on."""
    waited: bool = False
    """Of a machine that takes over: whether what the other execution left running has ended."""
    handed_on: bool = False
    """Whether it was parked, or the inspection was refused."""
    troubled: bool = False
    """Of a machine that takes over: whether anything went wrong since it last looked."""
    recorded: bool = False
    """Of a machine that takes over: whether it has tried to note that it is finished, or parked."""
    turned: bool = False
    """Whether the path has left the way on which all goes well."""
    forgotten: Forgotten = Forgotten()

    @property
    def any_undone(self) -> bool:
        """Whether any compensation ran."""
        return self.forgotten.undone or any(self.undone)


class Move(NamedTuple):
    """One way on from a situation."""

    before: Situation
    state: State
    what: Happening
    errors: tuple[str, ...]
    catcher: int | None
    after: Situation
    """With `at` empty if the execution ends."""
    end: End | None
    held: bool | None = None
    """Whether what the state asserts holds, where that is known before the run."""
    stopped: str = ""
    """The Parallel or Map that failed with this move, whose other branches or items were stopped."""

    @property
    def fails(self) -> bool:
        """Whether something goes wrong with it that nobody meant: a Fail state only passes on what has."""
        return bool(self.errors) and self.state.type != "Fail"

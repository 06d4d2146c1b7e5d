"""The rules that every saga keeps, by their ids."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How grave a finding is, the gravest first."""

    ERROR = "error"
    """A path loses or doubles something."""
    WARNING = "warning"
    """The same, but it rests on a guess."""
    NOTE = "note"
    """Hygiene: timeouts, retries, names."""

    def reaches(self, level: "Level") -> bool:
        """Whether it is at least as grave as another level."""
        levels = list(Level)
        return levels.index(self) <= levels.index(level)


_NOTES: Final = frozenset(
    {
        "error-cannot-occur",
        "failure-unnamed",
        "never-matches",
        "no-timeout",
        "transient-not-retried",
        "unreachable",
    }
)


@dataclass(frozen=True)
class Rule:
    """A rule that every saga keeps.

    Attributes:
        id: Its name for tools, in kebab case.
        statement: What must hold, in a sentence.
        consequence: What it costs when it does not.
    """

    id: str
    statement: str
    consequence: str

    @property
    def level(self) -> Level:
        """How grave a finding is."""
        return Level.NOTE if self.id in _NOTES else Level.ERROR


def _rules(*rules: tuple[str, str, str]) -> dict[str, Rule]:
    return {one[0]: Rule(*one) for one in rules}


RULES: Final = _rules(
    (
        "doubt-not-compensated",
        "Every action that was done, or may have been, is compensated when the saga fails; the failing one included.",
        "Somebody has paid for what they did not get, and nothing will give it back.",
    ),
    (
        "rollback-stops",
        "A compensation that gives up does not keep the others from running.",
        "One broken service leaves every earlier step standing.",
    ),
    (
        "out-of-order",
        "Steps are done in their order, and compensations run newest first.",
        "What is undone too early can be built upon again by what still stands.",
    ),
    (
        "compensated-twice",
        "A compensation runs at most once on any path.",
        "A second refund is money lost, if the compensation is not repeatable.",
    ),
    (
        "nothing-to-compensate",
        "No compensation runs for a step that cannot have run.",
        "It refunds what was never charged.",
    ),
    (
        "clean-failure-compensated",
        "A clean failure does not compensate its own step.",
        "The step has checked that it did nothing; a compensation that needs its record fails on it.",
    ),
    (
        "not-retried",
        "Compensations, messages and all that comes after the pivot are retried, whatever goes wrong.",
        "A single throttled call leaves the saga half done.",
    ),
    (
        "transient-not-retried",
        "Errors that pass by themselves are retried.",
        "A service's hiccup undoes a whole saga, or stops it.",
    ),
    (
        "answer-retried",
        "An error that is an answer (a business error, a refusal) is not retried.",
        "The answer stays the same; the customer waits, and may be declined several times.",
    ),
    (
        "ends-in-success",
        "A saga that was rolled back, or could not be, ends in a failure status.",
        "Whoever looks at the status believes that the customer got what they did not.",
    ),
    (
        "ends-in-failure",
        "A saga in which nothing failed ends in success.",
        "Whoever looks at the status does the work again.",
    ),
    (
        "wrong-ending",
        "What could not be finished ends in a failure that the plan names.",
        "Who watches for that name never sees it.",
    ),
    (
        "failure-unnamed",
        "Every Fail state names its error and its cause.",
        "Who is woken by it learns nothing.",
    ),
    (
        "step-left-out",
        "A saga that ends in success has done every step.",
        "The customer gets a message about something that never happened.",
    ),
    (
        "undone-after-pivot",
        "From the pivot on nothing is undone.",
        "The message says both that it was done and that it was rolled back.",
    ),
    (
        "settled-too-early",
        "A saga is not settled while a compensation has given up.",
        "Nothing finishes a settled saga: what was not rolled back stays so.",
    ),
    (
        "never-settled",
        "What a state asserts can hold while no compensation has given up.",
        "It refuses every time: the saga is never settled, whatever was undone.",
    ),
    (
        "not-one-message",
        "Every path reports exactly one outcome.",
        "Others never hear how it ended, or hear it twice.",
    ),
    (
        "untrue-message",
        "The message agrees with what was done.",
        "Others act upon an outcome that is not so.",
    ),
    (
        "no-timeout",
        "Every task has a timeout, and so has the machine.",
        "A lost answer keeps an execution waiting for up to a year.",
    ),
    (
        "not-waited-for",
        "Actions and compensations are waited for until they are done.",
        "One that fails later counts as done: the saga goes on, or has undone nothing.",
    ),
    (
        "timeout-too-short",
        "A task's timeout is longer than its function's, cold start included.",
        "The function goes on after the state has given up: a zombie, which commits after its compensation.",
    ),
    (
        "machine-timeout-too-short",
        "The longest path, with all its retries, ends before the machine's timeout.",
        "The machine is stopped in the middle of a rollback, and nothing can catch that.",
    ),
    (
        "error-cannot-occur",
        "Retriers and catchers name errors that the state can raise.",
        "They look like protection, and protect nothing.",
    ),
    (
        "never-matches",
        "Retriers and catchers stand in an order in which each can match.",
        "What an earlier one takes, a later one never sees.",
    ),
    (
        "read-undefined",
        "Every variable and path that is read is defined on every path to the read.",
        "The execution dies of States.Runtime or of a failed query, where it is not expected.",
    ),
    (
        "result-lost",
        "A result that later states need is kept.",
        "They go on with an older one, or with none.",
    ),
    (
        "secret-leaks",
        "Secret inputs reach no state but those that are allowed them.",
        "Card numbers stay in tables, queues and histories.",
    ),
    (
        "output-lost",
        "A saga that succeeds puts out the fields that its plan names.",
        "Its caller gets something else for an answer.",
    ),
    (
        "kind-changes",
        "A variable holds the same kind of value, and the same fields or none, wherever it is assigned.",
        "What reads it works on one path and dies on another, mostly on that of a failure.",
    ),
    (
        "query-not-clean",
        "An expression that fails shows that an action did nothing only where its arguments assert something.",
        "An error of the definition is reported as the customer's, or one that comes after the work is done.",
    ),
    (
        "never-ends",
        "From every situation some way leads to an end, and a recovery goes round only so often.",
        "The execution goes round until its timeout, and is paid for by the transition.",
    ),
    (
        "unreachable",
        "Every state can be reached.",
        "A state that cannot be reached protects from nothing.",
    ),
    (
        "nobody-recovers",
        "Somebody finishes what no machine can: an execution that times out, is aborted, or cannot catch an error.",
        "The saga stops halfway, without a message.",
    ),
    (
        "taken-over-too-early",
        "Nothing of another execution is undone before it is barred from going on, and what it left running has ended.",
        "It commits what is being undone.",
    ),
    (
        "verdict-ignored",
        "A recovery does what its look asks for: it claims once, looks again only after a refused claim, parks only "
        "what it failed at, and notes that it is done.",
        "It goes round, or gives a person what it could have finished.",
    ),
    (
        "not-parked",
        "What a recovery cannot finish is handed to a person.",
        "Nothing and nobody finishes it.",
    ),
    (
        "plan-unknown-state",
        "The plan and the machine speak of the same states.",
        "What the plan does not describe is not checked.",
    ),
    (
        "too-large",
        "Every situation was looked at.",
        "What was not looked at is not checked.",
    ),
)  # fmt: skip
"""Every rule, by its id."""

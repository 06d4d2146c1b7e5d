"""The rules about a state's Retry and Catch: what they name, in which order, and what is missing."""

from collections.abc import Iterator, Sequence
from typing import Final

from sagalint.definition.errors import (
    ALL,
    QUERY_FAILED,
    TASK_FAILED,
    UNFORESEEN,
    first_match,
    kind_of,
    matches,
    raised_by,
    why_impossible,
)
from sagalint.definition.machine import FORK_TYPES, Machine, State
from sagalint.expressions.jsonata_tree import reads_result
from sagalint.paths.knowledge import Knowledge
from sagalint.paths.roles import Roles
from sagalint.plan import Plan
from sagalint.rules.finding import Finding, Level, Rule, listed

NOT_RETRIED: Final = Rule(
    id="not-retried",
    statement="Compensations, messages and all that comes after the pivot are retried, whatever goes wrong.",
    consequence="A single throttled call leaves the saga half done.",
    fix="Give each a retrier for States.ALL, with a back-off and jitter.",
    level=Level.NOTE,
)
ANSWER_RETRIED: Final = Rule(
    id="answer-retried",
    statement="An error that is an answer (a business error, a refusal) is not retried.",
    consequence="The answer stays the same; the customer waits, and may be declined several times.",
    fix="Put a retrier for the answer with MaxAttempts 0 before the others.",
    level=Level.NOTE,
)
QUERY_NOT_CLEAN: Final = Rule(
    id="query-not-clean",
    statement="An expression that fails shows that an action did nothing only where its arguments assert something.",
    consequence="An error of the definition is reported as the customer's, or one that comes after the work is done.",
    fix="Let the arguments $assert what the input must be, and keep the result as it is.",
)
TRANSIENT_NOT_RETRIED: Final = Rule(
    id="transient-not-retried",
    statement="Errors that pass by themselves are retried.",
    consequence="A service's hiccup undoes a whole saga, or stops it.",
    fix="Let a retrier name them.",
    level=Level.NOTE,
)
ERROR_CANNOT_OCCUR: Final = Rule(
    id="error-cannot-occur",
    statement="Retriers and catchers name errors that the state can raise.",
    consequence="They seem to protect, and do not.",
    fix="Name the error as the service raises it, with its prefix.",
    level=Level.NOTE,
)
NEVER_MATCHES: Final = Rule(
    id="never-matches",
    statement="Retriers and catchers stand in an order in which each can match.",
    consequence="An earlier one takes the error, and the later one never applies.",
    fix="Put names before States.TaskFailed and States.ALL, and States.ALL last.",
    level=Level.NOTE,
)


_SURE: Final = (QUERY_FAILED, "States.Permissions", "States.ParameterPathFailure", "States.ResultPathMatchFailure")
"""Errors that a repeat cannot change, whoever raises them."""


def retries(machine: Machine, plan: Plan, roles: Roles, knowledge: Knowledge) -> Iterator[Finding]:
    """What is wrong in each state's Retry and Catch."""
    for state in machine.everywhere():
        if state.type in ("Task", *FORK_TYPES):
            yield from _names(state, roles, plan)
            asserts = state.name in machine.states and knowledge.asserts(state)
            yield from _retries(state, roles, plan, asserts=asserts)
            yield from _queries(state, roles, asserts=asserts)


def _names(state: State, roles: Roles, plan: Plan) -> Iterator[Finding]:
    """The names in its Retry and Catch: whether each can occur, and match."""
    known = {*roles.answers(state.name), *plan.transient.get(state.name, ())}
    lists = {
        "Retry": [one.errors for one in state.retriers],
        "Catch": [one.errors for one in state.catches],
    }
    for field, entries in lists.items():
        impossible = {
            name: why for names in entries for name in names if (why := _impossible(state, name, known, plan))
        }
        if impossible:
            graver = plan.is_saga and field == "Retry" and _retries_nothing(state)
            yield Finding(
                ERROR_CANNOT_OCCUR,
                (state.name,),
                f"the {field} of {state.name} names {_some([*impossible])}, which it cannot raise: "
                f"{next(iter(impossible.values()))}{', so that nothing is tried again' if graver else ''}",
                f"name the error as {state.name} raises it, or take it away",
                rests_on=("now and then a call fails for a moment, by a throttle for example",) if graver else (),
                cause="nothing is tried again" if graver else "",
                graver=graver,
            )
        taken: list[str] = []
        for position, names in enumerate(entries):
            for name in names:
                if why := _never_first(name, names, taken, last=position == len(entries) - 1):
                    yield Finding(
                        NEVER_MATCHES,
                        (state.name,),
                        f"the {field} of {state.name} names {name}, {why}",
                        f"put it where it can match, or take it away: States.ALL comes last and alone, in a {field}",
                    )
                taken.append(name)


def _retries_nothing(state: State) -> bool:
    """Whether a state cannot raise any of the errors that its retriers name, and so is never tried again."""
    tried = [name for one in state.retriers if one.max_attempts for name in one.errors]
    return bool(tried) and all(why_impossible(state, name) for name in tried)


def _impossible(state: State, name: str, known: set[str], plan: Plan) -> str | None:
    if why := why_impossible(state, name):
        return why
    own = state.type == "Task" and "." not in name and kind_of(state).names_of_its_own
    said = {one for one in known if "." not in one}
    if own and said and name not in said and not plan.guessed:
        return f"the plan knows only {', '.join(sorted(said))} of what its function raises"
    return None


def _never_first(name: str, beside: Sequence[str], taken: Sequence[str], *, last: bool) -> str | None:
    if name == ALL and (len(beside) > 1 or not last):
        return "which must be the only name of the last entry"
    earlier = next(
        (one for one in taken if one == name or (name not in (ALL, TASK_FAILED) and matches(one, name))), None
    )
    if earlier:
        return "which it has named already" if earlier == name else f"which {earlier} before it has matched already"
    return None


def _retries(state: State, roles: Roles, plan: Plan, *, asserts: bool) -> Iterator[Finding]:
    answers = roles.answers(state.name)
    fixed = [error for error in answers if error not in plan.transient.get(state.name, ())]
    for error in dict.fromkeys([*fixed, *([QUERY_FAILED] if asserts else [])]):
        if not _retried(state, error):
            continue
        if error == QUERY_FAILED and error not in answers:
            why = "what it asserts does not change by a repeat"
        else:
            why = "it is an answer, which a repeat cannot change"
        yield Finding(
            ANSWER_RETRIED,
            (state.name,),
            f"{state.name} is tried again when it ends with {error}: {why}",
            f"put a retrier for {error} with MaxAttempts 0 before the others, or name what is to be retried",
        )
    if state.type == "Task":
        yield from _not_retried(state, roles, plan)


def _retried(state: State, error: str) -> bool:
    found = first_match([one.errors for one in state.retriers], error)
    return found is not None and state.retriers[found].max_attempts > 0


def _not_retried(state: State, roles: Roles, plan: Plan) -> Iterator[Finding]:
    """What a task is not tried again for, though it must get done, or though it passes by itself."""
    answers = roles.answers(state.name)
    if plan.hands_over and state.name in roles.undoes:
        return  # what it gives up, the other machine does
    if roles.must_get_done(state.name):
        sure = {*answers, *_SURE}
        missing = [error for error in raised_by(state, answers) if error not in sure and not _retried(state, error)]
        if missing:
            yield Finding(
                NOT_RETRIED,
                (state.name,),
                f"{state.name} must get done, and is not tried again when it ends with {_some(missing)}",
                "give it a retrier for States.ALL, the last one, with a back-off and jitter",
            )
        return
    passing = (*kind_of(state).transient, *plan.transient.get(state.name, ()))
    missing = [error for error in passing if not _retried(state, error)]
    if missing:
        yield Finding(
            TRANSIENT_NOT_RETRIED,
            (state.name,),
            f"{state.name} is not tried again when it ends with {_some(missing)}, which passes by itself",
            f"let a retrier name {_some(missing)}",
        )


def _queries(state: State, roles: Roles, *, asserts: bool) -> Iterator[Finding]:
    """Whether a failed expression can be taken for a clean failure of an action."""
    if state.name not in roles.does or QUERY_FAILED not in roles.answers(state.name):
        return
    after = [name for name in ("Assign", "Output") if reads_result(state.body.get(name))]
    if asserts and not after:
        return
    why = (
        f"its {listed(after)} can fail too, and by then it has done its work"
        if after
        else "its arguments assert nothing, so that only a mistake in them can fail"
    )
    yield Finding(
        QUERY_NOT_CLEAN,
        (state.name,),
        f"{QUERY_FAILED} counts as a clean failure of {state.name}, but {why}",
        f"let the arguments of {state.name} $assert what the input must be, and keep its result as it is",
    )


def _some(names: Sequence[str]) -> str:
    most = 5
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join("an error that nobody foresaw" if one == UNFORESEEN else one for one in names[:most]) + more

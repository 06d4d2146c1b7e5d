"""Checks a learner's machine: reads it, rides the lab's four rides on it, and lets sagalint check every path."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from sagalint.definition.machine import Machine
from sagalint.plan import SagaPlanError
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.rides import LAB_RIDES
from wild_rydes_saga.lab import riding
from wild_rydes_saga.lab.calls import CALLS, check_calls
from wild_rydes_saga.lab.checked import Checked, Item, LintFinding, Mark, RideResult
from wild_rydes_saga.lab.linting import findings_of, plan_for
from wild_rydes_saga.lab.progress import chapters_passed
from wild_rydes_saga.lab.reading import IS_ASL, Definition, read
from wild_rydes_saga.lab.reasons import Judged
from wild_rydes_saga.lab.roles import FAILURE, SUCCESS, Roles
from wild_rydes_saga.lab.text.sentences import label_of
from wild_rydes_saga.lab.verdict import next_step, verdict

LINT: Final = "sagalint"


def check(
    account: Account,
    outputs: Mapping[str, str],
    definition_text: str | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> Checked:
    """Checks a definition. It is put into the learner's machine and stays there, unless it cannot be read.

    Args:
        account: Where the stack is.
        outputs: The stack's outputs.
        definition_text: The definition; what the learner's machine has now if it is None.
        progress: Is given a line for each thing that takes a moment.
    """
    say = progress or (lambda _: None)
    text = riding.current_definition(account, outputs) if definition_text is None else definition_text
    found = read(text, outputs)
    if found.definition is None:
        return _stopped(found.items)
    roles = Roles.of(Machine.read(found.definition.data), outputs)
    items = [*found.items, *check_calls(found.definition, roles, outputs)]
    say("Putting it into start-here")
    if refusal := riding.deploy(account, outputs, found.definition.text):
        return _stopped((*items, Item(name=IS_ASL, mark=Mark.FAILED, sentence=f"AWS refuses it: {refusal}.")))
    ridden = riding.ride_all(account, outputs, lambda state: roles.by_state.get(state) in (SUCCESS, FAILURE), say)
    judged = [Judged(one, roles) for one in ridden]
    say("Checking every path with sagalint")
    findings, lint = _linted(found.definition, roles)
    rides = [one.result for one in judged]
    return _result([*items, *map(_ride_item, rides), lint], judged, rides, findings)


def _result(
    items: Sequence[Item], judged: Sequence[Judged], rides: Sequence[RideResult], findings: Sequence[LintFinding] | None
) -> Checked:
    chapters = chapters_passed(judged, findings)
    result = verdict(chapters, rides, findings)
    return Checked(
        items=tuple(items),
        chapters=chapters,
        rides=tuple(rides),
        findings=tuple(findings or ()),
        verdict=result,
        next_step=next_step(chapters, items, findings, result),
    )


def _ride_item(ride: RideResult) -> Item:
    mark = Mark.PASSED if ride.right else Mark.FAILED
    return Item(name=f"Ride {ride.label}", mark=mark, sentence=f"{ride.sentence[:1].upper()}{ride.sentence[1:]}")


def _linted(definition: Definition, roles: Roles) -> tuple[tuple[LintFinding, ...] | None, Item]:
    """What sagalint finds, None while the machine has not all steps; and the item about it."""
    try:
        plan = plan_for(roles)
    except SagaPlanError as error:
        return None, Item(name=LINT, mark=Mark.FAILED, sentence=f"Its states make no saga: {error}.")
    if plan is None:
        sentence = "Not reached: sagalint needs a machine with each of the five steps, once."
        return None, Item(name=LINT, mark=Mark.NOT_REACHED, sentence=sentence)
    findings = findings_of(definition, plan)
    if not findings:
        return findings, Item(name=LINT, mark=Mark.PASSED, sentence="No path loses or doubles anything.")
    first, count = findings[0], len(findings)
    sentence = f"{count} finding{'' if count == 1 else 's'}. The gravest: {first.sentence}"
    state = first.states[0] if first.states else None
    return findings, Item(name=LINT, mark=Mark.FAILED, sentence=sentence, hint=first.fix, state=state, line=first.line)


def _stopped(items: tuple[Item, ...]) -> Checked:
    """The result for a definition that cannot be ridden."""
    chapters = chapters_passed((), None)
    rest = tuple(Item(name=name, mark=Mark.NOT_REACHED, sentence="Not reached.") for name in _not_reached(items))
    first = next(one for one in items if one.mark is Mark.FAILED)
    where = f"line {first.line}{f', column {first.column}' if first.column else ''}: " if first.line else ""
    return Checked(
        items=(*items, *rest),
        chapters=chapters,
        verdict=f"Not ridden. {where}{first.sentence}",
        next_step=f"{first.hint}, then check again." if first.hint else "correct it, then check again.",
    )


def _not_reached(items: Sequence[Item]) -> Iterator[str]:
    if not any(item.name == CALLS for item in items):
        yield CALLS
    yield from (f"Ride {label_of(ride.customer_id)}" for ride in LAB_RIDES)
    yield LINT

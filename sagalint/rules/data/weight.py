"""How grave it is that a state cannot run: what stops every saga comes first, then what leaves something."""

from dataclasses import replace
from typing import Final

from sagalint.paths.roles import Roles
from sagalint.rules.finding import Finding
from sagalint.rules.refused import REFUSED_BY_AWS
from sagalint.rules.saga.harm import CANNOT_RUN, IN_DOUBT, KEPT, weight
from sagalint.rules.saga.rollbacks import DOUBT_NOT_COMPENSATED

BY_A_CATCH: Final = "a Catch without a ResultPath"
"""The cause of all that an error has replaced."""
_BY_A_RESULT: Final = "results without a ResultPath"
"""The cause of all that the result of a service has replaced, which is known not to have it."""
_NO_PATH: Final = "States.ParameterPathFailure"


def weighed(finding: Finding, roles: Roles, reader: str, failed: str | None) -> Finding:
    """A finding about a state that fails of its own, sorted among those about what nothing undoes if it does so.

    If it fails in every saga, with no error before, that comes first: what else is found is on ways never taken.

    Args:
        finding: The finding.
        roles: The parts of the states.
        reader: The state that cannot run.
        failed: The state that has failed before; None if none has.
    """
    if not any(moment.errors for moment in finding.story) and _chosen_by_none(finding, roles):
        finding = first_of_all(finding, roles)
    left = [action for action in _left_by(roles, reader) if action != failed]
    if left:
        return replace(finding, weighs_as=DOUBT_NOT_COMPENSATED.id, gravity=weight(KEPT, left, CANNOT_RUN))
    if reader in roles.undoes and failed:
        return replace(finding, weighs_as=DOUBT_NOT_COMPENSATED.id, gravity=weight(IN_DOUBT, [failed], CANNOT_RUN))
    return finding


def caused_by_results(finding: Finding) -> Finding:
    """A finding of what the known result of a service has replaced; all those that stop every saga are one fault."""
    return replace(finding, cause=_BY_A_RESULT) if finding.weighs_as == REFUSED_BY_AWS.id else finding


def first_of_all(finding: Finding, roles: Roles) -> Finding:
    """A finding that needs no failure, sorted before all others if every way to success comes to its states.

    Of several, that with the shortest story comes first: the others are not come to.
    """
    if all(_on_every_way(name, roles) for name in finding.states):
        return replace(finding, weighs_as=REFUSED_BY_AWS.id, gravity=1 + len(finding.story))
    return finding


def _chosen_by_none(finding: Finding, roles: Roles) -> bool:
    """Whether what is missing is missing whatever a Choice has chosen: a state has replaced it, or none has chosen."""
    chose = any(roles.layout.states[moment.state].type == "Choice" for moment in finding.story[:-1])
    return len(finding.states) > 1 or not chose


def _on_every_way(name: str, roles: Roles) -> bool:
    """Whether no way leads to success past a state, while no error happens."""
    machine = roles.layout.machine
    outermost = (name, *roles.layout.forks_around(name))[-1]
    seen = {outermost, *roles.turns_back, *roles.undoes}
    to_do = [machine.start]
    while to_do:
        one = to_do.pop()
        if one in seen:
            continue
        seen.add(one)
        state = machine.states[one]
        if state.type == "Succeed" or any(way.target is None for way in state.onward):
            return False
        to_do.extend(way.target for way in state.onward if way.target)
    return True


def _left_by(roles: Roles, reader: str) -> list[str]:
    """The actions that a state, or what would follow it, undoes, where it belongs to a rollback."""
    layout = roles.layout
    if reader in layout.way_forward:
        return []
    follows = {reader}
    if layout.taker(layout.states[reader], _NO_PATH).owner is None:
        for name in (reader, *layout.forks_around(reader)):
            follows |= layout.places[name].branch.reached(name)
    steps = dict.fromkeys(step for name in follows for step in roles.undoes.get(name, ()))
    return [roles.plan.steps[step].action for step in steps]

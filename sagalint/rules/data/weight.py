"""How grave it is that a state of a rollback cannot run: as grave as what it leaves standing."""

from dataclasses import replace

from sagalint.paths.roles import Roles
from sagalint.rules.finding import Finding
from sagalint.rules.saga.harm import CANNOT_RUN, IN_DOUBT, KEPT, weight
from sagalint.rules.saga.rollbacks import DOUBT_NOT_COMPENSATED

_NO_PATH = "States.ParameterPathFailure"


def weighed(finding: Finding, roles: Roles, reader: str, failed: str | None) -> Finding:
    """A finding about a state that fails of its own, sorted among those about what nothing undoes if it does so.

    Args:
        finding: The finding.
        roles: The parts of the states.
        reader: The state that cannot run.
        failed: The state that has failed before; None if none has.
    """
    left = [action for action in _left_by(roles, reader) if action != failed]
    if left:
        return replace(finding, weighs_as=DOUBT_NOT_COMPENSATED.id, gravity=weight(KEPT, left, CANNOT_RUN))
    if reader in roles.undoes and failed:
        return replace(finding, weighs_as=DOUBT_NOT_COMPENSATED.id, gravity=weight(IN_DOUBT, [failed], CANNOT_RUN))
    return finding


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

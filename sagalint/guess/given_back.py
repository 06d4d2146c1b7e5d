"""What a machine takes for as long as it works, and gives back in the end: a lock, a cluster, what it stops."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sagalint.definition.errors import ALL
from sagalint.definition.naming.task_kinds import builds_resources, clears_away
from sagalint.definition.naming.words import LITTLE_WORDS, stems, words
from sagalint.guess.course import Course
from sagalint.guess.vocabulary import SAYS_NO_THING, releases

_GIVES_BACK: Final[Mapping[str, str]] = {
    "stop shutdown halt": "start restart launch resume reboot",
    "pause suspend": "resume unpause unsuspend start restart reactivate",
    "disable": "enable reenable",
    "deactivate": "activate reactivate",
    "freeze": "unfreeze thaw",
    "quiesce": "unquiesce resume",
    "drain cordon": "undrain uncordon resume activate enable",
    "detach": "attach reattach",
    "disconnect": "connect reconnect",
    "deregister unregister": "register reregister",
    "down": "up",
    "block": "unblock allow",
}
"""By verbs that interrupt a service, those that let it go on."""
_OUT_OF: Final = stems("fleet rotation balancer pool target elb alb nlb")
"""What something is taken out of that it serves in: `RemoveFromFleet`."""
_MODES: Final = stems("maintenance readonly quiesced")
"""What something is in that does not serve: `EnableMaintenanceMode`."""
_VERBS: Final = tuple((stems(takes), stems(back)) for takes, back in _GIVES_BACK.items())
_OUT_VERBS: Final = (stems("remove take withdraw"), stems("add put return restore"))
_MODE_VERBS: Final = (stems("enable enter start begin activate on"), stems("disable exit leave end stop finish off"))


def interrupts(action: str, candidate: str) -> bool:
    """Whether a name says that a state takes something out of service, and another's that this one brings it back."""
    done, undone = words(action).keys(), words(candidate).keys()
    shared = done & undone - SAYS_NO_THING - LITTLE_WORDS
    pairs = [*_VERBS, *([_OUT_VERBS] if shared & _OUT_OF else []), *([_MODE_VERBS] if shared & _MODES else [])]
    return any(done & takes and undone & back and shared - takes - back for takes, back in pairs)


class GivenBack:
    """Finds the tasks that take something until the end, and those that give it back there."""

    def __init__(self, course: Course, tasks: Sequence[str]) -> None:
        self._course = course
        self._last = {name: last for name in tasks if (last := self._last_of(name))}
        self.left: Mapping[str, str] = {
            name: last[0] for name, last in self._last.items() if self._matters(name) and self._is_left(name, last)
        }
        """By task whose work somebody misses or pays for when a later failure leaves it, the one that gives it back."""
        self.no_actions = frozenset(one for name, last in self._last.items() for one in (name, *last)) - {*self.left}
        """The tasks that need no undoing: what they take is given back, or is missed by nobody."""

    def _last_of(self, name: str) -> tuple[str, ...]:
        """The tasks after it, and not before it in a loop, that give back what it takes."""
        later = self._course.leads_to(self._course.onward(name), caught=False)
        after = self._course.tasks[self._course.tasks.index(name) + 1 :]
        return tuple(one for one in after if one in later and _gives_back(name, one) and not clears_away(one))

    def _matters(self, name: str) -> bool:
        costs = builds_resources(self._course.states[name])
        return costs or any(interrupts(name, one) for one in self._last[name])

    def _is_left(self, name: str, last: Collection[str]) -> bool:
        """Whether a failure after a task, and before what gives it back in the end, leads to nothing that does."""
        course = self._course
        back = [one for one in course.states if _gives_back(name, one)]
        between = course.leads_to(course.onward(name), caught=False, stop_at=last) - {*last}
        return any(
            not any(ALL in way.errors for way in course.caught(one))
            or any(course.leads_to([str(way.target)]).isdisjoint(back) for way in course.caught(one))
            for one in between
            if course.states[one].type == "Task"
        )


def _gives_back(action: str, candidate: str) -> bool:
    return releases(action, candidate) or interrupts(action, candidate)

"""What a machine takes for as long as it works, and gives back in the end: a lock, a cluster, what it stops."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from sagalint.definition.errors import ALL
from sagalint.definition.naming.called import called_operation
from sagalint.definition.naming.task_kinds import TaskKind, builds_resources, clears_away, kind_of_task
from sagalint.definition.naming.words import LITTLE_WORDS, stems, words
from sagalint.guess.course import Course
from sagalint.guess.vocabulary import SAYS_NO_THING, releases

GIVES_BACK: Final[Mapping[str, str]] = {
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
_VERBS: Final = tuple((stems(takes), stems(back)) for takes, back in GIVES_BACK.items())
_OUT_VERBS: Final = (stems("remove take withdraw"), stems("add put return restore"))
_MODE_VERBS: Final = (stems("enable enter start begin activate on"), stems("disable exit leave end stop finish off"))
_TAKES: Final = frozenset().union(*(takes for takes, _ in (*_VERBS, _OUT_VERBS, _MODE_VERBS)))
_REMOVES: Final = stems("delete destroy drop remove terminate")
_MAKES_AGAIN: Final = stems("restore recreate rebuild")
_MAKES: Final = stems("create provision launch")
_MISSED: Final = stems("db database cluster instance environment server volume")
"""What is missed from when it is removed until it is made again."""


def _interrupts(action: str, candidate: str) -> bool:
    """Whether a name says that a state takes something out of service, and another's that this one brings it back."""
    if words(action).keys().isdisjoint(_TAKES):
        return False
    shared = _shared(action, candidate)
    pairs = [*_VERBS, *([_OUT_VERBS] if shared & _OUT_OF else []), *([_MODE_VERBS] if shared & _MODES else [])]
    return any(_say(action, candidate, *pair) for pair in pairs)


def _replaces(action: str, candidate: str) -> bool:
    """Whether a name says that a state removes something, and another's that this one makes it again."""
    if words(action).keys().isdisjoint(_REMOVES):
        return False
    again = _say(action, candidate, _REMOVES, _MAKES_AGAIN)
    return again or (bool(_shared(action, candidate) & _MISSED) and _say(action, candidate, _REMOVES, _MAKES))


def _shared(action: str, candidate: str) -> set[str]:
    return words(action).keys() & words(candidate).keys() - SAYS_NO_THING - LITTLE_WORDS


def _say(action: str, candidate: str, takes: frozenset[str], back: frozenset[str]) -> bool:
    """Whether two names have two verbs, and speak of the same thing or of none."""
    done, undone = words(action).keys(), words(candidate).keys()
    only_verbs = done <= takes and undone <= back
    return bool(done & takes and undone & back) and (only_verbs or bool(_shared(action, candidate) - takes - back))


Speak = Callable[[str, str], bool]
"""Whether two names say that one state takes something, and the other gives it back or makes it again."""


class GivenBack:
    """Finds the tasks that take something until the end, and those that give it back there."""

    def __init__(self, course: Course, tasks: Sequence[str]) -> None:
        self._course = course
        self._called = {name: called_operation(state) for name, state in course.states.items()}
        self._last = {name: last for name in tasks if (last := self._after(name, _gives_back))}
        kept = {name: why for name in tasks if (why := self._why_left(name))}
        self.left: Mapping[str, str] = kept
        """By task whose work somebody misses or pays for when a later failure leaves it, how that is said."""
        self.no_actions = frozenset(one for name, last in self._last.items() for one in (name, *last)) - {*kept}
        """The tasks that need no undoing: what they take is given back, or is missed by nobody."""

    def _after(self, name: str, speak: Speak) -> tuple[str, ...]:
        """The tasks after one, and in a loop not before it, whose names say what they do with what it does."""
        course = self._course
        later = course.leads_to(course.onward(name), caught=False)
        first = course.tasks[: course.tasks.index(name) + 1]
        return tuple(
            one
            for one in course.tasks
            if one in later
            and (one not in first or name not in course.leads_to([one], caught=False))
            and self._fits(name, one, speak)
            and not clears_away(one)
        )

    def _fits(self, name: str, other: str, speak: Speak) -> bool:
        """Whether names say so of two states, or the operations of AWS that they call."""
        if not speak(name, other) and not speak(self._called[name], self._called[other]):
            return False
        state = self._course.states[other]
        return state.type != "Task" or kind_of_task(state) not in (TaskKind.LOOKS, TaskKind.TELLS)

    def _why_left(self, name: str) -> str:
        if (last := self._last.get(name)) and self._matters(name) and self._is_left(name, last, _gives_back):
            return f"{last[0]} is to undo {name} whatever fails, and not only when all goes well"
        again = () if clears_away(name) else self._after(name, _replaces)
        if again and self._is_left(name, again, _replaces, by_last=True):
            return f"what {name} removes is missed until {again[0]} has made it again"
        return ""

    def _matters(self, name: str) -> bool:
        costs = builds_resources(self._course.states[name])
        return costs or any(self._fits(name, one, _interrupts) for one in self._last[name])

    def _is_left(self, name: str, last: Collection[str], speak: Speak, *, by_last: bool = False) -> bool:
        """Whether a failure after a task leads to nothing that gives back what it took, or makes it again.

        Args:
            name: The task.
            last: What gives it back, or makes it again, when all goes well.
            speak: Whether the names of two states say that.
            by_last: Whether a failure of the last ones counts, too. It does for what is removed: it could be kept
                until the new one is there. What is stopped can only be started, and that tried again.
        """
        course = self._course
        back = [one for one in course.states if self._fits(name, one, speak)]
        between = course.leads_to(course.onward(name), caught=False, stop_at=last)
        tasks = [one for one in between if course.states[one].type == "Task" and (by_last or one not in last)]
        return any(course.states[one].type == "Fail" for one in between) or any(
            not any(ALL in way.errors for way in course.caught(one))
            or any(course.leads_to([str(way.target)], stop_at=[name]).isdisjoint(back) for way in course.caught(one))
            for one in tasks
        )


def _gives_back(action: str, candidate: str) -> bool:
    return releases(action, candidate) or _interrupts(action, candidate)

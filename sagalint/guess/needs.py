"""Which actions need undoing though nothing in the machine undoes them, and what that rests on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sagalint.definition.naming.called import called_function, called_operation
from sagalint.definition.naming.task_kinds import (
    OPENING,
    TaskKind,
    builds_resources,
    leaves_something,
    moves_money,
    only_shows,
    opens_for_somebody,
)
from sagalint.definition.naming.translations import in_script_of_its_own
from sagalint.definition.naming.words import stems, words
from sagalint.guess.course import Course, Trouble
from sagalint.guess.pairs.evidence import takes_away_a_whole
from sagalint.guess.pairs.pairing import Pair
from sagalint.guess.vocabulary import SAYS_NO_THING, changes_something, says_to_undo

NO_ACTIONS: Final = (TaskKind.LOOKS, TaskKind.LOCKS, TaskKind.TELLS)
SURE: Final = "it moves money"
_BRINGS: Final = stems(
    "create provision allocate register enroll activate launch deploy promote attach subscribe switch failover"
)
_SHORT_LIVED: Final = stems(
    "file message job task request url link token event log query batch plan image table view config configuration "
    "setting model"
)
"""What is made on the way, and is not missed afterwards."""


class Needs:
    """Asks of each action without a compensation whether it needs one."""

    def __init__(
        self,
        course: Course,
        actions: Sequence[str],
        kinds: Mapping[str, TaskKind],
        pairs: Mapping[str, Pair],
        left: Mapping[str, str],
    ) -> None:
        """Takes what is known of a machine.

        Args:
            course: Its course.
            actions: Its actions.
            kinds: What each task seems to do.
            pairs: By action, its compensations.
            left: By action, why what it takes is missed after a failure; see `GivenBack`.
        """
        self._course = course
        self._actions = actions
        self._kinds = kinds
        self._pairs = pairs
        self._left = left
        self._undoing = frozenset(name for pair in pairs.values() for name in pair.compensations)

    def undoing(self, name: str, kind: TaskKind) -> tuple[str, ...]:
        """What it rests on that an action without a compensation needs one; empty if it needs none."""
        if why := self._left.get(name):
            return (why,)
        needs = f"{name} needs undoing"
        followed = self._is_followed(name)
        if not self._pairs:
            return (needs,) if self._is_left_half_done(name, kind, followed=followed) else ()
        if kind is TaskKind.MOVES:
            caught = not self._undoing.isdisjoint(
                self._course.leads_to(one.target for one in self._course.troubles(name))
            )
            return (SURE,) if moves_money(name) and (followed or caught) else (needs,) if followed else ()
        return (needs,) if kind is TaskKind.CHANGES and followed and self._has_effect(name) else ()

    def _is_left_half_done(self, name: str, kind: TaskKind, *, followed: bool) -> bool:
        """Whether a machine without compensations leaves something standing that clearly matters to somebody."""
        moves = kind is TaskKind.MOVES and moves_money(name)
        leaves = leaves_something(name) or builds_resources(self._course.states[name])
        if (moves or leaves) and self._is_denied(name):
            return True
        if leaves and self._is_followed(name, by_notes=False):
            return True
        after = [one for one in self._actions if self._can_follow(name, one)]
        if self._opens(name) and any(self._is_clear(one) or self._goes_on_with(name, one) for one in after):
            return True
        if self._brings_about(name) and any(map(self._brings_about, after)):
            return True
        return followed and (moves or in_script_of_its_own(name))

    def _is_clear(self, name: str) -> bool:
        """Whether an action clearly does something that somebody has, or pays for."""
        moves = self._kinds[name] is TaskKind.MOVES and moves_money(name)
        return moves or leaves_something(name) or self._opens(name)

    def _spoken(self, name: str) -> tuple[str, str]:
        """What says what a task does: its name, and the operation of AWS that it calls."""
        return name, called_operation(self._course.states[name])

    def _opens(self, name: str) -> bool:
        return any(map(opens_for_somebody, self._spoken(name)))

    def _brings_about(self, name: str) -> bool:
        return any(map(_brings_about, self._spoken(name)))

    def _goes_on_with(self, name: str, other: str) -> bool:
        """Whether another action speaks of what one has opened: `AddUserToGroup`, `WritePolicyToStore`."""
        things = [{stem for one in self._spoken(it) for stem in words(one)} for it in (name, other)]
        return bool(things[0] & things[1] - SAYS_NO_THING - OPENING)

    def undone_in_name_by(self, name: str) -> str | None:
        """A Pass that failures lead to and that is called as if it undid an action: it does nothing."""
        led = self._course.leads_to(way.target for way in self._troubles_from(name))
        named = (one for one in self._course.aside if one in led and self._course.states[one].type == "Pass")
        return next((one for one in named if says_to_undo(name, one, self._actions)), None)

    def _has_effect(self, name: str) -> bool:
        """Whether something says that an action has an effect of its own: a word of its name, or a rollback's.

        A word that no list knows says nothing: `Login`. What is done on a cluster goes when the cluster goes.
        """
        if in_script_of_its_own(name):
            return True
        if only_shows(name):
            return False
        spoken = (*self._spoken(name), called_function(self._course.states[name]))
        effect = builds_resources(self._course.states[name]) or any(map(changes_something, spoken))
        on_a_whole = not leaves_something(name) and self._is_done_on_a_whole(name)
        return (effect and not on_a_whole) or self._is_named_by_a_rollback(name)

    def _is_done_on_a_whole(self, name: str) -> bool:
        """Whether all that a failure after it undoes is what it is done on, such as a cluster."""
        after = self._undoing & self._course.leads_to([name])
        before = [one for one, pair in self._pairs.items() if after & {*pair.compensations}]
        return bool(before) and all(
            takes_away_a_whole(one, after & {*self._pairs[one].compensations})
            and name in self._course.leads_to(self._course.onward(one), caught=False)
            for one in before
        )

    def _is_named_by_a_rollback(self, name: str) -> bool:
        """Whether what a failure after it leads to has a word of its name that no undone action has."""
        others = {word for one in self._pairs for word in words(one)}
        own = words(name).keys() - others - SAYS_NO_THING
        led = self._course.leads_to(way.target for way in self._troubles_from(name)) & self._undoing
        return any(own & words(one).keys() for one in led)

    def _troubles_from(self, name: str) -> Iterator[Trouble]:
        for one in self._course.tasks:
            if one == name or self._can_follow(name, one):
                yield from self._course.troubles(one)

    def _is_followed(self, name: str, *, by_notes: bool = True) -> bool:
        """Whether another action does not come before it: one that can fail when it is done.

        Args:
            name: The action.
            by_notes: Whether a note of how far the machine is counts as one, where nothing catches it.
        """
        others = [one for one in self._actions if one != name and self._can_stop(one)]
        others = [one for one in others if by_notes or self._kinds[one] is not TaskKind.NOTES]
        refused = any(not trouble.errors for trouble in self._course.troubles(name))
        later = self._course.leads_to(self._course.onward(name), caught=False) - {*self._course.forward}
        return bool(refused or later) or any(self._can_follow(name, one) for one in others)

    def _is_denied(self, name: str) -> bool:
        """Whether a message or a check after an action ends the execution as failed by a Catch of its own.

        One that nothing catches leaves the action done, and only the report of it missing: that passes.
        """
        after = self._course.leads_to(self._course.onward(name), caught=False)
        return self._course.catches_into_failure(
            one for one in self._course.tasks if one in after and self._kinds[one] in NO_ACTIONS
        )

    def _can_follow(self, name: str, other: str) -> bool:
        """Whether an action can fail when another one is done: it is not always before it, nor instead of it."""
        if name in self._course.leads_to([other], caught=False):
            return False
        return other in self._course.leads_to([name]) or self._course.at_once(name, other)

    def _can_stop(self, name: str) -> bool:
        """Whether a task that fails leaves the rest undone; a note of how far it is only where nothing catches it."""
        noted = self._kinds[name] is TaskKind.NOTES
        return not noted or (not self._pairs and not self._course.caught(name))


def _brings_about(name: str) -> bool:
    """Whether a name begins with a verb of making something that stays: `CreateSegment`, not `CreateReport`."""
    said = [*words(name)]
    return bool(said) and said[0] in _BRINGS and not only_shows(name) and said[-1] not in _SHORT_LIVED

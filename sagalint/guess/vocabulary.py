"""What names say of undoing: which verbs undo which, what is about a failure, what rolls back everything."""

from collections.abc import Mapping, Sequence
from typing import Final

from sagalint.definition.naming.task_kinds import LOOK_NOUNS, moves_money, only_shows
from sagalint.definition.naming.words import FAILS, LITTLE_WORDS, stem_of, stems, what_of, words

Evidence = tuple[float, str]
"""What a ground is worth, and how it is said."""

_OPENS: Final = stems("register create open begin start place submit record put save add initiate accept process")
_CHANGE: Final = "update"
_CHANGES: Final = stems(_CHANGE)
_STATUS: Final = stem_of("status")
_SUCCESS: Final = stems("success succeeded")
_UNDOES_ANYTHING: Final = stems("undo revert rollback roll compensate compensation")
SAYS_NO_THING: Final = stems(
    "all everything saga transaction order process workflow change step booking trip back handler function lambda "
    "task state action compensation rollback undo request purchase"
)
"""Words that a name can have whatever it is about."""
_UNDOES: Final[Mapping[str, frozenset[str]]] = {
    **{stem_of(undo): _OPENS for undo in ("status", "fail", "reject", "abort", "decline")},
    **{
        stem_of(undo): stems(done)
        for undo, done in {
            "refund": "charge pay process take capture bill collect debit purchase",
            "release": "reserve hold lock allocate block acquire claim authorize authorise assign",
            "cancel": "book reserve order place create schedule request start ship subscribe rent make issue hire",
            "debit": "credit deposit",
            "credit": "debit withdraw charge",
            "reverse": "credit debit charge transfer post apply process pay",
            "delete": "create add insert put register save write store upload provision",
            "remove": "create add insert put register save write store attach assign",
            "unregister": "register",
            "deregister": "register",
            "void": "authorize authorise charge issue invoice register create capture",
            "close": "open register create",
            "revert": "process update apply",
            "withdraw": "deposit submit offer",
            "return": "reserve deduct decrease take remove borrow",
            "restock": "reserve deduct decrease take remove pick",
            "restore": "deduct decrease remove delete update",
            "increase": "decrease deduct reserve",
            "decrease": "increase",
            "increment": "decrement",
            "decrement": "increment",
            "detach": "attach",
            "stop": "start launch",
            "terminate": "start launch create provision",
            "deprovision": "provision",
            "cleanup": "deploy create provision launch migrate",
            "teardown": "deploy create provision launch",
            "destroy": "deploy create provision launch",
            "disable": "enable",
            "unblock": "block hold reserve",
            "unlock": "lock hold reserve",
            "revoke": "grant issue",
            "update": _CHANGE,
        }.items()
    },
}
_CHANGES_TOO: Final = stems(
    "setup install configure activate move switch set change modify dispatch deliver fulfil fulfill seed share copy "
    "apply migrate sell"
)
"""Verbs of a change that no verb of undoing is the opposite of."""
_SAYS_LITTLE: Final = stems("process record save put request order book authorize authorise initiate begin accept")
"""Words that can be undone, and that name as well what only looks or notes."""
_PAYS_BACK: Final = stems("credit debit deposit withdraw")
_MONEY_BACK: Final = stem_of("refund")
_CLEARLY_UNDOES: Final = _UNDOES_ANYTHING | stems(
    "refund release cancel reverse void unregister deregister restock revoke unlock unblock unassign"
)
_ALSO_THINGS: Final = stems(
    "order book request place hold issue rent ship process charge credit debit deposit transfer"
)
_FAULTS: Final = frozenset(["failure", "failures", "error", "errors"])
"""Nouns that say why something is undone, and not what: `CompensateTechnicalFailure`."""
_HAS_FAILED: Final = ("failed", "fails", "incomplete", "unsuccessful")
_TROUBLE: Final = _FAULTS | frozenset([*_HAS_FAILED, "alert", "alarm", "escalate", "escalation", "notify"])
"""Words of a name that reports that a rollback has failed."""
_REFUSES: Final = frozenset(("reject", "decline", "abort"))
"""Verbs by which a state refuses what another has opened, in the form in which they say that it does so."""
_CLEANS: Final = stems("cleanup clean cleaning tidy teardown tear up down delete remove destroy terminate resource and")
"""What a state is called that clears away whatever is there."""
_HANDLES: Final = stems("handle handler error exception fallback dlq")
_NEGATIONS: Final = ("un", "de", "dis")


def undoes_by_name(name: str) -> bool:
    """Whether the name alone says that a state undoes something."""
    return not _CLEARLY_UNDOES.isdisjoint(what_of(name))


def undoes_anything(name: str) -> bool:
    """Whether the name says that a state rolls something back, whatever it is, and not that this has failed."""
    return not _UNDOES_ANYTHING.isdisjoint(words(name)) and not _reports_trouble(name)


def _reports_trouble(name: str) -> bool:
    """Whether a name says that something has failed, or that somebody is to hear of it: `CompensationFailed`."""
    return not _TROUBLE.isdisjoint(words(name).values())


def fails_by_name(name: str) -> bool:
    """Whether the name says that a state is about a failure, and of none that success goes past.

    What is failing is where the work begins: `ListInstancesOnFailingHost`.
    """
    said = {stem for stem, word in words(name).items() if word != "failing"}
    return not FAILS.isdisjoint(said) and _SUCCESS.isdisjoint(said)


def only_reports_failure(action: str, candidate: str) -> bool:
    """Whether a name says no more than that an action has failed: `ShipFailed` after `ShipParcel`.

    `RejectOrder` says more after `CreateOrder`: it closes what that has opened.
    """
    said = what_of(candidate).keys()
    refuses = not _REFUSES.isdisjoint(words(candidate).values()) and not _OPENS.isdisjoint(_does(action))
    return not FAILS.isdisjoint(said) and said - FAILS <= words(action).keys() and not refuses


def rolls_back_everything(name: str, actions: Sequence[str]) -> bool:
    """Whether the name says that a state undoes whatever was done: `Rollback`, `UndoAll`, and nothing of one action."""
    said = words(name).keys()
    things = said - _UNDOES_ANYTHING - SAYS_NO_THING
    if _reports_trouble(name):
        return False
    return bool(_UNDOES_ANYTHING & said) and not any(things & words(action).keys() for action in actions)


def undoes_a_look(name: str) -> bool:
    """Whether a name says that a state takes back what only looked: `RollbackValidation`."""
    return words(name).keys() - _UNDOES_ANYTHING <= LOOK_NOUNS


def cleans_up(name: str, actions: Sequence[str]) -> bool:
    """Whether a name says that a state clears away what was done, and of none what: `CleanUpEverything`."""
    said = words(name)
    things = said.keys() - _CLEANS - SAYS_NO_THING - FAILS
    return bool(_CLEANS & said.keys()) and not any(things & words(action).keys() for action in actions)


def speaks_of_one(name: str, actions: Sequence[str]) -> bool:
    """Whether a name that could be of everything has a word of one action alone: `RollbackBooking`, of several."""
    return any(sum(said in words(one) for one in actions) == 1 for said in words(name).keys() - _UNDOES_ANYTHING)


def _does(action: str) -> frozenset[str]:
    """The words of an action that can be its verb: an order is a thing, unless the name begins with it."""
    said = [*what_of(action)]
    return frozenset(word for word in said if word not in _ALSO_THINGS or word in (said[0], said[-1]))


def changes_something(name: str) -> bool:
    """Whether a name has a verb that some other verb undoes, or one that says that something is changed."""
    undone = frozenset().union(*_UNDOES.values()) - _SAYS_LITTLE
    return not only_shows(name) and bool(_does(name) & (undone | _CHANGES_TOO))


def undoing_failed(name: str) -> bool:
    """Whether a name says no more than that what undoes something has failed: `CleanupFailed`, `RefundFailed`."""
    said = words(name)
    if not said or [*said.values()][-1] not in _HAS_FAILED:
        return False
    return said.keys() - FAILS - stems(" ".join(_HAS_FAILED)) <= _CLEARLY_UNDOES | _CLEANS


def gives_back(name: str) -> bool:
    """Whether a name has a verb that undoes something, and does not only note that it failed."""
    return not undoing_failed(name) and any(
        one in _UNDOES_ANYTHING or _UNDOES.get(one, _OPENS) not in (_OPENS, _CHANGES) for one in what_of(name)
    )


def handles_errors(name: str) -> bool:
    """Whether a name says that a state deals with whatever error."""
    return bool(_HANDLES & words(name).keys()) and not gives_back(name)


def speaks_of_undoing(action: str, candidate: str) -> bool:
    """Whether a verb of a candidate undoes a verb of an action."""
    undone = what_of(candidate)
    anything = _UNDOES_ANYTHING & undone.keys() and undone.keys() & what_of(action).keys()
    by_verb = any(_UNDOES.get(undo, frozenset()) & _does(action) for undo in undone)
    return (
        bool(anything)
        or by_verb
        or any(
            said in [f"{one}{word}" for one in _NEGATIONS for word in words(action).values()]
            for said in undone.values()
        )
    )


def releases(action: str, candidate: str) -> bool:
    """Whether a name says that a state gives back what another has taken, of the same kind of thing."""
    done, undone = what_of(action), what_of(candidate)
    verbs = undone.keys() - _PAYS_BACK - stems(_CHANGE)
    takes_back = [undo for undo in verbs if _UNDOES.get(undo, _OPENS) is not _OPENS]
    return bool(done.keys() & undone.keys() - SAYS_NO_THING) and any(_UNDOES[undo] & done.keys() for undo in takes_back)


def alike(action: str, candidate: str, actions: Sequence[str]) -> list[Evidence]:
    """What the names of an action and of a candidate say for the pair."""
    done, undone, verbs = what_of(action), what_of(candidate), _does(action)
    shared = [
        stem for stem in done if stem in undone and stem not in FAILS and stem not in _CLEARLY_UNDOES | LITTLE_WORDS
    ]
    nouns = min(2.0, sum(1 / sum(stem in words(one) for one in actions) for stem in shared))
    found = [(nouns, f"both speak of {' and '.join(repr(done[stem]) for stem in shared)}")] if shared else []
    for undo, said in sorted(undone.items(), key=lambda one: one[0] == _STATUS):
        if said in _FAULTS:
            continue
        if pair := next((stem for stem in done if stem in _UNDOES.get(undo, ()) and stem in verbs - {undo}), None):
            if _UNDOES[undo] == _OPENS:
                worth, how = 2.0, f"{said!r} closes what {done[pair]!r} opens"
            else:
                worth, how = 3.0, f"{said!r} undoes {done[pair]!r}"
            alone = 2.0 if undo == _MONEY_BACK and moves_money(action) else 1.0
            return [*found, (worth if shared else alone, how)]
        if negated := next((word for word in done.values() if said in [f"{one}{word}" for one in _NEGATIONS]), None):
            return [*found, (3.0, f"{said!r} undoes {negated!r}")]
        if undo in _UNDOES_ANYTHING and shared:
            return [*found, (2.0, f"{said!r} undoes anything")]
    return found


def says_to_undo(action: str, name: str, actions: Sequence[str]) -> bool:
    """Whether a name says clearly, as an order, that a state undoes an action: `RefundCard`, and not `CardRefunded`."""
    verbs = [word for stem, word in what_of(name).items() if _UNDOES.get(stem, _OPENS) not in (_OPENS, _CHANGES)]
    done = any(word.endswith("ed") for word in verbs) or _reports_trouble(name)
    found = alike(action, name, actions)
    pays_back = _MONEY_BACK in words(name) and moves_money(action) and not found[1:]
    return bool(verbs) and not done and (len(found) > 1 or pays_back)

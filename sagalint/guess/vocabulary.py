"""What names say of undoing: which verbs undo which, what is about a failure, what rolls back everything."""

from collections.abc import Mapping, Sequence
from typing import Final

from sagalint.guess.names import stem_of, stems, words

Evidence = tuple[float, str]
"""What a ground is worth, and how it is said."""

_OPENS: Final = stems("register create open begin start place submit record put save add initiate accept new process")
_STATUS: Final = stem_of("status")
_FAILS: Final = stems(
    "fail failed failure reject rejected decline declined abort aborted error incomplete unsuccessful"
)
_UNDOES_ANYTHING: Final = stems("undo revert rollback roll compensate compensation")
_EVERYTHING: Final = stems(
    "all everything saga transaction order process workflow change step booking trip back handler function lambda "
    "task state action compensation rollback undo request purchase"
)
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
            "disable": "enable",
            "revoke": "grant issue",
            "update": "update",
        }.items()
    },
}
_CLEARLY_UNDOES: Final = _UNDOES_ANYTHING | stems(
    "refund release cancel reverse void unregister deregister restock revoke unlock unblock unassign"
)
_NEGATIONS: Final = ("un", "de", "dis")


def undoes_by_name(name: str) -> bool:
    """Whether the name alone says that a state undoes something."""
    return not _CLEARLY_UNDOES.isdisjoint(words(name))


def fails_by_name(name: str) -> bool:
    """Whether the name says that a state is about a failure."""
    return not _FAILS.isdisjoint(words(name))


def rolls_back_everything(name: str) -> bool:
    """Whether the name says that a state undoes whatever was done: `Rollback`, `UndoAll`."""
    said = words(name).keys()
    return bool(_UNDOES_ANYTHING & said) and said <= _UNDOES_ANYTHING | _EVERYTHING


def releases(action: str, candidate: str) -> bool:
    """Whether a name says that a state gives back what another has taken, of the same kind of thing."""
    done, undone = words(action), words(candidate)
    takes_back = [undo for undo in undone if _UNDOES.get(undo, _OPENS) is not _OPENS and undo != stem_of("update")]
    return bool(done.keys() & undone.keys() - _EVERYTHING) and any(_UNDOES[undo] & done.keys() for undo in takes_back)


def alike(action: str, candidate: str, actions: Sequence[str]) -> list[Evidence]:
    """What the names of an action and of a candidate say for the pair."""
    done, undone = words(action), words(candidate)
    shared = [
        stem
        for stem in done
        if stem in undone and stem not in _FAILS and stem not in _CLEARLY_UNDOES and stem not in ("set", "and", "the")
    ]
    nouns = min(2.0, sum(1 / sum(stem in words(one) for one in actions) for stem in shared))
    found = [(nouns, f"both speak of {' and '.join(repr(done[stem]) for stem in shared)}")] if shared else []
    for undo, said in sorted(undone.items(), key=lambda one: one[0] == _STATUS):
        if pair := next((stem for stem in done if stem in _UNDOES.get(undo, ()) and stem != undo), None):
            how = "closes what" if _UNDOES[undo] == _OPENS else "undoes"
            return [
                *found,
                (3.0 if shared else 1.0, f"{said!r} {how} {done[pair]!r}{' opens' if how != 'undoes' else ''}"),
            ]
        if negated := next((word for word in done.values() if said in [f"{one}{word}" for one in _NEGATIONS]), None):
            return [*found, (3.0, f"{said!r} undoes {negated!r}")]
        if undo in _UNDOES_ANYTHING and shared:
            return [*found, (2.0, f"{said!r} undoes anything")]
    return found

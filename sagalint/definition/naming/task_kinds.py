"""What a task seems to do, by the words of its name and by what it calls: change something, or only look."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from sagalint.definition.machine import State
from sagalint.definition.naming.words import stems, words


class TaskKind(StrEnum):
    """What a task seems to do."""

    LOOKS = "it only looks"
    LOCKS = "it holds something for as long as the machine works"
    NOTES = "it notes how far the machine is"
    TELLS = "it sends a message"
    COMMITS = "it makes final what was done before"
    MOVES = "it moves money or takes what is scarce"
    CHANGES = "it may change something"


_LOOK_NOUNS: Final = "check validation verification lookup discovery inspection assessment"
_LOOKS: Final = stems(
    "get check validate verify find lookup look read query describe calculate compute fetch list scan count is has "
    "wait poll select search load parse prepare generate format transform determine decide evaluate estimate detect "
    "analyze classify extract filter map inspect test assess score retrieve monitor await enrich compare resolve "
    "merge aggregate summarize summarise convert simulate choose review split build initialize initialise init iterate "
    "sleep sanitize normalize ask watch ensure interpret discover"
) | stems(_LOOK_NOUNS)
LOOK_NOUNS: Final = stems(_LOOK_NOUNS)
"""What a task is called that only looks, by a noun."""
_LOCKS: Final = stems("lock unlock semaphore mutex lease")
_NOTES: Final = stems(
    "log audit track mark metric history status state progress record trace report persist archive journal"
)
TELLS: Final = stems("notify broadcast acknowledge ping tell inform announce alert warn email mail sms notification")
SENDS: Final = stems("send publish emit write")
"""Words of a message; and verbs that send one, if a noun of one is there."""
_OF_A_PERSON: Final = stems("approval approve manual human decision review answer response consent")
_OUTCOMES: Final = stems(
    "success succeeded completed done failure failed error rejected confirmation notification email mail sms outcome "
    "event message result receipt alert invoice"
)
_HAPPENED: Final = re.compile(r"[a-z]{3,}ed$")
"""How a word ends that says what has happened: `EmitOrderPlaced`."""
_COMMITS: Final = stems("confirm complete finalize finalise commit approve finish activate accept settle")
_TAKES_A_PAYMENT: Final = stems("approve accept settle")
"""Verbs that commit something else: who approves a payment, takes it."""
_MOVES: Final = stems(
    "charge pay payment debit credit withdraw deposit transfer capture collect bill purchase buy book reserve hold "
    "allocate deduct decrement rent hire refund spend"
)
_MONEY: Final = stems("charge pay payment debit credit withdraw deposit purchase bill book reserve refund")
PAID: Final = stems("charge pay payment debit credit withdraw deposit purchase bill refund")
"""Words of a payment."""
_TAKES_FUNDS: Final = stems("capture authorize authorise collect settle take withhold hold reserve block freeze")
_FUNDS: Final = stems("fee tax fare funds money amount deposit card balance premium toll tuition payment")
_SENDS_FUNDS: Final = stems("send transfer wire disburse remit")
_SENT_FUNDS: Final = stems("money funds payout wire remittance")
_TAKES: Final = stems("deduct decrement rent hire buy")
_STOCK: Final = stems("stock inventory balance wallet")
_CHANGES_STOCK: Final = stems("update reduce decrease subtract adjust take")
ORDERS: Final = stems("order booking reservation rental subscription")
"""What is ordered."""
_OPENS_OR_DELIVERS: Final = stems("create place submit open ship deliver dispatch fulfil fulfill")
_BUILDS: Final = stems("create provision launch deploy run allocate setup request restore")
_RESOURCES: Final = stems(
    "stack stackset cluster instance tenant environment infrastructure vpc fleet server nodegroup repository "
    "filesystem distribution"
)
_RESTORES: Final = stems("restore clone")
_DATABASES: Final = stems("db database rds aurora")
"""A copy of a database costs what a database does: `RestoreDBFromSnapshot`."""
_BUILT: Final = re.compile(
    r":(runInstances|requestSpot(Instances|Fleet)|createStack\w*|(create|restore)DB(Instance|Cluster)\w*|startRestoreJob"
    r"|create(Cluster|Nodegroup|Account|FileSystem|Volume|Repository))(\.sync)?$"
)
"""The calls of AWS that start what costs money for as long as it is there."""
OPENING: Final = stems("create allocate reserve register provision assign open issue enroll activate")
"""Verbs by which something is opened or set aside for somebody."""
_FOR_SOMEBODY: Final = stems(
    "customer account user client member membership number subscriber subscription contract policy license licence "
    "tenant order booking reservation rental seat room card wallet profile employee patient student phone"
)
_MARKS: Final = frozenset(["success", "succeeded", "succeed", "completed", "done", "finished"])
"""Words at the end of a name that only marks a success: `OrderSucceeded`."""
_HANDED_OVER: Final = stems("ship shipment shipping deliver delivery dispatch fulfil fulfill courier")
_CLEARS: Final = stems("cleanup clean delete remove decommission terminate purge retire destroy drop drain")
_OLD: Final = frozenset(
    ["old", "blue", "previous", "legacy", "stale", "obsolete", "expired", "temp", "temporary", "exists"]
)
_SHOWS: Final = stems("render translate print sync synchronize export show display preview rank index remind")
"""Verbs by which what they speak of is shown or compared, and nothing is done with it: `TranslateBook`."""
_DOCUMENTS: Final = stems(
    "report page reminder list summary statement document form pdf index backup snapshot dump intent code link url "
    "session"
)
"""What a name ends with that is about a paper: `ChargeReport`."""
_OPAQUE: Final = stems("process handle perform execute do make run step")
_MESSAGE: Final = re.compile(
    r"sns:publish(Batch)?$|sqs:sendMessage(Batch)?$|(events|eventbridge):putEvents$|ses(v2)?:send\w+$"
)
_READS: Final = re.compile(
    r":(get|list|describe|head|query|scan|batchGet|detect|start\w*Query|select|invokeModel)\w*(\.sync)?$", re.I
)
_RENTS: Final = re.compile(r":aws-sdk:\w+:(allocate|create|run|request|purchase)\w+$")
"""The calls of AWS that take what stays taken, whatever the state is called: `allocateAddress` of a `LeaseAddress`."""
WRITES_A_ROW: Final = re.compile(r"dynamodb:(put|update)Item$")
"""The resources that write one row of a table."""


def named_as_message(name: str) -> bool:
    """Whether a name says that something is reported."""
    return bool(TELLS & words(name).keys())


def only_shows(name: str) -> bool:
    """Whether a name says that something is shown, or put on paper, and nothing done with it: `PrintBookingList`."""
    said = [*words(name)]
    return bool(said) and (said[0] in _SHOWS or said[-1] in _DOCUMENTS)


def moves_money(name: str) -> bool:
    """Whether a name says clearly that somebody pays, or that something is booked."""
    return (bool(_MONEY & words(name).keys()) and not only_shows(name)) or _takes_funds(name)


def _takes_funds(name: str) -> bool:
    """Whether a name says that money is taken or held: `CaptureFee`."""
    said = words(name).keys()
    return bool((_TAKES_FUNDS & said and _FUNDS & said) or (_SENDS_FUNDS & said and _SENT_FUNDS & said))


def leaves_something(name: str) -> bool:
    """Whether a name says clearly that a task takes from a stock, or opens or delivers an order."""
    said = words(name).keys()
    return not only_shows(name) and bool(
        _TAKES & said or (_STOCK & said and _CHANGES_STOCK & said) or (ORDERS & said and _OPENS_OR_DELIVERS & said)
    )


def builds_resources(state: State) -> bool:
    """Whether a task creates a stack of resources: what costs money, or fills a quota, for as long as it is there."""
    said = words(state.name).keys()
    restored = _RESTORES & said and _DATABASES & said
    return bool(_BUILT.search(state.resource) or (_BUILDS & said and _RESOURCES & said) or restored)


def clears_away(name: str) -> bool:
    """Whether a name says that it removes something old: `CleanupOldEnvironment`."""
    said = words(name)
    return bool(_CLEARS & said.keys()) and not _OLD.isdisjoint(said.values())


def clears(name: str) -> bool:
    """Whether a name says that it removes something."""
    return bool(_CLEARS & words(name).keys())


def opens_for_somebody(name: str) -> bool:
    """Whether a name says that something is opened or set aside for somebody: `OpenAccount`, not `CreateReport`."""
    said = words(name).keys()
    return bool(OPENING & said and _FOR_SOMEBODY & said)


def tidies_up(name: str) -> bool:
    """Whether a name begins with a verb of clearing away: what comes last, when the rest is done."""
    return next(iter(words(name)), "") in _CLEARS


def marks_success(name: str) -> bool:
    """Whether a name says only that something has succeeded: `OrderSucceeded`."""
    return not _MARKS.isdisjoint([*words(name).values()][-1:])


def hands_over(name: str) -> bool:
    """Whether a name says that something is sent to somebody: it is on its way then, and not taken back."""
    return bool(_HANDED_OVER & words(name).keys())


def pays(name: str) -> bool:
    """Whether a name says that money goes from one to another."""
    return (bool(PAID & words(name).keys()) and not only_shows(name)) or _takes_funds(name)


def worth_of(actions: Sequence[str]) -> int:
    """How much is left with some actions, by their names: 0 for money, 1 for what is booked, 2 for anything else."""
    return 0 if any(map(pays, actions)) else 1 if any(map(moves_money, actions)) else 2


def notes_by_name(name: str) -> bool:
    """Whether a name says that something is written down."""
    return bool(_NOTES & words(name).keys())


def locks_by_name(name: str) -> bool:
    """Whether a name speaks of a lock: it is released when all goes well, too."""
    return bool(_LOCKS & words(name).keys())


def sends_message(state: State) -> bool:
    """Whether a state does nothing but hand on a message, and maybe wait for the answer."""
    return bool(_MESSAGE.search(state.resource.removesuffix(".waitForTaskToken")))


def tells(state: State) -> bool:
    """Whether a state reports something to somebody."""
    said = words(state.name).keys()
    if state.type != "Task" or state.resource.endswith(".waitForTaskToken"):
        return False
    of_event = bool(SENDS & said) and _HAPPENED.search([*words(state.name).values()][-1])
    return sends_message(state) or bool(TELLS & said) or bool(SENDS & said and _OUTCOMES & said) or bool(of_event)


def _verb_of(said: Mapping[str, str]) -> str:
    """The word that says what is done: the first, or the last of `CreditCheck`, but not of `deposit_checking`."""
    left = [stem for stem in said if stem not in _OPAQUE]
    named_by_last = bool(left) and left[-1] in LOOK_NOUNS and not said[left[-1]].endswith("ing")
    return left[-1] if named_by_last else next(iter(left), "")


def kind_of_task(state: State) -> TaskKind:
    """What a task seems to do. Some end every name of a state with the word: `BookHotelState` notes nothing."""
    named = words(state.name)
    said, verb = named.keys(), _verb_of(named)
    noted = {one for one in said if named[one] != "state" or not named.keys() - {one} - {*[*named][:1]}}
    answered = state.resource.endswith(".waitForTaskToken") or ":activity:" in state.resource
    signs = (
        (TaskKind.LOOKS, verb in _LOOKS or (verb not in _MOVES and bool(_READS.search(state.resource)))),
        (TaskKind.LOOKS, answered and bool((TELLS | SENDS | _OF_A_PERSON) & said)),
        (TaskKind.TELLS, tells(state)),
        (TaskKind.LOCKS, bool(_LOCKS & said) and not _RENTS.search(state.resource)),
        (TaskKind.MOVES, verb in _TAKES_A_PAYMENT and bool(PAID & said) and not answered),
        (TaskKind.COMMITS, verb in _COMMITS),
        (TaskKind.NOTES, (bool(_NOTES & noted) or marks_success(state.name)) and verb not in _MOVES),
        (TaskKind.MOVES, (bool(_MOVES & said) and not only_shows(state.name)) or _takes_funds(state.name)),
        (TaskKind.CHANGES, bool(_STOCK & said and _CHANGES_STOCK & said)),
        (TaskKind.NOTES, bool(WRITES_A_ROW.search(state.resource))),
    )
    return next((kind for kind, seen in signs if seen), TaskKind.CHANGES)

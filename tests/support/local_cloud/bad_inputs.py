"""Bad inputs of every kind. Each has a label, since its content is never printed."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lambda_src.fare import CARD_FIELDS, FARE_FIELDS, TOKEN
from tests.support.card import CARD
from wild_rydes_saga.deployed.rides import Rides

RIDE_FIELDS: Final = ("sagaId", "startTime", *FARE_FIELDS)
TOKENISED: Final = ("customerId", *CARD_FIELDS)
UNKNOWN_TOKEN: Final = f"tok_{'0' * 32}"

MARK: Final = "never-to-be-quoted"
"""Part of every wrong text. No answer and no row may contain it."""
NESTED: Final = 500
"""Depth of nested lists: enough for any rule; the runtimes themselves give up at some thousands."""
FALSY_TOKENS: Final = ("null", "false", "an empty list")
"""Labels of tokens that a language may take for a missing one."""
TRIED_ON_THE_MACHINE: Final = ("null", "a number", "another machine", "unknown recovery")
"""Ends of the labels that are also tried on the recovery's machine, which calls the same inspection."""
IN_LISTS: Final = ("a list of a right one", "very many lists")
WRONG_SETTINGS: Final[Mapping[str, object]] = {"null": None, "a text": MARK, "an empty list": [], "an empty object": {}}
WRONG_BESIDE: Final = ("customerId", "fareAmount", TOKEN)
WRONG_TROUBLES: Final = {
    "null": None,
    "a text": MARK,
    "a list": [MARK],
    "an empty object": {},
    "without": {"error": MARK},
}
WRONG_LISTS: Final = {"null": None, "a number": 7, "true": True}

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One bad input. Prints only its label: the input may hold a card.

    Attributes:
        label: The fault in the input.
        given: The input.
        wrong: The fields that the answer must name, in order.
    """

    label: str
    given: object = field(repr=False)
    wrong: tuple[str, ...] = ()


def nested(leaf: object) -> object:
    """Puts the leaf into very many lists."""
    for _ in range(NESTED):
        leaf = [leaf]
    return leaf


def not_objects(base: Mapping[str, object], wrong: tuple[str, ...]) -> list[Case]:
    """Inputs that are not an object, or an empty one."""
    given = {
        "null": None,
        "a text": MARK,
        "a number": 7,
        "true": True,
        "an empty list": [],
        "a list of a right one": [dict(base)],
        "very many lists": nested(dict(base)),
        "an empty object": {},
    }
    return [Case(label, value, wrong) for label, value in given.items()]


def wrong_fields(base: Mapping[str, object], fields: Sequence[str]) -> list[Case]:
    """Inputs without one field each, and inputs with the same fault in every field."""
    ways: dict[str, Callable[[object], object]] = {
        "null": lambda _: None,
        "a number": lambda _: 7,
        "true": lambda _: True,
        "an empty text": lambda _: "",
        "an oversized text": lambda _: MARK * 1000,
        "an empty list": lambda _: [],
        "a list of a right one": lambda right: [right],
        "an object": lambda right: {MARK: right},
        "very many lists": nested,
    }
    forms: dict[str, Callable[[object], object]] = {
        "right but for a line feed": lambda right: f"{right}\n",
        "another text": lambda _: MARK,
    }
    formed = tuple(
        name for name in fields if name not in ("sagaId", "customerId", "fareId")
    )  # whose value may be any text
    return [
        *(Case(f"{one} missing", {name: base[name] for name in base if name != one}, (one,)) for one in fields),
        *(
            Case(f"every field {label}", with_wrong_fields(base, fields, way), tuple(fields))
            for label, way in ways.items()
        ),
        *(Case(f"every field {label}", with_wrong_fields(base, formed, way), formed) for label, way in forms.items()),
    ]


def with_wrong_fields(
    base: Mapping[str, object], fields: Iterable[str], way: Callable[[object], object]
) -> dict[str, object]:
    """Returns an input with some of its fields changed."""
    return {**base, **{name: way(base[name]) for name in fields}}


def unknown_ride(rides: Rides) -> dict[str, str]:
    """A handler's input for a ride that never existed."""
    return {
        "sagaId": executions_of(rides, "FareSagaArn") + f"doors-{uuid.uuid4().hex}",
        "startTime": "2026-01-01T00:00:00.000Z",
        "customerId": f"doors-{uuid.uuid4().hex}",
        "fareId": f"doors-{uuid.uuid4().hex}",
        "fareAmount": "$20.00",
    }


def executions_of(rides: Rides, machine_output: str) -> str:
    """The beginning of the ARN of every execution of a machine."""
    return rides.outputs[machine_output].replace(":stateMachine:", ":execution:") + ":"


def wrong_payments(ride: Mapping[str, object]) -> list[Case]:
    """Rides that are paid with a token of a wrong form or type, or with a token and a card."""
    forms = {
        "null": None,
        "a number": 7,
        "true": True,
        "false": False,
        "an empty list": [],
        "a list of a right one": [UNKNOWN_TOKEN],
        "an object": {"token": UNKNOWN_TOKEN},
        "very many lists": nested(UNKNOWN_TOKEN),
        "another text": MARK,
        "too short": UNKNOWN_TOKEN[:-1],
        "too long": f"{UNKNOWN_TOKEN}0",
        "an oversized text": UNKNOWN_TOKEN * 3000,
        "in capitals": UNKNOWN_TOKEN.upper(),
        "not hexadecimal": f"tok_{'g' * 32}",
        "with a line feed after it": f"{UNKNOWN_TOKEN}\n",
        "with a line feed before it": f"\n{UNKNOWN_TOKEN}",
        "in other digits": f"tok_{'０' * 32}",
        "a card's number": CARD["cc"],
    }
    beside: dict[str, Mapping[str, object]] = {
        "a full card": CARD,
        "a card's number": {"cc": CARD["cc"]},
        "a card's code": {"cvv": CARD["cvv"]},
        "a card that is null": {"cc": None},
        "a card that is a list": {"cc": [CARD["cc"]]},
    }
    return [
        *(Case(f"the token is {label}", {**ride, TOKEN: form}, (TOKEN,)) for label, form in forms.items()),
        *(
            Case(f"a card beside a token that is {one}", {**ride, **CARD, TOKEN: forms[one]}, (TOKEN,))
            for one in FALSY_TOKENS
        ),
        *(
            Case(f"beside the token {one}", {**ride, TOKEN: UNKNOWN_TOKEN, **more}, (TOKEN,))
            for one, more in beside.items()
        ),
    ]


def not_executions(rides: Rides) -> list[Case]:
    """Values that are not the ARN of an execution of the saga, nor of a recovery of one."""
    saga, recovery = (executions_of(rides, output) for output in ("FareSagaArn", "RecoveryArn"))
    values = {
        "null": None,
        "a number": 7,
        "true": True,
        "an empty text": "",
        "another text": MARK,
        "an oversized text": MARK * 6000,
        "a name alone": f"doors-{uuid.uuid4().hex}",
        "a machine's": rides.outputs["FareSagaArn"],
        "an alias's": rides.outputs["FareSagaAliasArn"],
        "of another machine": executions_of(rides, "RecoveryArn") + "one",
        "of another account": saga.replace(":000000000000:", ":111111111111:") + "one",
        "without a name": saga,
        "with a line feed after it": f"{saga}one\n",
        "with a line feed before it": f"\n{saga}one",
        "with a line feed in its name": f"{saga}o\nne",
        "with a space in its name": f"{saga}o ne",
        "with a part too many": f"{saga}one:two",
        "with a name too long": saga + "x" * 81,
        "in other letters": f"{saga}one".upper(),
        "of an unknown recovery": f"{recovery}doors-{uuid.uuid4().hex}",
        "of a recovery with a line feed after it": f"{recovery}one\n",
    }
    return [Case(f"executionArn is {label}", {"executionArn": value}) for label, value in values.items()]


def invalid_arns() -> list[Case]:
    """Values for an ARN that are not text."""
    values = {"an empty list": [], "a list": [MARK], "an object": {MARK: MARK}, "very many lists": nested(MARK)}
    return [Case(f"executionArn is {label}", {"executionArn": value}) for label, value in values.items()]


def fare(**changed: object) -> dict[str, object]:
    """An input for a new fare, without card or token."""
    named = {"customerId": f"doors-{uuid.uuid4().hex}", "fareId": f"doors-{uuid.uuid4().hex}", "fareAmount": "$20.00"}
    return {**named, **changed}


def paid_with(given: object) -> Row:
    """The card or token of a case's ride."""
    assert isinstance(given, dict)
    return given


def parked_message(saga_id: str, **changed: object) -> Row:
    """A parked message as a recovery writes it."""
    return {
        "sagaId": saga_id,
        "fareId": "doors",
        "stillToDo": [],
        "trouble": {"state": "InspectExecution", "error": "States.Timeout", "cause": "slow"},
        "recoveryArn": "arn",
        "parkedAt": "2026-01-01T00:00:00.000Z",
        **changed,
    }


def malformed_parked_messages(saga_id: str) -> dict[str, str]:
    """Bodies that a recovery never writes."""
    right = parked_message(saga_id)
    objects = {
        "an empty object": {},
        **{f"{name} missing": {one: right[one] for one in right if one != name} for name in right if name != "fareId"},
        **{f"trouble is {label}": {**right, "trouble": value} for label, value in WRONG_TROUBLES.items()},
        **{f"stillToDo is {label}": {**right, "stillToDo": value} for label, value in WRONG_LISTS.items()},
    }
    values = {"null": None, "a number": 7, "a text": MARK, "a list": [], "a list of a right one": [right], **objects}
    return {
        **{label: json.dumps(value) for label, value in values.items()},
        "not JSON": f"{MARK} {{",
        "cut in half": json.dumps(right)[:-9],
        "not a number": '{"sagaId": NaN}',
        "a number too long": "9" * 10_000,
        "huge": MARK * 14_000,
    }

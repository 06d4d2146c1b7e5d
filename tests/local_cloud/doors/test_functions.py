"""Bad input to Tokenise, the handlers and the sweep, called by hand: a clear error, and nothing written."""

import json

import pytest

from lambda_src.fare import CARD_FIELDS, TOKEN
from tests.support.card import CARD
from tests.support.local_cloud.bad_inputs import (
    MARK,
    RIDE_FIELDS,
    TOKENISED,
    UNKNOWN_TOKEN,
    Case,
    nested,
    not_objects,
    unknown_ride,
    wrong_fields,
    wrong_payments,
)
from tests.support.local_cloud.doors import (
    HANDLERS,
    TABLES,
    Tables,
    differences,
    digest,
    function,
    invoke,
    quotes,
)
from wild_rydes_saga.deployed.rides import Rides

pytestmark = pytest.mark.usefixtures("quiet")


def test_tokenise_names_each_wrong_field_of_a_card_and_keeps_nothing(rides: Rides, tables: Tables) -> None:
    right = {"customerId": "3", **CARD}
    cases = [*not_objects(right, TOKENISED), *wrong_fields(right, TOKENISED)]
    cases.append(Case("a token for a card", {"customerId": "3", TOKEN: UNKNOWN_TOKEN}, tuple(CARD_FIELDS)))
    assert differences(rides, tables, rides.outputs["TokeniseFunctionName"], "InvalidCard", cases) == []


def test_tokenise_keeps_no_unknown_field(rides: Rides, tables: Tables) -> None:
    unknown = {"sagaId": {"is": MARK}, "tokenDigest": MARK, "expiresAt": 1, TOKEN: UNKNOWN_TOKEN, "deep": nested(MARK)}
    before = tables.read()
    answer = invoke(
        rides, rides.outputs["TokeniseFunctionName"], Case("unknown fields", {"customerId": "3", **CARD, **unknown})
    )
    after = tables.read()
    tables.restore(before)
    given = json.loads(answer.text)
    assert set(given) == {TOKEN, "expiresAt"}
    assert given[TOKEN] != UNKNOWN_TOKEN
    assert not quotes(answer.text)
    kept = after["CardsTableName"].keys() - before["CardsTableName"].keys()
    assert kept == {digest(given[TOKEN])}
    row = after["CardsTableName"].pop(digest(given[TOKEN]))
    assert set(row) == {"tokenDigest", "customerId", "card", "expiresAt"}
    assert not quotes(json.dumps(row))
    assert [table for table in TABLES if after[table] != before[table]] == []


def test_tokenise_refuses_a_customer_id_that_no_table_can_keep(rides: Rides, tables: Tables) -> None:
    case = Case("half a surrogate pair", {**CARD, "customerId": "\ud800"}, ("customerId",))
    assert differences(rides, tables, rides.outputs["TokeniseFunctionName"], "InvalidCard", [case]) == []


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_names_each_wrong_field_of_a_ride_and_writes_nothing(
    rides: Rides, tables: Tables, handler: str
) -> None:
    charges = handler == "ChargeFareFunction"
    fields = (*RIDE_FIELDS, *CARD_FIELDS) if charges else RIDE_FIELDS
    right = {**unknown_ride(rides), **(CARD if charges else {})}
    cases = [*not_objects(right, fields), *wrong_fields(right, fields)]
    if not charges:
        cases = cases[::2]  # these handlers read a ride with the same code
    else:
        cases += wrong_payments({name: value for name, value in right.items() if name not in CARD_FIELDS})
        empty = {**right, **dict.fromkeys(CARD_FIELDS, ""), TOKEN: ""}
        cases.append(Case("card and token are empty", empty, tuple(CARD_FIELDS)))
    assert differences(rides, tables, function(rides, handler), "InvalidFare", cases) == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param(
            "sagaId",
            {"a text": "not an execution", "a line feed after it": "{right}\n", "emoji too long for a key": "🚕" * 512},
            id="sagaId",
        ),
        pytest.param(
            "startTime",
            {"dots": "...", "a date": "2026-01-01", "five digits": "99999"},
            id="startTime",
        ),
        pytest.param("customerId", {"half a surrogate pair": "\ud800"}, id="half a surrogate pair"),
    ],
)
def test_a_handler_refuses_text_that_only_a_caller_by_hand_would_send(
    rides: Rides, tables: Tables, name: str, values: dict[str, str]
) -> None:
    right = {**unknown_ride(rides), **CARD}
    cases = [
        Case(f"{name} is {label}", {**right, name: value.replace("{right}", right[name])}, (name,))
        for label, value in values.items()
    ]
    assert differences(rides, tables, function(rides, HANDLERS[0]), "InvalidFare", cases) == []


def test_the_sweep_ignores_its_input(rides: Rides, tables: Tables) -> None:
    name, before = function(rides, "SweepFares"), tables.read()
    cases = not_objects({"executionArn": MARK}, ())[:4]
    answers = [(case.label, json.loads(invoke(rides, name, case).text)) for case in cases]
    assert [label for label, answer in answers if set(answer) != {"overdue", "queued"}] == []
    assert tables.changed_since(before) == []

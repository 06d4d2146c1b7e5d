"""Bad input through the doors that start a ride or call a function: a clear error, and nothing written."""

import json
import uuid

import pytest

from lambda_src.fare import CARD_FIELDS, TOKEN, invalid_fare_cause
from tests.support.card import CARD
from tests.support.local_cloud.bad_inputs import (
    MARK,
    NO_SETTING,
    RIDE_FIELDS,
    TOKENISED,
    UNKNOWN_TOKEN,
    WRONG_BESIDE,
    Case,
    fare,
    nested,
    no_arns,
    no_executions,
    no_objects,
    nobodys_ride,
    paid_with,
    wrong_fields,
    wrong_payments,
)
from tests.support.local_cloud.doors import (
    HANDLERS,
    NOT_CHARGED,
    PYTHONS_OWN,
    REFUSED,
    TABLES,
    Tables,
    differences,
    digest,
    expire,
    function,
    invoke,
    look_of,
    needed,
    quotes,
    refusal,
    side_by_side,
    tokenised,
    unlike_a_refusal,
)
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides, path_of

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(params=["FareSagaAliasArn", "FareSagaArn"], ids=["by the alias", "by the machine"])
def door(rides: Rides, request: pytest.FixtureRequest) -> Rides:
    """Starts rides by the alias, or by the machine's own ARN."""
    start_by = {"FareSagaAliasArn": rides.outputs[request.param]}
    return Rides(rides.account, {**rides.outputs, **start_by}, patience_seconds=60, poll_seconds=0.02)


def test_tokenise_refuses_what_is_no_card_names_each_wrong_field_and_keeps_nothing(
    rides: Rides, tables: Tables
) -> None:
    right = {"customerId": "3", **CARD}
    cases = [*no_objects(right, TOKENISED), *wrong_fields(right, TOKENISED)]
    cases.append(Case("a token for a card", {"customerId": "3", TOKEN: UNKNOWN_TOKEN}, tuple(CARD_FIELDS)))
    assert differences(rides, tables, rides.outputs["TokeniseFunctionName"], "InvalidCard", cases) == []


def test_tokenise_keeps_nothing_of_fields_that_it_does_not_know(rides: Rides, tables: Tables) -> None:
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


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_called_by_hand_refuses_what_is_no_ride_names_each_wrong_field_and_writes_nothing(
    rides: Rides, tables: Tables, handler: str
) -> None:
    charges = handler == "ChargeFareFunction"
    fields = (*RIDE_FIELDS, *CARD_FIELDS) if charges else RIDE_FIELDS
    right = {**nobodys_ride(rides), **(CARD if charges else {})}
    cases = [*no_objects(right, fields), *wrong_fields(right, fields)]
    if not charges:
        cases = cases[::2]  # the others read a ride as it does
    else:
        cases += wrong_payments({name: value for name, value in right.items() if name not in CARD_FIELDS})
        empty = {**right, **dict.fromkeys(CARD_FIELDS, ""), TOKEN: ""}
        cases.append(Case("all that pays is empty", empty, tuple(CARD_FIELDS)))
    assert differences(rides, tables, function(rides, handler), "InvalidFare", cases) == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param(
            "sagaId",
            {"a text": "no execution", "a line feed after it": "{right}\n", "emoji that no key can hold": "🚕" * 512},
            id="sagaId",
        ),
        pytest.param(
            "startTime",
            {"dots": "...", "a date": "2026-01-01", "no date": "99999"},
            id="startTime",
        ),
        pytest.param("customerId", {"half of a pair": "\ud800"}, id="customerId half a pair"),
    ],
)
def test_a_handler_called_by_hand_refuses_text_that_nothing_but_a_saga_would_send(
    rides: Rides, tables: Tables, name: str, values: dict[str, str]
) -> None:
    right = {**nobodys_ride(rides), **CARD}
    cases = [
        Case(f"{name} is {label}", {**right, name: value.replace("{right}", right[name])}, (name,))
        for label, value in values.items()
    ]
    assert differences(rides, tables, function(rides, HANDLERS[0]), "InvalidFare", cases) == []


def test_tokenise_refuses_a_customer_whom_no_table_can_keep(rides: Rides, tables: Tables) -> None:
    case = Case("half of a pair", {**CARD, "customerId": "\ud800"}, ("customerId",))
    assert differences(rides, tables, rides.outputs["TokeniseFunctionName"], "InvalidCard", [case]) == []


def test_the_look_called_by_hand_refuses_what_is_no_execution_of_the_saga_and_writes_nothing(
    rides: Rides, tables: Tables
) -> None:
    name, fixed, before = function(rides, "InspectExecution"), look_of(rides), tables.read()
    found = []
    for case in [Case("executionArn missing", {}), *no_executions(rides), *no_arns()]:
        assert isinstance(case.given, dict)
        answer = invoke(rides, name, Case(case.label, {**fixed, **case.given}))
        found += unlike_a_refusal(case, answer, "NotAnExecution", needed(rides))
    assert [*found, *tables.changed_since(before)] == []


def test_the_look_called_by_hand_on_an_execution_that_never_was_says_so_and_writes_nothing(
    rides: Rides, tables: Tables
) -> None:
    before = tables.read()
    case = Case("nobody's", {**look_of(rides), "executionArn": nobodys_ride(rides)["sagaId"]})
    answer = invoke(rides, function(rides, "InspectExecution"), case)
    assert answer.error is None
    found = json.loads(answer.text)
    assert (found["verdict"], found["failure"]["error"]) == ("unclear", "ExecutionDoesNotExist")
    assert tables.changed_since(before) == []


def test_the_look_called_by_hand_without_what_its_machine_gives_it_says_what_it_needs(
    rides: Rides, tables: Tables
) -> None:
    name, fixed, before = function(rides, "InspectExecution"), look_of(rides), tables.read()
    whole = {**fixed, "executionArn": nobodys_ride(rides)["sagaId"]}
    cases = no_objects(whole, ())
    for one in fixed:
        cases.append(Case(f"{one} missing", {field: whole[field] for field in whole if field != one}))
        cases += [Case(f"{one} is {label}", {**whole, one: value}) for label, value in NO_SETTING.items()]
    answers = [(case, invoke(rides, name, case)) for case in cases]
    found = [f"{case.label}: {one.error}" for case, one in answers if one.error in PYTHONS_OWN]
    found += [f"{case.label}: quoted" for case, one in answers if quotes(one.text)]
    assert [*found, *tables.changed_since(before)] == []


def test_whatever_the_sweep_is_given_it_only_sweeps(rides: Rides, tables: Tables) -> None:
    name, before = function(rides, "SweepFares"), tables.read()
    cases = no_objects({"executionArn": MARK}, ())[:4]
    answers = [(case.label, json.loads(invoke(rides, name, case).text)) for case in cases]
    assert [label for label, answer in answers if set(answer) != {"overdue", "queued"}] == []
    assert tables.changed_since(before) == []


def test_an_input_with_a_token_that_is_none_or_beside_a_card_is_refused_and_writes_nothing(
    door: Rides, tables: Tables
) -> None:
    cases = [Case(one.label, {**fare(), **paid_with(one.given)}, one.wrong) for one in wrong_payments({})]
    cases += [
        Case("the token is empty", fare(**{TOKEN: ""}), (TOKEN,)),
        Case("a card, and the token is empty", fare(**CARD, **{TOKEN: ""}), (TOKEN,)),
        Case("beside the token an empty card", fare(**{TOKEN: UNKNOWN_TOKEN, "cc": ""}), (TOKEN,)),
        Case("all else is wrong too", {**dict.fromkeys(LAB_FARE, 7), "fareId": "doors", TOKEN: MARK}, WRONG_BESIDE),
        Case("no card and no token", fare(), tuple(CARD_FIELDS)),
    ]
    if door.outputs["FareSagaAliasArn"] == door.outputs["FareSagaArn"]:
        cases = cases[::3]  # the version that the alias leads to is the same machine
    before = tables.read()
    found = []
    for case, saga_id in side_by_side(door, cases):
        ended, (queue, told) = door.wait(saga_id), door.message(saga_id)
        if (ended["status"], ended.get("error"), path_of(door.history(saga_id))) != ("FAILED", "InvalidFare", REFUSED):
            found.append(f"{case.label}: ended with {ended.get('error')}")
        message = told or {}
        if (queue, message.get("fareStatus")) != ("failure", "refused"):
            found.append(f"{case.label}: not told of")
        causes = {ended.get("cause"), message.get("failure", {}).get("cause")}
        if causes != {invalid_fare_cause(case.wrong)}:
            found.append(f"{case.label}: the cause does not say just what is wrong and what it must be")
        if quotes(json.dumps([*causes, message])):
            found.append(f"{case.label}: the input is quoted")
    assert [*found, *tables.changed_since(before)] == []


def test_a_token_that_is_not_this_customers_to_use_pays_nothing_and_stays_its_owners(
    rides: Rides, tables: Tables
) -> None:
    owner, fares = f"doors-{uuid.uuid4().hex}", [fare() for _ in range(5)]
    kept, used, expired = (tokenised(rides, owner) for _ in range(3))
    paid = fare(customerId=owner, **{TOKEN: used})
    assert rides.outcome(rides.start(paid), str(paid["fareId"])).status == "SUCCEEDED"
    expire(rides, expired)
    cases = [
        Case("of another customer", {**fares[0], TOKEN: kept}),
        Case("of a customer with a longer name", {**fares[1], "customerId": f"{owner} ", TOKEN: kept}),
        Case("used", {**fares[2], "customerId": owner, TOKEN: used}),
        Case("expired", {**fares[3], "customerId": owner, TOKEN: expired}),
        Case("unknown", {**fares[4], "customerId": owner, TOKEN: UNKNOWN_TOKEN}),
    ]
    before, found = tables.read(), []
    for case, own in zip(cases, fares, strict=True):
        saga_id = rides.start(case.given)
        outcome = rides.outcome(saga_id, str(own["fareId"]))
        if (outcome.error, outcome.path) != ("PaymentAuthException", NOT_CHARGED):
            found.append(f"{case.label}: ended with {outcome.error}")
        if (outcome.fare_status, outcome.queue) != ("failed", "failure"):
            found.append(f"{case.label}: not settled as failed, or not told of")
        if (rides.row("PaymentsTableName", {"sagaId": saga_id}) or {}).get("status") != "declined":
            found.append(f"{case.label}: its ledger row is not closed")
        told = json.dumps([rides.wait(saga_id)["cause"], dict(outcome.message or {})])
        if "tokenise the card" not in told or "tok_" in told or quotes(told):
            found.append(f"{case.label}: the mend is not told, or the token is quoted")
    written = tables.changed_since(before)
    assert [*found, *written] == ["FaresTableName was written to", "PaymentsTableName was written to"]
    left = rides.row("CardsTableName", {"tokenDigest": digest(expired)}) or {}  # unless DynamoDB has deleted it
    assert "sagaId" not in left
    still = fare(customerId=owner, **{TOKEN: kept})
    assert rides.outcome(rides.start(still), str(still["fareId"])).status == "SUCCEEDED"


def test_aws_itself_refuses_a_machine_that_is_not_there_and_a_name_that_was_used(door: Rides, tables: Tables) -> None:
    name, before = f"doors-{uuid.uuid4().hex}", tables.read()
    door.message(door.start({**fare(), TOKEN: MARK}, name=name))
    given = json.dumps({**fare(), **CARD})
    answers = {
        "another alias": refusal(door, f"{door.outputs['FareSagaArn']}:nobodys", input=given),
        "another machine": refusal(door, f"{door.outputs['FareSagaArn']}-nobodys", input=given),
        "a used name": refusal(door, "FareSagaAliasArn", input=given, name=name),
    }
    assert answers == {
        "another alias": "StateMachineDoesNotExist",
        "another machine": "StateMachineDoesNotExist",
        "a used name": "ExecutionAlreadyExists",
    }
    assert tables.changed_since(before) == []

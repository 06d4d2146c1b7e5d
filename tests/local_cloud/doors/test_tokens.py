"""Rides that begin with a wrong token, or at a wrong machine: refused, and nothing is paid."""

import json
import uuid

import pytest

from lambda_src.fare import CARD_FIELDS, TOKEN, invalid_fare_cause
from tests.support.card import CARD
from tests.support.local_cloud.bad_inputs import (
    MARK,
    UNKNOWN_TOKEN,
    WRONG_BESIDE,
    Case,
    fare,
    paid_with,
    wrong_payments,
)
from tests.support.local_cloud.doors import (
    NOT_CHARGED,
    REFUSED,
    Tables,
    digest,
    expire,
    quotes,
    refusal,
    side_by_side,
    tokenised,
)
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides, path_of

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(params=["FareSagaAliasArn", "FareSagaArn"], ids=["by the alias", "by the machine"])
def door(rides: Rides, request: pytest.FixtureRequest) -> Rides:
    """Starts rides by the alias, or by the machine's own ARN."""
    start_by = {"FareSagaAliasArn": rides.outputs[request.param]}
    return Rides(rides.account, {**rides.outputs, **start_by}, patience_seconds=60, poll_seconds=0.02)


@pytest.mark.long
def test_a_wrong_token_or_one_beside_a_card_is_refused_and_writes_nothing(door: Rides, tables: Tables) -> None:
    cases = [Case(one.label, {**fare(), **paid_with(one.given)}, one.wrong) for one in wrong_payments({})]
    cases += [
        Case("the token is empty", fare(**{TOKEN: ""}), (TOKEN,)),
        Case("a card, and the token is empty", fare(**CARD, **{TOKEN: ""}), (TOKEN,)),
        Case("beside the token an empty card", fare(**{TOKEN: UNKNOWN_TOKEN, "cc": ""}), (TOKEN,)),
        Case(
            "every other field is wrong too",
            {**dict.fromkeys(LAB_FARE, 7), "fareId": "doors", TOKEN: MARK},
            WRONG_BESIDE,
        ),
        Case("no card and no token", fare(), tuple(CARD_FIELDS)),
    ]
    if door.outputs["FareSagaAliasArn"] == door.outputs["FareSagaArn"]:
        cases = cases[::3]  # the alias leads to a version of the same machine
    before = tables.read()
    found = []
    for case, saga_id in side_by_side(door, cases):
        ended, (queue, sent) = door.wait(saga_id), door.message(saga_id)
        if (ended["status"], ended.get("error"), path_of(door.history(saga_id))) != ("FAILED", "InvalidFare", REFUSED):
            found.append(f"{case.label}: ended with {ended.get('error')}")
        message = sent or {}
        if (queue, message.get("fareStatus")) != ("failure", "refused"):
            found.append(f"{case.label}: not notified")
        causes = {ended.get("cause"), message.get("failure", {}).get("cause")}
        if causes != {invalid_fare_cause(case.wrong)}:
            found.append(f"{case.label}: the cause does not say exactly which field is wrong and what it must be")
        if quotes(json.dumps([*causes, message])):
            found.append(f"{case.label}: the input is quoted")
    assert [*found, *tables.changed_since(before)] == []


def test_a_token_is_of_no_use_to_others_and_stays_with_its_owner(rides: Rides, tables: Tables) -> None:
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
            found.append(f"{case.label}: not settled as failed, or not notified")
        if (rides.row("PaymentsTableName", {"sagaId": saga_id}) or {}).get("status") != "declined":
            found.append(f"{case.label}: its ledger row is not closed")
        reported = json.dumps([rides.wait(saga_id)["cause"], dict(outcome.message or {})])
        if "tokenise the card" not in reported or "tok_" in reported or quotes(reported):
            found.append(f"{case.label}: the fix is missing, or the token is quoted")
    written = tables.changed_since(before)
    assert [*found, *written] == ["FaresTableName was written to", "PaymentsTableName was written to"]
    row = rides.row("CardsTableName", {"tokenDigest": digest(expired)}) or {}  # DynamoDB may have deleted it
    assert "sagaId" not in row
    later = fare(customerId=owner, **{TOKEN: kept})
    assert rides.outcome(rides.start(later), str(later["fareId"])).status == "SUCCEEDED"


def test_aws_refuses_an_unknown_machine_and_a_used_name(door: Rides, tables: Tables) -> None:
    name, before = f"doors-{uuid.uuid4().hex}", tables.read()
    door.message(door.start({**fare(), TOKEN: MARK}, name=name))
    given = json.dumps({**fare(), **CARD})
    answers = {
        "another alias": refusal(door, f"{door.outputs['FareSagaArn']}:unknown", input=given),
        "another machine": refusal(door, f"{door.outputs['FareSagaArn']}-unknown", input=given),
        "a used name": refusal(door, "FareSagaAliasArn", input=given, name=name),
    }
    assert answers == {
        "another alias": "StateMachineDoesNotExist",
        "another machine": "StateMachineDoesNotExist",
        "a used name": "ExecutionAlreadyExists",
    }
    assert tables.changed_since(before) == []

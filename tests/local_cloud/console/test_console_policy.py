"""The console's policy in docs/production.md, with the operator's and the reader's: it allows each call of the page."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import pytest
from ministack.core.iam_evaluator import parse_policy_document

from tests.conftest import ROOT
from tests.local_cloud.conftest import Faults
from tests.support.console.routes import CHANGES, READS, filled
from tests.support.console.served import Served, served
from tests.support.documents import policies
from tests.support.local_cloud.operator import parked, started_on_a_machine_that_waits
from tests.support.second_judge.iam import is_allowed as is_allowed_by
from tests.support.template.iam import listed
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.console.views.start import MACHINES
from wild_rydes_saga.deployed.account import LOCAL_ACCOUNT_ID, Account
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides
from wild_rydes_saga.deployed.stacks import Stack
from wild_rydes_saga.emulator.access_key import KEY_ID, REGION, SECRET
from wild_rydes_saga.lab.riding import current_definition

PEOPLE: Final = ("operator", "reader", "console")
PREFIXES: Final = {"stepfunctions": "states"}
OF_ONE: Final = {"ChangeMessageVisibilityBatch": "ChangeMessageVisibility"}
_NAMED_BY_AWS: Final = ("logs", "cloudformation")
"""Services whose resources the emulator names otherwise than AWS."""
LEARNERS: Final = {
    "QueryLanguage": "JSONata",
    "StartAt": "RegisterFare",
    "States": {"RegisterFare": {"Type": "Pass", "End": True}},
}
"""A machine of a learner who has just begun; the shared cloud has any other test's."""
QUALIFIER: Final = "states:statemachinequalifier"


@dataclass(frozen=True)
class Call:
    """A call that was made: as IAM is asked about it."""

    action: str
    resource: str
    qualifier: str = ""


@dataclass(frozen=True)
class Recording(Account):
    """An account that notes its clients' calls, and is waited for as AWS is not."""

    calls: set[Call] = field(default_factory=set)

    def client(self, service: str) -> Any:
        session = boto3.Session(self.variables[KEY_ID], self.variables[SECRET], region_name=REGION)
        client = session.client(service, endpoint_url=self.endpoint_url)
        client.meta.events.register("before-parameter-build.*.*", self._note, unique_id="console-policy")
        return client

    def _note(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        action = f"{PREFIXES.get(service, service)}:{OF_ONE.get(model.name, model.name)}"
        self.calls.update(Call(action, *one) for one in _resources(params))


@dataclass
class AsOnAws(Source):
    """A source that shows what it shows on AWS."""

    @property
    def is_local(self) -> bool:
        return False


def _resources(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    tables = f"arn:aws:dynamodb:{REGION}:{LOCAL_ACCOUNT_ID}:table/"
    if arn := params.get("stateMachineArn") or params.get("executionArn"):
        is_qualified = ":stateMachine:" in arn and arn.count(":") > 6  # a machine's ARN has six
        yield (arn.rpartition(":")[0], arn.rpartition(":")[2]) if is_qualified else (arn, "")
    elif "TableName" in params:
        yield tables + params["TableName"] + (f"/index/{params['IndexName']}" if "IndexName" in params else ""), ""
    elif "RequestItems" in params:
        yield from ((tables + name, "") for name in params["RequestItems"])
    elif "QueueUrl" in params:
        yield f"arn:aws:sqs:{REGION}:{LOCAL_ACCOUNT_ID}:{params['QueueUrl'].rpartition('/')[2]}", ""
    else:
        yield "", ""


def statements(*people: str) -> list[Any]:
    """The policies' documents, with their placeholders filled in."""
    found = policies(ROOT / "docs" / "production.md")
    text = json.dumps([found[one] for one in people]).replace("REGION", REGION).replace("ACCOUNT", LOCAL_ACCOUNT_ID)
    return list(json.loads(text))


def is_allowed(call: Call, documents: list[Any]) -> bool:
    """Whether the policies allow a call; one on a resource that the emulator names otherwise, on any."""
    if call.action.partition(":")[0] in _NAMED_BY_AWS:
        return any(call.action in listed(one["Action"]) for document in documents for one in document["Statement"])
    return is_allowed_by(
        list(map(parse_policy_document, documents)),
        call.action,
        call.resource,
        [(QUALIFIER, (call.qualifier,))] if call.qualifier else [],
        principal="user/operator",
        account=LOCAL_ACCOUNT_ID,
        region=REGION,
    )


@pytest.fixture(scope="module")
def recording(rides: Rides) -> Recording:
    return Recording(rides.account.endpoint_url, rides.account.variables)


def bodies(path: str, rides: Rides, fare_id: str) -> list[dict[str, str]]:
    """What a page sends to a route."""
    fare = {**{name: LAB_FARE[name] for name in ("customerId", "fareAmount")}, "fareId": fare_id}
    if path == "/start":
        return [{**fare, "machine": one, "fareId": f"{fare_id}-{one}"} for one in MACHINES]
    if path.startswith("/machine/"):
        return [{"definition": json.dumps({**LEARNERS, "Comment": fare_id})}]
    return [{}]


def begun(console: Served, rides: Rides, fare_id: str) -> list[str]:
    """Starts a ride on each machine; that on the learner's does not end by itself."""
    client, machine = rides.account.client("stepfunctions"), rides.outputs["StartHereArn"]
    before = current_definition(rides.account, rides.outputs)
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1_000_000, "End": True}}}
    client.update_state_machine(stateMachineArn=machine, definition=json.dumps(waiting))
    try:
        handles = [str(console.post("/start", one).data["ride"]) for one in bodies("/start", rides, fare_id)]
        while "Wait" not in console.get(f"/ride/{handles[list(MACHINES).index('mine')]}")["path"]:
            time.sleep(0.1)
        return handles
    finally:
        client.update_state_machine(stateMachineArn=machine, definition=before)


def use_all(console: Served, rides: Rides, fare_id: str, handles: list[str]) -> None:
    """Opens every view, and makes every change."""
    for path in READS:
        if path != "/events":
            for handle in handles if "{ride}" in path else [""]:
                answer = console.ask("GET", filled(path, handle))
                assert answer.status == 200, (path, answer.text)
    for path in CHANGES:
        for body in bodies(path, rides, fare_id):
            for handle in handles if "{ride}" in path else [""]:
                answer = console.ask("POST", filled(path, handle), body=json.dumps(body))
                assert answer.status in ((200,) if path.startswith("/machine/") else (200, 400)), (path, answer.text)
    for query in (fare_id, "nothing has this", "nothing"):
        assert console.get(f"/rides?q={query.replace(' ', '%20')}")["known"]


@pytest.mark.long
def test_it_allows_each_call_of_the_console_and_no_other(
    recording: Recording, rides: Rides, faults: Faults, payload: Callable[..., dict[str, Any]], fare_id: str
) -> None:
    faults.inject(fare_id, "CustomerAccountCredit", "RuntimeError", after=True)
    faults.inject(fare_id, "RefundFare", "RuntimeError")
    left = parked(rides, payload())
    running = started_on_a_machine_that_waits(rides, payload(fareId=f"{fare_id}-runs"))
    recording.calls.clear()
    with served(AsOnAws(lambda: Stack(recording, rides.outputs))) as console:
        listed_rides = {one["sagaId"]: one["ride"] for one in console.get("/rides")["rides"]}
        started = begun(console, rides, f"{fare_id}-first")
        use_all(console, rides, fare_id, [listed_rides[left], listed_rides[running], *started])
        faults.clear(fare_id)
        deadline = time.monotonic() + 60
        while console.get("/waiting")["rides"] and time.monotonic() < deadline:
            time.sleep(1)
    refused = [one for one in sorted(recording.calls, key=repr) if not is_allowed(one, statements(*PEOPLE))]
    assert refused == []
    called = {one.action for one in recording.calls}
    allowed = {
        one for document in statements("console") for each in document["Statement"] for one in listed(each["Action"])
    }
    assert {one for one in allowed if not one.startswith("kms:")} - called == set()
    without = [one for one in recording.calls if not is_allowed(one, statements("operator", "reader"))]
    assert {one.action for one in without} == {one for one in allowed if not one.startswith("kms:")}

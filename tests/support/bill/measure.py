"""Runs rides of each kind on each machine of a local cloud, and counts what one of them uses."""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lambda_src import environment
from tests.support.bill.usage import Usage, records_of, usage_of
from tests.support.card import CARD
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.injection.fault import Fault, new_fare_id, set_faults
from tests.support.faults.trial import Trial, declined, rolled_back
from tests.support.lab_machine.deployment import LabMachine
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides

LAB: Final = "the lab's"
STANDARD: Final = "Standard"
EXPRESS: Final = "Express"
COMPLETED: Final = "completed"
DECLINED: Final = "declined"
REFUSED: Final = "credit refused"
RECOVERED: Final = "recovered"
_STOPPED: Final = Fault(state="ChargeFare", kind="stop", times=1, after=True)
_IN_DOUBT: Final = Fault(state="ChargeFare", after=True)
"""An Express execution cannot be stopped: the answer of its charge is lost."""
SETTLING_SECONDS: Final = 2.0


def _completed() -> Trial:
    return Trial(label=COMPLETED)


def _recovered() -> Trial:
    """Stopped in the middle of its charge: its recovery undoes it."""
    return Trial(label=RECOVERED, fare_id=new_fare_id(), faults=[_STOPPED])


KINDS: Final[Mapping[str, Callable[[], Trial]]] = {
    COMPLETED: _completed,
    DECLINED: declined,
    REFUSED: rolled_back,
    RECOVERED: _recovered,
}
_SUFFIXES: Final = {COMPLETED: "", DECLINED: "_fail_auth", REFUSED: "_fail_credit"}
"""The lab's machine has no recovery."""


@dataclass(frozen=True)
class Measured:
    """What one ride of a kind uses on a machine."""

    machine: str
    kind: str
    usage: Usage


def standard(cloud: FaultyCloud, kind: str, *, rides: int, warm: int = 1) -> Measured:
    """Runs rides on the Standard machine, one after another, to their end and their recoveries'.

    Args:
        cloud: Where.
        kind: What kind of rides.
        rides: How many are counted.
        warm: How many come before, so that the times are those of warm functions.
    """
    as_deployed(cloud)
    if warm:
        cloud.run([KINDS[kind]() for _ in range(warm)], at_once=1)
        time.sleep(SETTLING_SECONDS)
    before = len(records_of(cloud.folder))
    cloud.run([KINDS[kind]() for _ in range(rides)], at_once=1)
    if kind != COMPLETED:  # of the others an event comes later
        time.sleep(SETTLING_SECONDS)
    records = records_of(cloud.folder, since=before)
    book = cloud.outputs["GatewayTableName"]
    return Measured(STANDARD, kind, usage_of(records, rides=rides, book=book, traced=True, logged=True))


def express(cloud: FaultyCloud, kind: str, *, rides: int, warm: int = 1) -> Measured:
    """Runs rides on the Express machine, one after another: each is waited for, and its recovery too."""
    as_deployed(cloud)
    for _ in range(warm):
        ride_on_express(cloud, kind)
    _settle(cloud)
    before = len(records_of(cloud.folder))
    for _ in range(rides):
        ride_on_express(cloud, kind)
    _settle(cloud)
    records = records_of(cloud.folder, since=before)
    book = cloud.outputs["GatewayTableName"]
    return Measured(EXPRESS, kind, usage_of(records, rides=rides, book=book, traced=True, logged=True))


def ride_on_express(cloud: FaultyCloud, kind: str) -> str:
    """Starts a ride, waits for the answer, and returns its status."""
    fare_id = new_fare_id()
    if kind == RECOVERED:
        set_faults(cloud.folder, fare_id, _IN_DOUBT)
    given = {**LAB_FARE, **CARD, "fareId": fare_id, "customerId": f"{uuid.uuid4().hex}{_SUFFIXES.get(kind, '')}"}
    client = cloud.account.client("stepfunctions")
    arn = cloud.outputs["ExpressSagaAliasArn"]
    answer = client.start_sync_execution(stateMachineArn=arn, input=json.dumps(given))
    cloud.started.append(answer["executionArn"].rpartition(":")[0])
    return str(answer["status"])


def _settle(cloud: FaultyCloud) -> None:
    cloud.wait_until_quiet()
    time.sleep(SETTLING_SECONDS)


def as_deployed(cloud: FaultyCloud) -> None:
    """Lets an execution's end be inspected after its message is recorded, and a recovery finish, as the delays do."""
    cloud.work.set(**{environment.RECOVERY_LEASE_SECONDS: "600"})
    client = cloud.account.client("sqs")
    client.set_queue_attributes(QueueUrl=cloud.work.queue("EndedQueue"), Attributes={"DelaySeconds": "1"})


def lab(cloud: FaultyCloud, machine: LabMachine, kind: str, *, rides: int) -> Measured | None:
    """Runs rides on the lab's machine, one after another; None for a kind that it does not know."""
    if kind not in _SUFFIXES:
        return None
    _ride_the_lab(cloud.rides, machine, kind)
    before = len(records_of(cloud.folder))
    for _ in range(rides):
        _ride_the_lab(cloud.rides, machine, kind)
    time.sleep(SETTLING_SECONDS)
    records = records_of(cloud.folder, since=before)
    return Measured(LAB, kind, usage_of(records, rides=rides, book="", traced=False, logged=False))


def _ride_the_lab(rides: Rides, machine: LabMachine, kind: str) -> None:
    customer = f"{uuid.uuid4().hex}{_SUFFIXES[kind]}"
    given = {**LAB_FARE, **CARD, "fareId": new_fare_id(), "customerId": customer}
    rides.wait(machine.start(given))


def measured(
    cloud: FaultyCloud,
    machine: LabMachine,
    *,
    rides: int,
    kinds: Sequence[str] = tuple(KINDS),
    tick: Callable[[str], None] = lambda _what: None,
) -> list[Measured]:
    """Every kind of ride on every machine."""
    found: list[Measured | None] = []
    for kind in kinds:
        tick(f"{kind}, {LAB}")
        found.append(lab(cloud, machine, kind, rides=rides))
        tick(f"{kind}, {STANDARD}")
        found.append(standard(cloud, kind, rides=rides))
        tick(f"{kind}, {EXPRESS}")
        found.append(express(cloud, kind, rides=rides))
    return [one for one in found if one is not None]


def as_json(found: Sequence[Measured]) -> str:
    """The measurement as it is kept."""
    rows = [{"machine": one.machine, "kind": one.kind, "usage": vars(one.usage)} for one in found]
    return json.dumps(rows, indent=1) + "\n"


def from_json(text: str) -> list[Measured]:
    """A measurement that was kept."""
    return [Measured(row["machine"], row["kind"], Usage(**row["usage"])) for row in json.loads(text)]

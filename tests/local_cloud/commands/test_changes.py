"""A deployed stack is changed while it is used: a ride in flight ends as it began, and a stage can follow another."""

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from lambda_src.fare_status import COMPLETED
from tests.conftest import ROOT
from tests.support.card import CARD
from tests.support.faults.injection.fault import RECOVERY, Fault, set_faults
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.deployed.cdk import CdkError
from wild_rydes_saga.deployed.local_deployment import SOURCES
from wild_rydes_saga.deployed.operations.open_rides import open_rides
from wild_rydes_saga.deployed.operations.ride_report import read_ride
from wild_rydes_saga.deployed.rides import LAB_FARE, LAB_RIDES, Rides
from wild_rydes_saga.emulator import process as emulator

CHANGES: Final = {
    # In the handler, and in the machine.
    "lambda_src/payments/charge_fare.py": ('return {"chargeId": charge_id}', 'return {"chargeId": f"new-{charge_id}"}'),
    "wild_rydes_saga/services/notifications.py": (
        f"status = f\"'{{{COMPLETED.upper()}}}'\"",
        "status = \"'completed anew'\"",
    ),
}
"""A change of a step: in each file, a text and the one that replaces it."""
Answer = dict[str, Any]
"""What StartSyncExecution returns."""


@dataclass
class Changing:
    """A cloud to which versions of the app are deployed one after another."""

    account: Account
    folder: Path
    assemblies: dict[str, Future[Path]]

    def deploy(self, version: str, *, parameters: Mapping[str, str] | None = None) -> Rides:
        """Deploys a version with the CDK CLI."""
        assembly = self.assemblies[version].result()
        outputs = cdk.deploy(self.account, assembly, self.folder / "outputs.json", parameters=parameters)
        return Rides(self.account, outputs, patience_seconds=60)


@pytest.fixture(scope="module")
def changing(assembly: Path, production_assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changing]:
    folder = tmp_path_factory.mktemp("changing")
    settings = {"SFN_WAIT_SCALE": "0.001", "FAULTS_FOLDER": str(folder)}
    with (
        ThreadPoolExecutor(1) as pool,
        emulator.running(settings=settings, module="tests.support.faults.injection.engine") as running,
    ):
        assemblies = {
            "first": pool.submit(lambda: assembly),
            "changed": pool.submit(changed_app, folder / "changed", CHANGES),
            "production": pool.submit(lambda: production_assembly),
        }
        account = local_account(running)
        cdk.bootstrap_local(account)
        yield Changing(account, folder, assemblies)


def changed_app(folder: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    """Synthesises a copy of the project in which files were changed: in each, a text is replaced by another."""
    folder.mkdir()
    for part in (ROOT / name for name in SOURCES):
        if part.is_dir():
            shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif part.exists():
            shutil.copyfile(part, folder / part.name)
    for name, (text, other) in changes.items():
        source = (folder / name).read_text(encoding="utf-8")
        assert source.count(text) == 1, f"{name} has changed: the test needs its text"
        (folder / name).write_text(source.replace(text, other), encoding="utf-8")
    cdk.synth(folder / "cdk.out", project=folder)
    return folder / "cdk.out"


def version_of(rides: Rides, saga_id: str) -> str:
    """The version of the machine that an execution runs on."""
    execution = rides.account.client("stepfunctions").describe_execution(executionArn=saga_id)
    assert execution["stateMachineAliasArn"] == rides.outputs["FareSagaAliasArn"]
    return str(execution["stateMachineVersionArn"]).rpartition(":")[2]


def called_by(rides: Rides, saga_id: str) -> str:
    """The version of ChargeFare's function that an execution calls."""
    client = rides.account.client("stepfunctions")
    version = client.describe_execution(executionArn=saga_id)["stateMachineVersionArn"]
    definition = json.loads(client.describe_state_machine(stateMachineArn=version)["definition"])
    return str(definition["States"]["ChargeFare"]["Arguments"]["FunctionName"])


CHANGED_BY_PRODUCTION: Final = {
    "AWS::DynamoDB::Table Fares/Table": (
        "DeletionProtectionEnabled",
        "PointInTimeRecoveryEnabled",
        "[+] Retain",
    ),
    "AWS::KMS::Key Encryption/Key": ("[+] RetainExceptOnCreate",),
    "AWS::Logs::LogGroup FareSaga/Logs": ("RetentionInDays", "[+] 365", "[+] RetainExceptOnCreate"),
    "AWS::Lambda::Function Payments/ChargeFareFunction": (".FORCED_FAILURES", "[+] off"),
    "AWS::StepFunctions::StateMachine FareSaga/Machine": ("DefinitionString",),
    "AWS::SQS::Queue Recovery/ParkedQueue": ("[+] RetainExceptOnCreate",),
    "AWS::SNS::Subscription Monitoring/Alarms": (),
}
"""By resource, what the way from the workshop to production changes."""


def without_versions(outputs: Mapping[str, str]) -> dict[str, str]:
    """The outputs with functions without their versions, which are new ones for changed code."""
    cut = {name: value.rpartition(":")[0] for name, value in outputs.items() if name.endswith("FunctionArn")}
    return {**outputs, **cut}


@pytest.mark.long
def test_the_diff_from_the_workshop_to_production_says_what_changes(changing: Changing) -> None:
    changing.deploy("first")
    printed = cdk.diff(changing.account, changing.assemblies["production"].result())
    sections = re.split(r"^(?=\[[-+~]\] AWS::)", printed, flags=re.MULTILINE)
    for resource, changes in CHANGED_BY_PRODUCTION.items():
        [section] = [one for one in sections if one[4:].startswith(resource)]
        assert [change for change in changes if change not in section] == []
    assert not [one for one in sections if "Payments/Cards " in one], "a card lives as long in every stage"


@dataclass(frozen=True)
class Meanwhile:
    """Rides of both machines, begun before a deployment of changed code and after it.

    Attributes:
        rides: The stack as it is then.
        in_flight: The ride of Standard that was held while the change was deployed.
        later: The one that was started afterwards.
        answers: What Express answered, in the same order.
    """

    rides: Rides
    in_flight: str
    later: str
    answers: tuple[Answer, Answer]


@pytest.fixture(scope="module")
def meanwhile(changing: Changing) -> Meanwhile:
    rides = changing.deploy("first")
    hold = Fault(state="ChargeFare", kind="hold", until=(RECOVERY, "InspectExecution"))
    for fare in ("wr_held", "wr_held_express"):
        set_faults(changing.folder, fare, hold)
    with ThreadPoolExecutor(1) as pool:
        in_flight = rides.start({**LAB_FARE, "fareId": "wr_held"})
        answer = pool.submit(ride_on_express, rides, "wr_held_express")
        while len(list(changing.folder.glob("*.held"))) < 2:
            time.sleep(0.05)
        assert without_versions(changing.deploy("changed").outputs) == without_versions(rides.outputs)
        later = rides.start({**LAB_FARE, "fareId": "wr_later"})
        new = ride_on_express(rides, "wr_later_express")
        assert rides.account.client("stepfunctions").describe_execution(executionArn=in_flight)["status"] == "RUNNING"
        [held] = [one for one in open_rides(rides.account, rides.outputs, older_than=0) if "held" in one.saga_id]
        assert not answer.done()
        for saga_id in (in_flight, held.saga_id):
            let_go(rides, saga_id)
        return Meanwhile(rides, in_flight, later, (answer.result(), new))


def ride_on_express(rides: Rides, fare_id: str) -> Answer:
    """Rides on Express under the fare's name, and returns the answer."""
    given = json.dumps(rides.gateway.paid_with({**LAB_FARE, **CARD, "fareId": fare_id}))
    alias = rides.outputs["ExpressSagaAliasArn"]
    client = rides.account.client("stepfunctions")
    return dict(client.start_sync_execution(stateMachineArn=alias, name=fare_id, input=given))


@pytest.mark.long
def test_a_ride_in_flight_ends_on_the_machine_and_code_of_its_start(meanwhile: Meanwhile) -> None:
    rides, in_flight, later = meanwhile.rides, meanwhile.in_flight, meanwhile.later
    old, new = rides.outcome(in_flight, "wr_held"), rides.outcome(later, "wr_later")
    expected = LAB_RIDES[0].expected
    assert old.differences(expected) == []
    assert new.differences(expected) == []
    assert old.message is not None
    assert new.message is not None
    assert (old.message["fareStatus"], new.message["fareStatus"]) == (COMPLETED, "completed anew")
    assert (old.message["chargeId"].startswith("new-"), new.message["chargeId"].startswith("new-")) == (False, True)
    assert (version_of(rides, in_flight), version_of(rides, later)) == ("1", "2")
    first, second = called_by(rides, in_flight), called_by(rides, later)
    assert first != second
    for version in (first, second):
        rides.account.client("lambda").get_function(FunctionName=version)


@pytest.mark.long
def test_a_ride_in_flight_on_express_ends_on_its_own_version(meanwhile: Meanwhile) -> None:
    assert [answer["status"] for answer in meanwhile.answers] == ["SUCCEEDED", "SUCCEEDED"]
    old, new = (json.loads(answer["output"]) for answer in meanwhile.answers)
    assert (old["fareStatus"], new["fareStatus"]) == (COMPLETED, "completed anew")
    assert (old["chargeId"].startswith("new-"), new["chargeId"].startswith("new-")) == (False, True)
    for answer, fare_id in zip(meanwhile.answers, ("wr_held_express", "wr_later_express"), strict=True):
        report = read_ride(meanwhile.rides.account, meanwhile.rides.outputs, fare_id)
        assert report.saga_id == str(answer["executionArn"]).rpartition(":")[0]
        assert (report.book.get("capture", 0), report.book.get("refund", 0)) == (2000, 0)
        assert report.own_fare["fareStatus"] == COMPLETED


def let_go(rides: Rides, saga_id: str) -> None:
    """Starts a recovery of a ride that still runs, which leaves it alone; the held call waits for that."""
    client = rides.account.client("stepfunctions")
    given = json.dumps({"executionArn": saga_id})
    client.start_execution(stateMachineArn=rides.outputs["RecoveryAliasArn"], input=given)


@pytest.mark.long
def test_the_alias_can_go_back_to_the_version_before(changing: Changing) -> None:
    rides = changing.deploy("changed")
    client, machine = changing.account.client("stepfunctions"), rides.outputs["FareSagaArn"]
    routing = [{"stateMachineVersionArn": f"{machine}:1", "weight": 100}]
    client.update_state_machine_alias(
        stateMachineAliasArn=rides.outputs["FareSagaAliasArn"], routingConfiguration=routing
    )
    saga_id = rides.start({**LAB_FARE, "fareId": "wr_back"})
    message = rides.outcome(saga_id, "wr_back").message
    assert message is not None
    assert (version_of(rides, saga_id), message["fareStatus"]) == ("1", COMPLETED)


@pytest.mark.long
def test_a_stage_changes_only_when_it_is_asked_for_by_name(changing: Changing) -> None:
    changing.deploy("first")
    with pytest.raises(CdkError, match="is deployed in the stage workshop, and this template is for production"):
        changing.deploy("production")
    rides = changing.deploy("production", parameters={"Stage": "production"})
    unforced = rides.start({**LAB_FARE, "customerId": "3_fail_auth", "fareId": "wr_production"})
    assert rides.wait(unforced)["status"] == "SUCCEEDED"
    with pytest.raises(CdkError, match="is deployed in the stage production, and this template is for workshop"):
        changing.deploy("changed")
    assert changing.deploy("production").outputs == rides.outputs

"""Production's data outlives a forgotten option and its own stack: no row is lost, no paid fare is charged twice."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.local_cloud.commands.test_local_cloud import everything
from tests.support.template.holdings import holdings
from wild_rydes_saga.cli.operator.adopt import adopt
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.deployed.cdk import CdkError
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.deployed.gateways import put_stripe_key
from wild_rydes_saga.deployed.rides import LAB_FARE, Rides
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

FARE_MINOR = 2000
KEPT = ("FaresTableName", "PaymentsTableName", "GatewayTableName", "AccountsTableName", "OutcomesTableName")


@dataclass
class Production:
    """A production stack, and the rides on it."""

    account: Account
    folder: Path
    assembly: Path

    def deploy(self, assembly: Path) -> Rides:
        """Deploys an assembly with the CDK CLI."""
        return self.rides(cdk.deploy(self.account, assembly, self.folder / "outputs.json"))

    def rides(self, outputs: Mapping[str, str]) -> Rides:
        """The rides on a stack with these outputs."""
        return Rides(self.account, outputs, patience_seconds=60)

    def rows(self, outputs: Mapping[str, str]) -> dict[str, list[Any]]:
        """Every row that production keeps."""
        client = self.account.client("dynamodb")
        scans = {name: client.scan(TableName=outputs[name], ConsistentRead=True)["Items"] for name in KEPT}
        return {name: sorted(rows, key=str) for name, rows in scans.items()}

    def captured(self, outputs: Mapping[str, str]) -> int:
        """All that was ever captured, by the gateway's own book."""
        rows = self.rows(outputs)["GatewayTableName"]
        return sum(int(row["amountMinor"]["N"]) for row in rows if row["operation"]["S"] == "capture")

    def lift_protection(self) -> None:
        """Lets the stack be destroyed, as production.md says."""
        self.account.client("cloudformation").update_termination_protection(
            StackName=DEFAULT_STACK_NAME, EnableTerminationProtection=False
        )


@pytest.fixture
def production(production_assembly: Path, tmp_path: Path) -> Iterator[Production]:
    with emulator.running(settings={"SFN_WAIT_SCALE": "0.001"}) as running:
        account = local_account(running)
        cdk.bootstrap_local(account)
        yield Production(account, tmp_path, production_assembly)


def ride(rides: Rides, fare_id: str, customer_id: str = "3") -> str | None:
    """Rides, and returns the error that it ended with."""
    saga_id = rides.start({**LAB_FARE, "fareId": fare_id, "customerId": customer_id})
    error: str | None = rides.wait(saga_id).get("error")
    return error


@pytest.mark.long
def test_production_is_forgotten_destroyed_taken_over_and_ridden(production: Production, assembly: Path) -> None:
    rides = production.deploy(production.assembly)
    assert [ride(rides, "wr_paid"), ride(rides, "wr_paid")] == [None, "FareLocked"]
    assert ride(rides, "wr_unforced", "3_fail_auth") is None

    refuses_the_workshop(production, assembly)
    assert ride(rides, "wr_paid") == "FareLocked"
    assert ride(rides, "wr_still_unforced", "3_fail_auth") is None

    with pytest.raises(CdkError, match="TerminationProtection"):
        cdk.destroy(production.account, production.assembly)
    rows = production.rows(rides.outputs)
    production.lift_protection()
    cdk.destroy(production.account, production.assembly)
    left = {kind: len(names) for kind, names in everything(production.account, DEFAULT_STACK_NAME).items()}
    assert left == holdings(production.assembly, kept=True)

    again = take_over(production, rides)
    assert production.rows(again.outputs) == rows
    assert {name: again.outputs[name] for name in KEPT} == {name: rides.outputs[name] for name in KEPT}
    assert [ride(again, "wr_paid"), ride(again, "wr_new")] == ["FareLocked", None]
    assert production.captured(again.outputs) == 4 * FARE_MINOR, "each of the four fares once"
    refuses_the_workshop(production, assembly)
    with pytest.raises(OperatorError, match="exists, with tables of its own"):
        take_over(production, again)


def refuses_the_workshop(production: Production, assembly: Path) -> None:
    """A deployment without `-c stage=production` says why it is refused, and changes nothing."""
    client = production.account.client("cloudformation")
    [before] = client.describe_stacks(StackName=DEFAULT_STACK_NAME)["Stacks"]
    with pytest.raises(CdkError, match="is deployed in the stage production, and this template is for workshop"):
        production.deploy(assembly)
    assert client.describe_stacks(StackName=DEFAULT_STACK_NAME)["Stacks"] == [before]


def take_over(production: Production, rides: Rides) -> Rides:
    """Takes the tables over, after the command has said what it will do."""
    printed = io.StringIO()
    console = Console(file=printed, width=500)
    assert adopt(console, production.account, DEFAULT_STACK_NAME, context={}, confirmed=False) == {}
    assert printed.getvalue().rstrip().endswith("Next: make adopt ARGS=--yes")
    assert [name for name in KEPT if rides.outputs[name] not in printed.getvalue()] == []
    return production.rides(adopt(console, production.account, DEFAULT_STACK_NAME, context={}, confirmed=True))


@pytest.mark.long
def test_stripes_secret_and_currency_are_taken_over_too(production: Production) -> None:
    """The key in the secret is read again by the new stack, also if nobody names the gateway."""
    folder, context = production.folder, {"stage": "production", "gateway": "stripe", "currency": "eur"}
    cdk.synth(folder / "stripe", context=context)
    outputs = production.deploy(folder / "stripe").outputs
    put_stripe_key(production.account, outputs, "a key")
    with pytest.raises(CdkError, match="is deployed with another payment gateway than simulated"):
        production.deploy(production.assembly)
    production.lift_protection()
    cdk.destroy(production.account, folder / "stripe")
    printed = Console(file=io.StringIO(), width=500)
    again = adopt(printed, production.account, DEFAULT_STACK_NAME, context={}, confirmed=True)
    assert again["StripeSecretArn"] == outputs["StripeSecretArn"]
    client = production.account.client("secretsmanager")
    assert client.get_secret_value(SecretId=again["StripeSecretArn"])["SecretString"] == "a key"
    client = production.account.client("lambda")
    found = client.get_function_configuration(FunctionName=again["ChargeFareFunctionArn"])["Environment"]["Variables"]
    assert (found["GATEWAY"], found["CURRENCY"]) == ("stripe", "eur")

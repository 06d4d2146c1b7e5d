"""A deployment that fails is rolled back, and the same change can be deployed again without editing anything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.local_cloud.commands.test_changes import CHANGES, changed_app
from wild_rydes_saga.deployed import cdk
from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.deployed.cdk import CdkError
from wild_rydes_saga.deployed.rides import LAB_FARE, LAB_RIDES, Rides
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.settings import DEFAULT_STACK_NAME

TAKEN: Final = "taken"
"""Name of a parameter that is there before the deployment that creates it: CloudFormation fails on it."""
FAILS_LAST: Final = {
    "wild_rydes_saga/stack.py": (
        "        for name, value in self._outputs().items():\n",
        "        import aws_cdk as cdk\n"
        f'        taken = {{"Name": "{TAKEN}", "Type": "String", "Value": "new"}}\n'
        '        last = cdk.CfnResource(self, "Last", type="AWS::SSM::Parameter", properties=taken)\n'
        "        last.node.add_dependency(self.fare_saga, self.monitoring, self.recovery)\n"
        "        for name, value in self._outputs().items():\n",
    )
}
"""A resource whose creation fails once the functions and the machines have been changed."""


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with emulator.running(settings={"SFN_WAIT_SCALE": "0.001"}) as running:
        account = local_account(running)
        cdk.bootstrap_local(account)
        account.client("ssm").put_parameter(Name=TAKEN, Type="String", Value="old")
        yield account


@pytest.mark.long
def test_what_was_rolled_back_can_be_deployed_again(account: Account, assembly: Path, tmp_path: Path) -> None:
    failing = changed_app(tmp_path / "failing", {**CHANGES, **FAILS_LAST})
    changed = changed_app(tmp_path / "changed", CHANGES)
    outputs_file = tmp_path / "outputs.json"
    rides = Rides(account, cdk.deploy(account, assembly, outputs_file), patience_seconds=60)

    with pytest.raises(CdkError, match="failed to deploy"):
        cdk.deploy(account, failing, outputs_file)
    [stack] = account.client("cloudformation").describe_stacks(StackName=DEFAULT_STACK_NAME)["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert charge_of(rides, "wr_rolled_back").startswith("new-") is False

    cdk.deploy(account, changed, outputs_file)
    assert charge_of(rides, "wr_deployed_again").startswith("new-") is True


def charge_of(rides: Rides, fare_id: str) -> str:
    """Rides, and returns the id of the charge."""
    outcome = rides.outcome(rides.start({**LAB_FARE, "fareId": fare_id}), fare_id)
    assert outcome.captured == LAB_RIDES[0].expected.captured
    assert outcome.message is not None
    return str(outcome.message["chargeId"])

"""The snapshots: a change of the template, a machine or a logical id is seen in review.

`--snapshot-update` renews them.
"""

from typing import Final

import pytest
from aws_cdk.assertions import Template
from syrupy.assertion import SnapshotAssertion

from tests.support.template.graph import Graph
from tests.support.template.snapshots import SNAPSHOTS, NamedJson

pytestmark = [
    pytest.mark.usefixtures("workshop"),
    # syrupy expects a test's name in a snapshot's. Here other tests read the files by what they hold.
    pytest.mark.filterwarnings(r"ignore:\s*Can not relate snapshot name"),
]

MACHINES: Final = {"state_machine": "completed", "express_machine": "express", "recovery_machine": "recovery"}
RENEW: Final = "if that is meant, run: make test ARGS=--snapshot-update"


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(NamedJson)


def test_the_template_has_not_changed_unseen(template: Template, snapshot: SnapshotAssertion) -> None:
    assert template.to_json() == snapshot(name="template"), f"the template has changed; {RENEW}"


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_has_not_changed_unseen(name: str, template: Template, snapshot: SnapshotAssertion) -> None:
    assert Graph.of(template, MACHINES[name]).definition == snapshot(name=name), f"{name} has changed; {RENEW}"


def test_moving_modules_changes_no_logical_id(
    template: Template, production: Template, stripe: Template, snapshot: SnapshotAssertion
) -> None:
    """CloudFormation would delete a table under its old id, and make an empty one."""
    found = {
        stage: {name: resource["Type"] for name, resource in one.to_json()["Resources"].items()}
        for stage, one in (("workshop", template), ("production", production), ("stripe", stripe))
    }
    assert found == snapshot(name="logical_ids"), f"give a construct its id back, or its resource is replaced; {RENEW}"


def test_no_snapshot_is_left_over() -> None:
    kept = {path.name for path in SNAPSHOTS.iterdir()}
    assert kept == {f"{name}.json" for name in ("template", *MACHINES, "logical_ids")}, "delete what no test compares"

"""The claim of a fare: a saga and its recovery never both go on."""

import re
from typing import Any

from tests.support.template.graph import Graph
from wild_rydes_saga.saga import Plan


def statuses(state: dict[str, Any]) -> tuple[str, set[str]]:
    """The status that an update writes, and those that it requires of a row of this saga's."""
    arguments = state["Arguments"]
    values = {name: value["S"] for name, value in arguments["ExpressionAttributeValues"].items()}
    [written] = re.findall(r"fareStatus = (:\w+)", arguments["UpdateExpression"])
    [mine] = re.findall(r"sagaId = :saga AND \(.+?\) AND fareStatus IN \((.+?)\)", arguments["ConditionExpression"])
    return values[written], {values[name] for name in mine.split(", ")}


def test_the_claim_and_the_pivot_exclude_each_other(recovery: Graph, graph: Graph, plan: Plan) -> None:
    pivot = graph.states[next(step.action for step in plan.steps if step.pivot)]
    claim_writes, claim_takes = statuses(recovery.states["ClaimFare"])
    pivot_writes, pivot_takes = statuses(pivot)
    assert (claim_writes, pivot_writes) == ("recovering", "completed")
    assert claim_writes not in pivot_takes
    assert pivot_writes not in claim_takes
    assert claim_writes in claim_takes
    assert "attribute_not_exists(fareId)" not in pivot["Arguments"]["ConditionExpression"]


def test_a_claimed_fare_cannot_be_registered_late(recovery: Graph, graph: Graph) -> None:
    register = graph.states["RegisterFare"]["Arguments"]
    values = {name: value["S"] for name, value in register["ExpressionAttributeValues"].items()}
    claimed, _ = statuses(recovery.states["ClaimFare"])
    assert claimed not in values.values()
    assert recovery.states["ClaimFare"]["Arguments"]["ConditionExpression"].startswith(
        "attribute_not_exists(fareId) OR"
    )


def test_a_claim_is_of_the_inspected_ride_and_names_its_recovery(recovery: Graph) -> None:
    arguments = recovery.states["ClaimFare"]["Arguments"]
    values = {name: value["S"] for name, value in arguments["ExpressionAttributeValues"].items()}
    assert arguments["Key"] == {"fareId": {"S": "{% $ride.fareId %}"}}
    assert values[":saga"] == "{% $ride.sagaId %}"
    assert values[":start"] == "{% $ride.startTime %}"
    assert values[":recovery"] == "{% $states.context.Execution.Id %}"

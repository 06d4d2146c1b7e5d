"""Express executions are as on AWS. A test of an unpatched emulator fails when that does as AWS does."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from wild_rydes_saga.deployed.account import Account, local_account
from wild_rydes_saga.emulator import process as emulator
from wild_rydes_saga.emulator.patches.express import _OF_STANDARD, LONGEST_SECONDS

ROLE = "arn:aws:iam::000000000000:role/any"
NOT_SUPPORTED = "StateMachineTypeNotSupported"
Machines = dict[str, str]


@pytest.fixture(scope="module")
def unpatched() -> Iterator[Account]:
    with emulator.running(module="tests.support.local_cloud.unpatched_emulator") as running:
        yield local_account(running)


@pytest.fixture(scope="module")
def patched() -> Iterator[Account]:
    with emulator.running(settings={LONGEST_SECONDS: "2"}) as running:
        yield local_account(running)


def machine(account: Account, name: str, *, kind: str = "EXPRESS", waits: int = 0) -> str:
    """Makes a machine that waits, and answers its execution's id."""
    states: dict[str, Any] = {
        "Wait": {"Type": "Wait", "Seconds": waits, "Next": "Answer"},
        "Answer": {"Type": "Pass", "Output": "{% $states.context.Execution.Id %}", "End": True},
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "Wait", "States": states}
    client = account.client("stepfunctions")
    made = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE, type=kind)
    return str(made["stateMachineArn"])


def sync(account: Account, arn: str, **more: str) -> dict[str, Any]:
    return dict(account.client("stepfunctions").start_sync_execution(stateMachineArn=arn, **more))


def refusal(account: Account, operation: str, **asked: str) -> str | None:
    """The code by which an operation is refused; None if it is done."""
    try:
        getattr(account.client("stepfunctions"), operation)(**asked)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def started(account: Account, arn: str, name: str) -> str:
    answer = account.client("stepfunctions").start_execution(stateMachineArn=arn, name=name)
    return str(answer["executionArn"])


def test_each_delivery_has_an_id_that_ends_in_a_part_of_its_own(patched: Account, unpatched: Account) -> None:
    arn = machine(patched, "ids")
    answers = [sync(patched, arn, name="ride") for _ in range(2)]
    ids = [json.loads(answer["output"]) for answer in answers]
    assert ids == [answer["executionArn"] for answer in answers]
    start = arn.replace(":stateMachine:", ":express:") + ":ride:"
    assert all(one.startswith(start) for one in ids)
    assert len({*ids}) == 2
    assert ":execution:" in sync(unpatched, machine(unpatched, "ids"), name="ride")["executionArn"]


def test_a_name_may_be_started_again(patched: Account, unpatched: Account) -> None:
    arn = machine(patched, "names")
    assert started(patched, arn, "ride") != started(patched, arn, "ride")
    other = machine(unpatched, "names")
    started(unpatched, other, "ride")
    again = refusal(unpatched, "start_execution", stateMachineArn=other, name="ride")
    assert again == "ExecutionAlreadyExists"


def test_a_synchronous_start_is_for_express_machines_alone(patched: Account, unpatched: Account) -> None:
    standard = machine(patched, "standard", kind="STANDARD")
    assert refusal(patched, "start_sync_execution", stateMachineArn=standard) == NOT_SUPPORTED
    other = machine(unpatched, "standard", kind="STANDARD")
    assert refusal(unpatched, "start_sync_execution", stateMachineArn=other) is None


def test_a_synchronous_start_takes_an_alias_and_runs_its_version(patched: Account, unpatched: Account) -> None:
    def aliased(account: Account) -> str:
        client, arn = account.client("stepfunctions"), machine(account, "aliased")
        version = client.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
        routing = [{"stateMachineVersionArn": version, "weight": 100}]
        alias = client.create_state_machine_alias(name="live", routingConfiguration=routing)["stateMachineAliasArn"]
        states = {"Answer": {"Type": "Pass", "Output": "new", "End": True}}
        new = {"QueryLanguage": "JSONata", "StartAt": "Answer", "States": states}
        client.update_state_machine(stateMachineArn=arn, definition=json.dumps(new))
        return str(alias)

    answer = sync(patched, aliased(patched))
    assert json.loads(answer["output"]) == answer["executionArn"], "the version's definition, not the newest"
    assert refusal(unpatched, "start_sync_execution", stateMachineArn=aliased(unpatched)) == "StateMachineDoesNotExist"


def test_a_ride_in_flight_during_a_deployment_ends_on_its_own_version(patched: Account) -> None:
    client, arn = patched.client("stepfunctions"), machine(patched, "deployed", waits=1)

    def version() -> list[dict[str, Any]]:
        made = client.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
        return [{"stateMachineVersionArn": made, "weight": 100}]

    alias = client.create_state_machine_alias(name="live", routingConfiguration=version())["stateMachineAliasArn"]
    with ThreadPoolExecutor(1) as pool:
        in_flight = pool.submit(sync, patched, alias)
        time.sleep(0.5)
        states = {"Answer": {"Type": "Pass", "Output": "new", "End": True}}
        new = {"QueryLanguage": "JSONata", "StartAt": "Answer", "States": states}
        client.update_state_machine(stateMachineArn=arn, definition=json.dumps(new))
        client.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=version())
        assert json.loads(sync(patched, alias)["output"]) == "new"
        answer = in_flight.result()
    assert json.loads(answer["output"]) == answer["executionArn"], "the old version's answer"


OPERATIONS = [name.removeprefix("_") for name in _OF_STANDARD]


def test_all_operations_on_an_execution_are_patched(patched: Account) -> None:
    """Those that take an execution's ARN, but for a redrive, which is for failed Standard ones; none writes a name."""
    client = patched.client("stepfunctions")
    taking = {
        name
        for name, operation in client.meta.method_to_api_mapping.items()
        if "executionArn" in (client.meta.service_model.operation_model(operation).input_shape.required_members)
    }
    assert taking - {"redrive_execution", "list_map_runs"} == {*OPERATIONS}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_step_functions_knows_no_express_execution(operation: str, patched: Account, unpatched: Account) -> None:
    mine = started(patched, machine(patched, operation, waits=1), "ride")
    assert refusal(patched, operation, executionArn=mine) == "InvalidArn"
    other = started(unpatched, machine(unpatched, operation, waits=1), "ride")
    assert refusal(unpatched, operation, executionArn=other) is None


def test_express_executions_are_not_listed(patched: Account, unpatched: Account) -> None:
    assert refusal(patched, "list_executions", stateMachineArn=machine(patched, "listed")) == NOT_SUPPORTED
    assert refusal(unpatched, "list_executions", stateMachineArn=machine(unpatched, "listed")) is None


@pytest.mark.parametrize("is_patched", [True, False], ids=["patched", "unpatched"])
def test_an_express_execution_sends_no_events(is_patched: bool, patched: Account, unpatched: Account) -> None:
    account = patched if is_patched else unpatched
    events, sqs = account.client("events"), account.client("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["aws.states"]}))
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_targets(Rule="all", Targets=[{"Id": "queue", "Arn": queue}])
    started(account, machine(account, "silent"), "ride")
    started(account, machine(account, "loud", kind="STANDARD"), "ride")
    kinds: set[str] = set()
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline and len(kinds) < 2:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            kinds.add(json.loads(message["Body"])["detail"]["stateMachineArn"].rpartition(":")[2])
    assert kinds == ({"loud"} if is_patched else {"loud", "silent"})


@pytest.mark.parametrize(("waits", "retries"), [(3, False), (0, True)], ids=["next-state", "retry"])
def test_an_execution_that_was_ended_does_nothing_more(waits: int, retries: bool, patched: Account) -> None:
    """A call that it has made goes on. The emulator's thread would retry it, or enter the next state."""
    sqs = patched.client("sqs")
    url = sqs.create_queue(QueueName="after-the-end")["QueueUrl"]
    send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
    retried = f"{{% $states.context.State.RetryCount = 0 ? '{url}-is-not-there' : '{url}' %}}"
    states = {
        "Wait": {"Type": "Wait", "Seconds": waits, "Next": "Send"},
        "Send": {
            **send,
            "Arguments": {"QueueUrl": retried if retries else url, "MessageBody": "too late"},
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3, "MaxAttempts": 1}],
        },
    }
    definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "Wait", "States": states})
    client = patched.client("stepfunctions")
    made = client.create_state_machine(name=f"ended-{waits}", definition=definition, roleArn=ROLE, type="EXPRESS")
    assert sync(patched, str(made["stateMachineArn"]))["status"] == "TIMED_OUT"
    time.sleep(2)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_an_execution_ends_after_five_minutes(patched: Account) -> None:
    """Two seconds stand for them here. The unpatched emulator has no such limit."""
    answer = sync(patched, machine(patched, "slow", waits=4))
    assert (answer["status"], answer["error"]) == ("TIMED_OUT", "States.Timeout")
    assert "output" not in answer

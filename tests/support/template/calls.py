"""Records the AWS calls of each handler, on every way through it, with tables in moto."""

import contextlib
import functools
import importlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from unittest import mock

from moto import mock_aws

from lambda_src import dynamodb, environment
from lambda_src.errors import MissingSetting, StepAlreadyCompensated
from lambda_src.moments import at
from lambda_src.payments import vault
from lambda_src.recovery import parking, wiring
from lambda_src.recovery.work.work_list import EVENT, NEXT_AT, SWEEP, WORK, Work
from tests.support.handlers.rides import CONTEXT, RIDE, event
from tests.support.template.recorder import EXECUTION, LEARNERS, MACHINES, Call, Recorder
from wild_rydes_saga.machines.outcomes import WORK_INDEX

TABLES: Final = {
    environment.FARES_TABLE: "fareId",
    environment.PAYMENTS_TABLE: "sagaId",
    environment.GATEWAY_TABLE: "operationKey",
    environment.ACCOUNTS_TABLE: "accountKey",
    environment.CARDS_TABLE: "tokenDigest",
    environment.OUTCOMES_TABLE: "sagaId",
}
"""The variables that name the tables; the tables here have the same names."""
QUEUES: Final = (environment.PARKED_QUEUE_URL, environment.OUTCOMES_QUEUE_URL)
INDEX: Final = "Unsettled"
INDEXES: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    environment.FARES_TABLE: {INDEX: ("unsettledSince",)},
    environment.OUTCOMES_TABLE: {WORK_INDEX: (WORK, NEXT_AT)},
}


def run_scenario(module: str) -> None:
    """Runs a handler in every way that its scenario takes it."""
    with _cloud() as recorder:
        SCENARIOS[module](recorder)


@functools.cache
def calls_of(module: str) -> frozenset[Call]:
    """The calls of a handler, by its module under `lambda_src`, on every way of its scenario."""
    with _cloud() as recorder:
        SCENARIOS[module](recorder)
        return frozenset(recorder.calls)


@contextlib.contextmanager
def _cloud() -> Iterator[Recorder]:
    variables = {
        **{name: name for name in TABLES},
        environment.UNSETTLED_INDEX: INDEX,
        environment.UNSETTLED_AFTER_SECONDS: "60",
        environment.RECOVERY_ARN: f"{MACHINES['recovery']}:live",
        environment.MACHINE_ARNS: f"{MACHINES['saga']},{MACHINES['learner']}",
        environment.WORK_INDEX: WORK_INDEX,
        environment.LONGEST_EXECUTION_SECONDS: "60",
        environment.RECOVERY_GRACE_SECONDS: "0",
        environment.RECOVERY_LEASE_SECONDS: "0",
        environment.RECOVERY_REPEAT_SECONDS: "0",
        environment.RECOVERIES_AT_ONCE: "5",
        environment.FORCED_FAILURES: "on",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    clients = (dynamodb.client, vault.kms, wiring.step_functions, wiring.sqs)
    recorder = Recorder()
    full_traces = mock.patch.object(sys, "tracebacklimit", 1000, create=True)
    with mock_aws(), mock.patch.dict(os.environ, variables), full_traces, contextlib.ExitStack() as stack:
        for client in clients:
            client.cache_clear()
            stack.callback(client.cache_clear)
        made = dynamodb.client()
        for table, key in TABLES.items():
            _create(made, table, key)
        os.environ[environment.CARDS_KEY] = vault.kms().create_key()["KeyMetadata"]["Arn"]
        for queue in QUEUES:
            os.environ[queue] = wiring.sqs().create_queue(QueueName=queue)["QueueUrl"]
        for client in clients:
            recorder.listen(client())
        yield recorder


def _create(client: Any, table: str, key: str) -> None:
    indexes = [
        {
            "IndexName": name,
            "KeySchema": [
                {"AttributeName": one, "KeyType": kind} for one, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
        for name, keys in INDEXES.get(table, {}).items()
    ]
    attributes = [key, *(one for keys in INDEXES.get(table, {}).values() for one in keys)]
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in attributes],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    )


def _run(module: str, given: dict[str, Any]) -> Any:
    """Runs a handler; a refusal is an answer too."""
    handler = importlib.import_module(f"lambda_src.{module}").handler
    try:
        return handler(given, CONTEXT)
    except Exception as refusal:
        if not (type(refusal).__module__ == "lambda_src.errors" or type(refusal).__name__.startswith("Payment")):
            raise
        return refusal


def _ride(number: int, **changes: object) -> dict[str, Any]:
    return event(sagaId=f"{RIDE.saga_id}-{number}", **changes)


def _quietly(recorder: Recorder, module: str, given: dict[str, Any]) -> Any:
    """Runs a handler without recording its calls."""
    before = set(recorder.calls)
    answer = _run(module, given)
    recorder.calls = before
    return answer


def _tokenises(recorder: Recorder) -> None:
    assert "paymentToken" in _run("payments.tokenise", event())


def _token(recorder: Recorder) -> dict[str, Any]:
    answer = _quietly(recorder, "payments.tokenise", event())
    return {"cc": "", "expiryDate": "", "cvv": "", "paymentToken": answer["paymentToken"]}


def _charges(recorder: Recorder) -> None:
    charge = "payments.charge_fare"
    for number, suffix in enumerate(("", "fail_auth", "fail_charge")):
        for _ in range(2):
            _run(charge, _ride(number, customerId=f"customer-1{suffix}"))
    _quietly(recorder, "payments.refund_fare", _ride(3))
    assert isinstance(_run(charge, _ride(3)), StepAlreadyCompensated)
    paid = _run(charge, _ride(6, **_token(recorder)))
    assert "chargeId" in paid
    _run(charge, _ride(7, paymentToken="tok_" + "0" * 32, cc="", expiryDate="", cvv=""))


def _refunds(recorder: Recorder) -> None:
    for number, suffix in enumerate(("", "fail_auth", "fail_charge")):
        _quietly(recorder, "payments.charge_fare", _ride(number, customerId=f"customer-1{suffix}"))
        for _ in range(2):
            _run("payments.refund_fare", _ride(number))
    _run("payments.refund_fare", _ride(4))


def _credits(recorder: Recorder) -> None:
    for number, suffix in enumerate(("", "fail_credit")):
        for _ in range(2):
            _run("accounts.credit_customer_account", _ride(number, customerId=f"customer-1{suffix}"))


def _reversals(recorder: Recorder) -> None:
    _quietly(recorder, "accounts.credit_customer_account", _ride(0))
    for number in (0, 0, 1):
        _run("accounts.reverse_account_credit", _ride(number))


def _inspections(recorder: Recorder) -> None:
    shape = {"actions": ["RegisterFare"], "clean_failures": {}, "rolled_back": "Failed", "incomplete": "Incomplete"}
    fixed = {"machineArns": [MACHINES["saga"], MACHINES["learner"]], "saga": shape, "stragglerSeconds": 1}
    for arn in (EXECUTION, LEARNERS):
        found = _run("recovery.inspect_execution", {"executionArn": arn, **fixed})
        assert found["verdict"]
    entered = {"type": "FailStateEntered", "stateEnteredEventDetails": {"name": shape["incomplete"]}}
    recorder.history = [entered, *recorder.history]
    assert _run("recovery.inspect_execution", {"executionArn": EXECUTION, **fixed})["verdict"]
    with mock.patch.dict(os.environ):
        del os.environ[environment.FARES_TABLE]
        assert isinstance(_run("recovery.inspect_execution", {"executionArn": EXECUTION, **fixed}), MissingSetting)


def _sweeps(recorder: Recorder) -> None:
    row = {"fareId": "f", "sagaId": EXECUTION, "unsettledSince": "2020-01-01T00:00:00.000Z", "fareStatus": "pending"}
    dynamodb.put(TableName=environment.FARES_TABLE, Item=dynamodb.typed(row))
    recorder.calls.clear()
    assert _run("recovery.sweep_fares", {})["overdue"] == 1
    before = set(recorder.calls)
    [one] = wiring.work_list().due(1)
    wiring.work_list().park(one)
    recorder.calls = before
    assert _run("recovery.sweep_fares", {})["overdue"] == 1, "the fare of a parked ride is marked"
    assert _run("recovery.sweep_fares", {})["overdue"] == 0


def _queues(recorder: Recorder) -> None:
    bodies = [json.dumps({"executionArn": EXECUTION}), "not an event"]
    assert _run("recovery.queue_recoveries", _batch(bodies)) == {"batchItemFailures": []}


def _records(recorder: Recorder) -> None:
    message = {"sagaId": EXECUTION, "eventId": "event", "fareStatus": "failed"}
    bodies = [json.dumps(message), "not a message"]
    assert _run("recovery.record_outcomes", _batch(bodies)) == {"batchItemFailures": []}


def _batch(bodies: Sequence[str]) -> dict[str, Any]:
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]}


def _starts(recorder: Recorder) -> None:
    """Starts one recovery, reads the status of another, and parks one ride with a mark on its fare."""
    work = wiring.work_list()
    for number, fare in enumerate(("", "f")):
        work.add(f"{EXECUTION}-{number}", found_by=EVENT if fare else SWEEP, start_at=at(-60), fare_id=fare)
    given_up = Work(saga_id=f"{EXECUTION}-1", attempts=0, found_by=EVENT, found_at=at(0), fare_id="f", recovery_arn="")
    recorder.calls.clear()
    assert _run("recovery.start_recoveries", {})["started"] == 2
    assert _run("recovery.start_recoveries", {})["started"] == 2, "they ended without having finished it"
    assert not parking.park(given_up, work, "it is tried here")
    gone = f"{os.environ[environment.PARKED_QUEUE_URL]}-gone"
    with mock.patch.dict(os.environ, {environment.PARKED_QUEUE_URL: gone}):
        before = set(recorder.calls)
        assert not parking.park(given_up, work, "its queue is gone")
        recorder.calls = before
    _run("recovery.start_recoveries", {})


SCENARIOS: Final = {
    "payments.charge_fare": _charges,
    "payments.refund_fare": _refunds,
    "payments.tokenise": _tokenises,
    "accounts.credit_customer_account": _credits,
    "accounts.reverse_account_credit": _reversals,
    "recovery.inspect_execution": _inspections,
    "recovery.sweep_fares": _sweeps,
    "recovery.queue_recoveries": _queues,
    "recovery.record_outcomes": _records,
    "recovery.start_recoveries": _starts,
}

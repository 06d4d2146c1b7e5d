"""The cloud that the scenarios run in: tables, queues and a key in moto, and the gateway that the stack has."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from unittest import mock

from moto import mock_aws

from lambda_src import dynamodb, environment
from lambda_src.express import start_rides
from lambda_src.payments import vault
from lambda_src.payments.gateways import SIMULATED, STRIPE
from lambda_src.payments.stripe import key
from lambda_src.recovery import wiring
from lambda_src.recovery.work.open_ride import OPEN_SINCE
from lambda_src.recovery.work.work_row import NEXT_AT, WORK
from tests.support.gateways.stripe_double import CURRENCY, new_key
from tests.support.template.recorder import MACHINES, Recorder
from wild_rydes_saga.emulator.stripe_double.double import StripeDouble
from wild_rydes_saga.emulator.stripe_double.server import serving
from wild_rydes_saga.machines.outcomes import OPEN_INDEX, WORK_INDEX

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
    environment.OUTCOMES_TABLE: {WORK_INDEX: (WORK, NEXT_AT), OPEN_INDEX: (OPEN_SINCE,)},
}

VARIABLES: Final = {
    environment.GATEWAY: SIMULATED,
    **{name: name for name in TABLES},
    environment.UNSETTLED_INDEX: INDEX,
    environment.UNSETTLED_AFTER_SECONDS: "60",
    environment.RECOVERY_ARN: f"{MACHINES['recovery']}:live",
    environment.MACHINE_ARNS: f"{MACHINES['saga']},{MACHINES['learner']}",
    environment.EXPRESS_ARN: f"{MACHINES['express']}:live",
    environment.WORK_INDEX: WORK_INDEX,
    environment.LONGEST_EXECUTION_SECONDS: "60",
    environment.OPEN_INDEX: OPEN_INDEX,
    environment.OPEN_FOR_SECONDS: "60",
    environment.RECOVERY_GRACE_SECONDS: "0",
    environment.RECOVERY_LEASE_SECONDS: "0",
    environment.RECOVERY_REPEAT_SECONDS: "0",
    environment.RECOVERIES_AT_ONCE: "5",
    environment.FORCED_FAILURES: "on",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
"""The settings of the handlers, without those that only a cloud that was made can give."""


@contextlib.contextmanager
def cloud(gateway: str) -> Iterator[Recorder]:
    """Everything that a handler needs; yields what records its calls."""
    clients = (dynamodb.client, vault.kms, wiring.step_functions, wiring.sqs, start_rides.step_functions)
    recorder = Recorder()
    full_traces = mock.patch.object(sys, "tracebacklimit", 1000, create=True)
    with mock_aws(), mock.patch.dict(os.environ, VARIABLES), full_traces, contextlib.ExitStack() as stack:
        for client in clients:
            client.cache_clear()
            stack.callback(client.cache_clear)
        made = dynamodb.client()
        for table, key in TABLES.items():
            _create(made, table, key)
        os.environ[environment.CARDS_KEY] = vault.kms().create_key()["KeyMetadata"]["Arn"]
        for queue in QUEUES:
            os.environ[queue] = wiring.sqs().create_queue(QueueName=queue)["QueueUrl"]
        if gateway == STRIPE:
            stack.enter_context(_stripe(recorder))
        for client in clients:
            recorder.listen(client())
        yield recorder


@contextlib.contextmanager
def _stripe(recorder: Recorder) -> Iterator[None]:
    """Stripe's double, with its key in a secret. The recorder gets it, to move its clock and to end its key."""
    recorder.double = StripeDouble([new_key()])
    for cached in (key.secrets_manager, key.restricted_key):
        cached.cache_clear()
    client = recorder.listen(key.secrets_manager())
    secret = client.create_secret(Name="key", SecretString=recorder.double.api_keys[0])["ARN"]
    recorder.calls.clear()
    with serving(recorder.double) as url:
        chosen = {
            environment.GATEWAY: STRIPE,
            environment.GATEWAY_KEY_SECRET: secret,
            environment.GATEWAY_URL: url,
            environment.CURRENCY: CURRENCY,
        }
        with mock.patch.dict(os.environ, chosen):
            yield
    for cached in (key.secrets_manager, key.restricted_key):
        cached.cache_clear()


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

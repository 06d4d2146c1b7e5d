"""The lab's rides with Stripe as the gateway: what they come to, what an operator sees, and where no key may be."""

import contextlib
import io
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from rich.console import Console

from lambda_src import environment
from tests.support.card import CARD, card_traces, executions, logs
from tests.support.faults.recovery_work import HURRIED, RecoveryWork
from tests.support.local_cloud.started import wait_until
from wild_rydes_saga.cli.operator.ride import show_ride
from wild_rydes_saga.deployed.account import local_account
from wild_rydes_saga.deployed.local_deployment import deploy_locally, launch_for
from wild_rydes_saga.deployed.rides import LAB_FARE, LAB_RIDES, Rides
from wild_rydes_saga.deployed.stacks import Stack
from wild_rydes_saga.emulator.process import HOST, Emulator, planned
from wild_rydes_saga.emulator.stripe_double.objects import ACCEPTED, DECLINED, NEEDS_3DS, PENDING_REFUND, REFUND_SECONDS
from wild_rydes_saga.emulator.stripe_double.process import RunningDouble, double_of

CONTEXT = {"gateway": "stripe"}
MACHINES = ("FareSagaArn", "RecoveryArn")
TABLES = ("FaresTableName", "PaymentsTableName", "AccountsTableName", "CardsTableName", "OutcomesTableName")

pytestmark = [pytest.mark.xdist_group("stripe"), pytest.mark.long]


@dataclass(frozen=True)
class StripeCloud:
    """A local cloud with the stack and the double."""

    cloud: Emulator
    double: RunningDouble
    rides: Rides
    template: str

    def ride(self, fare_id: str, customer_id: str = "3", method: str = ACCEPTED, **more: str) -> str:
        """Starts a ride, waits for its end; returns its saga's id."""
        fare = {"customerId": customer_id, "fareId": fare_id, "fareAmount": "$20.00", "paymentToken": method, **more}
        saga_id = self.rides.start(fare)
        self.rides.wait(saga_id)
        return saga_id


@pytest.fixture(scope="module")
def stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeCloud]:
    folder = tmp_path_factory.mktemp("stripe")
    cloud = launch_for(CONTEXT, planned())
    try:
        account, double = local_account(cloud), double_of(cloud)
        assert double
        outputs = deploy_locally(
            lambda _: contextlib.nullcontext(),
            account,
            folder / "cdk.out",
            folder / "outputs.json",
            context=CONTEXT,
            double=double,
        )
        template = "".join(file.read_text(encoding="utf-8") for file in (folder / "cdk.out").glob("*.json"))
        yield StripeCloud(cloud, double, Rides(account, outputs), template)
    finally:
        cloud.stop()


def test_a_lab_ride_of_each_kind_ends_as_the_lab_says(stripe: StripeCloud) -> None:
    for ride in LAB_RIDES:
        saga_id = stripe.rides.start(stripe.rides.gateway.paid_with(ride.payload))
        outcome = stripe.rides.outcome(saga_id, ride.payload["fareId"])
        assert outcome.differences(ride.expected) == [], ride.title


@pytest.mark.parametrize("method", [DECLINED, NEEDS_3DS])
def test_a_method_that_cannot_be_charged_is_a_clean_failure(method: str, stripe: StripeCloud) -> None:
    saga_id = stripe.ride(f"fare-{method}", method=method)
    assert stripe.rides.wait(saga_id)["error"] == "PaymentAuthException"
    row = stripe.rides.row("PaymentsTableName", {"sagaId": saga_id})
    assert row
    assert row["status"] == "declined"
    assert stripe.rides.gateway.book(saga_id, row) == {}


@pytest.mark.parametrize("beside", [pytest.param({}, id="alone"), pytest.param({"paymentToken": ACCEPTED}, id="token")])
def test_a_card_is_refused_at_the_door_and_nothing_is_written(beside: dict[str, str], stripe: StripeCloud) -> None:
    saga_id = stripe.rides.start({**LAB_FARE, **CARD, "fareId": "with-a-card", **beside})
    ended = stripe.rides.wait(saga_id)
    assert ended["error"] == "InvalidFare"
    assert "this stack takes no card" in ended["cause"]
    assert stripe.rides.row("FaresTableName", {"fareId": "with-a-card"}) is None
    assert stripe.rides.row("PaymentsTableName", {"sagaId": saga_id}) is None


def test_an_operator_sees_a_pending_refund_and_the_recovery_waits_for_it(stripe: StripeCloud) -> None:
    saga_id = stripe.ride("fare-slow", "3__fail_credit", PENDING_REFUND)
    assert stripe.rides.wait(saga_id)["error"] == "SagaRollbackIncomplete"
    shown = Console(file=io.StringIO(), width=200)
    show_ride(shown, Stack(stripe.rides.account, stripe.rides.outputs), saga_id)
    assert isinstance(shown.file, io.StringIO)
    assert "refund pending $20.00" in shown.file.getvalue()
    assert "reports later whether the money arrived" in shown.file.getvalue()
    stripe.double.control("clock", {"advance": REFUND_SECONDS})
    recovery = stripe.rides.account.client("stepfunctions").start_execution(
        stateMachineArn=stripe.rides.outputs["RecoveryAliasArn"], input=json.dumps({"executionArn": saga_id})
    )
    assert stripe.rides.wait(recovery["executionArn"])["status"] == "SUCCEEDED"
    row = stripe.rides.row("PaymentsTableName", {"sagaId": saga_id})
    assert row
    assert (row["status"], row["capturedMinor"], row["refundedMinor"]) == ("refunded", "2000", "2000")


def test_more_pending_refunds_than_places_keep_no_stopped_ride_waiting(stripe: StripeCloud) -> None:
    rides, work = stripe.rides, RecoveryWork(stripe.rides.account, stripe.rides.outputs)
    work.set(**{**HURRIED, environment.RECOVERIES_AT_ONCE: "1"})
    slow = ["fare-slow-1", "fare-slow-2"]
    for fare_id in slow:
        stripe.ride(fare_id, "3__fail_credit", PENDING_REFUND)
    with work.started_often():
        wait_until(lambda: all("recoveredBy" in fare(rides, one) for one in slow), "both slow rides are claimed")
        stopped = rides.start(rides.gateway.paid_with({**LAB_FARE, "fareId": "fare-stopped"}))
        rides.account.client("stepfunctions").stop_execution(executionArn=stopped)
        wait_until(lambda: fare(rides, "fare-stopped").get("fareStatus") == "failed", "the stopped ride is rolled back")
    assert {fare(rides, one)["fareStatus"] for one in slow} == {"recovering"}


def fare(rides: Rides, fare_id: str) -> dict[str, str]:
    return rides.row("FaresTableName", {"fareId": fare_id}) or {}


def test_a_run_shows_neither_the_key_nor_a_card(stripe: StripeCloud) -> None:
    """After every ride above: the tables, histories, logs and queues, the template, and what the emulator printed."""
    account, outputs = stripe.rides.account, stripe.rides.outputs
    time.sleep(1)  # the last lines of the logs
    rows = [account.client("dynamodb").scan(TableName=outputs[table])["Items"] for table in TABLES]
    queues = account.client("sqs").list_queues()["QueueUrls"]
    messages = [account.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10) for url in queues]
    searched = {
        "tables": json.dumps(rows, default=str),
        "queues": json.dumps(messages, default=str),
        "executions": json.dumps(dict(executions(account, [outputs[name] for name in MACHINES])), default=str),
        "logs": "\n".join(logs(account)),
        "template": stripe.template,
        "functions": json.dumps(account.client("lambda").list_functions()["Functions"], default=str),
        "emulator": stripe.cloud.log.read_text(encoding="utf-8", errors="replace"),
    }
    assert '"step":"ChargeFare"' in searched["logs"]
    assert [place for place, text in searched.items() if stripe.double.key in text] == []
    assert [place for place, text in searched.items() if card_traces(text)] == []


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_the_double_ends_with_the_local_cloud(*, killed: bool) -> None:
    cloud = launch_for(CONTEXT, planned())
    double = double_of(cloud)
    assert double
    try:
        if killed:
            os.kill(cloud.pid, signal.SIGKILL)
            while cloud.is_running():
                time.sleep(0.05)
    finally:
        cloud.stop()
    assert ended(double)


def ended(double: RunningDouble) -> bool:
    """Whether the double refuses connections, at once or soon."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((HOST, double.port), timeout=1):
            time.sleep(0.1)
            continue
        return True
    return False

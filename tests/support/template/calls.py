"""Records the AWS calls of each handler, on every way through it, with tables in moto."""

import functools
import importlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from unittest import mock

from lambda_src import dynamodb, environment
from lambda_src.errors import GatewayKeyRefused, MissingSetting, PaymentAuthException, StepAlreadyCompensated
from lambda_src.fare import CARD_FIELDS, TOKEN
from lambda_src.fare_status import REFUND_PENDING
from lambda_src.moments import at
from lambda_src.payments.gateways import SIMULATED, STRIPE
from lambda_src.recovery import parking, wiring
from lambda_src.recovery.work.listed_ride import Work
from lambda_src.recovery.work.work_list import EVENT, SWEEP
from lambda_src.recovery.work.work_row import DUE
from tests.support.gateways.stripe_double import new_key
from tests.support.handlers.rides import CONTEXT, RIDE, event
from tests.support.template.recorder import EXECUTION, EXPRESS_RIDE, LEARNERS, MACHINES, Call, Recorder
from tests.support.template.scenario_cloud import cloud
from wild_rydes_saga.emulator.stripe_double.objects import (
    ACCEPTED,
    DECLINED,
    FAILING_REFUND,
    NEEDS_3DS,
    PENDING_REFUND,
    REFUND_SECONDS,
)

Scenario = Callable[[Recorder], None]


def run_scenario(module: str, gateway: str = SIMULATED) -> frozenset[Call]:
    """Runs a handler, by its module under `lambda_src`, in every way that its scenario takes it; returns its calls."""
    with cloud(gateway) as recorder:
        _scenario(module, gateway)(recorder)
        return frozenset(recorder.calls)


calls_of = functools.cache(run_scenario)
"""The same, run once in a process."""


def _scenario(module: str, gateway: str) -> Scenario:
    return ON_STRIPE.get(module, SCENARIOS[module]) if gateway == STRIPE else SCENARIOS[module]


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


def _quietly_put(recorder: Recorder, table: str, row: dict[str, str]) -> None:
    """Writes a row without recording the call."""
    before = set(recorder.calls)
    dynamodb.put(TableName=table, Item=dynamodb.typed(row))
    recorder.calls = before


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


def _paid(number: int, method: str, **changes: object) -> dict[str, Any]:
    """The event of a ride that is paid with a payment method of Stripe's test mode."""
    fields = {name: value for name, value in _ride(number, **changes).items() if name not in CARD_FIELDS}
    return {**fields, TOKEN: method}


def _charges_on_stripe(recorder: Recorder) -> None:
    charge = "payments.charge_fare"
    for number, suffix in enumerate(("", "fail_auth", "fail_charge")):
        for _ in range(2):
            _run(charge, _paid(number, ACCEPTED, customerId=f"customer-1{suffix}"))
    for number, method in ((3, DECLINED), (4, NEEDS_3DS), (5, "pm_unknown")):
        assert isinstance(_run(charge, _paid(number, method)), PaymentAuthException)
    assert isinstance(_run(charge, _paid(6, ACCEPTED, fareAmount="$0.49")), PaymentAuthException)
    _quietly(recorder, "payments.refund_fare", _ride(7))
    assert isinstance(_run(charge, _paid(7, ACCEPTED)), StepAlreadyCompensated)
    recorder.double.control("rotate", {"key": new_key()})
    assert isinstance(_run(charge, _paid(8, ACCEPTED)), GatewayKeyRefused)


def _refunds_on_stripe(recorder: Recorder) -> None:
    refund = "payments.refund_fare"
    for number, method in enumerate((ACCEPTED, DECLINED, PENDING_REFUND, FAILING_REFUND)):
        _quietly(recorder, "payments.charge_fare", _paid(number, method))
        for _ in range(3):
            _run(refund, _ride(number))
            recorder.double.control("clock", {"advance": REFUND_SECONDS})
    _run(refund, _ride(4))
    _quietly(recorder, "payments.charge_fare", _paid(5, ACCEPTED))
    recorder.double.control("rotate", {"key": new_key()})
    assert isinstance(_run(refund, _ride(5)), GatewayKeyRefused)


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
    fixed = {
        "machineArns": [MACHINES["saga"], MACHINES["learner"]],
        "saga": shape,
        "stragglerSeconds": 1,
        "openForSeconds": 1,
    }
    for arn in (EXECUTION, LEARNERS):
        assert _run("recovery.inspect_execution", {"executionArn": arn, **fixed})["verdict"]
    row = {"sagaId": EXPRESS_RIDE, "startTime": at(-60), "fareId": "f"}
    _quietly_put(recorder, environment.OUTCOMES_TABLE, row)
    asked = {**fixed, "machineArns": [EXPRESS_RIDE.rpartition(":")[0]]}
    assert _run("recovery.inspect_execution", {"executionArn": EXPRESS_RIDE, **asked})["verdict"]
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
    wiring.work_list().park(wiring.work_list().due(1)[0])
    recorder.calls = before
    assert _run("recovery.sweep_fares", {})["overdue"] == 1, "the fare of a parked ride is marked"
    assert _run("recovery.sweep_fares", {})["overdue"] == 0


def _queues(recorder: Recorder) -> None:
    bodies = [json.dumps({"executionArn": EXECUTION}), "not an event"]
    assert _run("recovery.queue_recoveries", _batch(bodies)) == {"batchItemFailures": []}


def _records(recorder: Recorder) -> None:
    bodies = [json.dumps({"sagaId": EXECUTION, "eventId": "event", "fareStatus": "failed"}), "not a message"]
    assert _run("recovery.record_outcomes", _batch(bodies)) == {"batchItemFailures": []}


def _batch(bodies: Sequence[str]) -> dict[str, Any]:
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]}


def _starts(recorder: Recorder) -> None:
    """Starts one recovery, reads the status of another, and parks one ride with a mark on its fare."""
    work = wiring.work_list()
    for number, (fare, by) in enumerate((("", SWEEP), ("f", EVENT))):
        work.add(f"{EXECUTION}-{number}", found_by=by, start_at=at(-60), fare_id=fare)
    given_up = Work.of({"sagaId": f"{EXECUTION}-1", "foundBy": EVENT, "fareId": "f"}, DUE)
    recorder.calls.clear()
    assert _run("recovery.start_recoveries", {})["started"] == 2
    assert _run("recovery.start_recoveries", {})["started"] == 2, "they ended without having finished it"
    with mock.patch.dict(os.environ, {environment.RECOVERIES_AT_ONCE: "1", environment.RECOVERY_LEASE_SECONDS: "60"}):
        work.extend(slow := work.overstayed(1)[0], look_at=at(30))
        _quietly_put(recorder, environment.PAYMENTS_TABLE, {"sagaId": slow.saga_id, "status": REFUND_PENDING})
        assert _run("recovery.start_recoveries", {})["started"] == 1, "in the place of one whose refund is pending"
    assert not parking.park(given_up, work, "it is tried here")
    gone, before = f"{os.environ[environment.PARKED_QUEUE_URL]}-gone", set(recorder.calls)
    with mock.patch.dict(os.environ, {environment.PARKED_QUEUE_URL: gone}):
        assert not parking.park(given_up, work, "its queue is gone")
        recorder.calls = before
    _run("recovery.start_recoveries", {})


def _rides(recorder: Recorder) -> None:
    rides = _batch([json.dumps({"fareId": "f", "paymentToken": "tok"}), "not a ride"])
    assert _run("express.start_rides", rides) == {"batchItemFailures": []}


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "express.start_rides": _rides,
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
ON_STRIPE: Final[Mapping[str, Scenario]] = {
    "payments.charge_fare": _charges_on_stripe,
    "payments.refund_fare": _refunds_on_stripe,
}
"""Those of the handlers that call the gateway, where that is Stripe."""

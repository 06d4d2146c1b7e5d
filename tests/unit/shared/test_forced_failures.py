"""Failures forced by the customerId's suffix, only if the stage turns them on."""

import pytest

from lambda_src import dynamodb, environment
from lambda_src.accounts import credit_customer_account
from lambda_src.errors import AccountCreditException, PaymentAuthException, PaymentChargeException, RefundException
from lambda_src.forced_failures import FAIL_AUTH, FAIL_CHARGE, FAIL_CREDIT, FAIL_REFUND, LIFTED_AT, forced_failure
from lambda_src.payments import charge_fare, refund_fare
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import CONTEXT, FARE, event
from tests.support.handlers.tables import PAYMENTS, Tables

pytestmark = pytest.mark.usefixtures("stepper")


@pytest.mark.usefixtures("forced_failures")
@pytest.mark.parametrize(
    ("customer_id", "failure"),
    [
        ("x_fail_auth", FAIL_AUTH),
        ("_fail_charge", FAIL_CHARGE),
        ("3__fail_credit", FAIL_CREDIT),
        ("_fail_refund", FAIL_REFUND),
        ("fail_auth", FAIL_AUTH),
        ("fail_refund", FAIL_REFUND),
        ("customer-1", None),
        ("fail_auth_x", None),
        ("FAIL_AUTH", None),
        ("fail", None),
    ],
)
def test_the_suffix_names_the_failure(customer_id: str, failure: str | None) -> None:
    assert forced_failure(customer_id) == failure


@pytest.mark.parametrize("setting", [None, "", "off", "ON", "true", "1", "on "])
def test_nothing_is_forced_unless_the_setting_is_on(
    setting: str | None, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    if setting is not None:
        monkeypatch.setenv(environment.FORCED_FAILURES, setting)
    for number, suffix in enumerate([FAIL_AUTH, FAIL_CHARGE, FAIL_CREDIT, FAIL_REFUND]):
        ride = event(customerId=f"x_{suffix}", sagaId=f"saga-{number}")
        assert charge_fare.handler(ride, CONTEXT)["chargeId"]
        assert credit_customer_account.handler(ride, CONTEXT) == {}
        assert tables.balance() == FARE * (number + 1)
        if suffix == FAIL_REFUND:
            assert refund_fare.handler(ride, CONTEXT)["chargeId"]
    assert audit(tables) == []


@pytest.mark.usefixtures("forced_failures")
def test_fail_auth_declines_the_card(tables: Tables) -> None:
    with pytest.raises(PaymentAuthException):
        charge_fare.handler(event(customerId="x_fail_auth"), CONTEXT)
    assert tables.operations() == []
    assert tables.payment()["status"] == "declined"


@pytest.mark.usefixtures("forced_failures")
def test_fail_charge_voids_the_hold(tables: Tables) -> None:
    with pytest.raises(PaymentChargeException):
        charge_fare.handler(event(customerId="_fail_charge"), CONTEXT)
    assert tables.operations() == ["authorise", "void"]
    assert tables.payment()["status"] == "voided"
    assert audit(tables) == []


@pytest.mark.usefixtures("forced_failures")
def test_fail_credit_rejects_the_credit_and_lets_the_refund_through(tables: Tables) -> None:
    ride = event(customerId="3__fail_credit")
    charge_fare.handler(ride, CONTEXT)
    with pytest.raises(AccountCreditException):
        credit_customer_account.handler(ride, CONTEXT)
    assert tables.balance() == 0
    refund_fare.handler(ride, CONTEXT)
    assert tables.operations() == ["authorise", "capture", "refund"]
    assert audit(tables) == []


@pytest.mark.usefixtures("forced_failures")
def test_fail_refund_fails_the_credit_and_refunds_until_it_is_off(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    ride = event(customerId="_fail_refund")
    charged = charge_fare.handler(ride, CONTEXT)
    with pytest.raises(AccountCreditException):
        credit_customer_account.handler(ride, CONTEXT)
    for _ in range(3):
        with pytest.raises(RefundException):
            refund_fare.handler(ride, CONTEXT)
        assert tables.payment()["status"] == "refunding"
        assert tables.operations() == ["authorise", "capture"]
    monkeypatch.delenv(environment.FORCED_FAILURES)
    assert refund_fare.handler(ride, CONTEXT) == charged
    assert tables.operations() == ["authorise", "capture", "refund"]
    assert audit(tables) == []


@pytest.mark.usefixtures("forced_failures")
def test_a_lifted_failure_lets_the_refund_through(tables: Tables) -> None:
    ride = event(customerId="_fail_refund")
    charge_fare.handler(ride, CONTEXT)
    with pytest.raises(RefundException):
        refund_fare.handler(ride, CONTEXT)
    dynamodb.update(
        TableName=PAYMENTS,
        Key=dynamodb.typed({"sagaId": ride["sagaId"]}),
        UpdateExpression=f"SET {LIFTED_AT} = :now",
        ExpressionAttributeValues=dynamodb.typed({":now": "2026-01-01T00:00:00Z"}),
    )
    assert refund_fare.handler(ride, CONTEXT)["chargeId"]
    assert tables.operations() == ["authorise", "capture", "refund"]
    assert audit(tables) == []

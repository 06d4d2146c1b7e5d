"""The inspection as it is deployed: its event, AWS's own client, the tables as the services write them, its logs."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_src.accounts.credit_customer_account import credit
from lambda_src.accounts.reverse_account_credit import reverse
from lambda_src.errors import InvalidInspection, NotAnExecution, ServiceBusy, StillRunning
from lambda_src.moments import iso_millis
from lambda_src.payments.charge_fare import charge
from lambda_src.payments.refund_fare import refund
from lambda_src.payments.simulated_gateway import SimulatedGateway
from lambda_src.recovery import inspect_execution, verdict
from tests.support.handlers.rides import CARD, CARD_NUMBER_SPACED, CONTEXT, RIDE, card_fields_in, event
from tests.support.handlers.steps import ACCOUNTS_LEDGER, PAYMENTS_LEDGER
from tests.support.handlers.tables import GATEWAY
from tests.support.recovery.executions import (
    FOUND,
    MACHINE_ARN,
    OPEN_FOR_SECONDS,
    SHAPE,
    STRAGGLER_SECONDS,
    History,
    description,
    done,
    given,
    history,
    under_way,
    visit,
)
from tests.support.recovery.recovery_cloud import FaresBesideLedgers
from tests.support.recovery.step_functions import StepFunctions, Stored

Printed = pytest.CaptureFixture[str]
ENDED: History = history(
    visit("RegisterFare", done()),
    visit("ChargeFare", done()),
    visit("CustomerAccountCredit", under_way(), leaves=False),
    status="TIMED_OUT",
)


def asked_for(execution_arn: object = RIDE.saga_id, **more: object) -> dict[str, Any]:
    """The event that the recovery's machine gives to the inspection."""
    return {
        "executionArn": execution_arn,
        "machineArns": [MACHINE_ARN],
        "saga": dataclasses.asdict(SHAPE),
        "stragglerSeconds": STRAGGLER_SECONDS,
        "openForSeconds": OPEN_FOR_SECONDS,
        **more,
    }


def ended(step_functions: StepFunctions, status: str = "TIMED_OUT", pages: Sequence[History] = (ENDED,)) -> None:
    """Lets Step Functions have the ride's execution, with these pages of its history."""
    reported = description(status)
    step_functions.executions[RIDE.saga_id] = Stored(
        arn=RIDE.saga_id,
        status=status,
        started=reported["startDate"],
        stopped=reported["stopDate"],
        input=reported["input"],
        history=pages,
    )


def ridden(*, undone: bool) -> None:
    """Charges and credits the ride in the services' own ledgers, and undoes both if asked to."""
    charge(RIDE, CARD, ledger=PAYMENTS_LEDGER, gateway=SimulatedGateway(GATEWAY))
    credit(RIDE, ledger=ACCOUNTS_LEDGER)
    if undone:
        refund(RIDE, ledger=PAYMENTS_LEDGER, gateway=SimulatedGateway(GATEWAY))
        reverse(RIDE, ledger=ACCOUNTS_LEDGER)


@pytest.mark.parametrize(
    ("undone", "expected"), [(False, verdict.COMPLETED), (True, verdict.SUPERSEDED)], ids=["kept", "undone"]
)
def test_the_ledgers_say_how_a_ride_ended_whose_fare_is_anothers(
    undone: bool, expected: str, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    ridden(undone=undone)
    fares.put({"fareId": RIDE.fare_id, "sagaId": "another", "fareStatus": "pending"})
    ended(step_functions)
    found = inspect_execution.handler(asked_for(), CONTEXT)
    assert found["verdict"] == expected
    assert found["ride"]["startTime"] == RIDE.start_time
    [charged] = fares.ledgers.rows("Payments")
    assert found["receipt"] == ({} if undone else {"chargeId": charged["chargeId"]})


def test_a_history_of_many_pages_is_read_to_its_end(fares: FaresBesideLedgers, step_functions: StepFunctions) -> None:
    ended(step_functions, pages=[ENDED[:3], ENDED[3:6], ENDED[6:]])
    found = inspect_execution.handler(asked_for(), CONTEXT)
    assert (found["verdict"], found["failure"]["step"]) == (verdict.UNSETTLED, "CustomerAccountCredit")
    assert step_functions.calls["GetExecutionHistory"] == 3


def test_an_execution_that_aws_has_forgotten_is_unclear(
    fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    found = inspect_execution.handler(asked_for(), CONTEXT)
    assert found["verdict"] == verdict.UNCLEAR
    assert set(found) == FOUND


@pytest.mark.parametrize("operation", ["DescribeExecution", "GetExecutionHistory"])
def test_a_throttle_is_raised_as_busy_for_the_machine_to_wait_out(
    operation: str, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    ended(step_functions)
    step_functions.refuse(operation, "ThrottlingException")
    with pytest.raises(ServiceBusy, match=f"{operation}: AWS is busy"):
        inspect_execution.handler(asked_for(), CONTEXT)


def test_any_other_refusal_is_raised_under_its_own_name(
    fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    step_functions.refuse("DescribeExecution", "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        inspect_execution.handler(asked_for(), CONTEXT)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("machineArns", MACHINE_ARN),
        ("machineArns", []),
        ("machineArns", [RIDE.saga_id]),
        ("stragglerSeconds", "35"),
        ("stragglerSeconds", -1),
        ("stragglerSeconds", True),
        ("openForSeconds", None),
        ("saga", {}),
        ("saga", None),
    ],
)
def test_an_inspection_asked_otherwise_than_the_machine_asks_is_refused(
    field: str, value: object, step_functions: StepFunctions
) -> None:
    with pytest.raises(InvalidInspection, match=field):
        inspect_execution.handler(asked_for(**{field: value}), CONTEXT)
    assert not step_functions.asked


def test_a_ride_of_another_machine_on_the_tables_is_inspected_too(
    fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    other = MACHINE_ARN.replace("fare-saga", "start-here")
    arn = step_functions.has(
        f"{other.replace(':stateMachine:', ':execution:')}:mine", "FAILED", history=(ENDED,), input=given()
    )
    started = iso_millis(step_functions.executions[arn].started)
    fares.put({"fareId": RIDE.fare_id, "sagaId": arn, "fareStatus": "pending", "startTime": started})
    found = inspect_execution.handler(asked_for(arn, machineArns=[MACHINE_ARN, other]), CONTEXT)
    assert (found["verdict"], found["ride"]["sagaId"]) == (verdict.UNSETTLED, arn)


@pytest.mark.parametrize(
    ("status", "arn", "error", "reported"),
    [
        pytest.param("RUNNING", RIDE.saga_id, StillRunning, "Refused", id="running"),
        pytest.param("TIMED_OUT", RIDE.saga_id, None, "Done", id="ended"),
        pytest.param("RUNNING", "", NotAnExecution, "Refused", id="no-execution"),
    ],
)
def test_its_log_bears_the_executions_arn_and_nothing_of_the_card(
    status: str,
    arn: str,
    error: type[Exception] | None,
    reported: str,
    fares: FaresBesideLedgers,
    step_functions: StepFunctions,
    logs: Printed,
) -> None:
    ended(step_functions, status)
    name = None
    try:
        inspect_execution.handler(asked_for(arn, **{**event(), "sagaId": "another"}), CONTEXT)
    except Exception as failure:
        name = type(failure).__name__
    printed = logs.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    found = card_fields_in(printed.out + printed.err)
    is_counted = f'"InspectExecution{reported}":[1.0]' in printed.out
    del printed
    assert found == []
    assert is_counted
    assert name == (error.__name__ if error else None)
    assert [line["correlation_id"] for line in lines if "level" in line] == [arn]


def test_an_error_that_quotes_the_card_is_raised_without_it(
    fares: FaresBesideLedgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quoting(*_: object, **__: object) -> dict[str, Any]:
        raise ValueError(f"{CARD_NUMBER_SPACED} {CARD.expiry} {CARD.code}")

    monkeypatch.setattr(inspect_execution, "inspect", quoting)
    raised: Exception | None = None
    try:
        inspect_execution.handler(asked_for(), CONTEXT)
    except Exception as failure:
        raised = failure
    name, found = type(raised).__name__, card_fields_in(str(raised))
    del raised
    assert (name, found) == ("ValueError", [])

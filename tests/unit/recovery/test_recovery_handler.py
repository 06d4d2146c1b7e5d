"""The look as it is deployed: its event, AWS's own clients, the tables as the services write them, and its logs."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from lambda_src.accounts.credit_customer_account import credit
from lambda_src.accounts.reverse_account_credit import reverse
from lambda_src.errors import NotAnExecution, StillRunning
from lambda_src.payments.charge_fare import charge
from lambda_src.payments.gateway import SimulatedGateway
from lambda_src.payments.refund_fare import refund
from lambda_src.recovery import inspect_execution, verdict
from lambda_src.recovery.inspect_execution import MOST_RECOVERIES
from lambda_src.recovery.wiring import Executions
from tests.support.handlers.executions import (
    FOUND,
    MACHINE_ARN,
    RECOVERY_ARN,
    SHAPE,
    STRAGGLER_SECONDS,
    History,
    description,
    done,
    history,
    under_way,
    visit,
)
from tests.support.handlers.recovery_cloud import FaresBesideLedgers, StepFunctions
from tests.support.handlers.rides import CARD, CARD_NUMBER_SPACED, CONTEXT, RIDE, card_fields_in, event
from tests.support.handlers.steps import ACCOUNTS_LEDGER, PAYMENTS_LEDGER
from tests.support.handlers.tables import GATEWAY

Printed = pytest.CaptureFixture[str]
RECOVERIES: Final = RECOVERY_ARN.replace(":stateMachine:", ":execution:")
ENDED: History = history(
    visit("RegisterFare", done()),
    visit("ChargeFare", done()),
    visit("CustomerAccountCredit", under_way(), leaves=False),
    status="TIMED_OUT",
)


def asked_for(execution_arn: object = RIDE.saga_id, **more: object) -> dict[str, Any]:
    """The event that the recovery's machine gives to the look."""
    return {
        "executionArn": execution_arn,
        "machineArn": MACHINE_ARN,
        "recoveryArn": RECOVERY_ARN,
        "saga": dataclasses.asdict(SHAPE),
        "stragglerSeconds": STRAGGLER_SECONDS,
        **more,
    }


def answers(step_functions: StepFunctions, status: str = "TIMED_OUT", pages: Sequence[History] = (ENDED,)) -> None:
    """Lets Step Functions tell of the ride's execution; checks that no data of the events is asked for."""
    told = dict(description(status))
    step_functions.answers.add_response("describe_execution", told, {"executionArn": RIDE.saga_id})
    for number, page in enumerate(pages):
        asked = {"executionArn": RIDE.saga_id, "includeExecutionData": False, "maxResults": 1000}
        following = {"nextToken": str(number + 1)} if number + 1 < len(pages) else {}
        told = {"events": [dict(one) for one in page], **following}
        expected = asked | ({"nextToken": str(number)} if number else {})
        step_functions.answers.add_response("get_execution_history", told, expected)


def ridden(*, undone: bool) -> None:
    """Charges and credits the ride in the services' own ledgers, and undoes both if told so."""
    charge(RIDE, CARD, ledger=PAYMENTS_LEDGER, gateway=SimulatedGateway(GATEWAY))
    credit(RIDE, ledger=ACCOUNTS_LEDGER)
    if undone:
        refund(RIDE, ledger=PAYMENTS_LEDGER, gateway=SimulatedGateway(GATEWAY))
        reverse(RIDE, ledger=ACCOUNTS_LEDGER)


@pytest.mark.parametrize(
    ("undone", "expected"), [(False, verdict.COMPLETED), (True, verdict.SUPERSEDED)], ids=["kept", "undone"]
)
def test_the_services_own_ledgers_say_how_a_ride_ended_whose_fare_is_anothers(
    undone: bool, expected: str, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    ridden(undone=undone)
    fares.put({"fareId": RIDE.fare_id, "sagaId": "another", "fareStatus": "pending"})
    answers(step_functions)
    found = inspect_execution.handler(asked_for(), CONTEXT)
    assert found["verdict"] == expected
    assert found["ride"]["startTime"] == RIDE.start_time
    [charged] = fares.ledgers.rows("Payments")
    assert found["receipt"] == ({} if undone else {"chargeId": charged["chargeId"]})


@pytest.mark.parametrize(
    ("length", "status", "expected"),
    [
        pytest.param(1, "pending", verdict.UNSETTLED, id="the-first"),
        pytest.param(MOST_RECOVERIES, "pending", verdict.UNSETTLED, id="the-last-that-is-begun-again"),
        pytest.param(MOST_RECOVERIES + 1, "pending", verdict.UNCLEAR, id="one-too-many"),
        pytest.param(MOST_RECOVERIES + 1, "completed", verdict.UNCLEAR, id="one-too-many-completed"),
    ],
)
def test_a_recovery_that_ended_badly_stands_for_the_ride_that_it_was_about_but_not_for_ever(
    length: int, status: str, expected: str, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    recoveries = [f"{RECOVERIES}:recovery-{number}" for number in range(length)]
    for recovery, about in zip(recoveries, [*recoveries[1:], RIDE.saga_id], strict=True):
        step_functions.recovery_was_given(recovery, json.dumps({"executionArn": about}))
    answers(step_functions)
    mine = {"sagaId": RIDE.saga_id, "startTime": RIDE.start_time, "fareStatus": status}
    fares.put({"fareId": RIDE.fare_id, **mine})
    found = inspect_execution.handler(asked_for(recoveries[0]), CONTEXT)
    assert (found["verdict"], found["ride"]["sagaId"]) == (expected, RIDE.saga_id)
    assert ("in a row" in found["trouble"]["cause"]) is (expected == verdict.UNCLEAR)


def test_nothing_to_do_is_nothing_to_do_however_many_recoveries_ended_badly(
    fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    recoveries = [f"{RECOVERIES}:recovery-{number}" for number in range(MOST_RECOVERIES + 1)]
    for recovery, about in zip(recoveries, [*recoveries[1:], RIDE.saga_id], strict=True):
        step_functions.recovery_was_given(recovery, json.dumps({"executionArn": about}))
    answers(step_functions, "SUCCEEDED")
    assert inspect_execution.handler(asked_for(recoveries[0]), CONTEXT)["verdict"] == verdict.NOTHING


@pytest.mark.parametrize("error", SHAPE.handed_over)
@pytest.mark.parametrize(
    "text", [json.dumps({"executionArn": RIDE.saga_id}), "{}", "7"], ids=["ride", "none", "number"]
)
def test_a_recovery_that_handed_over_to_a_person_is_left_to_that_person(
    error: str, text: str, fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    """Its end tells the rule no error: each would otherwise start the next, for ever."""
    fares.put({"fareId": RIDE.fare_id, "sagaId": RIDE.saga_id, "startTime": RIDE.start_time, "fareStatus": "pending"})
    recovery = f"{RECOVERIES}:recovery-1"
    step_functions.recovery_was_given(recovery, text, error)
    found = inspect_execution.handler(asked_for(recovery), CONTEXT)
    assert (found["verdict"], found["ride"]["sagaId"]) == (verdict.NOTHING, recovery)


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", '"x"', "null", "{", "", '{"executionArn": 7}', json.dumps({"executionArn": MACHINE_ARN})],
    ids=["empty", "list", "string", "null", "no-json", "nothing", "number", "the-machine"],
)
def test_a_recovery_that_was_given_no_execution_stands_for_none(text: str, step_functions: StepFunctions) -> None:
    step_functions.recovery_was_given(f"{RECOVERIES}:recovery-1", text)
    with pytest.raises(NotAnExecution):
        Executions(MACHINE_ARN, RECOVERY_ARN).saga(f"{RECOVERIES}:recovery-1")


def test_recoveries_that_were_given_each_other_stand_for_none(step_functions: StepFunctions) -> None:
    step_functions.recovery_was_given(f"{RECOVERIES}:one", json.dumps({"executionArn": f"{RECOVERIES}:other"}))
    step_functions.recovery_was_given(f"{RECOVERIES}:other", json.dumps({"executionArn": f"{RECOVERIES}:one"}))
    with pytest.raises(NotAnExecution):
        Executions(MACHINE_ARN, RECOVERY_ARN).saga(f"{RECOVERIES}:one")


@pytest.mark.parametrize(
    ("code", "error"), [("ExecutionDoesNotExist", NotAnExecution), ("ThrottlingException", ClientError)]
)
def test_a_recovery_that_is_gone_stands_for_none_and_one_that_cannot_be_read_is_asked_for_again(
    code: str, error: type[Exception], step_functions: StepFunctions
) -> None:
    step_functions.answers.add_client_error("describe_execution", code)
    with pytest.raises(error):
        Executions(MACHINE_ARN, RECOVERY_ARN).saga(f"{RECOVERIES}:recovery-1")


def test_a_history_of_many_pages_is_read_to_its_end(fares: FaresBesideLedgers, step_functions: StepFunctions) -> None:
    answers(step_functions, pages=[ENDED[:3], ENDED[3:6], ENDED[6:]])
    found = inspect_execution.handler(asked_for(), CONTEXT)
    assert (found["verdict"], found["failure"]["step"]) == (verdict.UNSETTLED, "CustomerAccountCredit")
    step_functions.answers.assert_no_pending_responses()


def test_an_execution_that_aws_has_forgotten_is_unclear(
    fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    step_functions.answers.add_client_error("describe_execution", "ExecutionDoesNotExist")
    found = inspect_execution.handler(asked_for(), CONTEXT)
    assert found["verdict"] == verdict.UNCLEAR
    assert set(found) == FOUND


def test_any_other_refusal_is_raised_for_the_machine_to_retry(
    fares: FaresBesideLedgers, step_functions: StepFunctions
) -> None:
    step_functions.answers.add_client_error("describe_execution", "ThrottlingException", "slow down")
    with pytest.raises(ClientError, match="ThrottlingException"):
        inspect_execution.handler(asked_for(), CONTEXT)


@pytest.mark.parametrize(
    ("status", "arn", "error", "told"),
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
    told: str,
    fares: FaresBesideLedgers,
    step_functions: StepFunctions,
    logs: Printed,
) -> None:
    answers(step_functions, status)
    name = None
    try:
        inspect_execution.handler(asked_for(arn, **{**event(), "sagaId": "another"}), CONTEXT)
    except Exception as failure:
        name = type(failure).__name__
    printed = logs.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    found = card_fields_in(printed.out + printed.err)
    is_counted = f'"InspectExecution{told}":[1.0]' in printed.out
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

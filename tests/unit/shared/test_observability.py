"""The handlers' output and errors have the saga's id, and never the card."""

import json
import logging
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from aws_lambda_powertools import Metrics
from botocore.exceptions import ParamValidationError

from lambda_src import environment
from lambda_src.accounts import credit_customer_account, reverse_account_credit
from lambda_src.errors import GatewayError, MissingSetting
from lambda_src.observability import REDACTED, keep_secret, saga_step
from lambda_src.payments import charge_fare, refund_fare
from lambda_src.payments.simulated_gateway import SimulatedGateway
from tests.support.handlers.rides import (
    CARD,
    CARD_NUMBER_SPACED,
    CONTEXT,
    RIDE,
    Event,
    card_fields_in,
    event,
    event_without,
)

Handler = Callable[[Any, Any], dict[str, str]]
Printed = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("stepper")

HANDLERS = [
    pytest.param(charge_fare.handler, "ChargeFare", id="ChargeFare"),
    pytest.param(refund_fare.handler, "RefundFare", id="RefundFare"),
    pytest.param(credit_customer_account.handler, "CustomerAccountCredit", id="CustomerAccountCredit"),
    pytest.param(reverse_account_credit.handler, "ReverseAccountCredit", id="ReverseAccountCredit"),
]
QUOTATIONS = [
    pytest.param(CARD.number, id="number"),
    pytest.param(CARD_NUMBER_SPACED, id="number-as-given"),
    pytest.param(CARD.expiry, id="expiry"),
    pytest.param(CARD.code, id="code"),
    pytest.param(f"{CARD.number} {CARD.expiry} {CARD.code} {CARD_NUMBER_SPACED} {CARD.code}", id="all"),
]


def quoting(quotation: str) -> ParamValidationError:
    """An error of the SDK that quotes its arguments."""
    return ParamValidationError(report=f"Invalid type for parameter Item.card, value: {{'S': '{quotation}'}}")


def wrapped(error: Exception) -> GatewayError:
    """An error that quotes nothing, but whose cause does."""
    wrapper = GatewayError("the gateway could not be reached")
    wrapper.__cause__ = error
    return wrapper


def failure_of(handler: Handler, fare: dict[str, Any]) -> Exception:
    """Runs a handler that must fail; returns its error."""
    try:
        handler(fare, CONTEXT)
    except Exception as error:
        return error
    pytest.fail("the handler did not fail")


def logged(printed: str) -> list[dict[str, Any]]:
    """The lines of the structured log in the output."""
    lines = [json.loads(line) for line in printed.splitlines()]
    return [line for line in lines if "level" in line]


@pytest.mark.parametrize("quotation", QUOTATIONS)
@pytest.mark.parametrize("in_cause", [pytest.param(False, id="in-message"), pytest.param(True, id="in-cause")])
def test_an_error_that_quotes_the_card_is_raised_without_it(
    quotation: str, in_cause: bool, monkeypatch: pytest.MonkeyPatch, logs: Printed, caplog: pytest.LogCaptureFixture
) -> None:
    def authorise(*_: object) -> NoReturn:
        raise wrapped(quoting(quotation)) if in_cause else quoting(quotation)

    monkeypatch.setattr(SimulatedGateway, "authorise", authorise)
    error = failure_of(charge_fare.handler, event())
    printed = logs.readouterr()
    found = card_fields_in("".join([*traceback.format_exception(error), printed.out, printed.err, caplog.text]))
    name, is_redacted = type(error).__name__, REDACTED in str(error)
    del error, printed
    caplog.clear()
    assert found == []
    assert name == ("GatewayError" if in_cause else "ParamValidationError")
    assert is_redacted is not in_cause


@pytest.mark.parametrize(("handler", "step"), HANDLERS)
@pytest.mark.parametrize(
    ("fare", "result"),
    [
        pytest.param(event(), "Done", id="done"),
        pytest.param(event(fareAmount="$0.00"), "Refused", id="invalid"),
        pytest.param(event_without("customerId"), "Refused", id="incomplete"),
    ],
)
def test_a_handler_prints_its_outcome_and_the_saga_but_not_the_card(
    handler: Handler, step: str, fare: Event, result: str, logs: Printed
) -> None:
    if result == "Done":
        handler(fare, CONTEXT)
    else:
        failure_of(handler, fare)
    printed = logs.readouterr()
    found = card_fields_in(printed.out + printed.err)
    assert found == []
    lines = logged(printed.out)
    assert [line["correlation_id"] for line in lines] == [RIDE.saga_id]
    assert [line["step"] for line in lines] == [step]
    assert f'"{step}{result}":[1.0]' in printed.out


def test_the_log_has_the_trace_id_of_the_call(logs: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda sets the variable anew for each call, with active tracing."""
    for root in ("1-5759e988-bd862e3fe1be46a994272793", "1-5759e989-bd862e3fe1be46a994272794"):
        monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={root};Parent=53995c3f42cd8ad8;Sampled=1")
        charge_fare.handler(event(), CONTEXT)
        assert {line["xray_trace_id"] for line in logged(logs.readouterr().out)} == {root}


@pytest.mark.parametrize(
    ("customer_id", "clean"),
    [("x_fail_auth", True), ("x_fail_charge", True), ("x_fail_refund", False)],
)
@pytest.mark.usefixtures("forced_failures")
def test_a_failure_is_logged_as_clean_only_if_it_is(customer_id: str, clean: bool, logs: Printed) -> None:
    fare = event(customerId=customer_id)
    if customer_id == "x_fail_refund":
        charge_fare.handler(fare, CONTEXT)
        logs.readouterr()
        error = failure_of(refund_fare.handler, fare)
    else:
        error = failure_of(charge_fare.handler, fare)
    printed = logs.readouterr()
    found = card_fields_in(printed.out + printed.err + str(error))
    assert found == []
    [line] = logged(printed.out)
    assert (line["error"], line["clean"], line["correlation_id"]) == (type(error).__name__, clean, RIDE.saga_id)


def test_nothing_of_the_card_is_printed_even_if_everything_is_logged(
    logs: Printed, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    with caplog.at_level(logging.DEBUG):
        charge_fare.handler(event(), CONTEXT)
    printed = logs.readouterr()
    found = card_fields_in(printed.out + printed.err + caplog.text)
    caplog.clear()
    assert found == []


def test_an_error_that_quotes_no_card_is_raised_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(environment.GATEWAY_TABLE)
    assert type(failure_of(charge_fare.handler, event())) is MissingSetting


def test_no_exception_is_being_handled_while_a_failure_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log stream that fails prints the exception being handled, which may quote the card."""
    handled: list[BaseException | None] = []
    monkeypatch.setattr(Metrics, "add_metadata", lambda *_, **__: handled.append(sys.exc_info()[1]))
    failure_of(charge_fare.handler, event(fareAmount="$0.00"))
    assert set(handled) == {None}


@pytest.mark.parametrize(("handler", "step"), HANDLERS)
def test_a_refusal_has_no_trace_and_a_fault_keeps_its_trace(
    handler: Handler, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda puts the trace into the caller's answer."""
    refused = failure_of(handler, event(fareAmount="free"))
    assert traceback.format_tb(refused.__traceback__) == []
    monkeypatch.delenv(environment.PAYMENTS_TABLE)
    monkeypatch.delenv(environment.ACCOUNTS_TABLE)
    fault = failure_of(handler, event())
    assert isinstance(fault, MissingSetting)
    assert traceback.format_tb(fault.__traceback__) != []


@pytest.mark.parametrize("fields", [(), ("cc",)], ids=["no-card", "card"])
def test_no_error_quotes_a_secret_that_its_step_has_come_to_know(fields: tuple[str, ...]) -> None:
    """Until the next step: the function may run another ride's."""

    @saga_step("Step", secret_fields=fields)
    def step(event: dict[str, Any]) -> dict[str, str]:
        keep_secret(*event["learns"])
        raise GatewayError("a-key was refused")

    assert str(failure_of(step, {"learns": ["a-key"]})) == f"{REDACTED} was refused"
    assert str(failure_of(step, {"learns": []})) == "a-key was refused"


def test_an_own_error_shows_no_number_like_a_cards_where_there_is_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    def authorise(*_: object) -> NoReturn:
        raise GatewayError("another card than the event's: 5105 1051-05105100")

    monkeypatch.setattr(SimulatedGateway, "authorise", authorise)
    assert str(failure_of(charge_fare.handler, event())) == f"another card than the event's: {REDACTED}"


def counted(printed: str) -> list[tuple[str, int, list[str]]]:
    """The metrics of money in the output: name, amount and dimensions."""
    found = []
    for line in printed.splitlines():
        record = json.loads(line)
        if "_aws" not in record:
            continue
        [directive] = record["_aws"]["CloudWatchMetrics"]
        [dimensions] = directive["Dimensions"]
        for metric in directive["Metrics"]:
            if metric["Name"].endswith("Minor"):
                found.append((metric["Name"], int(record[metric["Name"]][0]), dimensions))
    return found


def test_money_is_counted_once_by_service_and_by_no_growing_dimension(logs: Printed) -> None:
    moves = [
        (charge_fare.handler, "CapturedMinor"),
        (credit_customer_account.handler, "CreditedMinor"),
        (reverse_account_credit.handler, "ReversedMinor"),
        (refund_fare.handler, "RefundedMinor"),
    ]
    for handler, name in moves:
        handler(event(), CONTEXT)
        handler(event(), CONTEXT)  # a repeat moves nothing
        assert counted(logs.readouterr().out) == [(name, 2000, ["service"])]


def test_a_compensation_that_undoes_nothing_counts_nothing(logs: Printed) -> None:
    refund_fare.handler(event(), CONTEXT)
    reverse_account_credit.handler(event(), CONTEXT)
    assert [minor for _, minor, _ in counted(logs.readouterr().out) if minor] == []

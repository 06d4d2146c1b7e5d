"""ChargeFare with a token: the card is taken out of the vault for one authorisation, and forgotten."""

import traceback
from typing import NoReturn

import pytest

from lambda_src.errors import GatewayError, PaymentAuthException, StepAlreadyCompensated, VaultBusy
from lambda_src.fare import Card
from lambda_src.payments import charge_fare, refund_fare
from lambda_src.payments.gateway import Payment
from lambda_src.payments.simulated_gateway import SimulatedGateway
from lambda_src.payments.vault import CardVault
from tests.support.handlers.audit import audit
from tests.support.handlers.rides import CARD, CONTEXT, FARE, RIDE, SAME_NAME_LATER, card_fields_in, event
from tests.support.handlers.stepping import Stepper
from tests.support.handlers.steps import is_clean
from tests.support.handlers.tables import PAYMENTS, Tables
from tests.support.handlers.token_steps import FAILURES, REFUND, SeesTheCards, asks_for_a_new_token, charging
from tests.support.handlers.vaults import (
    ANOTHER_RIDE,
    UNKNOWN,
    Cards,
    event_with_token,
    log_kept_back,
    refusal,
)


@pytest.mark.usefixtures("logs")
def test_the_handlers_take_the_fare_by_token_and_give_it_back(cards: Cards, tables: Tables) -> None:
    fare = event_with_token(cards.keep())
    charged = charge_fare.handler(fare, CONTEXT)
    assert charged == {"chargeId": tables.payment()["chargeId"]}
    assert (tables.payment()["status"], tables.payment()["capturedMinor"]) == ("captured", FARE)
    assert cards.rows() == []
    assert charge_fare.handler(fare, CONTEXT) == charged
    assert audit(tables) == []
    assert refund_fare.handler(fare, CONTEXT) == charged
    assert audit(tables) == []


@pytest.mark.usefixtures("logs")
def test_a_ride_that_brings_its_card_asks_the_vault_nothing(cards: Cards, tables: Tables) -> None:
    cards.keep()
    cards.kms.failure = refusal("Decrypt")
    before = cards.row()
    charge_fare.handler(event(paymentToken=""), CONTEXT)
    assert tables.payment()["status"] == "captured"
    assert cards.row() == before


def test_the_gateway_is_given_the_card_that_was_kept(cards: Cards, stepper: Stepper) -> None:
    gateway = SeesTheCards(cards)
    stepper.run(charging(cards, cards.keep(), gateway=gateway))
    is_the_card = gateway.given == [CARD]
    assert is_the_card


def test_an_authorised_card_is_forgotten_before_anything_is_captured(cards: Cards, stepper: Stepper) -> None:
    gateway = SeesTheCards(cards)
    assert stepper.run(charging(cards, cards.keep(), gateway=gateway)).error is None
    assert gateway.kept_at_capture == [0]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_card_is_forgotten_however_its_charge_ends(
    failure: str | None, cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    outcome = stepper.run(charging(cards, cards.keep(), failure))
    assert outcome.error is None or is_clean(outcome)
    assert cards.rows() == []
    assert audit(tables) == []


@pytest.mark.usefixtures("forced_failures", "logs")
def test_a_card_whose_decline_was_forced_is_forgotten(cards: Cards, tables: Tables) -> None:
    customer_id = "x_fail_auth"
    token, _ = cards.vault.keep(CARD, customer_id)
    with pytest.raises(PaymentAuthException, match="not authorised"):
        charge_fare.handler(event_with_token(token, customerId=customer_id), CONTEXT)
    assert cards.rows() == []
    assert audit(tables) == []


def test_a_charge_that_kms_failed_is_doubt_and_holds_nothing(cards: Cards, tables: Tables, stepper: Stepper) -> None:
    token = cards.keep()
    cards.kms.failure = refusal("Decrypt")
    outcome = stepper.run(charging(cards, token))
    assert isinstance(outcome.error, Exception)
    assert not is_clean(outcome)
    assert tables.operations() == []
    assert tables.payment()["status"] == "authorising"


@pytest.mark.parametrize("refunded_first", [False, True])
def test_a_charge_for_which_the_key_was_busy_can_be_repeated_and_refunded(
    refunded_first: bool, cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    token = cards.keep()
    cards.kms.failure = refusal("Decrypt", code="ThrottlingException")
    assert isinstance(stepper.run(charging(cards, token)).error, VaultBusy)
    cards.kms.failure = None
    if refunded_first:
        assert stepper.run(REFUND).error is None
        assert isinstance(stepper.run(charging(cards, token)).error, StepAlreadyCompensated)
        assert tables.operations() == []
    else:
        assert stepper.run(charging(cards, token)).error is None
        assert tables.operations() == ["authorise", "capture"]
        assert cards.rows() == []
    assert audit(tables) == []


def test_a_repeat_after_the_authorisation_needs_neither_card_nor_kms(
    cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    token, ends = cards.keep(), 0
    for crashed in stepper.every_crash(charging(cards, token)):
        if tables.rows(PAYMENTS) and tables.payment()["status"] in ("authorised", "captured"):
            cards.delete()
            cards.kms.failure = refusal("Decrypt")
            assert stepper.run(charging(cards, token, name="repeat")).error is None, crashed
            cards.kms.failure = None
            assert tables.operations() == ["authorise", "capture"], crashed
            assert audit(tables) == [], crashed
            ends += 1
    assert ends > 2


def test_a_refund_that_came_first_leaves_the_card_unread_for_another_ride(
    cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    token = cards.keep()
    before = cards.row()
    cards.kms.failure = refusal("Decrypt")
    stepper.run(REFUND)
    assert isinstance(stepper.run(charging(cards, token)).error, StepAlreadyCompensated)
    assert tables.operations() == []
    assert cards.row() == before
    cards.kms.failure = None
    assert stepper.run(charging(cards, token, ride=ANOTHER_RIDE)).error is None


def test_an_execution_name_used_again_leaves_the_card_unread(cards: Cards, tables: Tables, stepper: Stepper) -> None:
    stepper.run(charging(cards, cards.keep()))
    token, before = cards.keep(), tables.everything()
    row = cards.row()
    later = stepper.run(charging(cards, token, ride=SAME_NAME_LATER))
    assert isinstance(later.error, PaymentAuthException)
    assert cards.row() == row
    assert tables.everything() == before


def test_a_token_serves_one_ride_after_another_no_second_time(cards: Cards, tables: Tables, stepper: Stepper) -> None:
    token = cards.keep()
    assert stepper.run(charging(cards, token)).error is None
    assert asks_for_a_new_token(stepper.run(charging(cards, token, ride=ANOTHER_RIDE)))
    assert tables.operations() == ["authorise", "capture"]
    assert audit(tables) == []


def shown(token: str, logs: pytest.CaptureFixture[str], **changes: object) -> tuple[list[str], str]:
    """Names the secrets that a charge by token lets anybody see, and its error, if any."""
    error: Exception | None = None
    with log_kept_back() as log:
        try:
            charge_fare.handler(event_with_token(token, **changes), CONTEXT)
        except Exception as raised:
            error = raised
    printed = logs.readouterr()
    reported = traceback.format_exception(error) if error else []
    text = "".join([*reported, printed.out, printed.err, log.getvalue()])
    return [*card_fields_in(text), *(["token"] if token in text else [])], type(error).__name__


@pytest.mark.parametrize("operation", ["Decrypt", "UpdateItem"])
def test_an_error_that_quotes_the_card_is_raised_without_it(
    operation: str, cards: Cards, logs: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = cards.keep()
    quoting = refusal(operation, f"{token} and {CARD.number}")

    def take(*_: object) -> NoReturn:
        raise quoting

    monkeypatch.setattr(CardVault, "take", take)
    assert shown(token, logs) == ([], "ClientError")


@pytest.mark.parametrize(
    ("customer_id", "known", "ends_with"),
    [
        pytest.param(RIDE.customer_id, True, "NoneType", id="captured"),
        pytest.param("x_fail_auth", True, "PaymentAuthException", id="declined"),
        pytest.param("x_fail_charge", True, "PaymentChargeException", id="capture-refused"),
        pytest.param(RIDE.customer_id, False, "PaymentAuthException", id="unknown-token"),
    ],
)
@pytest.mark.usefixtures("forced_failures")
def test_a_charge_shows_nothing_of_card_and_token_however_it_ends(
    customer_id: str, known: bool, ends_with: str, cards: Cards, logs: pytest.CaptureFixture[str]
) -> None:
    token = cards.vault.keep(CARD, customer_id)[0] if known else UNKNOWN
    assert shown(token, logs, customerId=customer_id) == ([], ends_with)


def test_a_card_is_forgotten_after_any_doubt_since_a_refund_has_no_token(
    cards: Cards, tables: Tables, stepper: Stepper
) -> None:
    token = cards.keep()
    cards.kms.failure = refusal("Decrypt")
    assert not is_clean(stepper.run(charging(cards, token)))
    assert cards.rows() == []
    assert stepper.run(REFUND).error is None
    assert audit(tables) == []


def test_an_error_does_not_show_the_card_behind_a_token(
    cards: Cards, monkeypatch: pytest.MonkeyPatch, logs: pytest.CaptureFixture[str]
) -> None:
    def quoting(self: object, payment: Payment, card: Card) -> str:
        raise GatewayError(f"refused {card.number} {card.expiry} {card.code}")

    monkeypatch.setattr(SimulatedGateway, "authorise", quoting)
    reported = ""
    try:
        charge_fare.handler(event_with_token(cards.keep()), CONTEXT)
    except Exception as error:
        reported = f"{type(error).__name__}: {error}"
    assert reported.startswith("GatewayError: ")
    assert card_fields_in(reported + logs.readouterr().out) == []

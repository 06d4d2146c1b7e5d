"""The simulated gateway keeps the contract that `Gateway` asks of a real one."""

import pytest

from lambda_src.errors import GatewayError
from lambda_src.payments.gateway import AlreadyCaptured, CaptureRefused, SimulatedGateway, release
from tests.support.handlers.rides import CARD, FARE, RIDE, card_fields_in
from tests.support.handlers.tables import GATEWAY, Tables

SAGA = RIDE.saga_id

pytestmark = pytest.mark.usefixtures("stepper")


@pytest.fixture
def gateway() -> SimulatedGateway:
    return SimulatedGateway(GATEWAY)


def authorise(gateway: SimulatedGateway) -> str:
    return gateway.authorise(SAGA, CARD, FARE)


def capture(gateway: SimulatedGateway) -> str:
    return gateway.capture(SAGA, authorise(gateway), FARE)


def test_every_operation_repeated_gives_its_first_answer_and_is_booked_once(
    gateway: SimulatedGateway, tables: Tables
) -> None:
    assert authorise(gateway) == authorise(gateway)
    assert capture(gateway) == capture(gateway)
    assert gateway.refund(SAGA) == gateway.refund(SAGA) == FARE
    assert capture(gateway) == capture(gateway)
    assert tables.operations() == ["authorise", "capture", "refund"]


def test_a_void_repeated_is_booked_once(gateway: SimulatedGateway, tables: Tables) -> None:
    authorise(gateway)
    gateway.void(SAGA)
    gateway.void(SAGA)
    assert tables.operations() == ["authorise", "void"]


def test_sagas_do_not_share_operations(gateway: SimulatedGateway, tables: Tables) -> None:
    assert gateway.authorise("one", CARD, FARE) != gateway.authorise("two", CARD, FARE)
    gateway.void("one")
    assert tables.operations() == ["authorise", "authorise", "void"]


@pytest.mark.parametrize(
    ("code", "amount_minor"),
    [pytest.param("not the code", FARE, id="wrong-code"), pytest.param(None, FARE + 1, id="more-than-was-held")],
)
def test_a_capture_needs_the_hold_it_names(
    code: str | None, amount_minor: int, gateway: SimulatedGateway, tables: Tables
) -> None:
    held = authorise(gateway)
    with pytest.raises(CaptureRefused):
        gateway.capture(SAGA, code or held, amount_minor)
    assert tables.operations() == ["authorise"]


def test_a_capture_without_a_hold_is_refused(gateway: SimulatedGateway, tables: Tables) -> None:
    with pytest.raises(CaptureRefused):
        gateway.capture(SAGA, "code", FARE)
    assert tables.operations() == []


def test_a_voided_hold_cannot_be_captured(gateway: SimulatedGateway, tables: Tables) -> None:
    code = authorise(gateway)
    gateway.void(SAGA)
    with pytest.raises(CaptureRefused):
        gateway.capture(SAGA, code, FARE)
    assert tables.operations() == ["authorise", "void"]


def test_a_captured_hold_cannot_be_voided(gateway: SimulatedGateway, tables: Tables) -> None:
    capture(gateway)
    with pytest.raises(AlreadyCaptured):
        gateway.void(SAGA)
    assert tables.operations() == ["authorise", "capture"]


def test_a_void_without_a_hold_does_nothing(gateway: SimulatedGateway, tables: Tables) -> None:
    gateway.void(SAGA)
    assert tables.operations() == []


def test_only_a_capture_can_be_refunded(gateway: SimulatedGateway, tables: Tables) -> None:
    authorise(gateway)
    with pytest.raises(GatewayError):
        gateway.refund(SAGA)
    assert tables.operations() == ["authorise"]


def test_a_repeat_with_another_amount_is_not_taken_for_the_first(gateway: SimulatedGateway) -> None:
    authorise(gateway)
    with pytest.raises(GatewayError, match="another amount"):
        gateway.authorise(SAGA, CARD, FARE + 1)


@pytest.mark.parametrize(
    ("done", "refunded_minor", "left"),
    [
        pytest.param(None, 0, [], id="nothing"),
        pytest.param(authorise, 0, ["authorise", "void"], id="hold"),
        pytest.param(capture, FARE, ["authorise", "capture", "refund"], id="capture"),
    ],
)
def test_release_undoes_what_there_is_however_often(
    done: object, refunded_minor: int, left: list[str], gateway: SimulatedGateway, tables: Tables
) -> None:
    if callable(done):
        done(gateway)
    assert release(gateway, SAGA) == release(gateway, SAGA) == refunded_minor
    assert tables.operations() == left


def test_the_book_keeps_nothing_of_the_card(gateway: SimulatedGateway, tables: Tables) -> None:
    capture(gateway)
    found = card_fields_in(str(tables.rows(GATEWAY)))
    assert found == []

"""The errors of the handlers. The state machine catches them by these class names."""

from typing import Final


class Busy(Exception):
    """AWS, or a row, is busy with another call. Nothing happened; repeat the call or the step."""


class Refusal(Exception):
    """The request is refused: nothing happened, or it was closed for good. A repeat gets the same answer.

    Handlers count it as refused and not as an error.
    """


class InvalidFare(Refusal):
    """The input is not a fare. Names each wrong field, never its value."""


class InvalidCard(Refusal):
    """The front door was not given a card. Names each wrong field, never its value."""


class UnknownToken(Exception):
    """No card is kept for the ride under its token. Says what to do."""


class VaultBusy(Busy):
    """The key cannot be used now. Nothing happened; repeat the step."""


class PaymentAuthException(Refusal):
    """Clean failure: the card was not authorised, and the ledger row is closed for good."""


class PaymentChargeException(Refusal):
    """Clean failure: the capture was refused, the hold is voided and the ledger row is closed for good."""


class RefundException(Exception):
    """The gateway did not refund the money. Repeat the refund."""


class RefundPending(Exception):
    """The gateway has accepted the refund, and says later whether the money arrived. Ask again, for days if need be."""


class GatewayBusy(Busy):
    """The gateway refused to be asked now. Nothing happened; repeat the step."""


class AccountCreditException(Refusal):
    """Clean failure: the account was not credited, and the ledger row is closed for good."""


class StepAlreadyCompensated(Exception):
    """The action arrived after its own compensation: it is refused, and undone at the gateway."""


class LedgerBusy(Busy):
    """Another write holds the row. Nothing happened; repeat the step."""


class ServiceBusy(Busy):
    """AWS throttled a call that reads, or did not answer. Nothing happened; call again."""


class NoAnswer(Exception):
    """AWS did not answer a call in time: the call may have happened. Repeat the step if it may be repeated."""


class MissingSetting(RuntimeError):
    """A function was deployed without one of its environment variables. Nothing happened."""


class GatewayError(Exception):
    """The gateway's answer leaves the step in doubt."""


class GatewayKeyRefused(GatewayError):
    """The gateway refuses the key, or the key cannot be read. Every ride fails until a person acts: says what to do."""


class NotAnExecution(Refusal):
    """The recovery's input is not an execution of the saga. Says what it needs."""


class InvalidInspection(Refusal):
    """The inspection's input differs from the one that the recovery's machine gives. Says what is missing or wrong."""


class StillRunning(Refusal):
    """The execution has not ended, or AWS does not report its end yet: inspect again, then leave it alone."""


BUSY: Final = tuple(sorted(error.__name__ for error in Busy.__subclasses__()))
"""Names of the errors of a handler that found AWS or a row busy and did nothing."""
OVERLOADED: Final = (*BUSY, NoAnswer.__name__)
"""These, and the error of a handler that got no answer from AWS: a recovery waits until they end."""

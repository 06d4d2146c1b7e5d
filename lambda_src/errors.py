"""Every error the handlers raise by name. The state machine catches them by these class names."""

from typing import Final


class Busy(Exception):
    """Somebody else is being served. Nothing happened; repeat the call or the step."""


class Refusal(Exception):
    """The answer to what was asked: nothing happened, or it was closed for good, and a repeat is answered the same.

    Handlers count it as refused and not as an error.
    """


class InvalidFare(Refusal):
    """The input is not a fare. Names each wrong field, never its value."""


class InvalidCard(Refusal):
    """The front door was not given a card. Names each wrong field, never its value."""


class UnknownToken(Exception):
    """No card is kept for the ride under its token. Says what to do."""


class VaultBusy(Busy):
    """The key cannot be used just now. Nothing happened; repeat the step."""


class PaymentAuthException(Refusal):
    """Clean failure: the card was not authorised, and the ledger row is closed for good."""


class PaymentChargeException(Refusal):
    """Clean failure: the capture was refused, the hold is voided and the ledger row is closed for good."""


class RefundException(Exception):
    """The gateway would not give the money back now. Repeat the refund."""


class RefundPending(Exception):
    """The gateway has accepted the refund, and says later whether the money arrived. Ask again, for days if need be."""


class GatewayBusy(Busy):
    """The gateway refused to be asked now. Nothing happened; repeat the step."""


class AccountCreditException(Refusal):
    """Clean failure: the account was not credited, and the ledger row is closed for good."""


class StepAlreadyCompensated(Exception):
    """The action came after its own compensation: refused, and undone outside."""


class LedgerBusy(Busy):
    """Another write holds the row. Nothing happened; repeat the step."""


class ServiceBusy(Busy):
    """AWS throttled a call that reads, or did not answer. Nothing happened; call again."""


class NoAnswer(Exception):
    """AWS did not answer a call in time: it may have happened. A step that may be repeated is repeated."""


class MissingSetting(RuntimeError):
    """A function was deployed without one of its environment variables. Nothing happened."""


class GatewayError(Exception):
    """The gateway answered something that leaves the step in doubt."""


class NotAnExecution(Refusal):
    """The recovery was not given an execution of the saga. Says what it needs."""


class InvalidLook(Refusal):
    """The look was not asked as the recovery's machine asks. Says what is missing or wrong."""


class StillRunning(Refusal):
    """The execution has not ended, or AWS has not heard of its end yet: look again, then leave it alone."""


BUSY: Final = tuple(sorted(error.__name__ for error in Busy.__subclasses__()))
"""The names of the errors by which a handler says that nothing happened since AWS, or a row, was busy."""
OVERLOADED: Final = (*BUSY, NoAnswer.__name__)
"""Those, and the one by which it says that AWS did not answer: what a recovery waits out."""

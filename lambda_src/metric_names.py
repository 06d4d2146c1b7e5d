"""The names of the metrics that handlers count, written once: alarms and the dashboard watch them by these.

The only dimension is the service, so that no metric grows with rides, customers or fares.
"""

from enum import StrEnum


def errors_of(step: str) -> str:
    """The metric of a step's errors: a refusal, which is an answer, is counted apart from them."""
    return f"{step}Error"


class Counted(StrEnum):
    """A metric that a handler counts, with the service that counts it."""

    service: str

    def __new__(cls, name: str, service: str) -> "Counted":
        """A member is its metric's name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.service = service
        return member

    CAPTURED = "CapturedMinor", "payments"
    """Money taken from cards, in minor units; counted by the call that recorded it. The ledgers are the truth."""
    REFUNDED = "RefundedMinor", "payments"
    GATEWAY_KEY_REFUSED = "GatewayKeyRefused", "payments"
    """Calls of the gateway for which it refused the key, or the key could not be read."""
    CREDITED = "CreditedMinor", "accounts"
    REVERSED = "ReversedMinor", "accounts"
    ROLLBACK_INCOMPLETE = "RollbackIncomplete", "recovery"
    """Rollbacks in which a compensation gave up, as their recovery found them."""
    RIDES_TO_RECOVER = "RidesToRecover", "recovery"
    """Rides put on the list of rides to recover."""
    RIDES_UNREADABLE = "RidesUnreadable", "express"
    """Messages in the rides queue without a token, or with a card; they are deleted."""
    EVENTS_UNREADABLE = "EventsUnreadable", "recovery"
    """Messages in the queue of bad ends that name no execution of this stack's machines."""
    MESSAGES_UNREADABLE = "MessagesUnreadable", "recovery"
    """Messages of the topic that no saga sent: anybody who may publish can send anything."""
    PARKING_FAILED = "ParkingFailed", "recovery"
    """Rides that could not be handed to a person; the parking is tried again."""
    FARES_UNREADABLE = "FaresUnreadable", "recovery"
    """Unsettled rows of the fares table that name no saga: nothing can recover them."""
    FARES_OVERDUE = "FaresOverdue", "recovery"
    """Fares that a sweep found unsettled for too long."""

"""Judges a ride on the learner's machine, and says in one sentence what is wrong and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sagalint.definition.machine import State
from wild_rydes_saga.deployed.money import money
from wild_rydes_saga.lab.checked import RideResult
from wild_rydes_saga.lab.riding import Ridden, Trouble
from wild_rydes_saga.lab.roles import CHARGE, COMPLETE, CREDIT, FAILURE, QUIET, REFUND, REGISTER, SETTLE, SUCCESS, Roles
from wild_rydes_saga.lab.text.sentences import card_in, label_of, told

MESSAGE_FIELDS: Final = ("eventId", "sagaId", "fareId", "customerId", "fareAmount", "fareStatus")


@dataclass(frozen=True)
class Judged:
    """A ride, and what is wrong with it.

    Attributes:
        ridden: The ride.
        roles: What the machine's states do.
    """

    ridden: Ridden
    roles: Roles

    @property
    def path(self) -> tuple[str, ...]:
        """Its path by what the states did."""
        return self.roles.path(self.ridden.path)

    @property
    def captured(self) -> int:
        """What the rider paid."""
        return self.ridden.book.get("capture", 0)

    @property
    def refunded(self) -> int:
        """What the machine gave back: a refund that no state of it made is a recovery's."""
        return self.ridden.book.get("refund", 0) if REFUND in self.path else 0

    @property
    def fare_status(self) -> str | None:
        """The status that the machine left the fare in."""
        return self.ridden.own_fare.get("fareStatus")

    @property
    def problems(self) -> list[str]:
        """What is wrong, each in a sentence, the gravest first."""
        return [*self._problems()]

    @property
    def result(self) -> RideResult:
        """The ride as it is shown."""
        ridden, problems = self.ridden, self.problems
        return RideResult(
            title=ridden.ride.title,
            label=label_of(ridden.ride.customer_id),
            customer_id=ridden.ride.customer_id,
            saga_id=ridden.saga_id,
            right=not problems,
            status=ridden.description["status"],
            error=ridden.description.get("error"),
            path=ridden.path,
            captured=self.captured,
            refunded=self.refunded,
            credited=self.ridden.credited,
            fare_status=self.fare_status,
            queue=ridden.queue,
            sentence=problems[0] if problems else self._as_the_lab_says(),
        )

    def _as_the_lab_says(self) -> str:
        expected = self.ridden.ride.expected
        kept = expected.captured - expected.refunded
        paid = f"the rider paid {money(kept) if kept else 'nothing'}"
        return f"{expected.fare_status}: {paid}, and the message is in the {expected.queue} queue."

    def _problems(self) -> Iterator[str]:
        ridden, expected = self.ridden, self.ridden.ride.expected
        if not ridden.ended:
            yield self._endless()
            return
        yield from self._money(expected.captured - expected.refunded, expected.credited)
        if self.fare_status != expected.fare_status:
            yield self.wrong_fare(str(expected.fare_status))
        if ridden.queue != expected.queue:
            yield self._lost_message(SUCCESS if expected.queue == "success" else FAILURE)
        if leak := card_in(ridden):
            yield f"a part of the card is in {leak}. Pass on only the fields that the next step needs."
        if (ridden.description["status"], ridden.description.get("error")) != (expected.status, expected.error):
            yield self._wrong_end()
        if self.path != expected.path:
            went = " → ".join(self.path)
            yield f"its steps were {went or 'none'}, and the lab's are {' → '.join(expected.path)}{self._unnamed()}."
        yield from self._message_text()

    def wrong_fare(self, expected: str) -> str:
        """Why the fare has not the status that it must have at the end."""
        role = {"failed": SETTLE, "completed": COMPLETE}[expected]
        if not self.fare_status:
            return f"no fare was registered, because {self.why_not(REGISTER)}."
        if role in self.path and not (self._trouble_in(role) or self._unexpected()):
            return f"{self._name(role)} left the fare as {self.fare_status!r}, and not as {expected!r}."
        return f"the fare stayed {self.fare_status}, because {self.why_not(role)}."

    def _endless(self) -> str:
        where = self.ridden.path[-1] if self.ridden.path else "its first state"
        failed = [one for one in self.ridden.troubles if one.state == where]
        if not failed:
            return f"the ride did not end, and was stopped in {where}. Does a way lead back?"
        return f"the ride did not end: it was stopped while it retried, and {told(failed[-1])}."

    def _money(self, paid: int, credited: int) -> Iterator[str]:
        lost = self.captured - self.refunded - paid
        if lost > 0:
            yield f"the rider lost {money(lost)}, because {self.why_not(REFUND)}."
        if lost < 0:
            what = "was not charged" if self.captured == 0 else f"got {money(-lost)} back"
            yield f"the rider {what}, because {self.why_not(CHARGE)}."
        book = self.ridden.book
        if "authorise" in book and not {"capture", "void"} & {*book}:
            yield f"a hold of {money(book['authorise'])} stays on the card, because {self.why_not(REFUND)}."
        if self.ridden.credited < credited:
            yield f"the customer's account was not credited, because {self.why_not(CREDIT)}."
        if self.ridden.credited > credited:
            kept = money(self.ridden.credited - credited)
            yield f"the account kept {kept} of a ride that failed: {self.why_not('ReverseAccountCredit')}."

    def _lost_message(self, role: str) -> str:
        if role in self.path and (trouble := self._trouble_in(role)):
            return f"no message arrived, because {told(trouble)}."
        if role in self.path and self.ridden.queue is None:
            return (
                f"{self._name(role)} ran, but its message reached neither queue: it needs the message attribute"
                " IsSuccessful, and the ride's sagaId in its text."
            )
        if self.ridden.queue:
            return f"the message went to the {self.ridden.queue} queue: {self._why_there(role)}."
        return f"no message was sent, because {self.why_not(role)}."

    def _why_there(self, role: str) -> str:
        """Why the message went to the other queue: a state is known by its attribute, so a wrong one hides it."""
        senders = [one for one in self.ridden.path if self.roles.by_state.get(one) in (SUCCESS, FAILURE)]
        if self.roles.states(role) or not senders:
            return self.why_not(role)
        return f"the message attribute IsSuccessful of {senders[-1]} is that of the other outcome"

    def _wrong_end(self) -> str:
        expected, ended = self.ridden.ride.expected, self.ridden.description
        got = f"{ended['status']} {ended.get('error') or ''}".strip()
        wanted = f"{expected.status} {expected.error or ''}".strip()
        return f"the execution ended as {got}, and not as {wanted}{self._unexpected_clause()}."

    def _message_text(self) -> Iterator[str]:
        message, expected = self.ridden.message, self.ridden.ride.expected
        if message is None:
            return
        missing = [name for name in MESSAGE_FIELDS if name not in message]
        if missing:
            yield f"its message has no {', '.join(missing)}."
        elif message["fareStatus"] != expected.fare_status:
            yield f"its message says {message['fareStatus']!r}, and the fare is {expected.fare_status}."
        elif message["eventId"] != f"{self.ridden.saga_id}#{expected.fare_status}":
            yield f"its message has the eventId {message['eventId']!r}: it must be the saga id, # and the fareStatus."
        elif expected.error and not isinstance(message.get("failure"), dict):
            yield "its message has no failure, an object with step, error and cause."

    def _unnamed(self) -> str:
        """The Catch that took a clean failure as any other error, where that changed the path."""
        forced, states = self.ridden.ride.expected.error, self.roles.machine.states
        for one in self.ridden.troubles:
            if one.error == forced and one.state in states:
                names = {name for way in states[one.state].catches for name in way.errors}
                return "" if forced in names else f": no Catch of {one.state} names {forced}"
        return ""

    def why_not(self, role: str) -> str:
        """Why a step did not do its work: it failed, an error came before it, or nothing leads to it."""
        if trouble := (self._trouble_in(role) or self._unexpected()):
            return told(trouble)
        if role in self.path:
            return f"{self._name(role)} ran, and did something else"
        states = self.roles.states(role)
        if not states:
            return f"nothing leads to {role}: the machine has no such state"
        kinds = {one.name: one.type for one in self.roles.machine.everywhere()}
        if idle := next((one for one in states if kinds[one] in QUIET), ""):
            return f"{idle} is a {kinds[idle]} state, which calls nothing"
        if not {*states} & self.roles.machine.reached():
            return f"nothing leads to {states[0]}"
        return self._led_elsewhere(states[0])

    def _led_elsewhere(self, wanted: str) -> str:
        failed = next(iter(self.ridden.troubles), None)
        if failed is None or failed.state not in self.roles.machine.states:
            return f"its path did not lead to {wanted}"
        state = self.roles.machine.states[failed.state]
        target = caught_by(state, failed.error)
        if target is None:
            return f"no Catch of {state.name} names {failed.error}"
        return f"the Catch of {state.name} leads {failed.error} to {target}, from where no way leads to {wanted}"

    def _unexpected(self) -> Trouble | None:
        """The first failure that the ride did not ask for; None if there is none."""
        forced = self.ridden.ride.expected.error
        quiet = ("ExecutionFailed", "States.TaskFailed")
        for one in self.ridden.troubles:
            if one.error != forced and one.error not in quiet and one.state and self._calls(one.state):
                return one
        return None

    def _unexpected_clause(self) -> str:
        trouble = self._unexpected()
        return f", because {told(trouble)}" if trouble else ""

    def _trouble_in(self, role: str) -> Trouble | None:
        states = self.roles.states(role)
        return next((one for one in self.ridden.troubles if one.state in states), None)

    def _calls(self, state: str) -> bool:
        return any(one.name == state and one.type not in ("Fail", "Succeed") for one in self.roles.machine.everywhere())

    def _name(self, role: str) -> str:
        return next(iter(self.roles.states(role)), role)


def caught_by(state: State, error: str) -> str | None:
    """The state that a Catch leads an error to; None if none does."""
    for way in state.catches:
        if {error, "States.ALL"} & {*way.errors} or ("States.TaskFailed" in way.errors and error != "States.Timeout"):
            return way.target
    return None

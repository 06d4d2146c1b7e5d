"""Starting a ride: the lab's payload, a button for each of the lab's rides, and the line that does the same."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lambda_src.fare import CARD_FIELDS, FARE_FIELDS
from lambda_src.forced_failures import FAIL_REFUND
from wild_rydes_saga.console.answers import Mistake, text_of
from wild_rydes_saga.console.facts.execution import RUNNING, Execution
from wild_rydes_saga.console.source import Source
from wild_rydes_saga.console.views.rides import RideList
from wild_rydes_saga.deployed.gateways import gateway_book
from wild_rydes_saga.deployed.operations.express_runs import is_express
from wild_rydes_saga.deployed.rides import LAB_FARE, LAB_RIDES

EXPRESS: Final = "express"
MACHINES: Final[Mapping[str, str]] = {
    "saga": "FareSagaAliasArn",
    EXPRESS: "ExpressSagaAliasArn",
    "mine": "StartHereArn",
}
"""The machines that a page can start, by its own names for them."""
_LONGEST: Final = 4_000


@dataclass
class StartView:
    """Starts rides."""

    source: Source
    rides: RideList

    def read(self) -> dict[str, Any]:
        """The form, the buttons, and the parts of the line."""
        outputs = self.source.outputs
        takes_cards = "cc" in gateway_book(self.source.account, outputs).paid_with(LAB_FARE)
        return {
            "fare": {name: LAB_FARE[name] for name in FARE_FIELDS},
            "card": [{"field": name, "rule": rule.must_be} for name, rule in CARD_FIELDS.items() if takes_cards],
            "rules": {name: rule.must_be for name, rule in FARE_FIELDS.items()},
            "buttons": [
                *({"title": ride.title, "fare": {"customerId": ride.customer_id}} for ride in LAB_RIDES),
                {
                    "title": "Refund refused",
                    "fare": {"customerId": f"3_{FAIL_REFUND}", "fareId": f"wr_refund_{secrets.token_hex(3)}"},
                    "note": "Its rollback gives up after a minute, its recovery minutes later. Then it waits for you.",
                },
            ],
            "machines": {name: outputs[output] for name, output in MACHINES.items() if output in outputs},
            "settings": ".local/aws.env" if self.source.is_local else ".local/real-aws.env",
        }

    def start(self, body: dict[str, Any]) -> dict[str, Any]:
        """Starts a ride with the form's fields. A card that is left empty is the lab's."""
        machine = MACHINES.get(str(body.get("machine", "saga")))
        if machine is None:
            raise Mistake("This machine is not in the stack. Reload the page.")
        fare = {name: _short(text_of(body, name), name) for name in FARE_FIELDS}
        card = {name: _short(str(body.get(name) or ""), name) for name in CARD_FIELDS}
        paid = gateway_book(self.source.account, self.source.outputs).paid_with({**LAB_FARE, **fare})
        given = {**paid, **{name: value for name, value in card.items() if value and name in paid}}
        answer = self.source.client("stepfunctions").start_execution(
            stateMachineArn=self.source.outputs[machine], input=json.dumps(given, ensure_ascii=False)
        )
        return {"ride": self.rides.executions.handle(self._noted(answer, fare))}

    def _noted(self, answer: Mapping[str, Any], fare: Mapping[str, str]) -> str:
        """Notes the ride of an execution that was just started; returns its saga id."""
        arn = str(answer["executionArn"])
        executions = self.rides.executions
        if is_express(arn):
            saga_id = arn.rpartition(":")[0]  # without the part that each delivery has of its own
            started = Execution(saga_id, executions.express.machine, RUNNING, answer["startDate"], None)
            executions.express.note_started(started, fare)
        else:
            machine = arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")
            started = Execution(arn, machine, RUNNING, answer["startDate"], None)
        executions.note(started)
        return started.saga_id


def _short(value: str, name: str) -> str:
    if len(value) > _LONGEST:
        raise Mistake(f"The field {name} is too long.")
    return value

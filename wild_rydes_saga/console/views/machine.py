"""The learner's machine: its definition to edit, to check and to deploy."""

import json
from dataclasses import dataclass
from typing import Any, Final

from wild_rydes_saga.console.answers import Mistake
from wild_rydes_saga.console.source import Source

_LARGEST: Final = 1_000_000


@dataclass
class MachineView:
    """Shows and changes the machine `start-here`."""

    source: Source

    def read(self) -> dict[str, Any]:
        """Its definition as it is deployed, laid out for a reader."""
        arn = self.source.outputs["StartHereArn"]
        text = self.source.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"]
        return {"definition": _laid_out(text), "machine": arn.rpartition(":")[2]}

    def deploy(self, definition: str) -> dict[str, Any]:
        """Puts a definition into the machine; a ride that runs goes on with the one before."""
        _parsed(definition)
        arn = self.source.outputs["StartHereArn"]
        self.source.client("stepfunctions").update_state_machine(stateMachineArn=arn, definition=definition)
        return {"done": "Deployed. The next ride of your machine runs this definition."}


def _parsed(definition: str) -> dict[str, Any]:
    if len(definition) > _LARGEST:
        raise Mistake("The definition is too long: AWS takes 1 MB.")
    try:
        parsed = json.loads(definition)
    except RecursionError:
        raise Mistake("The definition is nested too deep.") from None
    except ValueError as error:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Mistake(f"This is not JSON{where}. Nothing was deployed.") from None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("States"), dict) or "StartAt" not in parsed:
        raise Mistake("A definition is an object with StartAt and States. Nothing was deployed.")
    return parsed


def _laid_out(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text

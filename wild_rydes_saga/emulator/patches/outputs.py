"""The outputs of a stack, when nothing else of it changes."""

from collections.abc import Callable
from typing import Any, Final

Call = Callable[..., Any]

_ACTION: Final = "CreateChangeSet"
_UNCHANGED: Final = "The submitted information didn't contain changes."


def patch_outputs() -> None:
    """A change set that changes a stack's outputs alone can be executed.

    AWS compares the whole template ("Update behaviors of stack resources" is about resources alone). The emulator
    compares the resources, and refuses the change set as one without changes, so that the CDK CLI deploys nothing.
    """
    from ministack.services import cloudformation
    from ministack.services.cloudformation import handlers

    create: Call = handlers._ACTION_HANDLERS[_ACTION]

    def create_for_outputs(params: Any) -> Any:
        before = set(cloudformation._change_sets)
        answer = create(params)
        for name in set(cloudformation._change_sets) - before:
            _accept_new_outputs(cloudformation._change_sets[name], cloudformation._stacks)
        return answer

    handlers._ACTION_HANDLERS[_ACTION] = create_for_outputs


def _accept_new_outputs(change_set: dict[str, Any], stacks: Any) -> None:
    """Makes a change set executable that was refused although it changes the outputs."""
    if change_set["ChangeSetType"] != "UPDATE" or not change_set["StatusReason"].startswith(_UNCHANGED):
        return
    deployed = (stacks.get(change_set["StackName"]) or {}).get("_template", {})
    if change_set["_template"].get("Outputs", {}) != deployed.get("Outputs", {}):
        change_set.update(Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="")

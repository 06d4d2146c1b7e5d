"""Messages: what a state machine publishes, and the events of its status, are as on AWS."""

from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]


def patch_sns_attributes() -> None:
    """`sns:publish` from a state machine delivers its MessageAttributes, and filters see them.

    The emulator's own publish reads them flattened, as in a query request.
    """
    from ministack.services import stepfunctions

    resource = "arn:aws:states:::sns:publish"
    publish: Call = stepfunctions._SERVICE_DISPATCH[resource]

    def publish_with_attributes(name: str, arguments: dict[str, Any]) -> Any:
        flat = {key: value for key, value in arguments.items() if key != "MessageAttributes"}
        for number, (key, attribute) in enumerate((arguments.get("MessageAttributes") or {}).items(), start=1):
            entry = f"MessageAttributes.entry.{number}"
            flat[f"{entry}.Name"] = key
            flat[f"{entry}.Value.DataType"] = attribute["DataType"]
            flat[f"{entry}.Value.StringValue"] = attribute["StringValue"]
        return publish(name, flat)

    stepfunctions._SERVICE_DISPATCH[resource] = publish_with_attributes


def patch_events_under_a_key() -> None:
    """The status events of an execution under a customer's key have no input, output, error or cause.

    AWS: "Data at rest encryption in Step Functions". The emulator reports them whatever the key.
    """
    from ministack.services import stepfunctions

    emit: Call = stepfunctions._emit_execution_status_event

    def emit_without_data(execution: dict[str, Any]) -> None:
        if execution["encryptionConfiguration"]["type"] == "CUSTOMER_MANAGED_KMS_KEY":
            execution = {**execution, "input": None, "output": None, "error": None, "cause": None}
        emit(execution)

    stepfunctions._emit_execution_status_event = emit_without_data

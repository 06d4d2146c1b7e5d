"""Where MiniStack 1.5.33 differs from AWS, mended in process. The only place that touches the emulator's insides.

Each mend says what AWS does. `tests/local_cloud/emulator/test_patches.py` fails when the emulator
does it by itself, so that the mend can go.
"""

import contextvars
import json
from collections.abc import Callable
from typing import Any, Final

from wild_rydes_saga.emulator.access_key import AccessKey

Call = Callable[..., Any]
Properties = dict[str, Any]
"""A resource's properties, as the template resolves."""
Provisioned = tuple[str, dict[str, Any]]
"""A resource's physical id and its attributes."""

_WHICH_VERSION: Final = ("stateMachineVersionArn", "stateMachineAliasArn")

_REPORTED: Final = '"status": "error", "error": str(e), "trace": traceback.format_exc()}'
_REPORTED_WITH_TYPE: Final = (
    '"status": "ok", "raised": True, "error": json.dumps({"errorMessage": str(e), "errorType": type(e).__name__,'
    ' "stackTrace": traceback.format_tb(e.__traceback__)}), "trace": traceback.format_exc()}'
)


class PatchError(RuntimeError):
    """The emulator is not the version that the mends were written for."""


def patch_all() -> None:
    """Applies every mend, once, before the emulator starts; raises `PatchError` if one does not fit."""
    patch_function_credentials()
    patch_handler_errors()
    patch_environments()
    patch_sns_attributes()
    patch_versions()
    patch_executions_of_versions()
    patch_metric_math()
    patch_events_under_a_key()


def session_secret(access_key_id: str) -> str | None:
    """The secret of a session that the emulator's STS has given; None if it has given none of this id."""
    from ministack.services import sts

    session = sts._sessions.get(access_key_id)
    return str(session["SecretAccessKey"]) if session else None


def patch_function_credentials() -> None:
    """A function's credentials are some that the cloud obeys, as an execution role's are on AWS.

    The emulator gives it the account's number as the id of its access key, which no guard could tell from a guess.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    def own_credentials(_config: Properties) -> dict[str, str]:
        return {**AccessKey.of_environment().variables, "AWS_SESSION_TOKEN": ""}

    lambda_runtime.execution_credentials = own_credentials
    if hasattr(lambda_svc, "execution_credentials"):
        lambda_svc.execution_credentials = own_credentials


def patch_handler_errors() -> None:
    """A Python handler's exception arrives under its class name, with its stack trace.

    On AWS the error object of a failed invocation is `errorMessage`,
    `errorType` and `stackTrace` ("Lambda function errors in Python"); the
    emulator calls every such error `Runtime.HandlerError`.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_REPORTED) != 1:
        raise PatchError("the emulator's Python worker has changed: install the pinned ministack")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_REPORTED, _REPORTED_WITH_TYPE)
    run: Call = lambda_svc._execute_function_with_config_scope

    def run_with_named_errors(*arguments: Any, **options: Any) -> Any:
        result = run(*arguments, **options)
        if result.get("error") and result["body"].get("errorType") == "Runtime.HandlerError":
            result["body"] = _error_object(result["body"])
        return result

    lambda_svc._execute_function_with_config_scope = run_with_named_errors


def patch_environments() -> None:
    """An execution environment outlives its handler's exception, as on AWS, and serves the next invocation.

    The emulator ends the process at every error, which makes the next call a cold
    start. The mended worker reports an exception as an answer; here it becomes the
    error again, once the process has been kept. AWS: "Understanding the Lambda
    execution environment lifecycle".
    """
    from ministack.core import lambda_runtime

    invoke: Call = lambda_runtime.Worker.invoke

    def invoke_and_keep(*arguments: Any, **options: Any) -> Any:
        response = invoke(*arguments, **options)
        return {**response, "status": "error"} if response.get("raised") else response

    lambda_runtime.Worker.invoke = invoke_and_keep


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


def patch_versions() -> None:
    """CloudFormation provisions `AWS::StepFunctions::StateMachineVersion` and `...Alias`.

    A version is published when it is made, and again when its machine has another
    revision; an alias follows its routing in place. With a machine go its
    versions and aliases (AWS, "DeleteStateMachine"). The emulator's CloudFormation
    refuses both types; its Step Functions has them.
    """
    from ministack.services import stepfunctions
    from ministack.services.cloudformation import provisioners

    def publish(_logical_id: str, properties: Properties, _stack_name: str) -> Provisioned:
        asked = {"stateMachineArn": properties["StateMachineArn"], "description": properties.get("Description", "")}
        arn = _answered(stepfunctions._publish_state_machine_version(asked))["stateMachineVersionArn"]
        return arn, {"Arn": arn}

    def publish_if_changed(arn: str, old: Properties, new: Properties, stack_name: str) -> Provisioned:
        return (arn, {"Arn": arn}) if old == new else publish("", new, stack_name)

    def unpublish(arn: str, _properties: Properties) -> None:
        _answered(stepfunctions._delete_state_machine_version({"stateMachineVersionArn": arn}))

    def name_alias(_logical_id: str, properties: Properties, _stack_name: str) -> Provisioned:
        asked = {"name": properties["Name"], "routingConfiguration": _routing(properties)}
        arn = _answered(stepfunctions._create_state_machine_alias(asked))["stateMachineAliasArn"]
        return arn, {"Arn": arn}

    def route_alias(arn: str, _old: Properties, new: Properties, _stack_name: str) -> Provisioned:
        asked = {"stateMachineAliasArn": arn, "routingConfiguration": _routing(new)}
        _answered(stepfunctions._update_state_machine_alias(asked))
        return arn, {"Arn": arn}

    def drop_alias(arn: str, _properties: Properties) -> None:
        _answered(stepfunctions._delete_state_machine_alias({"stateMachineAliasArn": arn}))

    machines = provisioners._RESOURCE_HANDLERS["AWS::StepFunctions::StateMachine"]
    delete_machine: Call = machines["delete"]

    def delete_with_versions(arn: str, properties: Properties) -> None:
        delete_machine(arn, properties)
        for kept in (stepfunctions._state_machine_aliases, stepfunctions._state_machine_versions):
            for one in [one for one in kept if one.startswith(f"{arn}:")]:
                del kept[one]

    machines["delete"] = delete_with_versions
    provisioners._RESOURCE_HANDLERS["AWS::StepFunctions::StateMachineVersion"] = {
        "create": publish,
        "update": publish_if_changed,
        "delete": unpublish,
    }
    provisioners._RESOURCE_HANDLERS["AWS::StepFunctions::StateMachineAlias"] = {
        "create": name_alias,
        "update": route_alias,
        "delete": drop_alias,
    }


def patch_executions_of_versions() -> None:
    """An execution that was started by a version or an alias runs the version's definition, and says which it is.

    AWS: "How Step Functions associates executions with a version or alias". The
    emulator runs the machine's newest definition, whatever was started.
    """
    from ministack.services import stepfunctions

    pinned: contextvars.ContextVar[str | None] = contextvars.ContextVar("pinned", default=None)
    start: Call = stepfunctions._start_execution
    describe: Call = stepfunctions._describe_execution

    def start_pinned(data: dict[str, Any]) -> Any:
        asked = data.get("stateMachineArn", "")
        version = stepfunctions._execution_version_arn(asked)
        # The execution's own thread takes the context over from here.
        token = pinned.set(version)
        try:
            answer = start(data)
        finally:
            pinned.reset(token)
        execution = stepfunctions._executions.get(json.loads(answer[2]).get("executionArn"))
        if version and execution:
            execution["stateMachineVersionArn"] = version
            execution["stateMachineAliasArn"] = asked if asked != version else None
        return answer

    kept: Any = type(stepfunctions._state_machines)

    class PinnedMachines(kept):  # type: ignore[misc]
        """The machines, of which an execution sees its own as it was when the version was published."""

        __slots__ = ()

        def get(self, arn: str, default: Any = None) -> Any:
            """The machine, or the default."""
            machine = super().get(arn, default)
            version = stepfunctions._state_machine_versions.get(pinned.get() or "")
            if machine and version and version["stateMachineArn"] == arn:
                return {**machine, "definition": version["definition"]}
            return machine

    def describe_with_version(data: dict[str, Any]) -> Any:
        status, headers, body = describe(data)
        execution = stepfunctions._executions.get(data.get("executionArn")) or {}
        known = {name: execution[name] for name in _WHICH_VERSION if execution.get(name)}
        return status, headers, json.dumps({**json.loads(body), **known}).encode() if known else body

    stepfunctions._start_execution = start_pinned
    stepfunctions._describe_execution = describe_with_version
    stepfunctions._state_machines = PinnedMachines()


def patch_events_under_a_key() -> None:
    """The status events of an execution under a customer's key have no input, output, error or cause.

    AWS: "Data at rest encryption in Step Functions". The emulator tells them whatever the key.
    """
    from ministack.services import stepfunctions

    emit: Call = stepfunctions._emit_execution_status_event

    def emit_without_data(execution: dict[str, Any]) -> None:
        if execution["encryptionConfiguration"]["type"] == "CUSTOMER_MANAGED_KMS_KEY":
            execution = {**execution, "input": None, "output": None, "error": None, "cause": None}
        emit(execution)

    stepfunctions._emit_execution_status_event = emit_without_data


def patch_metric_math() -> None:
    """CloudFormation makes alarms on expressions of several metrics (`Metrics` of `AWS::CloudWatch::Alarm`).

    The emulator refuses them. Mended, they are there to be described, with what
    they watch, and are never evaluated.
    """
    from ministack.services.cloudformation import provisioners

    record: Call = provisioners._cw_metric_alarm_record

    def record_expression(name: str, properties: Properties) -> Any:
        if not properties.get("Metrics"):
            return record(name, properties)
        unmeasured = {"Namespace": "Expressions", "MetricName": name}
        simple = {key: value for key, value in properties.items() if key != "Metrics"}
        return {**record(name, {**simple, **unmeasured}), "Metrics": properties["Metrics"]}

    provisioners._cw_metric_alarm_record = record_expression


def _routing(properties: Properties) -> list[dict[str, Any]]:
    """An alias's routing as the Step Functions API writes it."""
    return [
        {"stateMachineVersionArn": one["StateMachineVersionArn"], "weight": int(one["Weight"])}
        for one in properties["RoutingConfiguration"]
    ]


def _answered(response: tuple[int, Any, bytes]) -> dict[str, Any]:
    """What the emulator's Step Functions answered; a refusal fails the resource, as CloudFormation does."""
    status, _headers, body = response
    answer: dict[str, Any] = json.loads(body)
    if status >= 400:  # noqa: PLR2004  # HTTP's first error
        raise ValueError(answer.get("message") or answer.get("__type") or "refused")
    return answer


def _error_object(body: dict[str, Any]) -> dict[str, Any]:
    """Takes the error object out of the message that the mended worker reports."""
    try:
        reported = json.loads(body["errorMessage"])
    except ValueError:
        return body  # not a handler's exception: the worker itself failed
    return reported if isinstance(reported, dict) and "errorType" in reported else body

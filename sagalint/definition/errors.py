"""Which errors a state can raise, by what it calls, and which names in a Retry or Catch match them.

Sources: "Handling errors in Step Functions workflows" for the `States.` names and what the wildcards match,
the pages of the optimised integrations for the prefixes, "Handle transient Lambda service exceptions" for Lambda's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sagalint.definition.machine import JSONATA, State

ALL: Final = "States.ALL"
TASK_FAILED: Final = "States.TaskFailed"
TIMEOUT: Final = "States.Timeout"
HEARTBEAT: Final = "States.HeartbeatTimeout"
QUERY_FAILED: Final = "States.QueryEvaluationError"
CONDITION_FAILED: Final = "ConditionalCheckFailedException"
UNCATCHABLE: Final = ("States.Runtime", "States.DataLimitExceeded")
"""What `States.ALL` does not match."""

UNFORESEEN: Final = "UnforeseenError"
"""Stands for every name that a function can raise and that nobody wrote down."""

LAMBDA_TRANSIENT: Final = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
)
_DYNAMODB_TRANSIENT: Final = (
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
)
_PREFIXES: Final = {
    "lambda": "Lambda",
    "dynamodb": "DynamoDB",
    "sns": "SNS",
    "sqs": "SQS",
    "events": "EventBridge",
    "states": "StepFunctions",
    "ecs": "ECS",
    "batch": "Batch",
    "glue": "Glue",
    "sagemaker": "SageMaker",
    "codebuild": "CodeBuild",
    "athena": "Athena",
    "apigateway": "ApiGateway",
    "elasticmapreduce": "ElasticMapReduce",
    "eks": "EKS",
    "http": "States.Http",
}
_SDK_PREFIXES: Final = {
    name.lower(): name
    for name in (
        "ApiGateway", "CloudFormation", "CloudWatch", "CognitoIdentityProvider", "DynamoDb", "Ec2", "Ecs",
        "ElastiCache", "EventBridge", "Glue", "Iam", "Kms", "Lambda", "Rds", "S3", "SecretsManager", "Sfn",
        "Sns", "Sqs", "Ssm",
    )
}  # fmt: skip
"""By service of the SDK integration, what its errors begin with: as the SDK for Java 2 calls its exceptions."""
_OF_ANY_TASK: Final = ("States.Permissions",)
_OF_JSONPATH: Final = ("States.ParameterPathFailure", "States.ResultPathMatchFailure", "States.IntrinsicFailure")
_OF_FORKS: Final = (
    "States.BranchFailed",
    "States.ExceedToleratedFailureThreshold",
    "States.ItemReaderFailed",
    "States.ResultWriterFailed",
)
_SDK: Final = re.compile(r":states:::aws-sdk:(?P<service>[a-z0-9]+):(?P<action>[A-Za-z0-9]+)")
_OPTIMISED: Final = re.compile(r":states:::(?P<service>[a-z0-9]+):(?P<action>[A-Za-z0-9]+)")
_CONDITIONAL: Final = ("putItem", "updateItem", "deleteItem")


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    Attributes:
        service: What it is called in a sentence.
        prefix: What its own errors begin with; None if they have no prefix.
        sdk: Whether it is called through the SDK integration, whose errors end in `Exception`.
        names_of_its_own: Whether it raises names that its author chooses: a function, an activity.
        conditional: Whether a condition can refuse the call.
    """

    service: str
    prefix: str | None
    sdk: bool = False
    names_of_its_own: bool = False
    conditional: bool = False

    @property
    def transient(self) -> tuple[str, ...]:
        """Errors of the service that pass by themselves."""
        if self.service == "Lambda" and not self.sdk:
            return LAMBDA_TRANSIENT
        if self.service == "DynamoDB":
            return tuple(f"{self.prefix}.{self._coded(code)}" for code in _DYNAMODB_TRANSIENT)
        return ()

    @property
    def unforeseen(self) -> str:
        """A name that stands for those that nobody wrote down."""
        if self.names_of_its_own or self.prefix is None:
            return UNFORESEEN
        return f"{self.prefix}.InternalError" + ("Exception" if self.sdk else "")

    @property
    def refusal(self) -> str:
        """The error of a refused condition."""
        return f"{self.prefix}.{CONDITION_FAILED}"

    def _coded(self, code: str) -> str:
        return code if not self.sdk or code.endswith("Exception") else f"{code}Exception"


def kind_of(state: State) -> Kind:
    """The kind of what a Task calls."""
    resource = state.resource
    if found := _SDK.search(resource):
        service = found["service"]
        name = "DynamoDB" if service == "dynamodb" else service
        prefix = _SDK_PREFIXES.get(service, service.capitalize())
        return Kind(name, prefix, sdk=True, conditional=_conditional(state, found["action"]))
    if found := _OPTIMISED.search(resource):
        prefix = _PREFIXES.get(found["service"], found["service"].capitalize())
        own = found["service"] in ("lambda", "states", "ecs", "sqs") and (
            found["service"] == "lambda" or resource.endswith("waitForTaskToken")
        )
        return Kind(prefix, prefix, names_of_its_own=own, conditional=_conditional(state, found["action"]))
    if ":activity:" in resource:
        return Kind("activity", None, names_of_its_own=True)
    return Kind("Lambda", "Lambda", names_of_its_own=True)


def _conditional(state: State, action: str) -> bool:
    arguments = state.arguments
    asks = isinstance(arguments, dict) and any(name.startswith("ConditionExpression") for name in arguments)
    return asks and action in _CONDITIONAL


def matches(name: str, error: str) -> bool:
    """Whether a name in a Retry or a Catch matches an error."""
    if name == ALL:
        return error not in UNCATCHABLE
    if name == TASK_FAILED:
        return error not in (TIMEOUT, HEARTBEAT, *UNCATCHABLE)
    return name == error or (name == TIMEOUT and error == HEARTBEAT)


def first_match(lists: Sequence[Sequence[str]], error: str) -> int | None:
    """Which of several lists of names matches an error first, or None."""
    return next((index for index, names in enumerate(lists) if any(matches(name, error) for name in names)), None)


def raised_by(state: State, known: Sequence[str] = ()) -> tuple[str, ...]:
    """Every error that a Task, Parallel or Map can end with and that can be caught; one name stands for the unforeseen.

    Args:
        state: The state.
        known: Names that the plan knows of it.
    """
    lists = [*(one.errors for one in state.retriers), *(one.errors for one in state.catches)]
    named = [name for names in lists for name in names if name not in (ALL, TASK_FAILED)]
    possible = [name for name in named if why_impossible(state, name) is None and name not in UNCATCHABLE]
    if state.type != "Task":
        inside = [error for task in state.tasks for error in raised_by(task)]
        return tuple(dict.fromkeys([*inside, *known, *possible]))
    kind = kind_of(state)
    refused = (kind.refusal,) if kind.conditional else ()
    heartbeat = (HEARTBEAT,) if has_heartbeat(state) else ()
    query = (QUERY_FAILED,) if state.language == JSONATA else _OF_JSONPATH[:2]
    service = (*kind.transient, *refused)
    return tuple(
        dict.fromkeys((TIMEOUT, kind.unforeseen, *known, *possible, *service, *heartbeat, *_OF_ANY_TASK, *query))
    )


def has_heartbeat(state: State) -> bool:
    """Whether a Task must send heartbeats."""
    return "HeartbeatSeconds" in state.body or "HeartbeatSecondsPath" in state.body


def why_impossible(state: State, name: str) -> str | None:
    """Why a state can never raise an error of this name, as a sentence; None if it can."""
    if name in (ALL, TASK_FAILED, TIMEOUT, "States.DataLimitExceeded"):
        return None
    if name.startswith("States.") and not name.startswith("States.Http."):
        return _why_no_such_state_error(state, name)
    if state.type != "Task":
        return None
    return _why_not_its(kind_of(state), name)


def _why_no_such_state_error(state: State, name: str) -> str | None:
    if name == "States.Runtime":
        return "it can be neither retried nor caught"
    if name == HEARTBEAT:
        return None if has_heartbeat(state) else "the state has no HeartbeatSeconds"
    if name == QUERY_FAILED:
        return None if state.language == JSONATA else "only a JSONata state evaluates queries"
    if name in _OF_JSONPATH:
        return "a JSONata state has no paths" if state.language == JSONATA else None
    if name in _OF_FORKS:
        return None if state.type != "Task" else "only a Parallel or a Map raises it"
    return None if name in _OF_ANY_TASK else "Step Functions has no error of this name"


def _why_not_its(kind: Kind, name: str) -> str | None:
    prefix, dot, _ = name.partition(".")
    if kind.prefix and name.startswith(f"{kind.prefix}."):
        prefix = kind.prefix
    if not dot:
        if kind.names_of_its_own:
            return None
        return f"what {kind.service} raises here begins with {kind.prefix}., as in {kind.prefix}.{name}"
    if kind.sdk and prefix.lower() == str(kind.prefix).lower() and kind.prefix not in _SDK_PREFIXES.values():
        prefix = str(kind.prefix)  # its capitals are not known here
    if prefix == kind.prefix:
        if name.endswith(f".{CONDITION_FAILED}") and kind.service == "DynamoDB" and not kind.conditional:
            return "the call has no ConditionExpression"
        return None
    known = {*_PREFIXES.values(), "DynamoDb", "Sns", "Sqs", "Sfn"}
    if prefix in known or not kind.names_of_its_own:
        return f"what {kind.service} raises here begins with {kind.prefix}."
    return None


def ended_with(state: State) -> tuple[str, ...]:
    """The error that a Fail state ends with, where the definition writes it out."""
    error = state.body.get("Error")
    return (error,) if isinstance(error, str) and not error.strip().startswith("{%") else (UNFORESEEN,)

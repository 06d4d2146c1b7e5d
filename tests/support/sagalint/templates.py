"""Templates, and definitions in them, as short as they can be."""

from collections.abc import Mapping
from typing import Any

INVOKE = "arn:aws:states:::lambda:invoke"


def asl(**fields: Any) -> dict[str, Any]:
    return {"StartAt": "Do", "States": {"Do": {"Type": "Task", "Resource": INVOKE, "End": True, **fields}}}


def resource(properties: Mapping[str, Any], kind: str = "AWS::StepFunctions::StateMachine") -> dict[str, Any]:
    return {"Type": kind, "Properties": dict(properties)}


def template(properties: Mapping[str, Any], **sections: Any) -> dict[str, Any]:
    return {"Resources": {"Machine": resource(properties)}, **sections}


def calling(function: Any, *, task: str = INVOKE, **arguments: Any) -> dict[str, Any]:
    return asl(Resource=task, Parameters={"FunctionName": function, **arguments})


def function(kind: str = "AWS::Lambda::Function", **properties: Any) -> dict[str, Any]:
    return resource(properties, kind)

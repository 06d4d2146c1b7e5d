"""Small machines of a tool rental, each written in a few words, and what is found in them without a plan."""

import json
from typing import Any

from sagalint import Finding, check
from sagalint.guess.plan import guess_plan
from sagalint.rules.finding import Level

Definition = dict[str, Any]
ALL = "States.ALL"
_FUNCTION = "arn:aws:lambda:eu-central-1:444455556666:function:"
_TOPIC = "arn:aws:sns:eu-central-1:444455556666:"


def task(then: str | None = None, caught: str | None = None, *, calls: str = "", **more: Any) -> Definition:
    """A task that calls a function; its name is filled in by `saga` if none is given."""
    catch = {"Catch": [{"ErrorEquals": [ALL], "ResultPath": "$.trouble", "Next": caught}]} if caught else {}
    retry = [{"ErrorEquals": [ALL], "IntervalSeconds": 2, "MaxAttempts": 2}]
    onward = {"Next": then} if then else {"End": True}
    resource = {"Resource": _FUNCTION + calls} if calls else {}
    return {"Type": "Task", **resource, "TimeoutSeconds": 20, "Retry": retry, **catch, **onward, **more}


def message(then: str | None, topic: str, **more: Any) -> Definition:
    """A task that publishes a message."""
    sent = {"TopicArn": _TOPIC + topic, "Message.$": "$.rentalId"}
    resource = "arn:aws:states:::sns:publish"
    return {**task(then), "Resource": resource, "Parameters": sent, "ResultPath": None, **more}


def choice(default: str, **ways: str) -> Definition:
    """A Choice by the field `ok` of a result: a way for each result, named by the field that holds it."""
    asked = [{"Variable": f"$.{name}.ok", "BooleanEquals": True, "Next": then} for name, then in ways.items()]
    return {"Type": "Choice", "Choices": asked, "Default": default}


def fork(*branches: Definition, then: str | None = None, caught: str | None = None) -> Definition:
    """A Parallel."""
    catch = {"Catch": [{"ErrorEquals": [ALL], "ResultPath": "$.trouble", "Next": caught}]} if caught else {}
    onward = {"Next": then} if then else {"End": True}
    return {"Type": "Parallel", "Branches": [*branches], "ResultPath": "$.both", **catch, **onward}


def each(item: Definition, then: str | None = None, caught: str | None = None) -> Definition:
    """A Map over the tools that somebody rents."""
    made = fork(then=then, caught=caught)
    del made["Branches"]
    return {**made, "Type": "Map", "ItemsPath": "$.tools", "ItemProcessor": item}


def saga(seconds: int | None = 7200, /, **states: Definition) -> Definition:
    """A machine that begins with the first of its states; a double underscore in a name stands for a question mark."""
    limit = {"TimeoutSeconds": seconds} if seconds else {}
    return {"StartAt": next(iter(states)), **limit, "States": {name: _named(name, one) for name, one in states.items()}}


def part(**states: Definition) -> Definition:
    """A branch, or what is done with an item."""
    return saga(None, **states)


def _named(name: str, state: Definition) -> Definition:
    if state["Type"] != "Task" or "Resource" in state:
        return state
    return {"ResultPath": f"$.{name}", **state, "Resource": _FUNCTION + name}


DONE: Definition = {"Type": "Succeed"}
FAILED: Definition = {"Type": "Fail", "Error": "RentalFailed", "Cause": "the rental was called off"}


def found_in(definition: Definition) -> list[Finding]:
    """What is found without a plan, but for notes."""
    copy = json.loads(json.dumps(definition))
    return [one for one in check(copy, guess_plan(copy).plan).findings if one.level is not Level.NOTE]


def rules_in(definition: Definition) -> list[str]:
    """The rules of what is found without a plan, but for notes, in their order."""
    return [one.rule.id for one in found_in(definition)]

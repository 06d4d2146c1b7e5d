"""What a state's expressions can read: its input, its result or error, the variables, the context."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sagalint.expressions.partial_values import ANY as UNSURE
from sagalint.expressions.partial_values import type_of
from sagalint.expressions.values import ANY, EMPTY, Value, obj, replaced_by_error
from sagalint.plan import Plan

_CONTEXT: Final = {
    "Execution": ("Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"),
    "State": ("EnteredTime", "Name", "RetryCount"),
    "StateMachine": ("Id", "Name"),
    "Task": ("Token",),
    "Item": ("Index", "Value", "Key", "Source"),
}
"""The fields of the context object. Source: the developer guide of Step Functions, "Context object"."""
_WITHOUT_FIELDS: Final = ("string", "number", "boolean", "null")


@dataclass(frozen=True)
class Missing:
    """Something that is read and may not be there.

    Attributes:
        what: How it is written: `$failure`, `$.customerId`.
        lost_by: The state that replaced what had it, if one did.
        by_error: Whether an error of that state has replaced it, and not its result.
        assumed: Whether it is there if the result of that state, which is not known, has it.
        answered: Whether the condition that reads it comes to an answer all the same.
        of_answer: Whether it is read of the answer of `lambda:invoke`, which has what a function returns in `Payload`.
    """

    what: str
    lost_by: str = ""
    by_error: bool = False
    assumed: bool = False
    answered: bool = False
    of_answer: bool = False

    def explained(self, reader: str) -> tuple[str, str]:
        """Why it is not there, where no state has replaced it, and what to do about it in the state that reads it."""
        of, _, name = self.what.rpartition(".")
        if self.of_answer:
            return "it is not there: lambda:invoke has what a function returns in Payload", f"read {of}.Payload.{name}"
        if self.what.startswith(("$$.", "$states.context.")):
            return "the context object has no such field", "read a field that it has"
        return "it is not there" if of else "nothing has assigned it", f"assign it on every way to {reader}"


@dataclass
class Scope:
    """What can be read, and a note of what was read but is missing.

    Attributes:
        plan: The saga's plan, for what is known of inputs and results.
        given: The state's input.
        result: What its task answered, or its error.
        error: The output of its error, in a Catch.
        variables: The variables that are assigned for sure.
        holds: By variable that is assigned, its value or a mark; None if nothing is to be decided by it.
        missing: What was read but is not there.
    """

    plan: Plan
    given: Value
    variables: Mapping[str, Value]
    result: Value = ANY
    error: Value = ANY
    holds: Mapping[str, Any] | None = None
    missing: list[Missing] = field(default_factory=list)

    @property
    def context(self) -> Value:
        """The context object: what AWS says of the execution, the state, its task, and the item of a Map."""
        parts = {name: obj(dict.fromkeys(fields, ANY)) for name, fields in _CONTEXT.items()}
        execution = parts["Execution"].put(["Input"], execution_input(self.plan))
        return obj({**parts, "Execution": execution, "Map": obj({"Item": parts["Item"]})})

    def variable(self, name: str) -> Value:
        """A variable."""
        if name not in self.variables:
            self.missing.append(Missing(f"${name}"))
            return ANY
        without_fields = self.holds is not None and type_of(self.holds.get(name, UNSURE)) in _WITHOUT_FIELDS
        return EMPTY if without_fields else self.variables[name]

    def field(self, value: Value, name: str, written: str) -> Value:
        """A field of a value that is written so; noted if it may not be there."""
        found = value.get(name)
        if found is None:
            error, answer = replaced_by_error(value), value.knows("Payload") and value.knows("StatusCode")
            self.missing.append(Missing(written, value.origin, by_error=error, of_answer=answer))
            return ANY
        lost = value.origin and not value.knows(name) and name in (self.plan.inputs or ())
        if lost and name not in self.plan.returns.get(value.origin, ()):
            self.missing.append(Missing(written, value.origin, assumed=True))
        return found


def execution_input(plan: Plan) -> Value:
    """The execution's input: the fields that the plan knows, and any other if it knows none."""
    names: Sequence[str] = [*(plan.inputs or ()), *plan.secrets]
    fields = {name: Value(secrets=frozenset({name} & plan.secrets.keys())) for name in names}
    known = obj(fields)
    return known if plan.inputs is not None and not plan.guessed else Value(known.fields)

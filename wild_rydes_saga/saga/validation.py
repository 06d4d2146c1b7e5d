"""Checks the machines of the synthesised template against their plans. A finding fails the synthesis."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import aws_cdk as cdk
import jsii
from aws_cdk import aws_stepfunctions as sfn
from constructs import IConstruct

from sagalint import RULES, Finding, check
from sagalint.definition.templates import machine_in, machines_in
from sagalint.input_error import InputError
from sagalint.plan import Plan


class Planned(Protocol):
    """A construct with a state machine and the plan of it: a `Saga`, a `SagaRecovery`."""

    plan: Plan
    state_machine: sfn.StateMachine


@jsii.implements(cdk.IPolicyValidationPlugin)
class SagaValidation:
    """A CDK validation that checks state machines against their plans.

    Each machine is read from the template as it would be deployed, overrides included,
    with the timeouts of its functions. A finding that the plan does not accept is a
    violation: the synthesis fails, and reports it with its story.
    """

    def __init__(self, machines: Sequence[Planned]) -> None:
        self._plans = {_logical_id(one.state_machine): one.plan for one in machines}

    @classmethod
    def add_to(cls, scope: IConstruct, *machines: Planned) -> None:
        """Checks machines whenever an app or a stage is synthesised."""
        cdk.Validations.of(scope).add_plugins(cls(machines))

    @property
    def name(self) -> str:
        """Its name in reports."""
        return "sagalint"

    @property
    def version(self) -> str:
        """Its version."""
        return "1.0.0"

    @property
    def rule_ids(self) -> list[str]:
        """The ids of its rules."""
        return [*RULES, "not-checked"]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Checks the machines in the templates."""
        violations = [violation for path in context.template_paths for violation in self._violations(Path(path))]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)

    def _violations(self, path: Path) -> Iterator[cdk.PolicyViolation]:
        template = json.loads(path.read_text())
        for logical_id in machines_in(template) if "Resources" in template else ():
            if plan := self._plans.get(logical_id):
                try:
                    found = machine_in(template, logical_id)
                    findings = check(found.definition, plan.with_timeouts(found.function_timeouts)).findings
                except InputError as error:
                    yield _violation(
                        "not-checked",
                        str(error),
                        "correct the definition, or what overrides it",
                        (logical_id, path, []),
                    )
                    continue
                for finding in findings:
                    states = [f"{found.name}: {state}" for state in finding.states]
                    yield _violation(finding.rule.id, _description(finding), finding.fix, (logical_id, path, states))


def _logical_id(machine: sfn.StateMachine) -> str:
    resource = machine.node.default_child
    return str(cdk.Stack.of(machine).resolve(resource.logical_id))  # type: ignore[union-attr]


def _description(finding: Finding) -> str:
    story = [f"     {number}. {moment.text}" for number, moment in enumerate(finding.story, start=1)]
    summary = [f"{finding.rule.statement} Here, {finding.message}."]
    return "\n".join([*summary, "   How it comes to that:", *story] if story else summary)


def _violation(rule: str, description: str, fix: str, where: tuple[str, Path, list[str]]) -> cdk.PolicyViolation:
    logical_id, path, locations = where
    resource = cdk.PolicyViolatingResource(
        resource_logical_id=logical_id, template_path=str(path), locations=locations or [logical_id]
    )
    return cdk.PolicyViolation(
        rule_name=rule, description=description, fix=fix, severity="error", violating_resources=[resource]
    )

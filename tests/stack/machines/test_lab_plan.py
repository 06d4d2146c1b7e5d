"""The plan by which the lab lets sagalint check a learner's machine is that of the finished machine."""

from typing import Any

from aws_cdk.assertions import Template

from sagalint.definition.machine import Machine
from sagalint.plan import PlannedStep
from tests.support.template.graph import Graph
from wild_rydes_saga.lab.linting import CLEAN, TRANSIENT, UNDONE_BY, plan_for
from wild_rydes_saga.lab.roles import FUNCTIONS, Roles
from wild_rydes_saga.stack import WildRydesSagaStack


def facts(step: PlannedStep) -> Any:
    return step.action, step.compensation, step.pivot, {one.error for one in step.clean_failures}


def test_the_labs_plan_has_the_steps_of_the_finished_machine(stack: WildRydesSagaStack, graph: Graph) -> None:
    machine = Machine.read(graph.definition)
    names = {state.name: state.name for state in machine.everywhere()}
    names |= {name: "FareProcessingFailed" for name, state in machine.states.items() if state.type == "Fail"}
    plan, real = plan_for(Roles(machine, names)), stack.fare_saga.plan
    assert plan is not None
    assert [facts(step) for step in plan.steps] == [facts(step) for step in real.steps]
    assert (plan.messages.success, plan.messages.failure) == (real.messages.success, real.messages.failure)
    assert plan.settles == real.settles
    assert {name: {*errors} for name, errors in plan.transient.items()} == {
        name: {*errors} for name, errors in real.transient.items() if name in TRANSIENT
    }
    assert plan.function_timeouts == real.function_timeouts
    assert {*(plan.inputs or ())} == {*(real.inputs or ())}
    assert plan.secrets == real.secrets
    assert {*CLEAN} == {*UNDONE_BY}


def test_each_function_that_a_machine_calls_is_an_output(stack: WildRydesSagaStack, template: Template) -> None:
    """And it names what the learner's machine may call: its role is the finished machine's."""
    named = {
        name.removesuffix("FunctionArn"): output["Value"]["Ref"]
        for name, output in template.find_outputs("*").items()
        if name.endswith("FunctionArn")
    }
    assert {*named} == {*FUNCTIONS} == {*stack.fare_saga.function_arns}
    allowed = [
        one["Ref"]
        for policy in template.find_resources("AWS::IAM::ManagedPolicy").values()
        if "-completed" in policy["Properties"]["Description"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] == "lambda:InvokeFunction"
        for one in statement["Resource"]
    ]
    assert sorted(named.values()) == sorted(allowed)

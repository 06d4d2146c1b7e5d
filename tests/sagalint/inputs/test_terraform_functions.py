"""The timeouts of the functions that .tf files define are known for the tasks that call them."""

from pathlib import Path

from sagalint.inputs.finder import found_at
from sagalint.inputs.sources import Source
from tests.support.sagalint.files import project

FUNCTIONS = """\
resource "aws_lambda_function" "charge" {
  function_name = "charge-card"
  timeout       = 60
}

resource "aws_lambda_function" "release" {
  function_name = "release-${var.stage}"
}

resource "aws_lambda_function" "ship" {
  function_name = "ship"
  timeout       = var.patience
}
"""
MACHINE = """\
resource "aws_sfn_state_machine" "orders" {
  definition = jsonencode({
    StartAt = "Charge"
    States = {
      Charge  = { Type = "Task", Resource = aws_lambda_function.charge.arn, Next = "Again" }
      Again   = {
        Type = "Task", Resource = "arn:aws:states:::lambda:invoke", Next = "Release"
        Parameters = { FunctionName = "charge-card" }
      }
      Release = {
        Type = "Task", Resource = "arn:aws:states:::lambda:invoke", Next = "Ship"
        Parameters = { FunctionName = "${aws_lambda_function.release.arn}:live" }
      }
      Ship    = { Type = "Task", Resource = aws_lambda_function.ship.arn, Next = "Other" }
      Other   = { Type = "Task", Resource = module.other.arn, End = true }
    }
  })
}
"""


def test_timeouts_come_from_the_functions_of_the_folder(tmp_path: Path) -> None:
    project(tmp_path, functions_tf=FUNCTIONS, machine_tf=MACHINE)
    (found,) = found_at(tmp_path)
    assert isinstance(found, Source)
    assert found.function_timeouts == {"Charge": 60, "Again": 60, "Release": 3}


def test_a_service_may_include_all_of_its_machines(tmp_path: Path) -> None:
    machines = "stateMachines: {orders: {definition: {StartAt: A, States: {A: {Type: Succeed}}}}}"
    service = "service: a\nstepFunctions: ${file(machines.yml)}\n"
    project(tmp_path, serverless_yml=service, machines_yml=machines)
    assert [found.name for found in found_at(tmp_path) if isinstance(found, Source)] == ["orders"]

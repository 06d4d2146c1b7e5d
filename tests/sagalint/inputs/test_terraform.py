"""The machines of Terraform's files are found, with what only Terraform knows left open, and those of its JSON."""

import json
import re
from pathlib import Path

import pytest

from sagalint import check
from sagalint.input_error import InputError
from sagalint.inputs.finder import found_at
from sagalint.inputs.sources import NotRead, Source
from sagalint.inputs.terraform.hcl import Call, Open, parse_hcl
from sagalint.plan import Plan, PlannedStep
from tests.support.sagalint.files import MACHINE, project

JSONENCODE = """\
# orders
locals {
  retry = [{ ErrorEquals = ["States.ALL"], MaxAttempts = var.attempts, BackoffRate = 2 }]
}

resource "aws_sfn_state_machine" "orders" {
  name     = "orders-${var.stage}"
  role_arn = aws_iam_role.orders.arn

  definition = jsonencode({
    StartAt        = "Reserve"
    TimeoutSeconds = var.timeout
    States = {
      Reserve = {
        Type     = "Task"
        Resource = aws_lambda_function.reserve.arn # comes first
        Retry    = local.retry
        Next     = "Charge"
      }
      "Charge" = {
        Type = "Task", Resource = "arn:aws:states:::lambda:invoke"
        Parameters = { FunctionName = "${aws_lambda_function.charge.arn}:live", "Payload.$" = "$" }
        Catch = [for error in var.errors : { ErrorEquals = [error], Next = "Release" }]
        End  = true
      }
      Release = { Type = "Task", Resource = var.live ? local.a : local.b, Next = "Failed" }
      Failed  = { Type = "Fail", Error = "Failed", Cause = "it failed" }
    }
  })

  logging_configuration {
    level = "ALL"
  }
}
"""
NEXT = "\n"
HEREDOC = f"""\
module "orders" {{
  source     = "terraform-aws-modules/step-functions/aws"
  definition = <<-EOF
    {MACHINE.replace("${ReserveArn}", '${lookup(module.functions, "reserve")["arn"]}').replace(NEXT, NEXT + "    ")}
  EOF
}}
"""
YAML = """\
StartAt: Reserve
States:
  Reserve: {Type: Pass, Next: Charge}
  Charge: {Type: Succeed, Comment: '${x}'}
"""
TEMPLATEFILE = """\
resource "aws_sfn_state_machine" "orders" {
  definition = templatefile("${path.module}/machines/orders.asl.json", {
    ReserveArn = aws_lambda_function.reserve.arn
    Timeout    = 17
  })
}
"""
YAMLDECODE = """\
resource "aws_sfn_state_machine" "orders" {
  definition = local.definition
}
locals { definition = jsonencode(yamldecode(file("${path.module}/orders.yaml"))) }
"""
OLD_TEMPLATE = """\
data "template_file" "orders" {
  template = file("machines/orders.asl.json")
  vars     = {}
}
resource "aws_sfn_state_machine" "orders" {
  definition = "${data.template_file.orders.rendered}"
}
"""


def source(path: Path) -> Source:
    (found,) = found_at(path)
    assert isinstance(found, Source), found
    return found


def test_jsonencode_is_read_with_its_lines_and_open_values(tmp_path: Path) -> None:
    found = source(project(tmp_path, main_tf=JSONENCODE) / "main.tf")
    states = found.definition["States"]
    assert (found.name, found.place.line_of("Charge"), found.place.line_of("Failed")) == ("orders", 20, 27)
    assert states["Reserve"]["Resource"] == "${aws_lambda_function.reserve.arn}"
    assert states["Reserve"]["Retry"] == [
        {"ErrorEquals": ["States.ALL"], "MaxAttempts": "${var.attempts}", "BackoffRate": 2}
    ]
    assert states["Charge"]["Parameters"]["FunctionName"] == "${aws_lambda_function.charge.arn}:live"
    assert states["Release"]["Resource"].startswith("${")


def test_open_values_of_terraform_fail_no_check(tmp_path: Path) -> None:
    found = source(project(tmp_path, main_tf=JSONENCODE) / "main.tf")
    plan = Plan.from_json('{"steps": [{"action": "Reserve", "compensation": "Release"}], "recovered_by": "us"}')
    assert "refused-by-aws" not in {one.rule.id for one in check(found.definition, plan).findings}


@pytest.mark.parametrize(
    ("text", "file", "line"),
    [
        pytest.param(HEREDOC, "main.tf", 8, id="heredoc"),
        pytest.param(TEMPLATEFILE, "machines/orders.asl.json", 5, id="templatefile"),
        pytest.param(YAMLDECODE, "orders.yaml", 4, id="yamldecode"),
        pytest.param(OLD_TEMPLATE, "machines/orders.asl.json", 5, id="template_file"),
    ],
)
def test_however_the_definition_is_written_its_state_has_its_line(
    text: str, file: str, line: int, tmp_path: Path
) -> None:
    project(tmp_path, main_tf=text, machines__orders_asl_json=MACHINE, orders_yaml=YAML)
    found = source(tmp_path / "main.tf")
    assert (found.place.path, found.place.line_of("Charge")) == (tmp_path / file, line)


def test_what_templatefile_is_given_is_filled_in(tmp_path: Path) -> None:
    project(tmp_path, main_tf=TEMPLATEFILE, machines__orders_asl_json=MACHINE)
    assert source(tmp_path / "main.tf").definition["States"]["Reserve"]["TimeoutSeconds"] == 17
    assert len(found_at(tmp_path)) == 1


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        ("var.definition", "${var.definition} is given to this module: name what uses this module"),
        ('file("${path.module}/${var.file}")', "only Terraform knows which file"),
        ("jsonencode(module.x.y)", "only Terraform knows it: write its plan with `terraform show -json`"),
        ('file("gone.json")', "gone.json does not exist"),
        ("local.loop", "refers to itself"),
        ('"{"', "is not JSON"),
        ("jsonencode({ StartAt = var.first, States = var.states })", "only Terraform knows its States"),
        (
            'jsonencode({ StartAt = "A", States = merge({ B = { Type = "Succeed" } }, [for x in var.y : x]...) })',
            "only Terraform knows its States",
        ),
        (
            'jsonencode({ StartAt = "A", States = { A = { Type = "Parallel", Branches = [for x in var.y : x] } } })',
            "only Terraform knows the Branches of A",
        ),
    ],
)
def test_a_definition_that_is_not_known_is_named(definition: str, why: str, tmp_path: Path) -> None:
    text = (
        f'resource "aws_sfn_state_machine" "x" {{\n definition = {definition}\n}}\nlocals {{\n loop = local.loop\n}}\n'
    )
    (found,) = found_at(project(tmp_path, main_tf=text) / "main.tf")
    assert isinstance(found, NotRead)
    assert why in found.why


@pytest.mark.parametrize(
    ("start", "then", "catch", "why"),
    [
        ("${module.lock.first}", "Done", "Done", "StartAt is ${module.lock.first}, which only a deployment knows"),
        ("Work", "${module.lock.last}", "Done", "what Work leads to is ${module.lock.last}"),
        ("Work", "Done", "${module.lock.last}", "what Work leads to is ${module.lock.last}"),
    ],
    ids=["the first state", "the next one", "where a Catch leads"],
)
def test_states_that_a_module_brings_are_not_taken_for_missing(start: str, then: str, catch: str, why: str) -> None:
    """A module may bring states of its own under names that only it knows: AWS accepts that, and no rule is broken."""
    work = {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:work",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": catch}],
        "Next": then,
    }
    with pytest.raises(InputError, match=re.escape(why)):
        check(
            {"StartAt": start, "States": {"Work": work, "Done": {"Type": "Succeed"}}},
            Plan(steps=(PlannedStep(action="Work", uncompensated_because="it looks"),)),
        )


@pytest.mark.parametrize("text", ["resource {", 'a = "', "a = [1", "= 1", "a = {b}"])
def test_invalid_terraform_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(InputError, match=r"main.tf cannot be read as Terraform in line 2"):
        parse_hcl(f"b = 1\n{text}", "main.tf")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('"a \\"b\\" ${c("}")} \\n"', 'a "b" ${c("}")} \n'),
        ("[1, 2.5, true, null,]", [1, 2.5, True, None]),
        ('{ a = 1, "b" : [2], c = {} }', {"a": 1, "b": [2], "c": {}}),
        ("f(1, x.y)", Call("f", (1, Open("x.y")))),
        ("1 + 2", Open("1 + 2")),
        ("x[0].y", Open("x[0].y")),
        ("(\n  3\n)", 3),
        ("{ for k, v in x : k => v }", Open("{ for k, v in x : k => v }")),
        ("<<A\n one\n  two\nA", " one\n  two\n"),
        ("<<-A\n one\n  two\n A", "one\n two\n"),
        ("/* no */ 4 // four", 4),
    ],
)
def test_an_expression_is_what_it_says(expression: str, value: object) -> None:
    assert parse_hcl(f"a = {expression}\nb = 1\n", "main.tf").attributes == {"a": value, "b": 1}


def test_a_plan_and_a_state_of_terraform_have_their_machines(tmp_path: Path) -> None:
    definition = json.dumps(json.loads(MACHINE.replace("${Timeout}", "30").replace("${ChargeArn}", "arn:charge")))
    machine = {"type": "aws_sfn_state_machine", "name": "o", "address": "aws_sfn_state_machine.o"}
    function = {"type": "aws_lambda_function", "name": "c", "values": {"arn": "arn:charge", "timeout": 40}}
    known = {**machine, "values": {"name": "orders", "definition": definition}}
    module = {"resources": [function], "child_modules": [{"resources": [known, {**machine, "values": {}}]}]}
    for part in ("planned_values", "values"):
        text = json.dumps({"format_version": "1.2", part: {"root_module": module}}, indent=2)
        found, unknown = found_at(project(tmp_path / part, shown_json=text) / "shown.json")
        assert isinstance(found, Source)
        assert (found.name, found.function_timeouts) == ("orders", {"Charge": 40})
        assert '"definition"' in text.splitlines()[found.place.line_of("Charge") - 1]
        assert isinstance(unknown, NotRead)
        assert "known only after `terraform apply`" in unknown.why


def test_what_a_module_is_given_is_found_where_it_is_used(tmp_path: Path) -> None:
    machine = 'resource "aws_sfn_state_machine" "this" {\n  definition = var.states\n}\n'
    uses = 'module "orders" {\n  source = "./modules/sfn"\n  name = "o"\n  states = file("orders.asl.json")\n}\n'
    project(tmp_path, main_tf=uses, orders_asl_json=MACHINE, outputs_tf="", modules__sfn__main_tf=machine)
    given, found = sorted(found_at(tmp_path), key=lambda one: isinstance(one, Source))
    assert isinstance(given, NotRead)
    assert given.elsewhere
    assert isinstance(found, Source)
    assert (found.name, found.place.path.name) == ("orders", "orders.asl.json")

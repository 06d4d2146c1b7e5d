"""Every machine is found as it lies in a repository, each with its own file and line."""

import json
from pathlib import Path

import pytest

from sagalint.input_error import InputError
from sagalint.inputs.finder import found_at
from sagalint.inputs.sources import NotRead, Source
from tests.support.sagalint.files import MACHINE, project

SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machines/orders.asl.json
      DefinitionSubstitutions: {ReserveArn: !GetAtt Reserve.Arn, Timeout: 12}
  Refunds:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: Refund
        States:
          Refund: {Type: Task, Resource: !GetAtt Refund.Arn, End: true}
"""
BROKEN = """\
Resources:
  Gone:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: gone.asl.json}
"""
CDK = json.dumps(
    {
        "Resources": {
            "Inline": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {"DefinitionString": {"Fn::Join": ["", [MACHINE, {"Ref": "Nothing"}]]}},
            },
            "Asset": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {"DefinitionS3Location": {"Bucket": "assets", "Key": "0a1b.json"}},
            },
        }
    },
    indent=1,
).replace('{\\n      \\"Ref\\": \\"Nothing\\"\\n     }', '""')


def sources(path: Path) -> dict[str, Source]:
    found = found_at(path)
    assert all(isinstance(one, Source) for one in found), found
    return {one.name: one for one in found if isinstance(one, Source)}


def lines(path: Path, state: str) -> dict[str, str]:
    """By machine, the file and the line of a state."""
    return {
        name: f"{one.place.path.relative_to(path if path.is_dir() else path.parent)}:{one.place.line_of(state)}"
        for name, one in sources(path).items()
    }


def test_both_machines_of_a_sam_template_are_found_with_their_own_lines(tmp_path: Path) -> None:
    project(tmp_path, template_yaml=SAM, machines__orders_asl_json=MACHINE)
    assert lines(tmp_path / "template.yaml", "Charge") == {
        "Orders": "machines/orders.asl.json:5",
        "Refunds": "template.yaml:11",
    }
    orders = sources(tmp_path / "template.yaml")["Orders"].definition["States"]["Reserve"]
    assert (orders["Resource"], orders["TimeoutSeconds"]) == ("${Reserve.Arn}", 12)


def test_a_definition_that_a_template_names_is_checked_once(tmp_path: Path) -> None:
    project(tmp_path, template_yaml=SAM, machines__orders_asl_json=MACHINE, other__asl_json=MACHINE)
    assert {*lines(tmp_path, "Charge")} == {"Orders", "Refunds", "asl"}


def test_a_folder_is_searched_and_what_others_wrote_is_left_out(tmp_path: Path) -> None:
    project(
        tmp_path,
        a__b__orders_asl_json=MACHINE,
        node__modules_json="{}",
        package_json='{"name": "StateMachine"}',
        notes_yaml="- StartAt the beginning",
    )
    project(tmp_path / "node_modules" / "x", orders_asl_json=MACHINE)
    project(tmp_path / ".aws-sam", orders_asl_json=MACHINE)
    assert lines(tmp_path, "Charge") == {"orders": "a/b/orders.asl.json:5"}


def test_a_file_with_open_values_is_a_machine(tmp_path: Path) -> None:
    (source,) = sources(project(tmp_path, orders_asl_json=MACHINE) / "orders.asl.json").values()
    assert source.definition["States"]["Reserve"]["TimeoutSeconds"] == "${Timeout}"


def test_a_cdk_out_folder_has_templates_stages_and_assets(tmp_path: Path) -> None:
    folder = project(tmp_path, cdk_out="{}", manifest_json="{}", One_template_json=CDK, asset_0a1b_json=MACHINE)
    project(folder / "assembly-Prod", manifest_json="{}", Two_template_json=CDK, asset_0a1b_json=MACHINE)
    found = [one for one in found_at(folder) if isinstance(one, Source)]
    assert [one.name for one in found if one.place.path.name == "asset.0a1b.json"] == ["Asset", "Asset"]
    assert {one.place.path.parent.name for one in found} == {folder.name, "assembly-Prod"}
    assert all(one.place.line_of("Charge") == 5 for one in found if one.name == "Asset")


@pytest.mark.parametrize(
    ("files", "named", "why"),
    [
        ({"empty_json": "{}"}, "empty.json", "is neither a state machine nor a template"),
        ({"list_json": "[]"}, "list.json", "is neither a state machine nor a template"),
        ({"template_yaml": "Resources: {}"}, "template.yaml", "has no state machine: no resource of type AWS::Step"),
        ({"main_tf": 'resource "aws_sqs_queue" "q" {}'}, "main.tf", "no resource of type aws_sfn_state_machine"),
        ({"serverless_yml": "stepFunctions: {}"}, "serverless.yml", "no stepFunctions.stateMachines"),
        ({"README_md": "nothing"}, ".", "has no state machine: name a folder with ASL, a template"),
    ],
)
def test_a_path_without_a_machine_is_refused_with_the_reason(
    files: dict[str, str], named: str, why: str, tmp_path: Path
) -> None:
    project(tmp_path, **files)
    with pytest.raises(InputError, match=why):
        found_at(tmp_path / named)


def test_a_definition_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    project(tmp_path, a_yaml=BROKEN, b_asl_json=MACHINE, c_asl_json=MACHINE[:-20])
    missing, found, broken = found_at(tmp_path)
    assert isinstance(missing, NotRead)
    assert "gone.asl.json does not exist" in missing.why
    assert isinstance(found, Source)
    assert isinstance(broken, NotRead)
    assert "c.asl.json is not JSON" in broken.why


def test_a_plan_beside_a_machine_is_its_own(tmp_path: Path) -> None:
    plan = json.dumps({"steps": [{"action": "Reserve", "compensation": "Release"}]})
    other = plan.replace("Release", "Unreserve")
    project(tmp_path, orders_asl_json=MACHINE, orders_plan_json=plan)
    (source,) = sources(tmp_path).values()
    assert (own := source.plan_beside())
    assert own.steps[0].action == "Reserve"
    project(tmp_path, orders_plan_json=other)
    assert source.plan_beside(), "it is the machine's by its name: what it names wrongly is to be found"


def test_of_the_plans_beside_a_template_the_one_that_fits_is_taken(tmp_path: Path) -> None:
    orders = json.dumps({"steps": [{"action": "Reserve", "compensation": "Release"}]})
    refunds = json.dumps({"steps": [{"action": "Refund", "uncompensated_because": "it is the refund"}]})
    project(tmp_path, template_yaml=SAM, machines__orders_asl_json=MACHINE)
    (tmp_path / "template.orders.plan.json").write_text(orders, encoding="utf-8")
    (tmp_path / "Refunds.plan.json").write_text(refunds, encoding="utf-8")
    found = sources(tmp_path / "template.yaml")
    actions = {name: plan.steps[0].action for name, one in found.items() if (plan := one.plan_beside())}
    assert actions == {"Orders": "Reserve", "Refunds": "Refund"}


@pytest.mark.parametrize("name", ["rental_asl_json_tpl", "rental_json_tftpl", "rental_tmpl", "rental_template"])
def test_a_template_that_something_fills_in_is_read_as_it_is(name: str, tmp_path: Path) -> None:
    """What decides which parts are there is left out, and what stands for a value stays open."""
    text = (
        MACHINE
        if name.endswith("_template")
        else MACHINE.replace("${ReserveArn}", '${arns["reserve"]}') + "%{ if x }%{ endif }\n"
    )
    (found,) = found_at(project(tmp_path, **{name: text}))
    assert isinstance(found, Source)
    assert (found.name, found.place.line_of("Charge")) == ("rental", 5)

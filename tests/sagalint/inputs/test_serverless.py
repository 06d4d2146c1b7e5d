"""The machines of a serverless.yml are found, also those in files of their own, with their functions' timeouts."""

from pathlib import Path

import pytest

from sagalint.definition.machine import Machine
from sagalint.definition.refusals import refusals
from sagalint.inputs.finder import found_at
from sagalint.inputs.sources import NotRead, Source
from tests.support.sagalint.files import project

SERVICE = """\
service: orders
provider: {name: aws, timeout: 20}
functions:
  charge-card: {handler: a.b}
  release: {handler: a.b, timeout: 9}
stepFunctions:
  stateMachines:
    orders:
      name: ${self:service}-orders
      definition:
        StartAt: Enough
        States:
          Enough:
            Type: Choice
            Choices: [{Variable: $.enough, BooleanEquals: true, Next: Yes}]
            Default: No
          Yes: {Type: Task, Resource: !GetAtt charge-card.Arn, Next: Release}
          Release:
            Type: Task
            Resource: arn:aws:states:::lambda:invoke
            Parameters: {FunctionName: !GetAtt ReleaseLambdaFunction.Arn}
            End: true
          No: {Type: Fail}
    refunds: ${file(machines/refunds.yml):refunds}
    quotes:
      definition: ${file(machines/quotes.yml)}
"""
REFUNDS = """\
refunds:
  definition:
    StartAt: Refund
    States:
      Refund: {Type: Succeed}
"""
QUOTES = "StartAt: Quote\nStates:\n  Quote: {Type: Succeed}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return project(tmp_path, serverless_yml=SERVICE, machines__refunds_yml=REFUNDS, machines__quotes_yml=QUOTES)


def test_each_machine_is_found_where_it_is_written(folder: Path) -> None:
    found = [one for one in found_at(folder / "serverless.yml") if isinstance(one, Source)]
    lines = {
        one.name: f"{one.place.path.name}:{one.place.line_of(next(reversed(one.definition['States'])))}"
        for one in found
    }
    assert lines == {"orders": "serverless.yml:23", "refunds": "refunds.yml:5", "quotes": "quotes.yml:3"}
    assert found_at(folder) == found


def test_functions_have_the_timeouts_of_the_service(folder: Path) -> None:
    orders = next(one for one in found_at(folder / "serverless.yml") if isinstance(one, Source))
    assert orders.function_timeouts == {"Yes": 20, "Release": 9}
    assert orders.definition["States"]["Enough"]["Default"] == "No"


def test_an_included_file_includes_from_the_folder_of_the_service(tmp_path: Path) -> None:
    project(
        tmp_path,
        serverless_yml="service: orders\nstepFunctions: ${file(config/machines.yml)}\n",
        config__machines_yml="stateMachines:\n  refunds: ${file(config/machines/refunds.yml):refunds}\n",
        config__machines__refunds_yml=REFUNDS,
    )
    (found,) = found_at(tmp_path / "serverless.yml")
    assert isinstance(found, Source)
    assert found.place.path == tmp_path / "config" / "machines" / "refunds.yml"


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        ("{definition: '${file(gone.yml)}'}", "gone.yml does not exist"),
        ("'${file(machines/refunds.yml):nothing}'", "refunds.yml has no nothing"),
        ("{name: x}", "the definition of the state machine broken is not in it"),
    ],
)
def test_a_machine_that_cannot_be_read_is_named(machine: str, why: str, folder: Path) -> None:
    project(folder, serverless_yml=f"{SERVICE}    broken: {machine}\n")
    *others, broken = found_at(folder / "serverless.yml")
    assert len(others) == 3
    assert isinstance(broken, NotRead)
    assert why in broken.why


def test_variables_of_the_service_are_filled_in_and_others_stay_open(tmp_path: Path) -> None:
    service = """\
service: rentals
custom:
  undone: {ErrorEquals: [States.ALL], Next: Release}
stepFunctions:
  stateMachines:
    rental:
      definition:
        StartAt: Reserve
        States:
          Reserve:
            Type: Task
            Resource: arn:aws:lambda:eu-central-1:444455556666:function:reserve
            Catch: ["${self:custom.undone}", "${ssm:/catch}"]
            End: true
          Release: {Type: Task, Resource: "arn:aws:lambda:eu-central-1:444455556666:function:release", End: true}
"""
    (tmp_path / "serverless.yml").write_text(service, encoding="utf-8")
    (source,) = found_at(tmp_path / "serverless.yml")
    assert isinstance(source, Source)
    assert not refusals(source.definition)
    reserve = Machine.read(source.definition).states["Reserve"]
    assert [(way.errors, way.target) for way in reserve.catches] == [(("States.ALL",), "Release")]


RESOURCES = """\
service: rentals
custom: {stage: test}
provider: {name: aws}
functions: {reserve: {handler: a.b}}
resources:
  Resources:
    Rental:
      Type: AWS::StepFunctions::StateMachine
      Properties:
        StateMachineName: rental-${self:custom.stage}
        DefinitionString: !Sub |
          {
            "StartAt": "Reserve",
            "States": {"Reserve": {"Type": "Task", "Resource": "${ReserveLambdaFunction.Arn}", "End": true}}
          }
"""
REFUND = """\
Resources:
  Refund:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      Definition:
        StartAt: Refund
        States:
          Refund: {Type: Task, Resource: "arn:aws:lambda:us-east-1:123456789012:function:refund", End: true}
"""


def test_machines_among_the_resources_of_a_service_are_found(tmp_path: Path) -> None:
    (found,) = found_at(project(tmp_path, serverless_yml=RESOURCES))
    assert isinstance(found, Source)
    assert (found.name, found.place.line_of("Reserve")) == ("Rental", 14)


def test_machines_among_resources_in_files_of_their_own_are_found_too(tmp_path: Path) -> None:
    """Beside those of the plugin; a list of resources is one, part by part."""
    parts = RESOURCES.replace("resources:\n  Resources:", "resources:\n- Resources:")
    quote = "stepFunctions: {stateMachines: {quote: {definition: {StartAt: Q, States: {Q: {Type: Succeed}}}}}}\n"
    service = f"{parts}- ${{file(refund.yml)}}\n{quote}"
    folder = project(tmp_path, serverless_yml=service, refund_yml=REFUND)
    found = {one.name: one for one in found_at(folder / "serverless.yml") if isinstance(one, Source)}
    assert {"quote", "Rental", "Refund"} == found.keys()
    assert found["Refund"].place.line_of("Refund") == 8


def test_a_part_of_the_resources_that_is_missing_hides_no_machine(tmp_path: Path) -> None:
    service = RESOURCES.replace("resources:\n  Resources:", "resources:\n- ${file(gone.yml)}\n- Resources:")
    assert [one.name for one in found_at(project(tmp_path, serverless_yml=service)) if isinstance(one, Source)] == [
        "Rental"
    ]


def test_the_machines_of_a_file_without_its_service_are_found(tmp_path: Path) -> None:
    [found] = found_at(project(tmp_path, machines__refunds_yml=REFUNDS))
    assert isinstance(found, Source)
    assert (found.name, found.place.line_of("Refund")) == ("refunds", 5)


def test_a_file_that_a_service_includes_has_no_machines_of_its_own(folder: Path) -> None:
    assert sorted(one.name for one in found_at(folder) if isinstance(one, Source)) == [
        "orders",
        "quotes",
        "refunds",
    ]

"""A state is found in its own file, by its line, however the definition is written there."""

from pathlib import Path

import pytest

from sagalint.inputs.lines import Lines, Place

ASL = """\
{ "Comment": "\\"Do\\": { is not a state",
  "StartAt": "Other", "TimeoutSeconds": ${Timeout},
  "States": {
    "Other": {"Type": "Pass", "Parameters": {
      "Do": {"States": 3}}, "Next": "Do"},

    "Do":
      {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "In", "States": {
          "In": {"Type": "Succeed"}}}]}
  }}
"""
YAML = """\
# a template
Resources:
  Two:
    Properties: {Definition: {StartAt: Do, States: {Do: {Type: Succeed}}}}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      Definition:
        StartAt: Other
        States:
          Other:
            Type: Pass
            Parameters: {Do: {a: 1}}
          "Do":
            Type: Succeed
      Role: !GetAtt Role.Arn
"""
TEXT = """\
Resources:
  Two:
    Properties:
      DefinitionString: '{"StartAt": "Do", "States": {"Do": {"Type": "Succeed"}}}'
  Machine:
    Properties:
      DefinitionString: !Sub |
        {"StartAt": "Other",
         "States": {
           "Other": {"Type": "Pass", "Next": "Do"},
           "Do": {"Type": "Succeed"}}}
  After:
    Properties: {Do: {}}
"""
HCL = """\
resource "aws_sfn_state_machine" "one" {
  definition = jsonencode({
    StartAt = "Do"
    States = {
      Do = {
        Type = "Succeed"
      }
    }
  })
}
"""


@pytest.mark.parametrize(
    ("name", "text", "where", "state", "line"),
    [
        pytest.param("a.json", ASL, (), "Other", 4, id="json"),
        pytest.param("a.json", ASL, (), "Do", 7, id="json-key-alone"),
        pytest.param("a.json", ASL, (), "In", 10, id="json-inside"),
        pytest.param("a.json", ASL, (), None, 1, id="json-machine"),
        pytest.param("a.json", ASL, (), "Nowhere", 1, id="json-unknown"),
        pytest.param("a.yaml", YAML, ("Resources", "Machine", "Properties", "Definition"), "Do", 14, id="yaml"),
        pytest.param("a.yaml", YAML, ("Resources", "Machine", "Properties", "Definition"), None, 8, id="yaml-machine"),
        pytest.param("a.yaml", YAML, ("Resources", "Two", "Properties", "Definition"), "Do", 4, id="yaml-in-one-line"),
        pytest.param("a.yaml", TEXT, ("Resources", "Machine", "Properties", "DefinitionString"), "Do", 11, id="block"),
        pytest.param("a.yaml", TEXT, ("Resources", "Two", "Properties", "DefinitionString"), "Do", 4, id="text"),
    ],
)
def test_the_line_of_a_state_is_that_of_its_name(
    name: str, text: str, where: tuple[str, ...], state: str | None, line: int, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert Place(tmp_path / name, where).line_of(state) == line


@pytest.mark.parametrize("called", ["${Timeout}", '${jsonencode(\n  { of = "a" }\n)}'], ids=["names", "calls"])
def test_open_values_move_no_state_to_another_line(called: str, tmp_path: Path) -> None:
    """Neither however many there are, nor if one has several lines."""
    many = f"[{', '.join([called] * 40)}]"
    text = ASL.replace("${Timeout}", f'{called}, "Of": {many}')
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    for state in ("Other", "In"):
        begins = next(number for number, line in enumerate(text.splitlines(), 1) if f'"{state}": {{' in line)
        assert Place(tmp_path / "a.json").line_of(state) == begins


def test_a_file_of_another_kind_is_searched_within_its_lines(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(HCL + HCL, encoding="utf-8")
    lines = [Place(tmp_path / "main.tf", lines=Lines(first, first + 7)).line_of("Do") for first in (2, 12)]
    assert lines == [5, 15]

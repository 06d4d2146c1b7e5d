"""`make check` says what is wrong with any input of a learner. It never ends in a stack trace."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from sagalint.definition.machine import Machine
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.lab import CHAPTERS, answer, read_file, skeleton
from wild_rydes_saga.lab.calls import check_calls
from wild_rydes_saga.lab.chapters import HOLE
from wild_rydes_saga.lab.checked import Mark
from wild_rydes_saga.lab.linting import findings_of, plan_for
from wild_rydes_saga.lab.reading import MOST_BYTES, read
from wild_rydes_saga.lab.roles import FUNCTIONS, Roles

OUTPUTS = {
    **{f"{step}FunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{step}:1" for step in FUNCTIONS},
    "FaresTableName": "fares-table",
    "NotificationsTopicArn": "arn:aws:sns:us-east-1:000000000000:topic",
}
WRONG_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1.5,
    "",
    "text",
    "{% broken",
    "{% $x %}",
    "$.path",
    [],
    ["a"],
    [[]],
    {},
    {"a": {"b": 1}},
)
TEMPLATE = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": {"Type": "AWS::SNS::Topic"}}}


def wrong_items(text: str) -> list[str]:
    """What is said about a text; all that follows the reading runs too, where it can be read."""
    found = read(text, OUTPUTS)
    items = [*found.items]
    if found.definition is not None:
        roles = Roles.of(Machine.read(found.definition.data), OUTPUTS)
        items += check_calls(found.definition, roles, OUTPUTS)
        if plan := plan_for(roles):
            findings_of(found.definition, plan)
    return [item.sentence for item in items if item.mark is Mark.FAILED]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The definition is empty."),
        ("  \n", "The definition is empty."),
        ("{", "not JSON (Expecting property name enclosed in double quotes in line 1"),
        ("StartAt: A\nStates: {}\n", "It looks like YAML"),
        ("[]", "not a state machine"),
        ("1", "not a state machine"),
        ("null", "not a state machine"),
        ('{"States": []}', "not a state machine"),
        ('{"States": {}}', "no StartAt"),
        (json.dumps(TEMPLATE), "This is a template with resources"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' * 100_000, "nested too deeply"),
        ('{"x": NaN}', "number that JSON cannot hold"),
        (f'{{"Comment": "{"x" * MOST_BYTES}"}}', "longer than 1 MB"),
        ('{"StartAt": "${NoSuchOutput}"}', "The stack has no output NoSuchOutput."),
        ('{"TimeoutSeconds": ${StackTimeout}}', "The stack has no output StackTimeout."),
        ('{"TimeoutSeconds": ${FaresTableName}}', "stands outside of a text"),
        ("\ud800", "not JSON"),
    ],
)
def test_a_text_of_another_kind_is_refused_in_a_sentence(text: str, said: str) -> None:
    assert any(said in sentence for sentence in wrong_items(text))


@pytest.mark.parametrize("sampled", [3, pytest.param(120, marks=pytest.mark.long)])
@pytest.mark.parametrize("value", WRONG_VALUES, ids=repr)
def test_a_wrong_value_in_any_field_gives_a_sentence_or_passes(value: Any, sampled: int) -> None:
    """A field of the finished machine at a time, or an entry of one of its lists."""
    places = [*_places(answer(len(CHAPTERS)))]
    assert len(places) > 300
    for where in random.Random(repr(value)).sample(places, sampled):
        machine: Any = answer(len(CHAPTERS))
        part = machine
        for name in where[:-1]:
            part = part[name]
        part[where[-1]] = value
        assert all(isinstance(sentence, str) and sentence for sentence in wrong_items(json.dumps(machine)))


def _places(part: Any, where: tuple[Any, ...] = ()) -> Any:
    entries = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, value in entries:
        yield (*where, name)
        yield from _places(value, (*where, name))


def test_a_wrong_field_is_named_with_its_line() -> None:
    machine = answer(2)
    del machine["States"]["ChargeFare"]["Arguments"]["Payload"]["startTime"]
    text = json.dumps(machine, indent=2)
    found = read(text, OUTPUTS)
    assert found.definition is not None
    roles = Roles.of(Machine.read(found.definition.data), OUTPUTS)
    [item] = check_calls(found.definition, roles, OUTPUTS)
    assert (item.state, item.field) == ("ChargeFare", "Payload")
    assert item.line == text.splitlines().index('        "Payload": {') + 1


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "does not exist"), (b"\xff\xfe\x00", "is not text"), (b" " * (MOST_BYTES + 1), "is too large")],
    ids=["missing", "binary", "huge"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "mine.asl.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(OperatorError, match=said):
        read_file(file)


@pytest.mark.parametrize(("path", "said"), [("", "is a folder"), ("/dev/zero", "is not a file"), ("\0", "cannot be")])
def test_what_is_not_a_file_is_named(tmp_path: Path, path: str, said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        read_file(tmp_path / path)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda one: one.name)
def test_a_skeleton_hides_what_the_learner_writes(chapter: Any) -> None:
    text = json.dumps(skeleton(chapter.number))
    assert text.count(f'"{HOLE}"') == len(chapter.holes) >= 2
    assert f'"{HOLE}"' not in json.dumps(answer(chapter.number))

"""Documents are read as they mean it, and what cannot be read is refused in words that name no content."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sagalint.input_error import InputError
from sagalint.inputs.documents import read_document, read_text

TEMPLATE = Path(__file__).parents[2] / "snapshots" / "template.json"
SECRET = "hunter2"


def written(folder: Path, text: str | bytes, name: str = "document.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("text", "long"),
    [
        pytest.param("!Ref Table", {"Ref": "Table"}, id="ref"),
        pytest.param("!Condition IsLive", {"Condition": "IsLive"}, id="condition"),
        pytest.param("!GetAtt Table.Arn", {"Fn::GetAtt": ["Table", "Arn"]}, id="attribute"),
        pytest.param("!GetAtt Stack.Outputs.Arn", {"Fn::GetAtt": ["Stack", "Outputs.Arn"]}, id="nested-attribute"),
        pytest.param("!GetAtt [Table, Arn]", {"Fn::GetAtt": ["Table", "Arn"]}, id="attribute-as-list"),
        pytest.param("!Sub '${Table}-x'", {"Fn::Sub": "${Table}-x"}, id="sub"),
        pytest.param("!Sub ['${A}', {A: !Ref B}]", {"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}, id="sub-with-names"),
        pytest.param("!Join ['', [a, !Ref B]]", {"Fn::Join": ["", ["a", {"Ref": "B"}]]}, id="join"),
        pytest.param("!Transform {Name: Include}", {"Fn::Transform": {"Name": "Include"}}, id="transform"),
    ],
)
def test_short_tags_become_long_forms(text: str, long: Any, tmp_path: Path) -> None:
    assert read_document(written(tmp_path, f"Value: {text}\n")) == {"Value": long}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        pytest.param("Version: 2012-10-17", {"Version": "2012-10-17"}, id="dates-stay-text"),
        pytest.param("No: {1: a}", {"No": {"1": "a"}}, id="keys-stay-text"),
        pytest.param("a: &a {x: 1}\nb: {<<: *a, y: 2}", {"a": {"x": 1}, "b": {"x": 1, "y": 2}}, id="merged"),
        pytest.param("a: [1, 2.5, true, null, ~]", {"a": [1, 2.5, True, None, None]}, id="kinds-of-json"),
        pytest.param("\ufeffa: 1", {"a": 1}, id="byte-order-mark"),
        pytest.param('\n {"a": 1}', {"a": 1}, id="json-by-its-bracket"),
        pytest.param("a: [yes, No, on, y]", {"a": ["yes", "No", "on", "y"]}, id="only-true-and-false-are-truth-values"),
        pytest.param("a: [010, 0o10, 0x10, 1_0, 1e3, .5]", {"a": [10, 8, 16, "1_0", 1e3, 0.5]}, id="numbers"),
        pytest.param("a: [12:30, =]", {"a": ["12:30", "="]}, id="no-times-of-yaml-1.1"),
        pytest.param('{"a": ${B}, "c": "${D}"}', {"a": "${B}", "c": "${D}"}, id="an-open-number-becomes-text"),
    ],
)
def test_yaml_means_what_json_could_say(text: str, meaning: Any, tmp_path: Path) -> None:
    assert read_document(written(tmp_path, text)) == meaning


def test_a_real_template_reads_the_same_as_json_and_as_yaml(tmp_path: Path) -> None:
    template = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    assert read_document(TEMPLATE) == template
    assert read_document(written(tmp_path, yaml.safe_dump(template))) == template


@pytest.mark.parametrize(
    ("name", "content", "reported"),
    [
        pytest.param("a.json", f'{{"a": "{SECRET}",\n "b" 1}}', "line 2, column 6", id="json"),
        pytest.param("a.json", f"a: {SECRET}", "line 1, column 1", id="yaml-called-json"),
        pytest.param("a.yaml", f'["{SECRET}"', "line 1, column 11", id="json-called-yaml"),
        pytest.param("a.json", '{"a": NaN}', "number that JSON cannot hold", id="not-a-number"),
        pytest.param("a.json", "[" * 100_000, "nested too deeply", id="deep-json"),
        pytest.param("a.yaml", "a: " + "[\n" * 10_000, "nested too deeply", id="deep-yaml"),
        pytest.param("a.yaml", f"a: 1\nb: *{SECRET}", "line 2, column 4", id="unknown-anchor"),
        pytest.param("a.yaml", f"a: 1\nb: {SECRET}: 2", "line 2, column 11", id="yaml"),
        pytest.param("a.yaml", f"a: !!python/name:{SECRET} x", "line 1, column 4", id="python-tag"),
        pytest.param("a.yaml", f"a: !!binary {SECRET}", "line 1, column 4", id="binary"),
        pytest.param("a.yaml", f"a: !!int {SECRET}", "neither JSON nor a YAML document", id="no-number"),
        pytest.param("a.yaml", f"a: !!bool {SECRET}", "neither JSON nor a YAML document", id="no-truth-value"),
        pytest.param("a.yaml", "a: &a [*a]", "line 1, column 4", id="holds-itself"),
        pytest.param("a.yaml", f"a: {SECRET}\n---\nb: 1", "line 2, column 1", id="two-documents"),
        pytest.param("a.yaml", f"a: {SECRET}\x01", "neither JSON nor a YAML document", id="control-character"),
        pytest.param("a.yaml", SECRET.encode("utf-16"), "not UTF-8", id="utf-16"),
        pytest.param("a.yaml", "", "is empty", id="empty"),
        pytest.param("a.json", " \n", "is empty", id="blank"),
        pytest.param("a.yaml", "# nothing\n", "is empty", id="only-comments"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_and_not_quoted(
    name: str, content: str | bytes, reported: str, tmp_path: Path
) -> None:
    path = written(tmp_path, content, name)
    with pytest.raises(InputError) as refused:
        read_document(path)
    assert str(path) in str(refused.value)
    assert reported in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "reported"),
    [
        pytest.param("missing.json", "missing.json does not exist", id="missing"),
        pytest.param("", "is a directory", id="directory"),
        pytest.param("file/inside.json", "cannot be read", id="inside-a-file"),
        pytest.param("nul\0", "cannot be read", id="no-path"),
    ],
)
def test_a_missing_file_is_refused_by_name(name: str, reported: str, tmp_path: Path) -> None:
    written(tmp_path, "{}", "file")
    with pytest.raises(InputError, match=reported) as refused:
        read_document(tmp_path / name)
    assert str(tmp_path / name) in str(refused.value)


def test_a_call_with_braces_in_it_is_an_open_value_of_a_template(tmp_path: Path) -> None:
    """What stands for a value keeps its lines; what stands in a string is one line, as JSON wants it."""
    file = tmp_path / "machine.tftpl"
    called = '${jsonencode(concat(rows, [\n  { Name = "KIND", Value = { of = "a" } }\n]))}'
    file.write_text(f'{{"Rows": {called},\n "Text": "${{join("-",\n {{a = 1}})}}",\n "Last": 1}}', encoding="utf-8")
    read = read_document(file)
    assert [*read] == ["Rows", "Text", "Last"]
    assert all(read[name].startswith("${") for name in ("Rows", "Text"))
    assert read_text(file).splitlines()[-1] == ' "Last": 1}'
    assert len(read_text(file).splitlines()) == len(file.read_text(encoding="utf-8").splitlines()) - 1

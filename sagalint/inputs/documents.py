"""What a verification reads: documents in JSON, or in YAML with CloudFormation's short tags."""

import json
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn

import yaml

from sagalint.input_error import InputError

_TAG: Final = "tag:yaml.org,2002:"
_JSON_KINDS: Final = ("map", "seq", "str", "int", "float", "bool", "null")


def read_document(path: Path) -> Any:
    """Reads a JSON or a YAML file: JSON if its name ends in .json or it begins with a bracket, else YAML.

    CloudFormation's short tags are read as their long forms: `!GetAtt Table.Arn` as `{"Fn::GetAtt": ["Table", "Arn"]}`.

    Raises:
        InputError: It cannot be read, is empty, or is neither. Nothing of its content is told.
    """
    text = read_text(path)
    return parse_json(text, str(path)) if is_json(path, text) else parse_yaml(text, str(path))


def read_text(path: Path) -> str:
    """Reads a text file, with or without a byte order mark.

    Raises:
        InputError: It cannot be read, is not UTF-8, or is empty.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist: check its path") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a directory: name a file in it") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8: name a text file, or save this one as UTF-8") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no file can be called so"
        raise InputError(f"{path} cannot be read ({why}): check its path and who may read it") from None
    if not text.strip():
        raise InputError(f"{path} is empty: name a file with JSON or YAML in it")
    return text


def is_json(path: Path, text: str) -> bool:
    """Whether a file's text is to be read as JSON."""
    return path.suffix.lower() == ".json" or text.lstrip().startswith(("{", "["))


def parse_json(text: str, name: str, fix: str = "correct it there") -> Any:
    """Reads JSON.

    Args:
        text: The JSON.
        name: What the text is, for the error.
        fix: What to do if it is none, for the error.

    Raises:
        InputError: It is no JSON.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"{error.msg.rstrip(': ')} in line {error.lineno}, column {error.colno}"
        raise InputError(f"{name} is no JSON ({where}): {fix}") from None
    except RecursionError:
        raise InputError(f"{name} is nested too deeply: take levels away") from None
    except ValueError:
        raise InputError(f"{name} has a number that JSON cannot hold: write it in digits, and fewer") from None


def parse_yaml(text: str, name: str) -> Any:
    """Reads one YAML document that says nothing that JSON could not, but for CloudFormation's short tags.

    Dates stay text, as CloudFormation has them, and so does every key: a state may be called `No`.

    Raises:
        InputError: It is no YAML, more than one document, holds what JSON cannot, or holds nothing.
    """
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 # a SafeLoader
    except RecursionError:
        raise InputError(f"{name} is nested too deeply: take levels away") from None
    except (yaml.YAMLError, ValueError, LookupError) as error:  # the last two: `!!int x`, `!!bool x`
        # What the reader itself says of the error may quote the file.
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise InputError(
            f"{name} is neither JSON nor a YAML document that JSON could hold{where}: correct it there"
        ) from None
    if document is None:
        raise InputError(f"{name} is empty: name a file with JSON or YAML in it")
    return document


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML comes without types
    """Makes what `json.loads` could have made, of everything but short tags, which become their long forms."""

    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        **{_TAG + kind: yaml.SafeLoader.yaml_constructors[_TAG + kind] for kind in _JSON_KINDS},
        _TAG + "timestamp": yaml.SafeLoader.construct_yaml_str,
        None: yaml.SafeLoader.construct_undefined,
    }

    def construct_document(self, node: yaml.Node) -> Any:
        """Makes all at once, which refuses an anchor that holds itself."""
        return self.construct_object(node, deep=True)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Takes keys as they are written."""
        super().flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = _TAG + "str"

    def long_form(self, tag: str, node: yaml.Node) -> dict[str, Any]:
        """A short tag's long form."""
        if isinstance(node, yaml.ScalarNode):
            value = self.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = self.construct_sequence(node, deep=True)
        else:
            value = self.construct_mapping(node, deep=True)
        if tag == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _Loader.long_form)

"""Reads YAML 1.2, as AWS's tools and the Serverless Framework do, with CloudFormation's short tags."""

import re
from typing import Any, ClassVar, Final

import yaml

from sagalint.definition.refusals import Repeating
from sagalint.input_error import InputError

_TAG: Final = "tag:yaml.org,2002:"
_JSON_KINDS: Final = ("map", "seq", "str", "int", "float", "bool", "null")
_CORE_SCHEMA: Final = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", [*"-+0123456789"]),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", [*"-+.0123456789"]),
    ("merge", r"<<", ["<"]),
)
"""How YAML 1.2 takes what is written without quotes: by pattern, and by the first letters that it can begin with.

YAML 1.1 also takes `yes`, `no`, `on` and `off` for truth values: a state could not be called `No`.
"""


def parse_yaml(text: str, name: str) -> Any:
    """Reads one YAML document that says nothing that JSON could not, but for CloudFormation's short tags.

    Dates stay text, as CloudFormation has them, and so does every key.

    Raises:
        InputError: It is not YAML, more than one document, holds what JSON cannot, or holds nothing.
    """
    try:
        document = yaml.load(text, Loader)  # noqa: S506 # a SafeLoader
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


def composed(text: str) -> Any:
    """The nodes of a document that can be read, with their lines."""
    return yaml.compose(text, Loader)


class Loader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML comes without types
    """Makes what `json.loads` could have made, of everything but short tags, which become their long forms."""

    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        **{_TAG + kind: yaml.SafeLoader.yaml_constructors[_TAG + kind] for kind in _JSON_KINDS},
        None: yaml.SafeLoader.construct_undefined,
    }
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    def construct_document(self, node: yaml.Node) -> Any:
        """Makes all at once, which refuses an anchor that holds itself."""
        return self.construct_object(node, deep=True)

    def construct_yaml_int(self, node: yaml.Node) -> int:
        """Takes a number with leading zeros for a decimal one."""
        text = self.construct_scalar(node)
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[str, Any]:  # PyYAML's
        """Notes the names that stand more than once."""
        made: dict[str, Any] = super().construct_mapping(node, deep=deep)
        pairs = [(key.value, made[key.value]) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        return made if len(pairs) <= len(made) else Repeating(pairs)

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


for _kind, _pattern, _firsts in _CORE_SCHEMA:
    Loader.add_implicit_resolver(_TAG + _kind, re.compile(f"(?:{_pattern})$"), _firsts)
Loader.add_multi_constructor("!", Loader.long_form)
Loader.add_constructor(f"{_TAG}int", Loader.construct_yaml_int)
